"""NADE with more rows in a call than ardens needs: what the peers gain by them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..figures import Tables
from ..results import key, races, rounds
from ..section import Section
from ..suite import Suite
from .base import NAMES, nade_workload, peers_table

__all__ = ["measure", "page"]

OPERATIONS = ("log_prob", "sample")
TOO_SLOW = "numpy"


def measure(suite: Suite) -> dict[str, Any]:
    """Race the faster peers with many rows in a call."""
    s, workload = suite.settings, nade_workload(suite)
    effort = replace(s.effort, rounds=max(2, s.effort.rounds // 2), repeats=1)
    part = {}
    for operation in OPERATIONS:
        arms = [arm for arm in suite.arms("nade", operation) if arm != TOO_SLOW]
        suite.say(f"nade {operation}, {s.larger:,} rows: {', '.join(arms)}")
        cases = {arm: suite.case(workload, arm, operation, s.larger) for arm in arms}
        part[key(operation, s.larger)] = rounds(suite.race(cases, effort))
    return part


def page(tables: Tables) -> Section:
    """Set them side by side."""
    found = {op: races(tables["larger"], op) for op in OPERATIONS}
    section = Section(
        f"{max(rows for by_rows in found.values() for rows in by_rows):,} rows in a call"
    )
    for operation, by_rows in found.items():
        section.blocks += [f"### {NAMES[operation]}", peers_table("nade", by_rows)]
    return section
