"""What a call costs where there is nothing to compute."""

from __future__ import annotations

from typing import Any

from ..figures import Tables, markdown
from ..section import Check, Section, micro
from ..suite import Suite
from ..timing import Band
from ..workload import made_up
from .base import KERNELS, NAMES, OURS, kernel_races, race_each

__all__ = ["measure", "page"]

TARGET = 15.0  # microseconds
SIZE = 16  # n and d


def measure(suite: Suite) -> dict[str, Any]:
    """Time calls of one row of a small NADE, through the public methods and in the core."""
    suite.say("one row of a small model")
    workload = suite.add(made_up("small", SIZE, SIZE, 1))
    cases = {op: {arm: suite.case(workload, arm, op, 1) for arm in OURS} for op in KERNELS}
    part = race_each(suite, cases, 1)
    suite.drop(["small"])
    return part


def page(tables: Tables) -> Section:
    """Lay out the time of a call."""
    section = Section(f"One row of a small NADE, n = {SIZE}, d = {SIZE}")
    lines = []
    for operation, _, race in kernel_races(tables["one_row"]):
        lines.append([NAMES[operation], *(micro(race.best(arm)) for arm in OURS)])
        spread = race.spread("ardens")
        figure = Band(*(1e6 * s for s in (spread.value, spread.low, spread.high)))
        what, note = f"NADE {NAMES[operation]}, one row, n = d = {SIZE}", "a call from Python"
        check = Check(what, figure, TARGET, at_most=True, unit=" µs", note=note)
        section.checks.append(check)
    section.blocks.append(markdown(["operation", "µs per call", "µs in the core"], lines))
    return section
