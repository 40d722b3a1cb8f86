"""The figures that have targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..figures import markdown
from ..section import Check
from ..timing import Band
from .arms import ARMS, OURS

__all__ = ["targets"]

Figures = Mapping[str, Any]
Tables = Mapping[str, Figures]

PEERS = [name for name in ARMS if name not in (OURS, "independent", "copies")]


def targets(tables: Tables) -> list[str]:
    """Figures that have targets."""
    ours = {name: table[OURS] for name, table in tables.items() if "told" in table.get(OURS, {})}
    if not ours:
        return []
    checks = []
    if "census" in ours:
        facts, real = ours["census"], tables["census"]["real"]["classifier"]
        checks.append(_seconds("census: learn", facts["learn"], 8))
        if "million" in facts:
            checks.append(_seconds("census: draw a million rows", facts["million"], 5))
        share = facts["classifier"][0] / real
        checks += [Check("census: classifier", _point(share), 0.985, note="real rows")]
        checks += [_at_most("census: told from real", facts["told"][0], 0.56, "")]
    lost = [
        100 * (1 - facts["classifier"][0] / tables[name]["real"]["classifier"])
        for name, facts in ours.items()
    ]
    told = [facts["told"][0] for facts in ours.values()]
    checks += [_median("classifier behind real rows", lost, 1.5, " %")]
    checks += [_median("told from real", told, 0.62, "")]
    ahead = [_ahead(tables[name]) for name in ours if any(arm in tables[name] for arm in PEERS)]
    if ahead:
        share = _point(100 * float(np.mean(ahead)))
        checks += [Check("tables ahead in both", share, 75, unit=" %", note="every peer")]
    slower = [
        tables[name]["argn"]["learn"]["cpu"] / facts["learn"]["cpu"]
        for name, facts in ours.items()
        if "learn" in tables[name].get("argn", {})
    ]
    if slower:
        band = Band(float(np.median(slower)), min(slower), max(slower))
        checks += [Check("learning, median", band, 50, note="TabularARGN, processors' seconds")]
    met = sum(check.met for check in checks)
    text = f"## Targets\n\n{met} of {len(checks)} are met, over {len(ours)} tables."
    head = ["what", "figure (band)", "target", "met", "against"]
    return [text, markdown(head, [check.row() for check in checks])]


def _ahead(table: Figures) -> bool:
    """Whether ours is told apart least, and teaches a classifier best, of all peers."""
    peers = [table[arm] for arm in PEERS if "told" in table.get(arm, {})]
    ours = table[OURS]
    return all(
        ours["told"][0] <= peer["told"][0] and ours["classifier"][0] >= peer["classifier"][0]
        for peer in peers
    )


def _seconds(what: str, found: Figures, target: float) -> Check:
    """Seconds of all processors, to those by the clock, which others prolong."""
    band = Band(found["cpu"], *sorted((found["cpu"], found["wall"])))
    return Check(f"{what} (processors–clock)", band, target, at_most=True, unit=" s")


def _at_most(what: str, value: float, target: float, unit: str) -> Check:
    """A figure with an upper limit."""
    return Check(what, _point(value), target, at_most=True, unit=unit)


def _median(what: str, values: list[float], target: float, unit: str) -> Check:
    """The median over tables, and the best and the worst."""
    band = Band(float(np.median(values)), min(values), max(values))
    return Check(f"{what}, median", band, target, at_most=True, unit=unit)


def _point(value: float) -> Band:
    """A figure without a band."""
    return Band(value, value, value)
