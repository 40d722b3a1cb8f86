"""NADE with more rows in a call than ardens needs: what the peers gain by them."""

from __future__ import annotations

from dataclasses import replace

from ..section import Section
from ..suite import Suite
from .base import NAMES, nade_workload, peers_table

__all__ = ["larger"]

ARMS = ("ardens", "core", "torch-skip", "torch-compile", "jax", "numba")


def larger(suite: Suite) -> Section:
    """Race the faster peers with many rows in a call."""
    s, workload = suite.settings, nade_workload(suite)
    section = Section(f"{s.larger:,} rows in a call")
    effort = replace(s.effort, rounds=max(2, s.effort.rounds // 2), repeats=1)
    for operation in ("log_prob", "sample"):
        arms = [arm for arm in suite.arms("nade", operation) if arm in ARMS]
        suite.say(f"nade {operation}, {s.larger:,} rows: {', '.join(arms)}")
        cases = {arm: suite.case(workload, arm, operation, s.larger) for arm in arms}
        race = suite.race(cases, effort)
        section.keep(operation, race)
        section.blocks += [
            f"### {NAMES[operation]}",
            peers_table("nade", {s.larger: race}, arms),
        ]
    return section
