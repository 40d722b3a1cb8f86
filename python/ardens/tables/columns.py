"""Fitted columns: values to leaves and back, and log-densities inside leaves.

A leaf is what a model of bits knows of a value. `Listed` has one for each value; `Numbered` one for
each piece of the numbers. A column adds a leaf for missing cells, where it had any. What has no
leaf is *unseen*: all of it together counts as half a row, and is never drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cells import Cells
from .formats import Format
from .grids import Grid
from .native import numpy_unit
from .pieces import RARE, Pieces

__all__ = ["Column", "Listed", "Numbered"]

_SAID = {None: "numbers", "M": "times", "m": "durations"}


@dataclass(frozen=True, eq=False)
class Listed:
    """Values that are listed, a leaf for each.

    Parameters
    ----------
    levels : list, or ndarray of int64 or float64
        The values in order; an array where they are numbers.
    mass : ndarray of float64
        What the rows of each count.
    unit : str, optional
        Of times.
    """

    levels: list[Any] | NDArray[Any]
    mass: NDArray[np.float64]
    unit: str | None = None

    def find(self, cells: Cells) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Leaves of cells, -1 where they are unseen; values have no densities."""
        if isinstance(self.levels, np.ndarray):
            leaf = self._places(numbers_of(cells, self.unit))
        else:
            given = cells
            if cells.levels is None:
                levels, codes = np.unique(cells.values, return_inverse=True)
                flags = self.levels == [False, True]  # which 0 and 1 are as well
                words = [bool(x) if flags and x in (0, 1) else x for x in levels.tolist()]
                given = Cells(codes, cells.missing, words)
            table = [self._numbers.get((type(x), x), -1) for x in given.levels or []]
            leaf = np.array([*table, -1], np.int64)[given.values]
        return leaf, np.zeros(len(leaf))

    def _places(self, values: NDArray[Any]) -> NDArray[np.int64]:
        """Where numbers stand among the levels."""
        if not len(self.levels):
            return np.full(len(values), -1)
        place = np.searchsorted(np.asarray(self.levels), values)
        place = np.minimum(place, len(self.levels) - 1)
        return np.where(np.asarray(self.levels)[place] == values, place, -1)

    @cached_property
    def _numbers(self) -> dict[Any, int]:
        """The levels' numbers."""
        return {(type(level), level): k for k, level in enumerate(self.levels)}

    def draw(self, leaf: NDArray[np.int64], u: NDArray[np.float64]) -> Cells:
        """The value of each leaf."""
        none = np.zeros(len(leaf), np.bool_)
        if isinstance(self.levels, np.ndarray):
            table = self.levels if len(self.levels) else np.zeros(1, self.levels.dtype)
            return Cells(table.take(leaf), none, unit=self.unit)
        return Cells(leaf, none, self.levels)

    def named(self, leaf: int) -> str:
        """A value, in words."""
        if self.unit is not None:
            return time_in_words(self.levels[leaf], self.unit)
        return str(self.levels[leaf])


@dataclass(frozen=True, eq=False)
class Numbered:
    """Numbers, cut into pieces.

    Parameters
    ----------
    pieces : Pieces
        Of the numbers, or on a grid of their steps.
    grid : Grid, optional
        What they lie on.
    whole : bool
        Whether they are int64, as integers and times are.
    infinite : tuple of float
        Which of -inf and inf were seen; leaves behind those of the pieces.
    infinite_mass : tuple of float
        What their rows count.
    unit : str, optional
        Of times.
    form : Format, optional
        How times are written, where they are strings.
    """

    pieces: Pieces
    grid: Grid | None
    whole: bool
    infinite: tuple[float, ...] = ()
    infinite_mass: tuple[float, ...] = ()
    unit: str | None = None
    form: Format | None = None

    @property
    def mass(self) -> NDArray[np.float64]:
        """What the rows of each leaf count."""
        return np.concatenate([self.pieces.leaf_mass, self.infinite_mass])

    def find(self, cells: Cells) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Leaves of cells, -1 where they are unseen, and log-densities inside them."""
        values, x, seen = self._steps(cells)
        leaf, nats = self.pieces.find(x)
        leaf = np.where(seen, leaf, -1)
        for k, infinity in enumerate(self.infinite):
            leaf[values == infinity] = self.pieces.n_leaves + k
        return leaf, np.where(seen, nats, 0.0)

    def beyond(self, cells: Cells) -> NDArray[np.float64]:
        """Nats of lying where nothing was seen, given the leaf; 0 for what lies within."""
        _, x, seen = self._steps(cells)
        return np.where(seen, self.pieces.beyond(x), 0.0)

    def _steps(self, cells: Cells) -> tuple[NDArray[Any], NDArray[Any], NDArray[np.bool_]]:
        """Numbers of cells, the same as steps of the grid, and which are such."""
        known = np.ones(len(cells), np.bool_)
        if self.form is not None and cells.unit is None:
            cells, known = self.form.read(cells)
        values = numbers_of(cells, self.unit)
        if self.whole and values.dtype == np.float64:
            fits = np.abs(values) < 2.0**63
            exact = np.where(fits, values, 0.0).astype(np.int64)
            known = known & fits & (exact == values)
            values = exact
        elif not self.whole:
            values = values.astype(np.float64)
        if self.grid is not None:
            x, on = self.grid.steps(values)
        else:
            x, on = values, np.isfinite(values)
        return values, x, on & known

    def draw(self, leaf: NDArray[np.int64], u: NDArray[np.float64]) -> Cells:
        """A number of each leaf."""
        inner = np.minimum(leaf, self.pieces.n_leaves - 1) if self.infinite else leaf
        x = self.pieces.draw(inner, u)
        values = x if self.grid is None else self.grid.values(x)
        for k, infinity in enumerate(self.infinite):
            values[leaf == self.pieces.n_leaves + k] = infinity
        cells = Cells(values, np.zeros(len(leaf), np.bool_), unit=self.unit)
        return cells if self.form is None else self.form.write(cells)

    def bounds(self, leaf: int) -> tuple[Any, Any]:
        """The ends of a leaf's pieces, tails left out where there are others."""
        if leaf >= self.pieces.n_leaves:
            return (self.infinite[leaf - self.pieces.n_leaves],) * 2
        own = np.flatnonzero(self.pieces.leaf == leaf)
        inner = own[(self.pieces.mass[own] > RARE)]
        own = inner if inner.size else own
        ends = self.pieces.low[own[0]], self.pieces.high[own[-1]]
        if self.grid is not None:
            low, high = self.grid.values(np.array(ends)).tolist()
            return low, high
        return float(ends[0]), float(ends[1])

    def named(self, leaf: int) -> str:
        """A number or an interval, in words."""
        low, high = self.bounds(leaf)
        if self.unit is not None:
            low, high = (time_in_words(end, self.unit) for end in (low, high))
            return low if low == high else f"[{low}, {high}]"
        if not self.whole:
            low, high = (f"{end:.12g}" for end in (low, high))
        return str(low) if low == high else f"[{low}, {high}]"


