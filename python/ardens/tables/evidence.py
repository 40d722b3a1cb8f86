"""What is known of rows: values that a user gives, and the bits that say so."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Rows
from .cells import Cells
from .columns import Column, Listed
from .fitted import FittedTable
from .frames import Frame
from .schema import Dtype

__all__ = [
    "check_held",
    "contradiction",
    "evidence_of",
    "is_one_row",
    "known_of",
    "one_row",
    "unknown_as_nan",
]


def known_of(
    frame: Frame, fitted: FittedTable
) -> tuple[list[NDArray[np.int64] | None], NDArray[np.float64]]:
    """Leaves of the learned columns, -1 where nothing is known, and nats beside the bits."""
    leaves: list[NDArray[np.int64] | None] = []
    nats = np.zeros((frame.n_rows, len(fitted.learned)))
    for k, column in enumerate(fitted.learned):
        if column.name not in frame.names:
            leaves.append(None)
            continue
        cells = frame.cells(column.name)
        leaf, inside = column.find(cells)
        seen = np.where(leaf < 0, column.nats_unseen, column.nats_seen) + inside
        nats[:, k] = np.where(cells.missing, 0.0, seen)
        leaves.append(np.where(cells.missing, -1, leaf))
    return leaves, nats


def evidence_of(
    frame: Frame, n: int, fitted: FittedTable, said: str, *, filled: bool = False
) -> Rows:
    """Bits of what is known of n rows; `filled` says that unknown cells are not to be missing."""
    leaves, _ = known_of(frame, fitted)
    wrong = fitted.contradicted(leaves, n)
    if wrong.any():
        raise contradiction(int(np.argmax(wrong)), said)
    return fitted.evidence(leaves, n, filled=filled)


def contradiction(row: int, said: str) -> ValueError:
    """The error of a row that cannot be."""
    return ValueError(
        f"row {row} of {said} contradicts itself: a column is not what it is a function of"
    )


def unknown_as_nan(cells: Rows) -> NDArray[np.float32]:
    """Cells as the models' doors take them."""
    return np.array([0, 1, np.nan], np.float32)[cells]


def is_one_row(given: Mapping[Any, Any]) -> bool:
    """Whether a dictionary has a value for each column, and no column of values."""
    return all(isinstance(value, str | bytes) or np.ndim(value) == 0 for value in given.values())


def one_row(given: Mapping[Any, Any]) -> dict[Any, Any]:
    """A frame of one row."""
    return {name: _one_cell(value) for name, value in given.items()}


def _one_cell(value: Any) -> Any:
    """A column of one cell; times of Python and pandas, in whatever zone, are those of NumPy."""
    if not isinstance(value, datetime.datetime) or value != value:  # NaT is not itself
        return [value]
    if hasattr(value, "to_datetime64"):
        return np.array([value.to_datetime64()])
    if value.tzinfo is not None:
        value = value.astimezone(datetime.UTC).replace(tzinfo=None)
    return np.array([value], "M8[us]")


def check_held(cells: Cells, column: Column, dtype: Dtype) -> None:
    """Refuse values that are given and that no cell of the column can be."""
    if cells.missing.all():
        return
    holds, levels = None, column.values.levels if isinstance(column.values, Listed) else None
    if isinstance(levels, list) and levels:
        kinds = {type(level) for level in levels}
        given = cells.levels if cells.levels is not None else cells.values[~cells.missing].tolist()
        wrong = [value for value in given if type(value) not in kinds]
        holds = f"values such as {levels[0]!r}"
        if not wrong and dtype.categories is not None:
            wrong = [value for value in given if value not in dtype.categories]
            holds = "its categories alone"
    elif dtype.is_whole and cells.levels is None and cells.unit is None:
        known = cells.values[~cells.missing]
        wrong, holds = known[known != np.floor(known)].tolist(), "whole numbers"
    if holds and wrong:
        raise ValueError(f'given has {wrong[0]!r} in the column "{column.name}", which has {holds}')
