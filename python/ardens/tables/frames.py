"""Data frames as columns of NumPy's, and columns as frames of the kind that came.

pandas, polars and pyarrow are recognised by narwhals, which asks for none of them; a dictionary of
arrays or lists is a frame too. A column comes as `Cells`; what it was, a
`Schema` says.
"""

from __future__ import annotations

import importlib
import reprlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cells import Cells, Unreadable, listed, real, whole
from .native import FACTORISED, MAKERS, seen
from .schema import Dtype, Schema

__all__ = ["PACKAGES", "Frame", "read"]

PACKAGES = tuple(MAKERS)

_DAY = 86_400_000  # milliseconds


@dataclass(frozen=True, eq=False)
class Frame:
    """A frame that was read: its schema, and its columns as they are asked for."""

    schema: Schema
    n_rows: int
    index: Any  # of pandas; None elsewhere
    _columns: list[Callable[[], Cells]]
    _markers: tuple[Any, ...] = ()  # values that mean that a cell is missing
    _read: dict[Any, Cells] = field(default_factory=dict)

    @property
    def names(self) -> tuple[Any, ...]:
        """The names of the columns."""
        return self.schema.names

    def take(self, rows: NDArray[np.intp]) -> Frame:
        """Some of the rows."""
        columns: list[Callable[[], Cells]] = [
            partial(self._some, name, rows) for name in self.names
        ]
        index = None if self.index is None else self.index[rows]
        return Frame(self.schema, len(rows), index, columns)

    def _some(self, name: Any, rows: NDArray[np.intp]) -> Cells:
        """Some cells of a column, with the levels alone that occur in them."""
        cells = self.cells(name).take(rows)
        if cells.levels is None:
            return cells
        codes = np.where(cells.missing, -1, cells.values)
        return listed(*seen(codes, cells.levels))

    def cells(self, name: Any) -> Cells:
        """A column."""
        if name not in self._read:
            cells = self._columns[self.names.index(name)]()
            self._read[name] = cells.marked(self._markers)
        return self._read[name]


def read(X: Any, name: str = "X", markers: Sequence[Any] = ()) -> Frame:
    """Recognise a frame, in which markers mean missing; an error, by this name, if it is none."""
    if isinstance(X, Mapping):
        return _of_dictionary(X, name, tuple(markers))
    nw = importlib.import_module("narwhals")
    try:
        frame = nw.from_native(X, eager_only=True)
        names = frame.columns
    except TypeError:
        lazy = "; collect() it first" if hasattr(X, "collect") else ""
        raise TypeError(
            f"{name} must be a data frame of pandas, polars or pyarrow, or a dictionary of arrays; "
            f"got a {type(X).__name__}{lazy}"
        ) from None
    except nw.exceptions.DuplicateError:
        counts: dict[Any, int] = {}
        for label in X.columns if hasattr(X, "loc") else X.column_names:
            counts[label] = counts.get(label, 0) + 1
        twice = next(label for label, count in counts.items() if count > 1)
        raise ValueError(
            f"{name} has {counts[twice]} columns that are called {twice!r}; give each its own name"
        ) from None
    package = frame.implementation.value
    if package not in MAKERS:
        raise TypeError(
            f"{name} must be a data frame of pandas, polars or pyarrow; got one of {package}"
        )
    series = list(frame.iter_columns())
    dtypes = tuple(_dtype(package, one) for one in series)
    return Frame(
        Schema(package, tuple(names), dtypes),
        len(frame),
        X.index if package == "pandas" else None,
        [_reading(nw, package, one, label, name) for one, label in zip(series, names, strict=True)],
        tuple(markers),
    )


def _dtype(package: str, series: Any) -> Dtype:
    """What a column is, in words."""
    native = series.to_native()
    told = native.type if package == "pyarrow" else native.dtype
    if package == "pandas" and hasattr(told, "categories"):
        return Dtype("category", tuple(told.categories.tolist()), bool(told.ordered))
    if package == "polars" and hasattr(told, "categories") and type(told).__name__ == "Enum":
        return Dtype("Enum", tuple(told.categories.to_list()))
    if package == "pyarrow" and hasattr(told, "value_type") and hasattr(told, "index_type"):
        return Dtype("dictionary", (str(told.value_type), str(told.index_type)), told.ordered)
    name = str(told)
    return Dtype("Categorical" if name.startswith("Categorical") else name)


def _reading(nw: Any, package: str, series: Any, label: Any, name: str) -> Callable[[], Cells]:
    """What reads a column."""

    def cells() -> Cells:
        try:
            return _cells(nw, package, series)
        except Unreadable as error:
            raise TypeError(
                f'{name} has the column "{label}" of {error}; convert it, or leave it out by '
                f'columns={{{label!r}: "ignore"}}'
            ) from None

    return cells