def time_in_words(stamp: Any, unit: str) -> str:
    """A time, or how long something lasts, in this unit since 1970."""
    return str(np.array(stamp, np.int64).view(numpy_unit(unit)))


def numbers_of(cells: Cells, unit: str | None) -> NDArray[Any]:
    """Cells as numbers, times in this unit; TypeError if they are no such."""
    if cells.levels is not None:
        if all(isinstance(level, bool | np.bool_) for level in cells.levels):
            flags: NDArray[Any] = np.array([*cells.levels, False], np.int64)[cells.values]
            return flags
        if cells.missing.all():
            return np.zeros(len(cells), np.int64)
        raise TypeError(
            f"{_SAID[None if unit is None else numpy_unit(unit)[0]]} are wanted; got "
            f"{cells.levels[0]!r}"
        )
    values: NDArray[Any] = cells.values
    if cells.unit == unit or cells.missing.all():
        return values
    old, new = (None if one is None else numpy_unit(one) for one in (cells.unit, unit))
    if old is None or new is None or old[0] != new[0]:
        raise TypeError(f"{_SAID[new and new[0]]} are wanted; got {_SAID[old and old[0]]}")
    there: NDArray[np.int64] = values.view(old).astype(new).view(np.int64)
    return there


@dataclass(frozen=True, eq=False)
class Column:
    """A fitted column.

    Parameters
    ----------
    name : str or int
        What it is called.
    kind : str
        As the option `columns` names it.
    values : Values
        What it holds.
    code : str
        How the leaves of values are written as bits: ``"one_hot"``, or as numbers with one-hot
        digits, ``"digits16"`` by rank and ``"frequent16"`` by frequency; 16 may be another base.
    missing_mass : float
        What its rows with missing cells count; no leaf is theirs if that is 0.
    notes : list of str
        What was noticed.
    """

    name: Any
    kind: str
    values: Listed | Numbered
    code: str
    missing_mass: float = 0.0
    notes: list[str] = field(default_factory=list)

    @cached_property
    def mass(self) -> NDArray[np.float64]:
        """What the rows of each leaf count; the last leaf is that of missing cells, if any."""
        own = self.values.mass
        return np.append(own, self.missing_mass) if self.missing_mass else own

    @property
    def n_leaves(self) -> int:
        """The number of leaves."""
        return len(self.mass)

    @property
    def missing_leaf(self) -> int:
        """The leaf of missing cells; -1 if there is none."""
        return self.n_leaves - 1 if self.missing_mass else -1

    @cached_property
    def unseen(self) -> float:
        """The probability of all that is unseen."""
        return RARE / (float(self.mass.sum()) + RARE)

    @property
    def nats_seen(self) -> float:
        """What a cell that has a leaf counts for having one."""
        return math.log1p(-self.unseen)

    @property
    def nats_unseen(self) -> float:
        """What a cell that has none counts."""
        return math.log(self.unseen)

    def find(self, cells: Cells) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Leaves of cells, -1 where they are unseen, and log-densities inside them."""
        try:
            leaf, nats = self.values.find(cells)
        except TypeError as error:
            raise TypeError(f'in the column "{self.name}" {error}') from None
        if not cells.missing.any():
            return leaf, nats
        return np.where(cells.missing, self.missing_leaf, leaf), np.where(cells.missing, 0.0, nats)

    def draw(self, leaf: NDArray[np.int64], u: NDArray[np.float64]) -> Cells:
        """A cell of each leaf."""
        if not self.missing_mass:
            return self.values.draw(leaf, u)
        missing = leaf == self.missing_leaf
        cells = self.values.draw(np.where(missing, 0, leaf), u)
        return Cells(cells.values, missing, cells.levels, cells.unit)

    def named(self, leaf: int) -> str:
        """What a leaf holds, in words."""
        return "missing" if leaf == self.missing_leaf else self.values.named(leaf)
