"""Rows with mostly ones against their complement."""

from __future__ import annotations

from typing import Any

from ..section import Section, micro, table
from ..suite import Suite
from ..workload import fitted
from .base import NAMES, nade_workload

__all__ = ["complement"]


def complement(suite: Suite) -> Section:
    """Time NADE on rows and on their complement, each with a model of its own."""
    s, workload = suite.settings, nade_workload(suite)
    suite.say("complement")
    options: dict[str, Any] = {"n_hidden": workload.d, "max_epochs": s.epochs, "n_jobs": s.threads}
    plain = suite.add(fitted("plain", "nade", workload.X, workload.about, **options))
    mirrored = suite.add(fitted("mirrored", "nade", 1 - workload.X, workload.about, **options))
    rows = s.batches[-1]
    section = Section("Complement")
    ones = 100 * workload.X.mean()
    section.blocks.append(
        f"Rows with {ones:.1f} % ones and the same with zeros and ones exchanged, {100 - ones:.1f} "
        "%; each with a model fitted to them."
    )
    lines = []
    for operation in ("log_prob", "value_and_grad", "sample"):
        race = suite.race(
            {
                "rows": suite.case(plain, "core", operation, rows),
                "complement": suite.case(mirrored, "core", operation, rows),
            }
        )
        section.keep(operation, race)
        if len(race.seconds) == 2:
            cells = [micro(race.best(arm)) for arm in ("rows", "complement")]
            lines.append([NAMES[operation], *cells, str(race.ratio("complement", "rows"))])
    head = ["operation", "µs per row", "µs per row, complement", "ratio (band)"]
    section.blocks.append(table(head, lines))
    suite.drop(["plain", "mirrored"])
    return section
