"""NADE against every peer: the table that counts."""

from __future__ import annotations

from typing import Any

from ..figures import Tables
from ..peers import ARMS, OPERATIONS
from ..plots import arms_figure
from ..results import races
from ..section import Check, Section
from ..suite import MULTIPLY_ADDS, Suite
from ..timing import Race
from .base import NAMES, compare, nade_workload, peers_table, rows_of

__all__ = ["measure", "page"]

# of the limit, against the faster of PyTorch and JAX, against Numba
TARGETS: dict[str, tuple[float | None, float, float | None]] = {
    "log_prob": (0.40, 40, 12),
    "value_and_grad": (0.35, 80, 12),
    "sample": (0.30, 40, 12),
    "train_step": (None, 60, None),
}


def measure(suite: Suite) -> dict[str, Any]:
    """Race all peers at all operations and both numbers of rows."""
    workload, batches = nade_workload(suite), suite.settings.batches
    part: dict[str, Any] = {}
    for operation in OPERATIONS:
        rows = batches[:1] if operation == "train_step" else batches
        part |= compare(suite, workload, operation, rows)
    return part


def page(tables: Tables) -> Section:
    """Set all peers side by side, and what they are to reach."""
    workload = tables["workloads"]["nade"]
    found = {op: races(tables["comparison"], op) for op in OPERATIONS}
    section = Section(f"NADE, n = {workload['n']}, d = {workload['d']}")
    section.blocks.append(rows_of(workload))
    section.picture(
        "nade",
        "Microseconds per row of NADE, all libraries",
        lambda: arms_figure("nade", {NAMES[op]: by_rows for op, by_rows in found.items()}),
    )
    for operation, by_rows in found.items():
        section.blocks += [f"### {NAMES[operation]}", _of_the_limit(operation, by_rows)]
        section.blocks.append(peers_table("nade", by_rows))
        for n_rows, race in by_rows.items():
            section.checks += _checks(operation, n_rows, race)
    return section


def _of_the_limit(operation: str, races: dict[int, Race]) -> str:
    """Which part of the peak's multiply-adds the kernels reach."""
    count = MULTIPLY_ADDS[operation]
    parts = []
    for n_rows, race in races.items():
        ours = "core" if "core" in race.seconds else "ardens"
        parts.append(f"{race.ratio('limit', ours)} with {n_rows:,} rows")
    times = "" if count == 1 else f"{count}·"
    arm = ARMS["nade"][ours].label
    return f"Of {times}n·d multiply-adds at the measured peak, {arm} reaches {', '.join(parts)}."


def _checks(operation: str, n_rows: int, race: Race) -> list[Check]:
    """The figures of a race that have targets."""
    limit, frameworks, numba = TARGETS[operation]
    what = f"NADE {NAMES[operation]}, {n_rows:,} rows"
    checks = []
    if limit is not None and "core" in race.seconds:
        ratio = race.ratio("limit", "core")
        checks.append(Check(f"{what}: of the limit", ratio, limit, unit="", note="multiply-adds"))
    if "ardens" not in race.seconds:
        return checks
    for name, arm in _rivals(race).items():
        target = numba if name.startswith("Numba") else frameworks
        if target is not None:
            ratio, label = race.ratio(arm, "ardens"), ARMS["nade"][arm].label
            checks.append(Check(f"{what}: against {name}", ratio, target, note=label))
    return checks


def _rivals(race: Race) -> dict[str, str]:
    """The arms that targets are about: the faster framework, and Numba."""
    known = {arm: ARMS["nade"][arm].library for arm in race.seconds if arm in ARMS["nade"]}
    kinds = {"PyTorch and JAX": ("torch", "jax"), "Numba, tuned": ("numba",)}
    arms = {kind: [arm for arm in known if known[arm] in kinds[kind]] for kind in kinds}
    return {kind: race.fastest(rivals) for kind, rivals in arms.items() if rivals}
