"""What a step of `fit` costs beside the gradient."""

from __future__ import annotations

from typing import Any

from ..figures import Tables, markdown
from ..results import races
from ..section import Check, Section, micro
from ..suite import Suite
from ..timing import Band
from .base import nade_workload, race_each

__all__ = ["measure", "page"]

TARGET = 0.20
STEPS = {
    "gradient": "value_and_grad alone, in the core",
    "Adam": "a step of `fit`: rows gathered, gradient, Adam",
    "fit": "a step of `fit` as it is without options: averaging of parameters as well",
}


def measure(suite: Suite) -> dict[str, Any]:
    """Race a whole step of `fit` with the gradient alone."""
    workload, rows = nade_workload(suite), suite.settings.batches[0]
    cases = {
        "gradient": suite.case(workload, "core", "value_and_grad", rows),
        "Adam": suite.case(workload, "ardens", "train_step", rows),
        "fit": suite.case(workload, "ardens", "fit_step", rows),
    }
    return race_each(suite, {"step": cases}, rows)


def page(tables: Tables) -> Section:
    """Say which share of a step lies outside the gradient."""
    ((rows, race),) = races(tables["training"], "step").items()
    section = Section(f"A training step of {rows:,} rows")
    lines = []
    for arm in race.seconds:
        share = race.ratio("gradient", arm)
        outside = Band(1 - share.value, 1 - share.high, 1 - share.low)
        text = "" if arm == "gradient" else str(outside)
        lines.append([STEPS[arm], micro(race.best(arm) * rows), text])
        if arm == "fit":
            what = f"NADE training step, {rows:,} rows: share outside value_and_grad"
            note = "step of `fit`"
            section.checks.append(Check(what, outside, TARGET, at_most=True, unit="", note=note))
    section.blocks.append(markdown(["step", "µs per step", "share outside value_and_grad"], lines))
    return section
