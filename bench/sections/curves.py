"""Time per row over everything that it depends on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..plots import curve_figure
from ..section import Section, micro, table
from ..suite import MULTIPLY_ADDS, Suite
from ..workload import Workload, made_up
from .base import NAMES, nade_workload

__all__ = ["curves"]

KERNELS = ("log_prob", "value_and_grad", "sample")
CHECKED = 20  # rows of a made-up workload that are verified
PEAKS = 5  # times that the peak is measured; the best is that of all curves


def curves(suite: Suite) -> Section:
    """Time the kernels of NADE over ones, features, hidden units and rows."""
    s, rows = suite.settings, suite.settings.batches[-1]
    section = Section("Time per row over what it depends on")
    section.blocks.append(
        "The kernels of NADE on all cores. Rows are independent bits and weights are made up, as "
        "large as learned ones, except over the number of rows. Dotted: n·d and 3·n·d "
        "multiply-adds at the peak."
    )
    over_ones = {k: made_up(f"{k} % ones", s.n, s.d, rows, k / 100) for k in s.ones}
    over_n = {k: made_up(f"n = {k}", k, s.d, rows) for k in s.sizes}
    over_d = {k: made_up(f"d = {k}", s.n, k, rows) for k in s.sizes}
    over_rows = dict.fromkeys(s.counts, nade_workload(suite))
    peak = max(suite.peak(s.threads) for _ in range(PEAKS))
    _curve(suite, section, peak, "ones", "ones, %", over_ones, dict.fromkeys(s.ones, rows))
    _curve(suite, section, peak, "n", "features n", over_n, dict.fromkeys(s.sizes, rows))
    _curve(suite, section, peak, "d", "hidden units d", over_d, dict.fromkeys(s.sizes, rows))
    _curve(suite, section, peak, "rows", "rows in a call", over_rows, {k: k for k in s.counts})
    return section


def _curve(
    suite: Suite,
    section: Section,
    peak: float,
    name: str,
    label: str,
    workloads: Mapping[int, Workload],
    rows: Mapping[int, int],
) -> None:
    points = list(workloads)
    added = [w.key for w in workloads.values() if w.key not in suite.workloads]
    for workload in workloads.values():
        suite.add(workload)
    lines: dict[str, tuple[list[int], list[float]]] = {}
    for operation in KERNELS:
        suite.say(f"curve over {name}: {operation}")
        cases = {str(k): suite.case(workloads[k], "core", operation, rows[k]) for k in points}
        race = suite.race(cases, suite.settings.light, verify=CHECKED)
        section.keep(f"{name}, {operation}", race)
        done = [k for k in points if str(k) in race.seconds]
        lines[NAMES[operation]] = done, [1e6 * race.best(str(k)) for k in done]
    suite.drop(added)
    bounds = {
        NAMES[operation]: (
            points,
            [
                1e6 * MULTIPLY_ADDS[operation] * workloads[k].n * workloads[k].d / peak
                for k in points
            ],
        )
        for operation in ("log_prob", "value_and_grad")
    }
    section.blocks.append(f"### Over {label.rstrip(', %')}")
    section.blocks.append(_fixed(list(workloads.values()), rows))
    section.picture(
        f"over_{name}",
        f"µs per row over {label}",
        lambda: curve_figure(label, lines, bounds, linear=name == "ones"),
    )
    cells = [
        [f"{k:,}", *(micro(1e-6 * dict(zip(*lines[key], strict=True))[k]) for key in lines)]
        for k in points
        if all(k in xs for xs, _ in lines.values())
    ]
    section.blocks.append(table([label, *(f"{key}, µs per row" for key in lines)], cells))


def _fixed(workloads: Sequence[Workload], rows: Mapping[int, int]) -> str:
    """What is the same at all points of a curve."""
    every = {
        "n": {w.n for w in workloads},
        "d": {w.d for w in workloads},
        "% ones": {round(100 * w.X.mean()) for w in workloads},
        "rows": set(rows.values()),
    }
    parts = [
        f"{value:,} {name}" if name in ("% ones", "rows") else f"{name} = {value}"
        for name, values in every.items()
        if len(values) == 1
        for value in values
    ]
    return ", ".join(parts) + "."
