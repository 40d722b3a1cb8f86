"""The cells of a column as NumPy has them: numbers, times, or codes of levels."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .native import numpy_unit

__all__ = ["Cells", "Levels", "Unreadable", "listed", "real", "whole"]

Levels: TypeAlias = list[Any]

_MOST = 2**62  # so that sums of whole numbers are some, too
_LARGE = 1e300


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of a column: numbers, times or codes of levels, and which are missing.

    Parameters
    ----------
    values : ndarray of int64 or float64, shape (n,)
        Whatever stands where a cell is missing.
    missing : ndarray of bool, shape (n,)
        Which cells are.
    levels : list, optional
        The distinct values, in order, of which `values` are the numbers.
    unit : str, optional
        Of times and durations since 1970: ``"ns"``, ``"us"``, ``"ms"``, ``"s"`` or ``"D"``.
    """

    values: NDArray[Any]
    missing: NDArray[np.bool_]
    levels: Levels | None = None
    unit: str | None = None

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: NDArray[np.intp]) -> Cells:
        """Some of the cells."""
        return Cells(self.values[rows], self.missing[rows], self.levels, self.unit)

    def text(self, row: int) -> str:
        """A cell, in words."""
        if self.missing[row]:
            return "missing"
        value = self.values[row]
        if self.levels is not None:
            return str(self.levels[value])
        return str(value if self.unit is None else value.view(numpy_unit(self.unit)))

    def with_marker(self, markers: Sequence[Any]) -> Cells:
        """The cells with a marker in those that are missing, if one of its kind is among them."""
        if not self.missing.any() or self.unit is not None:
            return self
        none = np.zeros(len(self), np.bool_)
        if self.levels is None:
            for x in markers:
                if isinstance(x, Real) and not isinstance(x, bool):
                    return Cells(
                        np.where(self.missing, self.values.dtype.type(x), self.values), none
                    )
            return self
        for x in markers:
            if all(type(level) is type(x) for level in self.levels):
                values = np.where(self.missing, len(self.levels), self.values)
                return Cells(values, none, [*self.levels, x])
        return self

    def marked(self, markers: Sequence[Any]) -> Cells:
        """The cells, of which those that hold a marker are missing."""
        if not markers or self.unit is not None:
            return self
        if self.levels is None:
            numbers: list[Any] = [
                x for x in markers if isinstance(x, Real) and not isinstance(x, bool)
            ]
            return Cells(self.values, self.missing | np.isin(self.values, numbers))
        hidden = np.array([*(level in markers for level in self.levels), False])
        new = np.append(np.cumsum(~hidden[:-1]) - 1, 0)
        levels = [x for x, out in zip(self.levels, hidden[:-1], strict=True) if not out]
        absent = self.missing | hidden[self.values]
        return Cells(np.where(absent, 0, new[self.values]), absent, levels)


class Unreadable(Exception):
    """A column has what no model takes."""


def whole(values: NDArray[Any], missing: NDArray[np.bool_]) -> Cells:
    """Whole numbers; float64 where int64 does not hold them."""
    if values.size and (int(values.max()) > _MOST or int(values.min()) < -_MOST):
        raise Unreadable("integers beyond 2**62")
    return Cells(values.astype(np.int64), missing)


def real(values: NDArray[np.float64], missing: NDArray[np.bool_]) -> Cells:
    """Real numbers, of which NaN are missing."""
    size = np.abs(values)
    if ((size > _LARGE) & (size < np.inf)).any():
        raise Unreadable("numbers beyond 1e300")
    return Cells(values, missing | np.isnan(values))


def listed(codes: NDArray[np.int64], levels: Levels) -> Cells:
    """Codes of distinct values in any order, -1 where there is none, as cells of one kind."""
    missing = codes < 0
    kinds = {bool if kind is np.bool_ else kind for kind in map(type, levels)}
    if kinds and all(issubclass(kind, int | np.integer) and kind is not bool for kind in kinds):
        if max(levels) > _MOST or min(levels) < -_MOST:
            raise Unreadable("integers beyond 2**62")
        table = np.array([*levels, 0], np.int64)
        return Cells(table[codes], missing)
    if kinds and all(
        issubclass(kind, int | float | np.number) and kind is not bool for kind in kinds
    ):
        return real(np.array([*levels, np.nan], np.float64)[codes], missing)
    if kinds == {datetime.date} or kinds == {datetime.datetime}:
        return _times_of(codes, levels)
    order = sorted(range(len(levels)), key=lambda k: _key(levels[k]))
    rank = np.empty(len(levels) + 1, np.int64)
    rank[order], rank[-1] = np.arange(len(levels)), 0
    return Cells(rank[codes], missing, [levels[k] for k in order])


def _times_of(codes: NDArray[np.int64], levels: Levels) -> Cells:
    """Codes of dates, or of times in no zone, as cells."""
    unit = "us" if isinstance(levels[0], datetime.datetime) else "D"
    if any(getattr(level, "tzinfo", None) is not None for level in levels):
        raise Unreadable("times in zones as objects")
    stamps = np.array([*levels, levels[0]], f"M8[{unit}]").view(np.int64)
    return Cells(stamps[codes], codes < 0, unit=unit)


def _key(value: Any) -> tuple[str, Any]:
    """What mixed values are sorted by: numbers, strings and others, each among its kind."""
    if isinstance(value, int | float):
        return "", float(value)
    comparable = isinstance(value, str | bytes | datetime.date)
    return type(value).__name__, value if comparable else repr(value)
