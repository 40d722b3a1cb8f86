"""Arguments and their columns in the words of errors."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Said", "strings_of"]

_SHOWN = 40  # characters of a value or a name that an error repeats


class Said(NamedTuple):
    """An argument in the words of an error: what it is called, and what its columns are."""

    name: str
    X: object = None
    fitted: NDArray[np.object_] | None = None  # names of the model's columns, where X has none
    entries: Any = None  # a matrix in SciPy's format CSR, whose values an error is about

    def __str__(self) -> str:
        return self.name

    def column(self, column: int) -> str:
        """A column by its name, or by its number."""
        names = strings_of(self.X)
        if names is None and self.fitted is not None:
            names = self.fitted.tolist()
        if names is None or column >= len(names):
            return f"column {column}"
        return f'column "{names[column][:_SHOWN]}"'

    def place(self, row: int, column: int) -> str:
        """A cell."""
        return f"row {row}, {self.column(column)}"

    def first(self, bad: NDArray[np.bool_], array: NDArray[Any] | None = None) -> str:
        """Describe the first true cell, the value there, and how many there are."""
        place, count = int(np.argmax(bad)), np.count_nonzero(bad)
        if self.entries is None:
            row, column = map(int, np.unravel_index(place, bad.shape))
        else:
            row = int(np.searchsorted(self.entries.indptr, place, side="right")) - 1
            column = int(self.entries.indices[place])
        cell = None if array is None else array.flat[place : place + 1].tolist()[0]
        value = "" if array is None else f"{str(cell)[:_SHOWN]} at "
        return f"{value}{self.place(row, column)} ({count} such value{'s' if count > 1 else ''})"


def strings_of(X: object) -> list[str] | None:
    """The names of columns that are all strings, whatever else is wrong with them."""
    columns = None if type(X) is np.ndarray else getattr(X, "columns", None)
    names = [] if columns is None else list(columns)
    return names if names and all(isinstance(name, str) for name in names) else None
