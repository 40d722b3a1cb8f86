"""Rows and what each of them counts: weights of samplers, surveys and counts, checked once.

A row of weight 3 is three rows; one of weight 0 is none. What depends on how many rows were seen,
such as a standard error, takes a weight for the nearest whole number of rows, at least one, that
count alike: so weights that sum to one are not taken for a single row.
"""

from __future__ import annotations

import math
import reprlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core import Rows
from .cells import UNKNOWN
from .sparse import Held, SparseRows

__all__ = ["Table", "Weights", "mean", "row_weights", "standard_error"]

Weights: TypeAlias = NDArray[np.float64]

_BITS = 52  # of a sum of weights, which so is exact in any order
_LEAST, _MOST = 1e-6, 1e15  # of a sum: beyond, one row more is nothing beside it, or all
_CELLS = 1 << 22  # worked on at a time


def row_weights(
    sample_weight: ArrayLike | None, n_samples: int, name: str = "sample_weight"
) -> Weights | None:
    """Check weights, one number for all rows or one for each; None where there are none.

    They are rounded to 2**-52 of their sum, so that whole numbers stay what they are and no sum of
    them depends on the order of the rows.

    >>> row_weights([2, 0, 1.5], 3)
    array([2. , 0. , 1.5])
    """
    if sample_weight is None:
        return None
    wanted = f"{name} must be {n_samples} finite numbers (or one for all) from 0 on, not all zero"
    try:
        array: NDArray[Any] = np.asarray(sample_weight)
    except ValueError:
        raise ValueError(f"{wanted}; got {reprlib.repr(sample_weight)}") from None
    if np.ma.is_masked(sample_weight):
        raise ValueError(f"{wanted}; it has masked cells")
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{wanted}; got {reprlib.repr(sample_weight)}")
    if array.shape not in ((), (n_samples,)):
        raise ValueError(f"{wanted}; got an array of shape {array.shape}")
    weights = np.broadcast_to(array.astype(np.float64), n_samples)
    wrong = ~(np.isfinite(weights) & (weights >= 0))
    if wrong.any():
        row = int(np.argmax(wrong))
        raise ValueError(f"{wanted}; it has {weights[row]} at row {row}")
    with np.errstate(over="ignore"):
        total = float(weights.sum())
    if total == 0:
        raise ValueError(f"{wanted}; they sum to {total}")
    if not _LEAST <= total <= _MOST:
        raise ValueError(
            f"{name} must sum to {_LEAST:g} at least and {_MOST:g} at most, as weights are numbers "
            f"of rows; they sum to {total:g}: multiply them by a constant"
        )
    places = _BITS - math.frexp(total)[1]
    return np.asarray(np.ldexp(np.rint(np.ldexp(weights, places)), -places))


def mean(values: NDArray[np.float64], weights: Weights | None) -> float:
    """The mean of a figure of rows that weigh so much."""
    if weights is None:
        return float(np.mean(values))
    return float(np.sum(weights * values) / np.sum(weights))


def standard_error(values: NDArray[np.float64], weights: Weights | None) -> float:
    """That of the mean; none where there are not two rows."""
    times = _copies(len(values), weights)
    seen = float(np.sum(times))
    if seen < 2:
        return 0.0
    if weights is None:
        return float(np.std(values, ddof=1)) / math.sqrt(seen)
    parts = weights / np.sum(weights)
    spread = float(np.sum(parts**2 / times * (values - mean(values, weights)) ** 2))
    return math.sqrt(spread * seen / (seen - 1))


def _copies(n_samples: int, weights: Weights | None) -> Weights:
    """How many rows each of them stands for."""
    return np.ones(n_samples) if weights is None else np.maximum(np.rint(weights), 1.0)


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of zeros and ones, and their weights, all above 0; None where every row counts once.

    Before training completes them, cells may be unknown, but of rows that are `held` sparse.
    """

    held: Held
    weights: Weights | None = None

    @classmethod
    def of(
        cls, rows: Held, sample_weight: ArrayLike | None = None, name: str = "sample_weight"
    ) -> Self:
        """Check the weights that the user gives; rows of weight 0 are as if they were absent."""
        weights = row_weights(sample_weight, len(rows), name)
        if weights is None:
            return cls(rows)
        there = np.flatnonzero(weights)
        if len(there) < len(rows):
            rows, weights = rows.take(there, axis=0), weights[there]
        return cls(rows, None if (weights == 1).all() else weights)

    def __len__(self) -> int:
        return len(self.held)

    @property
    def rows(self) -> Rows:
        """The rows, dense: made anew where they are not held so."""
        return self.held if isinstance(self.held, np.ndarray) else self.held[:]

    @property
    def n_features(self) -> int:
        """The number of columns."""
        return int(self.held.shape[1])

    @property
    def is_complete(self) -> bool:
        """Whether every cell is known."""
        held = self.held
        return isinstance(held, SparseRows) or int(held.max(initial=0)) < UNKNOWN

    @cached_property
    def total(self) -> float:
        """What all rows count together."""
        return len(self) if self.weights is None else float(self.weights.sum())

    @cached_property
    def copies(self) -> Weights:
        """How many rows each of them stands for."""
        return _copies(len(self), self.weights)

    @cached_property
    def n_seen(self) -> int:
        """How many rows they stand for together."""
        return len(self) if self.weights is None else int(self.copies.sum())

    def followed_by(self, other: Self) -> Self:
        """All rows of both."""
        weights = None
        if self.weights is not None and other.weights is not None:
            weights = np.concatenate([self.weights, other.weights])
        if isinstance(self.held, np.ndarray) and isinstance(other.held, np.ndarray):
            return type(self)(np.concatenate([self.held, other.held]), weights)
        return type(self)(SparseRows.of(self.held).followed_by(SparseRows.of(other.held)), weights)

    def dense(self) -> Self:
        """The same, held dense."""
        return self if isinstance(self.held, np.ndarray) else type(self)(self.rows, self.weights)

    def batch(self, chosen: NDArray[np.intp], out: Rows) -> Rows:
        """Some of the rows, written into the first ones of `out`."""
        rows = out[: len(chosen)]
        if isinstance(self.held, SparseRows):
            self.held.fill(rows, chosen)
        else:  # mode: the default one fills a copy first, to leave `out` alone if one is wrong
            np.take(self.held, chosen, axis=0, out=rows, mode="clip")
        return rows

    def ones(self) -> NDArray[Any]:
        """What the rows with a one count together, column by column."""
        if self.weights is None:
            held = self.held
            if isinstance(held, SparseRows):
                return held.ones()
            return np.asarray(held.sum(axis=0, dtype=np.int64))
        counts = np.zeros(self.n_features)
        step = max(1, _CELLS // self.n_features)
        for first in range(0, len(self), step):
            counts += self.weights[first : first + step] @ self.held[first : first + step]
        return counts

    def mean(self, values: NDArray[np.float64]) -> float:
        """The mean of a figure of the rows."""
        return mean(values, self.weights)

    def standard_error(self, values: NDArray[np.float64]) -> float:
        """That of the mean; none where there are not two rows."""
        return standard_error(values, self.weights)
