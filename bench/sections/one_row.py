"""What a call costs where there is nothing to compute."""

from __future__ import annotations

from ..section import Check, Section, micro, table
from ..suite import Suite
from ..timing import Band
from ..workload import made_up
from .base import NAMES

__all__ = ["one_row"]

TARGET = 15.0  # microseconds


def one_row(suite: Suite) -> Section:
    """Time calls of one row of a small NADE, through the public methods and in the core."""
    suite.say("one row of a small model")
    workload = suite.add(made_up("small", 16, 16, 1))
    section = Section("One row of a small NADE, n = 16, d = 16")
    lines = []
    for operation in ("log_prob", "value_and_grad", "sample"):
        cases = {arm: suite.case(workload, arm, operation, 1) for arm in ("ardens", "core")}
        race = suite.race(cases)
        section.keep(operation, race)
        if len(race.seconds) < 2:
            continue
        lines.append([NAMES[operation], micro(race.best("ardens")), micro(race.best("core"))])
        spread = race.spread("ardens")
        figure = Band(*(1e6 * s for s in (spread.value, spread.low, spread.high)))
        what = f"NADE {NAMES[operation]}, one row, n = d = 16"
        note = "a call from Python"
        section.checks.append(Check(what, figure, TARGET, at_most=True, unit=" µs", note=note))
    section.blocks.append(table(["operation", "µs per call", "µs in the core"], lines))
    suite.drop(["small"])
    return section
