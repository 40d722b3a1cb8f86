"""Rows of a file that names its columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["NamedRows", "named", "names_of"]


class NamedRows(np.ndarray[Any, np.dtype[Any]]):
    """An array with the attribute `columns`, as a data frame has it: models learn the names."""

    names: list[str] | None = None

    def __array_finalize__(self, other: Any) -> None:
        self.names = getattr(other, "names", None)

    @property
    def columns(self) -> list[str] | None:
        """The names; None where there are not as many as columns, as in a part of them."""
        fit = self.ndim == 2 and len(self.names or ()) == self.shape[1]
        return self.names if fit else None


def named(X: NDArray[Any], names: Sequence[str] | None) -> NDArray[Any]:
    """The rows with names of their columns, if there are any and none comes twice."""
    if names is None or len(set(names)) < len(names):
        return X
    rows = X.view(NamedRows)
    rows.names = list(names)
    return rows


def names_of(X: Any) -> list[str] | None:
    """The names that rows have."""
    return X.columns if isinstance(X, NamedRows) else None
