"""How numbers are cut: heavy values have their own leaves, bins of equal mass are between them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .pieces import HEAD, INTERVAL, POINT, RARE, TAIL, Pieces

__all__ = ["Fineness", "cut"]

_PIECES = 4096  # of a column, about as many as there may be
_FEW_ROWS = 2500
_LARGE_BINS = 40.0  # rows of a bin at least, where rows are few
_OUTER = 0.01  # of the rows: those that say how far apart the outermost numbers are
_STEPS = sorted(
    (factor * 10**power for power in range(9) for factor in (1, 2, 5)), reverse=True
)  # that numbers are often multiples of


@dataclass(frozen=True)
class Fineness:
    """How finely numbers are cut.

    Parameters
    ----------
    leaves : int
        Bins of equal mass, were there no heavy values; heavy is what has the mass of a bin.
    rows_of_leaf : float
        The fewest rows that a bin has.
    rows_of_piece : float
        The rows of a piece inside bins.
    """

    leaves: int = 256
    rows_of_leaf: float = 12.0
    rows_of_piece: float = 12.0

    @classmethod
    def of(cls, rows: float) -> Fineness:
        """What is right for so many rows: of few, a model makes more of bins that are larger."""
        return cls(rows_of_leaf=_LARGE_BINS) if rows < _FEW_ROWS else cls()


@dataclass
class _Draft:
    """Pieces as they are cut."""

    steps: list[int]  # that may be those of pieces
    low: list[Any] = field(default_factory=list)
    high: list[Any] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    mass: list[float] = field(default_factory=list)
    step: list[int] = field(default_factory=list)

    def add(self, low: Any, high: Any, kind: int, mass: float, values: Any = ()) -> None:
        """One more, in which these values were seen."""
        self.low.append(low)
        self.high.append(high)
        self.kind.append(kind)
        self.mass.append(mass)
        fits = (step for step in self.steps if len(values) and not np.any(values % step))
        self.step.append(next(fits, 1))


def cut(
    values: NDArray[Any], mass: NDArray[np.float64], bounds: tuple[Any, Any], fineness: Fineness
) -> Pieces:
    """Cut numbers into pieces and leaves.

    Parameters
    ----------
    values : ndarray, rising and finite; int64 on a grid and else float64
        Distinct numbers.
    mass : ndarray of float64
        What the rows of each count.
    bounds : (number, number)
        What no number is beyond, both of them numbers.
    fineness : Fineness
        How finely.
    """
    grid = values.dtype == np.int64
    total = float(mass.sum())
    heavy = max(total / fineness.leaves, fineness.rows_of_leaf)
    rows = max(fineness.rows_of_piece, 2 * total / _PIECES)
    alone = mass >= min(heavy, max(2.0, rows / 2))
    draft = _Draft(_common_steps(values[~alone], mass[~alone]) if grid else [])
    for before, after in itertools.pairwise([-1, *np.flatnonzero(alone).tolist(), len(values)]):
        left = None if before < 0 else values[before]
        right = None if after == len(values) else values[after]
        if left is not None:
            draft.add(left, left, POINT, float(mass[before]))
        run = slice(before + 1, after)
        _between(draft, values[run], mass[run], left, right, rows)
    found = np.array(draft.mass)
    empty = found == 0
    if empty.any():
        found[empty] = RARE / np.count_nonzero(empty)
    draft.mass = found.tolist()
    _add_tails(draft, values, bounds)
    leaf = _leaves(np.array(draft.mass), np.array(draft.kind), heavy)
    number = np.int64 if grid else np.float64
    return Pieces(
        np.array(draft.low, number),
        np.array(draft.high, number),
        np.array(draft.kind, np.int8),
        np.array(draft.mass),
        leaf,
        np.array(draft.step, np.int64),
        _scales(values, mass),
    )


def _common_steps(values: NDArray[np.int64], mass: NDArray[np.float64]) -> list[int]:
    """Steps of which most of the numbers are multiples, though their grid is finer."""
    half = mass.sum() / 2
    return [step for step in _STEPS if half and mass[values % step == 0].sum() > half and step > 1]


def _up(x: Any) -> Any:
    """The next number."""
    return x + 1 if isinstance(x, np.integer) else np.nextafter(x, np.inf)


def _down(x: Any) -> Any:
    """The number before."""
    return x - 1 if isinstance(x, np.integer) else np.nextafter(x, -np.inf)


def _between(
    draft: _Draft,
    values: NDArray[Any],
    mass: NDArray[np.float64],
    left: Any,
    right: Any,
    rows: float,
) -> None:
    """Intervals of the values between two that have pieces of their own; None is no value.

    They reach no further beyond the values than these are apart; what remains is empty.
    """
    if not len(values):
        if left is not None and right is not None and _up(left) <= _down(right):
            draft.add(_up(left), _down(right), INTERVAL, 0.0)
        return
    grid = values.dtype == np.int64
    spacing = (values[-1] - values[0]) / max(1, len(values) - 1)
    spacing = np.int64(spacing) if grid else spacing
    begin, end = values[0], values[-1]
    if left is not None:
        begin = max(_up(left), begin - spacing)
        if begin > _up(left):
            draft.add(_up(left), _down(begin), INTERVAL, 0.0)
    if right is not None:
        end = min(_down(right), end + spacing)
    counts = np.cumsum(mass)
    pieces = max(1, min(len(values) - (not grid), round(counts[-1] / rows)))
    marks = np.searchsorted(counts, counts[-1] * np.arange(1, pieces) / pieces)
    marks = np.unique(marks[marks < len(values) - 1])
    edges = [0, *(marks + 1).tolist(), len(values)]
    low = begin
    for first, last in itertools.pairwise(edges):
        high = end
        if last < len(values):
            a, b = values[last - 1], values[last]
            high = a + (b - a) // 2 if grid else min(a / 2 + b / 2, _down(b))
        kind = POINT if low == high else INTERVAL
        draft.add(low, high, kind, float(mass[first:last].sum()), values[first:last])
        low = _up(high)
    if right is not None and end < _down(right):
        draft.add(_up(end), _down(right), INTERVAL, 0.0)


def _add_tails(draft: _Draft, values: NDArray[Any], bounds: tuple[Any, Any]) -> None:
    """Open both ends, as far as numbers go."""
    if bounds[0] < values[0]:
        draft.add(bounds[0], _down(values[0]), HEAD, RARE)
        for column in (draft.low, draft.high, draft.kind, draft.mass, draft.step):
            rotated: list[Any] = column
            rotated.insert(0, rotated.pop())
    if bounds[1] > values[-1]:
        draft.add(_up(values[-1]), bounds[1], TAIL, RARE)


def _scales(values: NDArray[Any], mass: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far the tails reach: about as far as the outermost rows are apart."""
    counts = np.cumsum(mass)
    outer = min(max(1.0, _OUTER * counts[-1]), counts[-1])
    low, high = float(values[0]), float(values[-1])
    inner = np.searchsorted(counts, [outer, counts[-1] - outer])
    spread = (high - low) / 10 or (1.0 if values.dtype == np.int64 else max(abs(high), 1.0) / 1000)
    return np.array(
        [
            abs(float(values[inner[0]]) - low) or spread,
            abs(high - float(values[inner[1]])) or spread,
        ]
    )


