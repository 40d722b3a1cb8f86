"""The sections of the report, in their order: what measures each, and what makes a page of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from ..figures import Tables
from ..section import Section
from ..suite import Suite
from . import (
    comparison,
    complement,
    curves,
    larger,
    levels,
    limits,
    models,
    one_row,
    threads,
    training,
)

__all__ = ["SECTIONS", "Maker"]


class Maker(NamedTuple):
    """What gives a section's part of the table, and what makes the section of the whole table."""

    measure: Callable[[Suite], dict[str, Any]]
    page: Callable[[Tables], Section]


SECTIONS = {
    "comparison": Maker(comparison.measure, comparison.page),
    "larger": Maker(larger.measure, larger.page),
    "limits": Maker(limits.measure, limits.page),
    "training": Maker(training.measure, training.page),
    "threads": Maker(threads.measure, threads.page),
    "levels": Maker(levels.measure, levels.page),
    "fvsbn": Maker(partial(models.measure, model="fvsbn"), partial(models.page, model="fvsbn")),
    "mlp": Maker(partial(models.measure, model="mlp"), partial(models.page, model="mlp")),
    "curves": Maker(curves.measure, curves.page),
    "complement": Maker(complement.measure, complement.page),
    "one_row": Maker(one_row.measure, one_row.page),
}
