"""FVSBN and MLP against the libraries that do them well."""

from __future__ import annotations

from typing import Any

from ..figures import Tables
from ..peers import ARMS
from ..results import races
from ..section import Check, Section
from ..suite import Suite
from .base import NAMES, WORKLOADS, compare, peers_table, rows_of

__all__ = ["measure", "page"]

# the arm that targets are about, and how many times its speed is wanted of each operation
TARGETS = {
    "fvsbn": ("blas", {"log_prob": 2.0, "value_and_grad": 1.0, "sample": 100.0}),
    "mlp": ("torch", dict.fromkeys(NAMES, 10.0)),
}


def measure(suite: Suite, model: str) -> dict[str, Any]:
    """Race the arms of a model at the operations that have targets."""
    workload, batches = WORKLOADS[model](suite), suite.settings.batches
    part: dict[str, Any] = {}
    for operation in TARGETS[model][1]:
        rows = batches[:1] if operation == "train_step" else batches
        part |= compare(suite, workload, operation, rows)
    return part


def page(tables: Tables, model: str) -> Section:
    """Set the arms of a model side by side."""
    workload, (peer, targets) = tables["workloads"][model], TARGETS[model]
    d = f", d = {workload['d']}" if workload["d"] else ""
    section = Section(f"{model.upper()}, n = {workload['n']}{d}")
    section.blocks.append(rows_of(workload))
    for operation, target in targets.items():
        by_rows = races(tables[model], operation)
        section.blocks += [f"### {NAMES[operation]}", peers_table(model, by_rows)]
        for n_rows, race in by_rows.items():
            if {peer, "ardens"} <= race.seconds.keys():
                what = f"{model.upper()} {NAMES[operation]}, {n_rows:,} rows"
                ratio, label = race.ratio(peer, "ardens"), ARMS[model][peer].label
                section.checks.append(Check(what, ratio, target, note=label))
    return section
