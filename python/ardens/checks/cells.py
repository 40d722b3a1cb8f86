"""Rows with unknown cells, checked once, and the evidence that a draw is given.

Unknown is NaN, None, pandas.NA, pandas.NaT or a masked cell; all else passes through
`ardens.checks.rows`. Inside the package a cell is 0, 1 or `UNKNOWN`.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .options import whole_number
from .rows import (
    as_array,
    binary_matrix,
    binary_rows,
    check_feature_names,
    is_masked_array,
    is_missing,
)
from .said import Said, strings_of
from .sparse import Held, compressed

__all__ = ["UNKNOWN", "cell_matrix", "cell_rows", "evidence"]

UNKNOWN = 2


def cell_matrix(
    X: ArrayLike,
    *,
    n_features: int | None = None,
    binarize: float | None = None,
    name: str = "X",
    allow_empty: bool = True,
    model: str = "the model",
    names: NDArray[np.object_] | None = None,
) -> NDArray[np.uint8]:
    """Check a matrix of zeros, ones and unknown cells; arguments are those of `binary_matrix`.

    >>> cell_matrix([[0, float("nan")], [None, 1]])
    array([[0, 2],
           [2, 1]], dtype=uint8)
    """
    values: Any = X
    hidden: Any = False
    if is_masked_array(X):
        values, hidden = np.ma.getdata(values), np.ma.getmaskarray(values)
    array = as_array(values, Said(name, X, names))
    unknown = _missing(array) | hidden
    own = strings_of(X)
    known = array.copy() if unknown.any() else array
    if known is not array:
        known[unknown] = 0
    cells = binary_matrix(
        known,
        n_features=n_features,
        binarize=binarize,
        name=name,
        allow_empty=allow_empty,
        model=model,
        names=names if own is None else np.array(own, dtype=object),
    )
    if known is not array:  # so that what is written to is no array of the user's
        cells[unknown] = UNKNOWN
    return cells


def cell_rows(X: ArrayLike, **how: Any) -> Held:
    """Check cells as `cell_matrix` does, but leave sparse rows so where all of theirs are known."""
    matrix = compressed(X)
    if matrix is not None and not _missing(matrix.data).any():
        return binary_rows(X, **how)
    return cell_matrix(X, **how)


def evidence(
    given: Mapping[Any, Any] | ArrayLike,
    n_features: int,
    *,
    binarize: float | None = None,
    model: str = "the model",
    names: NDArray[np.object_] | None = None,
) -> NDArray[np.uint8]:
    """Check what is known of a row, by column or as one row with unknown cells, (1, n_features).

    >>> evidence({2: 1}, 3)
    array([[2, 2, 1]], dtype=uint8)
    """
    row: Any = given
    if isinstance(given, Mapping):
        row, seen = np.full((1, n_features), None, dtype=object), set()
        for key, value in given.items():
            column = _column(key, n_features, names)
            if column in seen:
                said = Said("given", None, names)
                raise ValueError(f"given has {said.column(column)} more than once")
            seen.add(column)
            row[0, column] = value
    else:
        if hasattr(row, "to_frame") and strings_of(row.to_frame().T) is not None:
            row = row.to_frame().T  # a series of pandas, by the names of its index
        if strings_of(row) is not None and names is not None:
            check_feature_names(row, names, model)
        if np.ndim(row) == 1:
            row = row[None] if isinstance(row, np.ndarray) else [row]
        if np.ndim(row) == 2 and len(row) != 1:
            raise ValueError(
                "given must be a dictionary of columns and their values, or one row with unknown "
                f"cells; got {len(row)} rows"
            )
    return cell_matrix(
        row, n_features=n_features, binarize=binarize, name="given", model=model, names=names
    )


def _column(key: object, n_features: int, names: NDArray[np.object_] | None) -> int:
    """The number of a column that is called by its name or by that."""
    if not isinstance(key, str):
        return whole_number(key, "a column of given", maximum=n_features - 1)
    listed = [] if names is None else names.tolist()
    if key not in listed:
        known = "the columns have no names" if names is None else "no column is called so"
        raise ValueError(f"given names the column {key!r}, but {known}")
    return listed.index(key)


def _missing(array: NDArray[Any]) -> NDArray[np.bool_]:
    """Where there is no value; what is no number otherwise, `binary_matrix` refuses."""
    if array.dtype.kind == "f":
        return np.asarray(np.isnan(array))
    if array.dtype.kind != "O":
        return np.zeros(array.shape, np.bool_)
    return np.asarray(np.frompyfunc(_is_unknown, 1, 1)(array), dtype=np.bool_)


def _is_unknown(value: object) -> bool:
    """Whether an object stands for no value."""
    if isinstance(value, Decimal):
        return value.is_nan()
    return is_missing(value) or (isinstance(value, float | np.floating) and bool(np.isnan(value)))