def _leaves(mass: NDArray[np.float64], kind: NDArray[Any], heavy: float) -> NDArray[np.int64]:
    """Number the leaves: heavy values have their own, and bins are between them.

    What is next to nothing is of one leaf with the heavy value beside it.
    """
    leaf = np.empty(len(mass), np.int64)
    n_leaves = 0
    for run, alone in _runs((kind == POINT) & (mass >= heavy)):
        total = float(mass[run].sum())
        if alone:
            leaf[run] = n_leaves
            n_leaves += 1
        elif total <= 2 * RARE and len(mass) > run.stop - run.start:
            leaf[run] = max(0, n_leaves - 1)
        else:
            bins = max(1, round(total / heavy))
            middle = np.cumsum(mass[run]) - mass[run] / 2
            number = np.minimum((middle * bins / total).astype(np.int64), bins - 1)
            number = np.unique(number, return_inverse=True)[1]
            leaf[run] = n_leaves + number
            n_leaves += int(number[-1]) + 1
    return leaf


def _runs(heavy: NDArray[np.bool_]) -> Iterator[tuple[slice, bool]]:
    """Each heavy piece alone, and all that is between two of them together."""
    edges = np.flatnonzero(heavy[1:] | heavy[:-1]) + 1
    for start, stop in itertools.pairwise([0, *edges.tolist(), len(heavy)]):
        yield slice(start, stop), bool(heavy[start])
