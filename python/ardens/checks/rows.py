"""The public door for data: checked here, once, and handed on in the form the core wants.

Errors say what was wanted, what came and where. Inputs are never written to. Options other than
data pass through `ardens.checks.options`.
"""

from __future__ import annotations

import math
import reprlib
import sys
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core import check_binary
from ..errors import warn
from .machine import check_memory
from .options import real_number
from .said import Said
from .sparse import Held, SparseRows, compressed

__all__ = [
    "as_array",
    "binary_matrix",
    "binary_rows",
    "check_feature_names",
    "feature_names",
    "is_masked_array",
    "is_missing",
]

_UINT8 = np.dtype(np.uint8)
_ONLY_BITS = "must contain only 0 and 1"
_CATEGORIES = (
    "; code categories as 0 and 1 first, a column for each value (as pandas.get_dummies does)"
)
_ANSWERS = (
    "; fit of one FVSBN, MLP or NADE with missing='sample' learns from such rows, and "
    "log_marginal(X) and impute(X) of any model answer for them"
)
_LISTED = 5  # columns that an error lists


def binary_matrix(
    X: ArrayLike,
    *,
    n_features: int | None = None,
    binarize: float | None = None,
    name: str = "X",
    allow_empty: bool = True,
    model: str = "the model",
    names: NDArray[np.object_] | None = None,
) -> NDArray[np.uint8]:
    """Check a matrix of zeros and ones and bring it into the form the kernels read.

    Any bool, integer, float or object dtype, byte order and memory layout will do; values above
    `binarize`, where it is given, count as 1. The result is C-contiguous uint8, `X` itself where it
    already is that. It takes about a microsecond then, where `X` is small. Errors name columns as
    `X` does, or as `names` does.

    >>> binary_matrix([[0.0, 1.0], [True, False]])
    array([[0, 1],
           [1, 0]], dtype=uint8)
    >>> binary_matrix([[0, 1], [1, 2]], binarize=1.5)
    array([[0, 0],
           [0, 1]], dtype=uint8)
    """
    array: NDArray[Any] = X if type(X) is np.ndarray else as_array(X, Said(name, X, names))
    _check_shape(array, n_features, name, allow_empty, model)
    kind = array.dtype.kind
    if binarize is not None:
        return _thresholded(array, real_number(binarize, "binarize"), Said(name, X, names))
    if array.dtype == _UINT8 or kind == "b":
        bits = np.ascontiguousarray(array)
        if kind == "b":
            bits = bits.view(_UINT8)
        if check_binary(bits) < 0:
            return bits
        if kind == "b":  # true may be stored as a byte other than 1
            return np.asarray(bits != 0, dtype=bool).view(_UINT8)
        raise _bad_values(array, array > 1, Said(name, X, names))
    said = Said(name, X, names)
    _check_kind(array, said)
    ones = np.asarray(np.equal(array, 1, order="C"), dtype=bool)
    zeros = np.asarray(np.equal(array, 0, order="C"), dtype=bool)
    if np.count_nonzero(ones) + np.count_nonzero(zeros) != array.size:
        _check_finite(array, said)
        raise _bad_values(array, ~(ones | zeros), said)
    return ones.view(_UINT8)


def binary_rows(X: ArrayLike, **how: Any) -> Held:
    """Check rows as `binary_matrix` does, but leave them sparse where they are."""
    matrix: Any = X if isinstance(X, SparseRows) else None
    if type(X) is not np.ndarray and matrix is None:
        matrix = compressed(X)
    binarize, name = how.get("binarize"), how.get("name", "X")
    most = 1 if isinstance(matrix, SparseRows) else math.inf  # of these, a 1 must stay one
    if matrix is None or not (binarize is None or 0 <= real_number(binarize, "binarize") < most):
        return binary_matrix(X, **how)
    _check_shape(
        matrix,
        how.get("n_features"),
        name,
        how.get("allow_empty", True),
        how.get("model", "the model"),
    )
    if isinstance(matrix, SparseRows):
        return matrix
    said = Said(name, X, how.get("names"), matrix)
    values = matrix.data
    _check_kind(values, said)
    if binarize is not None:
        ones = _thresholded(values, binarize, said) == 1
    else:
        ones = np.equal(values, 1)
        bad = ~(ones | np.equal(values, 0))
        if bad.any():
            _check_finite(values, said)
            raise _bad_values(values, bad, said)
    ends = np.concatenate([[0], np.cumsum(ones)])[matrix.indptr]
    return SparseRows(ends, matrix.indices[ones], matrix.shape[1])


