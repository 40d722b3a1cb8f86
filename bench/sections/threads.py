"""What threads bring."""

from __future__ import annotations

from typing import Any

from ..figures import Tables, markdown
from ..plots import curve_figure
from ..results import races
from ..section import Check, Section, micro
from ..suite import Suite
from .base import KERNELS, NAMES, WORKLOADS, race_each

__all__ = ["measure", "page"]

TWO_THREADS = 1.85


def measure(suite: Suite) -> dict[str, Any]:
    """Time every operation of every model with one thread, two, and so on to all."""
    s = suite.settings
    counts = sorted({k for k in (1, 2, 4, 8, 16, 32, 64) if k < s.threads} | {1, s.threads})
    rows, cases = s.batches[-1], {}
    for model, prepare in WORKLOADS.items():
        workload = prepare(suite)
        for op in KERNELS:
            arms = {str(k): suite.case(workload, "core", op, rows, threads=k) for k in counts}
            cases[f"{model} {op}"] = arms
    return race_each(suite, cases, rows)


def page(tables: Tables) -> Section:
    """Lay out how many times faster all operations are."""
    section = Section("Threads")
    lines, curves, counts = [], {}, list[str]()
    for model, operation in [(model, operation) for model in WORKLOADS for operation in KERNELS]:
        for rows, race in races(tables["threads"], f"{model} {operation}").items():
            counts = list(race.seconds)
            ratios = {k: race.ratio("1", k) for k in counts[1:]}
            what = f"{model.upper()} {NAMES[operation]}"
            lines.append([what, micro(race.best("1")), *map(str, ratios.values())])
            if "2" in ratios:
                name = f"{what}, {rows:,} rows: two threads"
                section.checks.append(Check(name, ratios["2"], TWO_THREADS, note="one thread"))
            if model == "nade":
                curve = [int(k) for k in counts], [1e6 * race.best(k) for k in counts]
                curves[NAMES[operation]] = curve
    head = ["operation", "µs per row, one thread", *(f"{k} threads" for k in counts[1:])]
    section.blocks.append(markdown(head, lines))
    if len(counts) > 1:
        caption = "Microseconds per row of NADE over threads"
        section.picture("threads", caption, lambda: curve_figure("threads", curves))
    return section
