"""The code of a row: those of its columns, and the features that have their bits."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.machine import check_memory
from ..checks.options import vector
from ..checks.rows import binary_matrix
from ..checks.sparse import Held
from ..core import Codes, Model, Rows, max_threads
from .code import Code, Leaves
from .makers import bits

__all__ = ["RowCode"]

_BLOCK = 1 << 24  # bytes of rows that are looked at at a time


@dataclass(frozen=True, eq=False, repr=False)
class RowCode:
    """Codes of columns, whose bits are the features of a row.

    Parameters
    ----------
    codes : sequence of Code, at least one
        One for each column.
    features : array_like of int, shape (n_bits,), optional
        ``features[b]`` is the feature that has bit b of all words, one after the other; None for
        features in that order.

    Attributes
    ----------
    n_columns, n_bits : int
        How many columns and bits there are.
    slices : tuple of slice
        Where the bits of each column are among all.

    Examples
    --------
    >>> from ardens import codes
    >>> row = codes.RowCode([codes.bits(1), codes.one_hot(3)])
    >>> X = row.encode([[1, 2], [0, 0]])
    >>> X
    array([[1, 0, 0, 1],
           [0, 1, 0, 0]], dtype=uint8)
    >>> row.decode(X)
    array([[1, 2],
           [0, 0]])
    """

    codes: Sequence[Code]
    features: NDArray[np.intp] | None = None
    slices: tuple[slice, ...] = field(init=False)

    def __post_init__(self) -> None:
        given = tuple(self.codes)
        if not given or not all(isinstance(code, Code) for code in given):
            raise TypeError(f"codes must be Code objects, at least one; got {self.codes!r}")
        edges = np.cumsum([0, *(code.n_bits for code in given)]).tolist()
        slices = tuple(slice(a, b) for a, b in itertools.pairwise(edges))
        object.__setattr__(self, "codes", given)
        object.__setattr__(self, "slices", slices)
        if self.features is None:
            return
        n = edges[-1]
        wanted = f"features must be a permutation of 0 … {n - 1}, one for each bit of the codes"
        features = vector(self.features, n, wanted, below=n, kinds="iu").astype(np.intp)
        if len(np.unique(features)) < n:
            raise ValueError(f"{wanted}; one is there twice")
        features.flags.writeable = False
        same = bool((features == np.arange(n)).all())
        object.__setattr__(self, "features", None if same else features)

    @classmethod
    def grouped(cls, n_features: int, groups: Sequence[tuple[Code, Sequence[int]]]) -> Self:
        """Give codes to some features; the others are free, each a column of one bit."""
        taken = {j for _, features in groups for j in features}
        free = [(bits(1), (j,)) for j in range(n_features) if j not in taken]
        columns = sorted([*groups, *free], key=lambda column: column[1][0])
        features = [j for _, its in columns for j in its]
        return cls([code for code, _ in columns], np.array(features, np.intp))

    @property
    def n_columns(self) -> int:
        """Number of columns."""
        return len(self.codes)

    @property
    def n_bits(self) -> int:
        """Number of bits of a row."""
        return sum(code.n_bits for code in self.codes)

    @cached_property
    def places(self) -> NDArray[np.intp]:
        """The feature of every bit."""
        return np.arange(self.n_bits) if self.features is None else self.features

    @cached_property
    def core(self) -> Codes:
        """The automaton of all columns, one after the other."""
        steps, level = [], [np.zeros(1, np.int64)]
        for code in self.codes:
            end = level[-1][-1]
            steps.append(np.where(code.steps < 0, -1, code.steps + end).astype(np.int32))
            level.append(code.level[1:] + end)
        edges = [0, *(its.stop for its in self.slices)]
        return Codes(np.concatenate(steps), np.concatenate(level).tolist(), edges)

    def encode(self, leaves: ArrayLike) -> Rows:
        """Write values of columns as rows.

        Parameters
        ----------
        leaves : array_like of int, shape (n_samples, n_columns)
            A value of each column's code.

        Returns
        -------
        ndarray of uint8, shape (n_samples, n_bits)

        Raises
        ------
        ValueError
            If there is no such value; the message names the first one.
        MemoryError
            If the rows do not fit.

        Notes
        -----
        O(n_bits) a row, by as many threads as there are.
        """
        array = np.asarray(leaves)
        if array.ndim != 2 or array.shape[1] != self.n_columns or array.dtype.kind not in "iu":
            raise ValueError(
                f"leaves must be integers of shape (n_samples, {self.n_columns}); got an array of "
                f"{array.dtype} of shape {array.shape}"
            )
        check_memory(len(array) * self.n_bits, f"{len(array):,} rows of {self.n_bits:,} bits")
        places = np.array(array, np.int64, order="C")
        for k, code in enumerate(self.codes):
            if code.order is not None:
                its = places[:, k]
                inside = (its >= 0) & (its < code.n_leaves)
                its[inside] = code.order[its[inside]]
        X = np.empty((len(places), self.n_bits), np.uint8)
        at = self.core.encode(places, X, max_threads())
        if at >= 0:
            row, column = divmod(at, self.n_columns)
            raise ValueError(
                f"leaves of column {column} must be 0 … {self.codes[column].n_leaves - 1}; row "
                f"{row} has {array[row, column]}"
            )
        return X if self.features is None else X.take(np.argsort(self.features), axis=1)

    def decode(self, X: ArrayLike) -> Leaves:
        """Read rows.

        Parameters
        ----------
        X : array_like of 0 and 1, shape (n_samples, n_bits)

        Returns
        -------
        ndarray of int64, shape (n_samples, n_columns)

        Raises
        ------
        TypeError, ValueError
            If `X` is no such matrix, or a row has no word of its column's code; the message names
            the first one.

        Notes
        -----
        O(n_bits) a row, by as many threads as there are.
        """
        rows = np.ascontiguousarray(binary_matrix(X, n_features=self.n_bits))
        if self.features is not None:
            rows = rows.take(self.features, axis=1)
        leaves = np.empty((len(rows), self.n_columns), np.int64)
        at = self.core.decode(rows, leaves, max_threads())
        if at >= 0:
            row, bit = divmod(at, self.n_bits)
            column = next(k for k, its in enumerate(self.slices) if bit < its.stop)
            raise ValueError(
                f"X must have words of its codes; row {row} has none of column {column}, whose "
                f"features are {self.places[self.slices[column]].tolist()}"
            )
        for k, code in enumerate(self.codes):
            if code.leaf is not None:
                leaves[:, k] = code.leaf[leaves[:, k]]
        return leaves

    def check(self, cells: Held, name: str) -> None:
        """Refuse rows of cells, 0, 1 or unknown, that no row of the codes has."""
        step = max(1, _BLOCK // self.n_bits)
        for first in range(0, len(cells), step):
            rows = cells[first : first + step]
            own = rows if self.features is None else rows.take(self.features, axis=1)
            at = self.core.first_impossible(np.ascontiguousarray(own), max_threads())
            if at < 0:
                continue
            row, column = divmod(at, self.n_columns)
            features = self.places[self.slices[column]].tolist()
            raise ValueError(
                f"{name} must be rows of the codes; row {first + row} is none: of features "
                f"{features} it has {rows[row, features].tolist()}"
            )

    def filled(self, cells: Rows, seed: int) -> Rows:
        """Rows of cells that are possible, what is unknown drawn by fair coins where it is free."""
        n = self.n_bits
        core = Model("nade", n, 1).coded(self.core)
        params, log_weights = np.zeros(core.size, np.float32), np.empty((len(cells), 1))
        its = np.ascontiguousarray(cells[:, self.places])
        X, numbers = np.empty((len(cells), 1, n), np.uint8), np.arange(len(cells), dtype=np.uint64)
        tables = core.tables(params, 1)
        core.particles(params, tables, seed, its, numbers, 1, X, log_weights, max_threads())
        return X[:, 0].take(np.argsort(self.places), axis=1)

    def together(self, ordering: NDArray[np.intp]) -> NDArray[np.intp]:
        """Move whole columns: each to where the first of its features stands in an ordering."""
        positions = np.argsort(ordering)[self.places]
        first = [int(positions[its].min()) for its in self.slices]
        bit_order = [self.places[self.slices[k]] for k in np.argsort(first)]
        return np.concatenate(bit_order).astype(np.intp)

    def moved(self, ordering: NDArray[np.intp], flipped: NDArray[np.bool_]) -> Self:
        """The codes of rows in an order of the features, some of them turned over.

        Leaves may have other numbers. ValueError if the order parts the features of a column.
        """
        if not np.array_equal(self.together(ordering), ordering):
            raise ValueError(
                "ordering must keep the features of each code together, in the order of its bits; "
                "codes.RowCode(...).together(ordering) makes it so"
            )
        column_of = np.empty(self.n_bits, np.intp)
        for k, its in enumerate(self.slices):
            column_of[self.places[its]] = k
        order = column_of[ordering]
        moved = []
        for k in order[np.concatenate([[True], order[1:] != order[:-1]])].tolist():
            code, over = self.codes[k], flipped[self.places[self.slices[k]]]
            if over.any():
                steps, exchanged = code.steps.copy(), np.repeat(over, np.diff(code.level))
                steps[exchanged] = steps[exchanged, ::-1]
                code = Code(steps, code.level)
            moved.append(code)
        return type(self)(moved)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RowCode):
            return NotImplemented
        return self.codes == other.codes and np.array_equal(self.places, other.places)

    def __hash__(self) -> int:
        return hash(self.codes)

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.codes, self.features)

    def __repr__(self) -> str:
        return f"RowCode(n_columns={self.n_columns}, n_bits={self.n_bits})"
