"""What instruction sets bring."""

from __future__ import annotations

from typing import Any

from ..figures import Tables, markdown
from ..section import Check, Section, micro
from ..suite import Suite
from ..timing import Race
from .base import KERNELS, NAMES, kernel_races, nade_workload, race_each

__all__ = ["measure", "page"]

AT_MOST = {"x86_v3": 2.3, "baseline": 7.0}  # times the highest level, if that is x86_v4


def measure(suite: Suite) -> dict[str, Any]:
    """Time every operation of NADE at every instruction-set level, the highest first."""
    workload, rows = nade_workload(suite), suite.settings.batches[-1]
    names: list[str] = suite.core("levels")[::-1]
    cases = {
        op: {name: suite.case(workload, "core", op, rows, level=name) for name in names}
        for op in KERNELS
    }
    return race_each(suite, cases, rows)


def page(tables: Tables) -> Section:
    """Lay out how many times longer the lower levels take."""
    section = Section("Instruction sets")
    lines, names = [], [""]
    for operation, rows, race in kernel_races(tables["levels"]):
        names = list(race.seconds)
        ratios = [str(race.ratio(name, names[0])) for name in names[1:]]
        lines.append([NAMES[operation], micro(race.best(names[0])), *ratios])
        section.checks += _checks(race, f"NADE {NAMES[operation]}, {rows:,} rows")
    head = ["operation", f"µs per row, {names[0]}", *(f"{name}, times that" for name in names[1:])]
    section.blocks.append(markdown(head, lines))
    return section


def _checks(race: Race, what: str) -> list[Check]:
    """The ratios that have targets."""
    highest, *lower = race.seconds
    if highest != "x86_v4":
        return []
    return [
        Check(f"{what}: {k}", race.ratio(k, highest), AT_MOST[k], at_most=True, note=highest)
        for k in lower
    ]
