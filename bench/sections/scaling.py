"""What threads and instruction sets bring."""

from __future__ import annotations

from ..plots import curve_figure
from ..section import Check, Section, micro, table
from ..suite import Suite
from ..timing import Race
from .base import NAMES, fvsbn_workload, mlp_workload, nade_workload

__all__ = ["levels", "threads"]

KERNELS = ("log_prob", "value_and_grad", "sample")
TWO_THREADS = 1.85
AT_MOST = {"x86_v3": 2.3, "baseline": 7.0}  # times the highest level


def threads(suite: Suite) -> Section:
    """Time every operation of every model with one thread, two, and so on to all."""
    s = suite.settings
    counts = sorted({k for k in (1, 2, 4, 8, 16, 32, 64) if k < s.threads} | {1, s.threads})
    rows = s.batches[-1]
    section = Section("Threads")
    lines, curves = [], {}
    for workload in (nade_workload(suite), fvsbn_workload(suite), mlp_workload(suite)):
        for operation in KERNELS:
            suite.say(f"threads: {workload.model} {operation}")
            cases = {
                str(k): suite.case(workload, "core", operation, rows, threads=k) for k in counts
            }
            race = suite.race(cases)
            if len(race.seconds) < len(counts):
                continue
            section.keep(f"threads, {workload.model} {operation}", race)
            ratios = {k: race.ratio("1", str(k)) for k in counts[1:]}
            cells = [str(ratio) for ratio in ratios.values()]
            what = f"{workload.model.upper()} {NAMES[operation]}"
            lines.append([what, micro(race.best("1")), *cells])
            if 2 in ratios:
                name = f"{what}, {rows:,} rows: two threads"
                section.checks.append(Check(name, ratios[2], TWO_THREADS, note="one thread"))
            if workload.model == "nade":
                curves[NAMES[operation]] = (counts, [1e6 * race.best(str(k)) for k in counts])
    head = ["operation", "µs per row, one thread", *(f"{k} threads" for k in counts[1:])]
    section.blocks.append(table(head, lines))
    if len(counts) > 1:
        section.picture(
            "threads",
            "Microseconds per row of NADE over threads",
            lambda: curve_figure("threads", curves),
        )
    return section


def levels(suite: Suite) -> Section:
    """Time every operation of NADE at every instruction-set level."""
    s, workload = suite.settings, nade_workload(suite)
    names: list[str] = suite.core("levels")[::-1]
    rows = s.batches[-1]
    section = Section("Instruction sets")
    lines = []
    for operation in KERNELS:
        suite.say(f"levels: {operation}")
        cases = {name: suite.case(workload, "core", operation, rows, level=name) for name in names}
        race = suite.race(cases)
        section.keep(f"levels, {operation}", race)
        if names[0] in race.seconds:
            lines.append([NAMES[operation], *_cells(race, names)])
            section.checks += _checks(race, names, f"NADE {NAMES[operation]}, {rows:,} rows")
    head = ["operation", f"µs per row, {names[0]}", *(f"{name}, times that" for name in names[1:])]
    section.blocks.append(table(head, lines))
    return section


def _cells(race: Race, names: list[str]) -> list[str]:
    ratios = [str(race.ratio(name, names[0])) if name in race.seconds else "" for name in names[1:]]
    return [micro(race.best(names[0])), *ratios]


def _checks(race: Race, names: list[str], what: str) -> list[Check]:
    if names[0] != "x86_v4":
        return []
    return [
        Check(f"{what}: {name}", race.ratio(name, names[0]), limit, at_most=True, note=names[0])
        for name, limit in AT_MOST.items()
        if name in race.seconds
    ]
