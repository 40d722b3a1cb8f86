"""The workloads and tables that several sections need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..peers import ARMS
from ..section import Section, micro, table
from ..suite import Suite
from ..timing import Race
from ..workload import Workload, fitted, learned_rows, table_rows

__all__ = ["NAMES", "OURS", "fvsbn_workload", "mlp_workload", "nade_workload", "peers_table"]

NAMES = {
    "log_prob": "log_prob",
    "value_and_grad": "value_and_grad",
    "sample": "sample",
    "train_step": "training step",
}
OURS = ("ardens", "core")


def nade_workload(suite: Suite) -> Workload:
    """The NADE of the comparison, fitted quickly unless a file is given."""
    if "nade" not in suite.workloads:
        suite.say("preparing NADE")
        s = suite.settings
        X, about = learned_rows(s.data, s.n)
        options: dict[str, Any] = {"n_hidden": s.d, "max_epochs": s.epochs, "n_jobs": s.threads}
        suite.add(fitted("nade", "nade", X, about, file=s.model, **options))
    return suite.workloads["nade"]


def fvsbn_workload(suite: Suite) -> Workload:
    """An FVSBN of the same rows."""
    if "fvsbn" not in suite.workloads:
        suite.say("preparing FVSBN")
        s = suite.settings
        X, about = learned_rows(s.data, s.n)
        options = {"solver": "stochastic", "max_epochs": s.epochs, "n_jobs": s.threads}
        suite.add(fitted("fvsbn", "fvsbn", X, about, **options))
    return suite.workloads["fvsbn"]


def mlp_workload(suite: Suite) -> Workload:
    """An MLP of the rows of a table."""
    if "mlp" not in suite.workloads:
        suite.say("preparing MLP")
        s = suite.settings
        X, about = table_rows(s.data, s.mlp_n)
        options: dict[str, Any] = {"n_hidden": s.mlp_d, "max_epochs": s.epochs, "n_jobs": s.threads}
        suite.add(fitted("mlp", "mlp", X, about, **options))
    return suite.workloads["mlp"]


def peers_table(model: str, races: dict[int, Race], arms: Sequence[str]) -> str:
    """Lay out times and ratios of all arms, fastest first, by number of rows."""
    head = ["arm"]
    for rows in races:
        head += [f"µs per row, {rows:,} rows", "times ardens (band)"]
    last = list(races.values())[-1]
    order = [*OURS, *sorted((a for a in arms if a not in OURS), key=last.best)]
    lines = []
    for arm in (a for a in order if a in last.seconds):
        line = [ARMS[model][arm].label]
        for race in races.values():
            ratio = "" if arm == "ardens" else str(race.ratio(arm, "ardens"))
            line += [micro(race.best(arm)), ratio]
        lines.append(line)
    return table(head, lines)


def compare(
    suite: Suite, section: Section, workload: Workload, operation: str, rows: Sequence[int]
) -> dict[int, Race]:
    """Race all arms that can do an operation, and keep the rounds in the section."""
    arms = suite.arms(workload.model, operation)
    races = {}
    for n_rows in rows:
        suite.say(f"{workload.model} {operation}, {n_rows:,} rows: {', '.join(arms)}")
        cases = {arm: suite.case(workload, arm, operation, n_rows) for arm in arms}
        beside = {}
        if workload.model == "nade":
            beside["limit"] = suite.limit(workload, operation, suite.settings.threads)
        races[n_rows] = suite.race(cases, beside=beside)
        section.keep(f"{operation}, {n_rows} rows", races[n_rows])
    return races
