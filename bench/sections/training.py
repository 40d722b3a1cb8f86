"""What a step of `fit` costs beside the gradient."""

from __future__ import annotations

from ..section import Check, Section, micro, table
from ..suite import Suite
from ..timing import Band
from .base import nade_workload

__all__ = ["training"]

TARGET = 0.20


def training(suite: Suite) -> Section:
    """Compare a whole step of `fit` with the gradient alone."""
    s, workload = suite.settings, nade_workload(suite)
    rows = s.batches[0]
    suite.say("share of the training step")
    race = suite.race(
        {
            "gradient": suite.case(workload, "core", "value_and_grad", rows),
            "Adam": suite.case(workload, "ardens", "train_step", rows),
            "fit": suite.case(workload, "ardens", "fit_step", rows),
        }
    )
    section = Section(f"A training step of {rows:,} rows")
    section.keep("training", race)
    labels = {
        "gradient": "value_and_grad alone, in the core",
        "Adam": "a step of `fit`: rows gathered, gradient, Adam",
        "fit": "a step of `fit` as it is without options: averaging of parameters as well",
    }
    lines = []
    for arm in race.seconds:
        share = race.ratio("gradient", arm)
        outside = Band(1 - share.value, 1 - share.high, 1 - share.low)
        text = "" if arm == "gradient" else str(outside)
        lines.append([labels[arm], micro(race.best(arm) * rows), text])
        if arm == "fit":
            what = f"NADE training step, {rows:,} rows: share outside value_and_grad"
            note = "step of `fit`"
            section.checks.append(Check(what, outside, TARGET, at_most=True, unit="", note=note))
    section.blocks.append(table(["step", "µs per step", "share outside value_and_grad"], lines))
    return section
