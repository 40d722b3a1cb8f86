"""The door between the user's columns and the model's: names, order, values turned over, codes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Self, TypeVar, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checks.cells import UNKNOWN
from .checks.options import permutation, vector
from .checks.sparse import Held, SparseRows
from .codes import RowCode
from .core import Model, Rows

__all__ = ["Columns"]

Scalar = TypeVar("Scalar", bound=np.generic)

_RUN = 4096  # bytes that NumPy goes over at a time; narrow rows are taken several at once


@dataclass(frozen=True, eq=False)
class Columns:
    """Where each of the user's columns stands in the model, and whether it is turned over there.

    Made by `of`, which checks.

    Parameters
    ----------
    ordering : ndarray of intp, shape (n_features,), read-only
        ``ordering[k]`` is the user's column that stands at position k.
    flipped : ndarray of bool, shape (n_features,), read-only
        Whether the model has 1 - x for x, in the user's order.
    names : ndarray of object, shape (n_features,), or None
        What the user calls the columns, if the data had names.
    codes : RowCode or None
        Which rows there can be, in the user's order; all of them if None.

    Attributes
    ----------
    positions : ndarray of intp, shape (n_features,), or None
        ``positions[j]`` is the position of the user's column j; None where the order is the same.
    coded : bool
        Whether any column is turned over.
    """

    ordering: NDArray[np.intp]
    flipped: NDArray[np.bool_]
    names: NDArray[np.object_] | None = None
    codes: RowCode | None = None
    positions: NDArray[np.intp] | None = field(init=False)
    coded: bool = field(init=False)

    def __post_init__(self) -> None:
        same = np.array_equal(self.ordering, np.arange(self.ordering.size))
        object.__setattr__(self, "positions", None if same else np.argsort(self.ordering))
        object.__setattr__(self, "coded", bool(self.flipped.any()))

    @classmethod
    def of(
        cls,
        n_features: int,
        ordering: ArrayLike | None = None,
        flipped: ArrayLike | None = None,
        names: Sequence[str] | NDArray[np.object_] | None = None,
        codes: RowCode | None = None,
    ) -> Self:
        """Check and copy; None leaves the columns in their order, as they are, without names.

        `ordering` may be of `names`. TypeError or ValueError if it is no permutation, or `flipped`
        has not one 0 or 1 for every column.
        """
        return cls(
            permutation(np.arange(n_features) if ordering is None else ordering, n_features, names),
            _flags(np.zeros(n_features, np.bool_) if flipped is None else flipped, n_features),
            None if names is None else np.array(names, dtype=object),
            codes,
        )

    def __reduce__(self) -> tuple[object, ...]:
        n, names, codes = self.ordering.size, self.names, self.codes
        return type(self).of, (n, self.ordering, self.flipped, names, codes)

    def of_rows(self, core: Model) -> Model:
        """Let a core model the rows that there can be; ValueError if the order parts a code."""
        codes = self.codes_in_order()
        return core if codes is None else core.coded(codes.core)

    def codes_in_order(self) -> RowCode | None:
        """The codes of the model's columns; ValueError if the order parts one."""
        return None if self.codes is None else self.codes.moved(self.ordering, self.flipped)

    @overload
    def ordered(self, X: Rows) -> Rows: ...

    @overload
    def ordered(self, X: Held) -> Held: ...

    def ordered(self, X: Held) -> Held:
        """Make the user's rows the model's; `X` itself where they are the same.

        What is unknown of rows of cells stays so.
        """
        if isinstance(X, SparseRows):
            if self.positions is None and not self.coded:
                return X
            positions = np.arange(X.n_features) if self.positions is None else self.positions
            return X.moved(positions, self.flipped[self.ordering].view(np.uint8))
        rows = X if self.positions is None else X.take(self.ordering, axis=1)
        if self.coded:
            rows = X.copy() if rows is X else rows
            self.flip(rows, ordered=True)
            np.minimum(rows, UNKNOWN, out=rows)
        return rows

    def unordered(self, values: NDArray[Scalar]) -> NDArray[Scalar]:
        """Bring what belongs to the model's columns into the user's order."""
        return values if self.positions is None else values.take(self.positions, axis=1)

    def flip(self, X: NDArray[np.uint8], *, packed: bool = False, ordered: bool = False) -> None:
        """Turn the user's values into the model's or back, in place.

        Parameters
        ----------
        X : ndarray of uint8, C-contiguous
            Rows.
        packed : bool, default False
            Whether they have eight columns a byte.
        ordered : bool, default False
            Whether their columns are in the model's order, and not in the user's.
        """
        if self.coded:
            flips = self.flipped[self.ordering] if ordered else self.flipped
            _xor(X, np.packbits(flips) if packed else flips.view(np.uint8))


def _xor(X: NDArray[np.uint8], mask: NDArray[np.uint8]) -> None:
    """``X ^= mask`` for contiguous rows."""
    several = max(1, _RUN // mask.size)
    whole = len(X) - len(X) % several
    runs = X[:whole].reshape(-1, several * mask.size)
    runs ^= np.tile(mask, several)
    X[whole:] ^= mask


def _flags(flipped: ArrayLike, n_features: int) -> NDArray[np.bool_]:
    """Check one 0 or 1 for every column."""
    wanted = f"flipped must be None or {n_features} zeros and ones"
    array = vector(flipped, n_features, wanted, below=2, kinds="biu")
    result = array.astype(np.bool_)
    result.flags.writeable = False
    return result