def as_array(X: Any, said: Said) -> NDArray[Any]:
    """Bring what is no array into one; nothing masked or ragged."""
    if X is None:
        raise TypeError(f"{said} must be a 2-d array of 0 and 1; got None")
    if hasattr(X, "nnz") and hasattr(X, "toarray"):
        check_memory(math.prod(X.shape) * X.dtype.itemsize, f"{said} as a dense array")
        return np.asarray(X.toarray())
    if is_masked_array(X):
        hidden = np.ma.getmaskarray(X)
        if hidden.ndim == 2 and hidden.any():
            cell = said.first(hidden)
            raise ValueError(f"{said} has masked cells: {cell}; fill or drop them first{_ANSWERS}")
    elif isinstance(X, (list, tuple)) and any(map(is_masked_array, X)):
        raise ValueError(
            f"{said} is a list of masked arrays, whose masks would be lost; stack them first"
        )
    try:
        array = np.asarray(X)
    except ValueError as error:
        raise ValueError(f"{said} must be a 2-d array of 0 and 1; {error}") from error
    if array.ndim == 0 and array.dtype.kind not in "biufc":
        raise TypeError(f"{said} must be a 2-d array of 0 and 1; got a {type(X).__name__}")
    return array


def _check_shape(
    array: NDArray[Any], n_features: int | None, name: str, allow_empty: bool, model: str
) -> None:
    """Refuse what is not two-dimensional or of another width."""
    if array.ndim != 2:
        if array.ndim > 2:
            raise ValueError(
                f"{name} must be a 2-d array (rows, features); got shape {array.shape}"
            )
        raise ValueError(
            f"{name} must be a 2-d array (rows, features); got "
            f"{'a single value' if array.ndim == 0 else f'a 1-d array of shape {array.shape}'}. "
            "Reshape your data: array.reshape(-1, 1) is one feature, array.reshape(1, -1) one row."
        )
    rows, columns = array.shape
    if columns == 0:
        raise ValueError(
            f"{name} has 0 feature(s) (shape=({rows}, 0)) while a minimum of 1 is required."
        )
    if n_features is not None and columns != n_features:
        raise ValueError(
            f"{name} has {columns} features, but {model} is expecting {n_features} features "
            "as input."
        )
    if rows == 0 and not allow_empty:
        raise ValueError(
            f"{name} has 0 sample(s) (shape=(0, {columns})) while a minimum of 1 is required."
        )


def _check_kind(array: NDArray[Any], said: Said) -> None:
    """Refuse what does not hold real numbers."""
    kind = array.dtype.kind
    if kind == "c":
        raise ValueError(f"Complex data not supported: {said} has dtype {array.dtype}")
    if kind == "O":
        _check_objects(array, said)
    elif kind not in "biuf":
        raise TypeError(
            f"{said} must be a numeric array of 0 and 1; got dtype {array.dtype}"
            + _CATEGORIES * (kind in "US")
        )


def _check_objects(array: NDArray[Any], said: Said) -> None:
    """Refuse objects that are no real numbers; numbers are compared as they are, none wraps."""
    allowed = (Real, Decimal, np.bool_)
    kinds = set(map(type, array.flat))
    if Decimal not in kinds and all(issubclass(kind, allowed) for kind in kinds):
        return
    for index, value in np.ndenumerate(array):
        unsound = isinstance(value, Decimal) and value.is_snan()  # which must not be compared
        if isinstance(value, allowed) and not unsound:
            continue
        place = said.place(*index)
        if unsound:
            raise ValueError(
                f"{said} contains NaN or inf, but it {_ONLY_BITS}: {value} at {place}{_ANSWERS}"
            )
        if isinstance(value, (complex, np.complexfloating)):
            raise ValueError(f"Complex data not supported: {said} holds {value!r} at {place}")
        if is_missing(value):
            raise ValueError(
                f"{said} has a missing value ({value!r}, read as NaN) at {place}{_ANSWERS}"
            )
        text = isinstance(value, str | bytes)
        advice = _CATEGORIES + _columns_of_text(array, said) if text else ""
        raise TypeError(
            f"{said} holds {reprlib.repr(value)} at {place}; the argument must be an array "
            f"without strings or {type(value).__name__} objects, every cell a number{advice}"
        )


