"""Rows with mostly ones against their complement."""

from __future__ import annotations

from typing import Any

from ..results import key, races, rounds
from ..section import Section, micro
from ..suite import Suite
from ..tables import Tables, markdown
from ..workload import fitted
from .base import KERNELS, NAMES, nade_workload

__all__ = ["measure", "page"]


def measure(suite: Suite) -> dict[str, Any]:
    """Time NADE on rows and on their complement, each with a model of its own."""
    s, workload = suite.settings, nade_workload(suite)
    suite.say("complement")
    options: dict[str, Any] = {"n_hidden": workload.d, "max_epochs": s.epochs, "n_jobs": s.threads}
    plain = suite.add(fitted("plain", "nade", workload.X, workload.about, **options))
    mirrored = suite.add(fitted("mirrored", "nade", 1 - workload.X, workload.about, **options))
    rows, part = s.batches[-1], {}
    for operation in KERNELS:
        cases = {
            "rows": suite.case(plain, "core", operation, rows),
            "complement": suite.case(mirrored, "core", operation, rows),
        }
        race = suite.race(cases)
        if len(race.seconds) == len(cases):
            part[key(operation, rows)] = rounds(race)
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
    for operation in KERNELS:
        for race in races(tables["complement"], operation).values():
            cells = [micro(race.best(arm)) for arm in ("rows", "complement")]
            lines.append([NAMES[operation], *cells, str(race.ratio("complement", "rows"))])
    head = ["operation", "µs per row", "µs per row, complement", "ratio (band)"]
    section.blocks.append(markdown(head, lines))
    return section
