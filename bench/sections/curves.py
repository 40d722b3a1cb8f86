"""Time per row over everything that it depends on."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial
from typing import Any

from ..figures import Tables, markdown, significant
from ..plots import curve_figure
from ..results import best_rounds
from ..section import Section, micro
from ..suite import MULTIPLY_ADDS, Suite
from ..workload import Workload, made_up
from .base import KERNELS, NAMES, nade_workload

__all__ = ["measure", "page"]

CHECKED = 20  # rows of a made-up workload that are verified
PEAKS = 5  # times that the peak is measured; the best is that of all curves
BOUNDED = ("log_prob", "value_and_grad")
LABELS = {"ones": "ones, %", "n": "features n", "d": "hidden units d", "rows": "rows in a call"}


def measure(suite: Suite) -> dict[str, Any]:
    """Time the kernels of NADE over ones, features, hidden units and rows."""
    s, rows = suite.settings, suite.settings.batches[-1]
    over_ones = {k: made_up(f"{k} % ones", s.n, s.d, rows, k / 100) for k in s.ones}
    over_n = {k: made_up(f"n = {k}", k, s.d, rows) for k in s.sizes}
    over_d = {k: made_up(f"d = {k}", s.n, k, rows) for k in s.sizes}
    over_rows = dict.fromkeys(s.counts, nade_workload(suite))
    peak = max(suite.peak(s.threads) for _ in range(PEAKS)) / 1e9
    curves = {
        "ones": _curve(suite, "ones", over_ones, dict.fromkeys(s.ones, rows)),
        "n": _curve(suite, "n", over_n, dict.fromkeys(s.sizes, rows)),
        "d": _curve(suite, "d", over_d, dict.fromkeys(s.sizes, rows)),
        "rows": _curve(suite, "rows", over_rows, {k: k for k in s.counts}),
    }
    return {"peak": significant(peak, 5), **curves}


def _curve(
    suite: Suite, name: str, workloads: Mapping[int, Workload], rows: Mapping[int, int]
) -> dict[str, Any]:
    """Microseconds of a row at every point of a curve, and what is the same at all of them."""
    added = [w.key for w in workloads.values() if w.key not in suite.workloads]
    for workload in workloads.values():
        suite.add(workload)
    curve: dict[str, Any] = {"at": list(workloads)}
    for operation in KERNELS:
        suite.say(f"curve over {name}: {operation}")
        cases = {str(k): suite.case(w, "core", operation, rows[k]) for k, w in workloads.items()}
        race = suite.race(cases, suite.settings.light, verify=CHECKED)
        curve[operation] = best_rounds(race, cases)
    suite.drop(added)
    every = {
        "n": {w.n for w in workloads.values()},
        "d": {w.d for w in workloads.values()},
        "% ones": {round(100 * w.X.mean()) for w in workloads.values()},
        "rows": set(rows.values()),
    }
    fixed = {key: min(values) for key, values in every.items() if len(values) == 1}
    return curve | {"fixed": fixed}


def page(tables: Tables) -> Section:
    """Draw the curves, each above its table."""
    section, part = Section("Time per row over what it depends on"), tables["curves"]
    section.blocks.append(
        "The kernels of NADE on all cores. Rows are independent bits and weights are made up, as "
        "large as learned ones, except over the number of rows. Dotted: n·d and 3·n·d "
        "multiply-adds at the peak."
    )
    for name, label in LABELS.items():
        curve = part[name]
        section.blocks += [f"### Over {label.rstrip(', %')}", _fixed(curve["fixed"])]
        lines = {NAMES[op]: (curve["at"], curve[op]) for op in KERNELS}
        bounds = {NAMES[op]: (curve["at"], _bound(op, name, curve, part["peak"])) for op in BOUNDED}
        draw = partial(curve_figure, label, lines, bounds, linear=name == "ones")
        section.picture(f"over_{name}", f"µs per row over {label}", draw)
        cells = [
            [f"{k:,}", *(micro(1e-6 * value) for value in values)]
            for k, *values in zip(curve["at"], *(curve[op] for op in KERNELS), strict=True)
            if all(map(math.isfinite, values))
        ]
        head = [label, *(f"{NAMES[op]}, µs per row" for op in KERNELS)]
        section.blocks.append(markdown(head, cells))
    return section


def _bound(operation: str, name: str, curve: Mapping[str, Any], peak: float) -> list[float]:
    """Microseconds of the multiply-adds of a row at every point."""
    sizes = [{name: k} | curve["fixed"] for k in curve["at"]]
    return [MULTIPLY_ADDS[operation] * size["n"] * size["d"] / peak / 1e3 for size in sizes]


def _fixed(values: Mapping[str, int]) -> str:
    """What is the same at all points of a curve."""
    parts = [
        f"{value:,} {name}" if name in ("% ones", "rows") else f"{name} = {value}"
        for name, value in values.items()
    ]
    return ", ".join(parts) + "."
