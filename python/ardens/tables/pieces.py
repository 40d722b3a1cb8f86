"""Numbers as leaves and, inside leaves, pieces: single values, intervals, and tails without end.

The model knows the leaves. Which piece of its leaf a number is of, and where in it, is as probable
as it was among the rows learned from, whatever is in the other columns: inside a bin, a histogram
finer than the bins. So every number has a density, or on a grid a probability.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["HEAD", "INTERVAL", "POINT", "RARE", "TAIL", "Pieces"]

POINT, INTERVAL, TAIL, HEAD = range(4)
RARE = 0.5  # rows that all of what was never seen counts for

_BELOW_ONE = 1 - 2.0**-30  # so that leaf + u stays below the next leaf


@dataclass(frozen=True, eq=False)
class Pieces:
    """The pieces of a column in rising order; on a grid, of whole numbers.

    Parameters
    ----------
    low, high : ndarray, shape (n_pieces,), int64 on a grid and else float64
        Where each begins and ends, both of it. A tail goes as far as numbers do.
    kind : ndarray of int8, shape (n_pieces,)
        A point, an interval, an upper or a lower tail.
    mass : ndarray of float64, shape (n_pieces,)
        What the rows in it count.
    leaf : ndarray of int64, shape (n_pieces,)
        The leaf that it is of, rising.
    step : ndarray of int64, shape (n_pieces,)
        Of what all numbers that were seen in it are multiples; others count half a row together.
    scale : ndarray of float64, shape (2,)
        Of the lower and the upper tail.
    """

    low: NDArray[Any]
    high: NDArray[Any]
    kind: NDArray[np.int8]
    mass: NDArray[np.float64]
    leaf: NDArray[np.int64]
    step: NDArray[np.int64]
    scale: NDArray[np.float64]
    leaf_mass: NDArray[np.float64] = field(init=False)
    _begin: NDArray[np.float64] = field(init=False)  # the leaf + what stands before it in its leaf
    _part: NDArray[np.float64] = field(init=False)
    _width: NDArray[np.float64] = field(init=False)
    _multiples: NDArray[np.float64] = field(init=False)
    _off: NDArray[np.float64] = field(init=False)  # the part of numbers that are no multiples

    def __post_init__(self) -> None:
        leaf_mass = np.bincount(self.leaf, self.mass)
        part = self.mass / leaf_mass[self.leaf]
        before = np.cumsum(part) - part
        before -= before[np.searchsorted(self.leaf, np.arange(len(leaf_mass)))][self.leaf]
        width = self.high.astype(np.float64) - self.low.astype(np.float64) + self.on_grid
        multiples, off = width, np.zeros(len(width))
        if self.on_grid:
            stepped = (self.step > 1) & (self.kind == INTERVAL)
            many = self.high // self.step - (self.low - 1) // self.step
            stepped &= (many > 0) & (many < width)
            multiples = np.where(stepped, many, width)
            off = np.where(stepped, RARE / (self.mass + RARE), 0.0)
        for name, value in (
            ("leaf_mass", leaf_mass),
            ("_begin", self.leaf + before),
            ("_part", part),
            ("_width", width),
            ("_multiples", multiples),
            ("_off", off),
        ):
            object.__setattr__(self, name, value)

    @property
    def n_leaves(self) -> int:
        """The number of leaves."""
        return len(self.leaf_mass)

    @property
    def on_grid(self) -> bool:
        """Whether the numbers are whole."""
        return self.low.dtype == np.int64

    def find(self, x: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Leaves of numbers, -1 where none has them, and log-densities inside these."""
        place = np.searchsorted(self.low, x, side="right") - 1
        inside = (place >= 0) & (x <= self.high[place])
        with np.errstate(divide="ignore"):
            even = np.log(self._part) + np.log1p(-self._off)
            nats = np.where(self.kind == INTERVAL, even - np.log(self._multiples), even)[place]
        off = np.flatnonzero(self._off[place])
        if off.size:
            off = off[x[off] % self.step[place[off]] != 0]
            its = place[off]
            rest = self._width[its] - self._multiples[its]
            nats[off] = np.log(self._part[its] * self._off[its] / rest)
        for kind, scale in zip((HEAD, TAIL), self.scale.tolist(), strict=True):
            rows = np.flatnonzero(self.kind[place] == kind)
            if rows.size:
                nats[rows] += self._tail(x[rows], int(place[rows[0]]), scale)
        return np.where(inside, self.leaf[place], -1), np.where(inside, nats, 0.0)

    def beyond(self, x: NDArray[Any]) -> NDArray[np.float64]:
        """The logarithm of the part of a leaf that a tail is, of numbers in tails; else 0."""
        place = np.maximum(np.searchsorted(self.low, x, side="right") - 1, 0)
        tail = (self.kind[place] == TAIL) | (self.kind[place] == HEAD)
        return np.where(tail, np.log(self._part[place]), 0.0)

    def _tail(self, x: NDArray[Any], piece: int, scale: float) -> NDArray[np.float64]:
        """Log-densities of numbers in a tail: exponential, on a grid geometric, up to its end."""
        low, high = self.low[piece], self.high[piece]
        far = (x - low if self.kind[piece] == TAIL else high - x).astype(np.float64)
        length = float(self._width[piece])
        first = _log1mexp(1 / scale) if self.on_grid else -math.log(scale)
        return np.asarray(first - far / scale - _log1mexp(length / scale))

    def draw(self, leaf: NDArray[np.int64], u: NDArray[np.float64]) -> NDArray[Any]:
        """A number of each leaf, by one uniform each."""
        t = leaf + u * _BELOW_ONE
        place = np.searchsorted(self._begin, t, side="right") - 1
        rest = np.clip((t - self._begin[place]) / self._part[place], 0.0, 1 - 2.0**-53)
        low = self.low[place]
        if self.on_grid:
            x = low + np.floor(rest * self._width[place]).astype(np.int64)
            self._step_out(x, place, rest)
        else:
            x = low + rest * (self.high[place] - low)
        for kind, scale in zip((HEAD, TAIL), self.scale.tolist(), strict=True):
            rows = np.flatnonzero(self.kind[place] == kind)
            if rows.size:
                x[rows] = self._draw_tail(int(place[rows[0]]), scale, rest[rows])
        return x

    def _step_out(
        self, x: NDArray[np.int64], place: NDArray[np.intp], rest: NDArray[np.float64]
    ) -> None:
        """Draw from pieces with steps: most numbers are multiples, the others half a row."""
        rows = np.flatnonzero(self._off[place])
        if not rows.size:
            return
        its, u = place[rows], rest[rows]
        step, off, below = self.step[its], self._off[its], self.low[its] - 1
        many = self._multiples[its]
        even = u < 1 - off
        k = np.floor(np.minimum(u / (1 - off), _BELOW_ONE) * many).astype(np.int64)
        multiple = (below // step + 1 + k) * step
        others = np.clip((u - (1 - off)) / off, 0.0, _BELOW_ONE) * (self._width[its] - many)
        t = below - below // step + 1 + np.floor(others).astype(np.int64)
        x[rows] = np.where(even, multiple, t + (t - 1) // (step - 1))

    def _draw_tail(self, piece: int, scale: float, u: NDArray[np.float64]) -> NDArray[Any]:
        """Numbers of a tail."""
        low, high, up = self.low[piece], self.high[piece], self.kind[piece] == TAIL
        length = float(self._width[piece])
        far: NDArray[Any] = -scale * np.log1p(u * np.expm1(-length / scale))
        if self.on_grid:
            far = np.minimum(np.floor(far), min(length - 1, 2.0**62)).astype(np.int64)
        return np.asarray(np.clip(low + far if up else high - far, low, high))


def _log1mexp(x: float) -> float:
    """log(1 - exp(-x))."""
    return math.log(-math.expm1(-x)) if x < 0.7 else math.log1p(-math.exp(-x))
