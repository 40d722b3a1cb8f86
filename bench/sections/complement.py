"""Rows with mostly ones against their complement."""

from __future__ import annotations

from typing import Any

from ..figures import Tables, markdown
from ..section import Section, micro
from ..suite import Suite
from ..workload import fitted
from .base import KERNELS, NAMES, kernel_races, nade_workload, race_each

__all__ = ["measure", "page"]


def measure(suite: Suite) -> dict[str, Any]:
    """Time NADE on rows and on their complement, each with a model of its own."""
    s, workload = suite.settings, nade_workload(suite)
    suite.say("complement")
    options: dict[str, Any] = {"n_hidden": workload.d, "max_epochs": s.epochs, "n_jobs": s.threads}
    plain = suite.add(fitted("plain", "nade", workload.X, workload.about, **options))
    mirrored = suite.add(fitted("mirrored", "nade", 1 - workload.X, workload.about, **options))
    rows, arms = s.batches[-1], {"rows": plain, "complement": mirrored}
    cases = {
        op: {name: suite.case(model, "core", op, rows) for name, model in arms.items()}
        for op in KERNELS
    }
    part = race_each(suite, cases, rows)
    suite.drop(["plain", "mirrored"])
    return part


def page(tables: Tables) -> Section:
    """Lay out how many times longer the complement takes."""
    section, ones = Section("Complement"), tables["workloads"]["nade"]["ones"]
    section.blocks.append(
        f"Rows with {ones:.1f} % ones and the same with zeros and ones exchanged, {100 - ones:.1f} "
        "%; each with a model fitted to them."
    )
    lines = []
    for operation, _, race in kernel_races(tables["complement"]):
        cells = [micro(race.best(arm)) for arm in ("rows", "complement")]
        lines.append([NAMES[operation], *cells, str(race.ratio("complement", "rows"))])
    head = ["operation", "µs per row", "µs per row, complement", "ratio (band)"]
    section.blocks.append(markdown(head, lines))
    return section