def is_masked_array(X: object) -> bool:
    """Whether something is an array of numpy.ma, which is not loaded for that."""
    return isinstance(X, getattr(sys.modules.get("numpy.ma"), "MaskedArray", ()))


def is_missing(value: object) -> bool:
    """Whether an object says that there is no value: None, or what pandas has for it.

    >>> is_missing(None), is_missing(0)
    (True, False)
    """
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def _columns_of_text(array: NDArray[Any], said: Said) -> str:
    """Which columns hold text, if there are several."""
    held = [
        said.column(j)
        for j, column in enumerate(array.T)
        if any(isinstance(value, str | bytes) for value in column)
    ]
    more = ", …" * (len(held) > _LISTED)
    return f"; text is in {', '.join(held[:_LISTED])}{more}" if len(held) > 1 else ""


def _check_finite(array: NDArray[Any], said: Said) -> None:
    """Refuse NaN and infinity."""
    if array.dtype.kind == "f":
        bad = ~np.isfinite(array)
    elif array.dtype.kind == "O":
        bad = np.asarray((array != array) | (array == math.inf) | (array == -math.inf), dtype=bool)
    else:
        return
    if bad.any():
        cell = said.first(bad, array)
        advice = _ANSWERS if (array != array).any() else ""
        raise ValueError(f"{said} contains NaN or inf, but it {_ONLY_BITS}: {cell}{advice}")


def _thresholded(array: NDArray[Any], threshold: float, said: Said) -> NDArray[np.uint8]:
    """Whether each number is above the threshold."""
    _check_kind(array, said)
    _check_finite(array, said)
    # Compared in double precision: a scalar would be rounded to the dtype of `array` first.
    above = np.greater(array, np.array([threshold]), order="C")
    return np.asarray(above, dtype=bool).view(_UINT8)


def _bad_values(array: NDArray[Any], bad: NDArray[np.bool_], said: Said) -> ValueError:
    """The error of values that are neither 0 nor 1."""
    cell = said.first(bad, array)
    advice = "binarize=threshold makes numbers binary"
    return ValueError(f"{said} {_ONLY_BITS}; found {cell}; {advice}")


def feature_names(X: object) -> NDArray[np.object_] | None:
    """Read the column names of a data frame, of pandas, polars or the like; None without names.

    TypeError if only some are strings, ValueError if one comes twice.
    """
    columns = None if type(X) is np.ndarray else getattr(X, "columns", None)
    if columns is None or not len(columns):
        return None
    kinds = {type(column).__name__ for column in columns}
    if kinds == {"str"}:
        names = list(columns)
        if len(set(names)) < len(names):
            twice = next(name for name in names if names.count(name) > 1)
            raise ValueError(f"Feature names must be unique; {twice!r} comes more than once")
        return np.asarray(names, dtype=object)
    if "str" in kinds:
        raise TypeError(
            "Feature names are only supported if all input features have string names, "
            f"but X has names of the types {sorted(kinds)}"
        )
    return None


def check_feature_names(X: object, fitted: NDArray[np.object_] | None, model: str) -> None:
    """Compare the column names of `X` with those seen in `fit`, by scikit-learn's rules.

    Names that differ are a ValueError; names on one side only are a warning.
    """
    names = feature_names(X)
    if names is None and fitted is None:
        return
    if names is None:
        warn(f"X does not have valid feature names, but {model} was fitted with feature names")
    elif fitted is None:
        warn(f"X has feature names, but {model} was fitted without feature names")
    elif names.tolist() != fitted.tolist():
        raise ValueError(_name_mismatch(set(names), set(fitted)))


def _name_mismatch(names: set[str], fitted: set[str]) -> str:
    """What differs between two sets of names, as scikit-learn says it."""

    def listed(title: str, extra: set[str]) -> str:
        shown = [f"- {name}\n" for name in sorted(extra)[:5]] + ["- ...\n"] * (len(extra) > 5)
        return f"{title}:\n{''.join(shown)}" if extra else ""

    difference = listed("Feature names unseen at fit time", names - fitted)
    difference += listed("Feature names seen at fit time, yet now missing", fitted - names)
    order = "Feature names must be in the same order as they were in fit.\n"
    title = "The feature names should match those that were passed during fit.\n"
    return title + (difference or order)