def _cells(nw: Any, package: str, series: Any) -> Cells:
    """Read a column."""
    dtype = series.dtype
    missing = series.is_null().to_numpy().astype(np.bool_)
    if dtype.is_integer():
        return whole((series.fill_null(0) if missing.any() else series).to_numpy(), missing)
    if dtype.is_float() or dtype == nw.Decimal:
        values = series.cast(nw.Float64).to_numpy().astype(np.float64)
        return real(values, missing)
    if dtype == nw.Boolean:
        values = (series.fill_null(False) if missing.any() else series).to_numpy()
        return Cells(values.astype(np.int64), missing, [False, True])
    if dtype == nw.Datetime:
        return _times(series, missing, dtype.time_unit)
    if dtype == nw.Date:
        stamps = _filled(series.cast(nw.Datetime("ms")).dt.timestamp("ms"), missing)
        return Cells(stamps // _DAY, missing, unit="D")
    if dtype == nw.Duration:
        lasting = getattr(series.dt, _TOTAL[dtype.time_unit])()
        return Cells(_filled(lasting, missing), missing, unit=_LASTING[dtype.time_unit])
    if dtype in (nw.String, nw.Categorical, nw.Enum, nw.Object):
        try:
            codes, levels = FACTORISED[package](series.to_native())
        except TypeError as error:
            raise Unreadable(f"values that cannot be compared ({error})") from None
        return listed(codes, levels)
    raise Unreadable(f"dtype {dtype}")


_TOTAL = {
    "ns": "total_nanoseconds",
    "us": "total_microseconds",
    "ms": "total_milliseconds",
    "s": "total_seconds",
}
_LASTING = {unit: f"for {unit}" for unit in _TOTAL}


def _times(series: Any, missing: NDArray[np.bool_], unit: str) -> Cells:
    """Times, as they are counted."""
    finer = "ms" if unit == "s" else unit
    stamps = _filled(series.dt.timestamp(finer), missing)
    return Cells(stamps // 1000 if unit == "s" else stamps, missing, unit=unit)


def _filled(series: Any, missing: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Whole numbers, 0 where there is none; never by way of a float that is too short."""
    if not missing.any():
        return np.asarray(series.to_numpy(), np.int64)
    values = np.zeros(len(missing), np.int64)
    there = np.flatnonzero(~missing)
    values[there] = series.filter((~missing).tolist()).to_numpy().astype(np.int64)
    return values


def _of_dictionary(X: Mapping[Any, Any], name: str, markers: tuple[Any, ...]) -> Frame:
    """Read a dictionary of arrays or lists."""
    arrays: dict[Any, NDArray[Any]] = {}
    for label, column in X.items():
        array = _array(column)
        if array.ndim != 1:
            raise ValueError(
                f'{name} must have one value a row in every column; "{label}" is of shape '
                f"{array.shape}"
            )
        arrays[label] = array
    lengths = {label: len(array) for label, array in arrays.items()}
    if len(set(lengths.values())) > 1:
        raise ValueError(f"{name} has columns of different lengths: {reprlib.repr(lengths)}")
    dtypes = tuple(
        Dtype(str(arrays[label].dtype) if hasattr(column, "dtype") else "list")
        for label, column in X.items()
    )
    return Frame(
        Schema("dict", tuple(X), dtypes),
        next(iter(lengths.values()), 0),
        None,
        [_reading_array(array, label, name) for label, array in arrays.items()],
        markers,
    )


def _array(column: Any) -> NDArray[Any]:
    """A column of a dictionary as an array that changed no value."""
    if hasattr(column, "dtype"):
        return np.ma.asanyarray(column) if np.ma.isMaskedArray(column) else np.asarray(column)
    values = list(column)
    array = np.empty(len(values), object)
    array[:] = values
    return array


def _reading_array(array: NDArray[Any], label: Any, name: str) -> Callable[[], Cells]:
    """What reads a column of a dictionary."""

    def cells() -> Cells:
        try:
            return _cells_of_array(array)
        except (Unreadable, TypeError) as error:
            raise TypeError(
                f'{name} has the column "{label}" of {error}; convert it, or leave it out by '
                f'columns={{{label!r}: "ignore"}}'
            ) from None

    return cells


def _cells_of_array(array: NDArray[Any]) -> Cells:
    """Read a column that is an array."""
    hidden = np.ma.getmaskarray(array) if np.ma.isMaskedArray(array) else np.zeros(len(array), bool)
    array, kind = np.ma.getdata(array), array.dtype.kind
    if kind in "iu":
        return whole(array, hidden)
    if kind == "f":
        values = array.astype(np.float64)
        return real(values, hidden)
    if kind == "b":
        return Cells(array.astype(np.int64), hidden, [False, True])
    if kind in "mM":
        unit = np.datetime_data(array.dtype)[0]
        if unit in _TOTAL or unit == "D":
            told = unit if kind == "M" else f"for {unit}"
            stamps = array.astype(f"{kind}8[{unit}]")  # of this machine's byte order, one by one
            return Cells(stamps.view(np.int64), hidden | np.isnat(array), unit=told)
    if kind in "UT":
        levels, codes = np.unique(array, return_inverse=True)
        return listed(np.where(hidden, -1, codes), levels.tolist())
    if kind == "O":
        found, objects = FACTORISED["dict"](array)
        return listed(np.where(hidden, -1, found), objects)
    raise Unreadable(f"dtype {array.dtype}")
