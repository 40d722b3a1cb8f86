"""The workloads and tables that several sections need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from ..figures import markdown
from ..peers import ARMS
from ..results import key, races, rounds
from ..section import micro
from ..suite import Suite
from ..timing import Race
from ..worker import Case
from ..workload import Workload, fitted, learned_rows, table_rows

__all__ = [
    "KERNELS",
    "NAMES",
    "OURS",
    "WORKLOADS",
    "compare",
    "kernel_races",
    "nade_workload",
    "peers_table",
    "race_each",
    "rows_of",
]

KERNELS = ("log_prob", "value_and_grad", "sample")
NAMES = {name: name for name in KERNELS} | {"train_step": "training step"}
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
        options: dict[str, Any] = {"max_epochs": s.epochs, "n_jobs": s.threads}
        suite.add(fitted("fvsbn", "fvsbn", X, about, solver="stochastic", **options))
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


WORKLOADS: dict[str, Callable[[Suite], Workload]] = {
    "nade": nade_workload,
    "fvsbn": fvsbn_workload,
    "mlp": mlp_workload,
}


def compare(
    suite: Suite, workload: Workload, operation: str, batches: Sequence[int]
) -> dict[str, Any]:
    """Race all arms that can do an operation; the rounds, for the table."""
    arms = suite.arms(workload.model, operation)
    part = {}
    for n_rows in batches:
        suite.say(f"{workload.model} {operation}, {n_rows:,} rows: {', '.join(arms)}")
        cases = {arm: suite.case(workload, arm, operation, n_rows) for arm in arms}
        beside = {}
        if workload.model == "nade":
            beside["limit"] = suite.limit(workload, operation, suite.settings.threads)
        part[key(operation, n_rows)] = rounds(suite.race(cases, beside=beside))
    return part


def race_each(suite: Suite, cases: Mapping[str, Mapping[str, Case]], rows: int) -> dict[str, Any]:
    """Race cases of several kinds; the rounds, where nobody fell out, for the table."""
    part = {}
    for what, arms in cases.items():
        suite.say(f"{what}: {', '.join(arms)}")
        race = suite.race(arms)
        if len(race.seconds) == len(arms):
            part[key(what, rows)] = rounds(race)
    return part


def kernel_races(part: Mapping[str, Any]) -> Iterator[tuple[str, int, Race]]:
    """Operation, rows and race of all kernels in a part of the table."""
    for operation in KERNELS:
        for rows, race in races(part, operation).items():
            yield operation, rows, race


def rows_of(workload: Mapping[str, Any]) -> str:
    """What the report says of the rows and parameters of a workload in the table."""
    return f"Rows: {workload['about']}; {workload['ones']:.1f} % ones."


def peers_table(model: str, by_rows: Mapping[int, Race]) -> str:
    """Lay out times and ratios of all arms, fastest first, by number of rows."""
    head = ["arm"]
    for rows in by_rows:
        head += [f"µs per row, {rows:,} rows", "times ardens (band)"]
    last = list(by_rows.values())[-1]
    arms = [arm for arm in ARMS[model] if arm in last.seconds]
    lines = []
    for arm in sorted(arms, key=lambda arm: (arm not in OURS, arm not in OURS and last.best(arm))):
        line = [ARMS[model][arm].label]
        for race in by_rows.values():
            ratio = "" if arm == "ardens" else str(race.ratio(arm, "ardens"))
            line += [micro(race.best(arm)), ratio]
        lines.append(line)
    return markdown(head, lines)
