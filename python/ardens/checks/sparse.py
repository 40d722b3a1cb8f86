"""Rows of which few cells are 1, kept as the places of these: from SciPy's matrices and pandas.

Nothing here loads SciPy. Of what is dense only a batch, or a block of rows, exists at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..core import Rows
from .machine import check_memory

__all__ = ["Held", "SparseRows", "by_blocks", "compressed"]

_BLOCK = 1 << 24  # bytes of rows that are dense at a time


@dataclass(frozen=True, eq=False)
class SparseRows:
    """Rows of zeros and ones: those of row i stand in ``places[ends[i]:ends[i + 1]]``, ascending.

    What NumPy can do with an array of rows, and is done here, is called the same, but that an index
    gives dense rows. `flipped` columns have 1 where there is no place.
    """

    ndim: ClassVar[int] = 2

    ends: NDArray[np.intp]
    places: NDArray[np.integer]
    n_features: int
    flipped: NDArray[np.uint8] | None = None

    @classmethod
    def of(cls, X: Held) -> SparseRows:
        """Find the ones of dense rows."""
        if isinstance(X, SparseRows):
            return X
        ends = np.concatenate([[0], np.cumsum(np.count_nonzero(X, axis=1))])
        return cls(ends, np.nonzero(X)[1], X.shape[1])

    def __len__(self) -> int:
        return len(self.ends) - 1

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of the dense rows."""
        return len(self), self.n_features

    def __getitem__(self, index: slice | NDArray[np.intp]) -> Rows:
        chosen = np.arange(len(self))[index]
        check_memory(len(chosen) * self.n_features, f"{len(chosen):,} dense rows")
        rows = np.empty((len(chosen), self.n_features), np.uint8)
        self.fill(rows, chosen)
        return rows

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        return self[:] if dtype is None else self[:].astype(dtype)

    def fill(self, rows: Rows, chosen: NDArray[np.intp]) -> None:
        """Write some of the rows into an array of so many."""
        there = self.take(chosen)
        rows[...] = 0
        rows[there.numbers(), there.places] = 1
        if self.flipped is not None:
            rows ^= self.flipped

    def take(self, chosen: NDArray[np.intp], axis: int = 0) -> SparseRows:
        """Some of the rows, which may repeat."""
        counts = np.diff(self.ends)[chosen]
        ends = np.concatenate([[0], np.cumsum(counts)])
        shift = np.repeat(self.ends[chosen] - ends[:-1], counts)
        places = self.places[np.arange(ends[-1]) + shift]
        return SparseRows(ends, places, self.n_features, self.flipped)

    def numbers(self) -> NDArray[np.intp]:
        """The row of each place."""
        return np.repeat(np.arange(len(self)), np.diff(self.ends))

    def ones(self) -> NDArray[np.int64]:
        """How many there are in each column."""
        counts = np.bincount(self.places, minlength=self.n_features).astype(np.int64)
        return (
            counts if self.flipped is None else np.where(self.flipped, len(self) - counts, counts)
        )

    def moved(self, positions: NDArray[np.intp], flipped: NDArray[np.uint8]) -> SparseRows:
        """Every column at its position there, and turned over where that position is `flipped`."""
        n, numbers = self.n_features, self.numbers()
        places = np.sort(numbers * n + positions[self.places]) - numbers * n
        turned = flipped if flipped.any() else None
        return SparseRows(self.ends, places.astype(self.places.dtype), n, turned)

    def followed_by(self, other: SparseRows) -> SparseRows:
        """All rows of both, of which the same columns are turned over."""
        ends = np.concatenate([self.ends, self.ends[-1] + other.ends[1:]])
        places = np.concatenate([self.places, other.places])
        return SparseRows(ends, places, self.n_features, self.flipped)


Held: TypeAlias = Rows | SparseRows
"""Rows as they are kept."""


def by_blocks(X: Held, work: Callable[[Rows], NDArray[np.float64]]) -> NDArray[np.float64]:
    """What work says of each row, along its last axis; of sparse ones a block at a time."""
    if isinstance(X, np.ndarray):
        return work(X)
    step = max(1, _BLOCK // X.n_features)
    starts = range(0, max(len(X), 1), step)
    return np.concatenate([work(X[first : first + step]) for first in starts], axis=-1)


def compressed(X: Any) -> Any | None:
    """A matrix of SciPy, or a data frame of pandas all of whose columns are sparse, row by row.

    That is a matrix in SciPy's format CSR without repeated places; None for all else, and for
    frames whose usual value is not 0.
    """
    if hasattr(X, "sparse") and hasattr(X, "columns"):
        try:
            X = X.sparse.to_coo()
        except (AttributeError, ValueError, TypeError, ImportError):
            return None
    if not (hasattr(X, "nnz") and hasattr(X, "tocsr")) or len(X.shape) != 2:
        return None
    rows = X.tocsr()
    if not rows.has_canonical_format:
        rows = rows.copy() if rows is X else rows
        rows.sum_duplicates()
    return rows
