"""What each package of data frames does in its own way: distinct values, and columns made."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks.rows import is_missing

__all__ = ["FACTORISED", "MAKERS", "numpy_unit", "seen"]


def _pandas_factorised(series: Any) -> tuple[NDArray[np.int64], list[Any]]:
    """Codes and distinct values of a series."""
    pd = importlib.import_module("pandas")
    if hasattr(series.dtype, "categories"):
        codes, levels = series.cat.codes.to_numpy().astype(np.int64), series.cat.categories.tolist()
        return seen(codes, levels)
    codes, levels = pd.factorize(series)
    return codes.astype(np.int64), list(levels.tolist())


def _polars_factorised(series: Any) -> tuple[NDArray[np.int64], list[Any]]:
    """Codes and distinct values of a series."""
    pl = importlib.import_module("polars")
    if series.dtype == pl.Object:
        return _objects_factorised(np.array(series.to_list(), object))
    series = series.cast(pl.String)
    codes = series.rank("dense").fill_null(0).to_numpy().astype(np.int64) - 1
    return codes, series.drop_nulls().unique().sort().to_list()


def _pyarrow_factorised(column: Any) -> tuple[NDArray[np.int64], list[Any]]:
    """Codes and distinct values of a chunked array."""
    column = column.combine_chunks()
    column = column if hasattr(column, "dictionary") else column.dictionary_encode()
    codes = column.indices.cast("int64").fill_null(-1).to_numpy(zero_copy_only=False)
    return seen(codes, column.dictionary.to_pylist())


def _objects_factorised(array: NDArray[Any]) -> tuple[NDArray[np.int64], list[Any]]:
    """Codes and distinct values of an array of objects, where 1, 1.0 and True differ."""
    numbers: dict[Any, int] = {}
    codes = np.empty(len(array), np.int64)
    for row, value in enumerate(array.tolist()):
        if is_missing(value) or _is_nan(value):
            codes[row] = -1
        else:
            codes[row] = numbers.setdefault((type(value), value), len(numbers))
    return codes, [value for _, value in numbers]


def _is_nan(value: object) -> bool:
    """Whether a value is not itself; what cannot be asked is."""
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        return False


def seen(codes: NDArray[np.int64], levels: list[Any]) -> tuple[NDArray[np.int64], list[Any]]:
    """The same with the levels alone that occur."""
    occurs = np.zeros(len(levels) + 1, np.bool_)
    occurs[codes] = True
    new = np.append(np.cumsum(occurs[:-1]) - 1, -1)
    return new[codes], [level for level, there in zip(levels, occurs[:-1], strict=True) if there]


FACTORISED: Mapping[str, Callable[[Any], tuple[NDArray[np.int64], list[Any]]]] = {
    "pandas": _pandas_factorised,
    "polars": _polars_factorised,
    "pyarrow": _pyarrow_factorised,
    "dict": _objects_factorised,
}


def numpy_unit(unit: str) -> str:
    """The dtype of NumPy for times in a unit, or durations, as ``"for s"`` says."""
    return f"{'m' if unit.startswith('for ') else 'M'}8[{unit.removeprefix('for ')}]"


def _stamps(cells: Any) -> NDArray[Any]:
    """Times or durations as NumPy has them, with none where a cell is missing."""
    stamps: NDArray[Any] = cells.values.view(numpy_unit(cells.unit))
    if cells.missing.any():
        stamps = np.where(cells.missing, np.array("NaT", stamps.dtype), stamps)
    return stamps


def _pandas_frame(schema: Any, columns: Sequence[Any], index: Any) -> Any:
    """A data frame of pandas."""
    pd = importlib.import_module("pandas")
    made = [
        _pandas_column(pd, dtype, cells)
        for dtype, cells in zip(schema.dtypes, columns, strict=True)
    ]
    frame = pd.DataFrame(dict(enumerate(made)), index=index, copy=False)
    frame.columns = pd.Index(schema.names)
    return frame


def _pandas_column(pd: Any, dtype: Any, cells: Any) -> Any:
    """A column of pandas."""
    if dtype.categories is not None:
        return _pandas_categories(pd, dtype, cells)
    wanted = pd.api.types.pandas_dtype(dtype.name)
    if cells.levels is not None:
        small = pd.Series(cells.levels, dtype=wanted).array
        if cells.missing.any():
            return small.take(np.where(cells.missing, -1, cells.values), allow_fill=True)
        return small.take(cells.values)
    if cells.unit is not None:
        if wanted.kind == "O" and not hasattr(wanted, "na_value"):
            return pd.Series(_stamps(cells).astype(object), dtype=object).array
        made = pd.Series(_stamps(cells))
        if getattr(wanted, "tz", None) is not None:
            made = made.dt.tz_localize("UTC").dt.tz_convert(wanted.tz)
        return made.astype(wanted).array
    if not cells.missing.any():
        return pd.Series(cells.values, copy=False).astype(wanted).array
    if wanted.kind == "O" and not hasattr(wanted, "na_value"):
        return pd.Series(np.where(cells.missing, None, cells.values.astype(object))).array
    if cells.values.dtype == np.float64:
        return pd.Series(np.where(cells.missing, np.nan, cells.values)).astype(wanted).array
    whole = pd.arrays.IntegerArray(cells.values, cells.missing.copy())
    return pd.Series(whole).astype(wanted).array


def _pandas_categories(pd: Any, dtype: Any, cells: Any) -> Any:
    """A categorical column of pandas."""
    categories = pd.Index(list(dtype.categories))
    levels = cells.levels
    if levels is None:
        levels, codes = np.unique(cells.values, return_inverse=True)
    else:
        codes = cells.values
    table = categories.get_indexer(pd.Index(levels)) if len(levels) else np.zeros(1, np.int64)
    return pd.Categorical.from_codes(
        np.where(cells.missing, -1, table[codes]),
        dtype=pd.CategoricalDtype(categories, dtype.ordered),
    )


def _polars_frame(schema: Any, columns: Sequence[Any], index: Any) -> Any:
    """A data frame of polars."""
    pl = importlib.import_module("polars")
    return pl.DataFrame(
        [
            _polars_column(pl, name, dtype, cells)
            for name, dtype, cells in zip(schema.names, schema.dtypes, columns, strict=True)
        ]
    )


def _polars_column(pl: Any, name: str, dtype: Any, cells: Any) -> Any:
    """A column of polars."""
    if dtype.categories is not None:
        wanted = pl.Enum(list(dtype.categories))
    else:
        wanted = _polars_dtype(pl, dtype.name)
    if cells.levels is not None:
        small = pl.Series(name, cells.levels, dtype=wanted, strict=wanted != pl.Object)
        codes = pl.Series(cells.values)
        if cells.missing.any():
            codes = codes.set(pl.Series(cells.missing), None)
        return small.gather(codes)
    made = pl.Series(name, cells.values)
    if cells.missing.any():
        made = made.set(pl.Series(cells.missing), None)
    if cells.unit == "D":
        made = made.cast(pl.Int32)
    return made.cast(wanted)


def _polars_dtype(pl: Any, name: str) -> Any:
    """A dtype of polars by its name."""
    times = re.fullmatch(r"(Datetime|Duration)\(time_unit='(\w+)'(?:, time_zone=(.*))?\)", name)
    if times and times[1] == "Duration":
        return pl.Duration(times[2])
    if times:
        return pl.Datetime(times[2], None if times[3] == "None" else times[3].strip("'"))
    decimal = re.fullmatch(r"Decimal\(precision=(\w+), scale=(\d+)\)", name)
    if decimal:
        return pl.Decimal(None if decimal[1] == "None" else int(decimal[1]), int(decimal[2]))
    found = getattr(pl, name, None)
    if not (isinstance(found, type) and issubclass(found, pl.DataType)):
        raise TypeError(f"polars has no dtype {name!r}")
    return found


def _pyarrow_frame(schema: Any, columns: Sequence[Any], index: Any) -> Any:
    """A table of pyarrow."""
    pa = importlib.import_module("pyarrow")
    arrays = [
        _pyarrow_column(pa, dtype, cells)
        for dtype, cells in zip(schema.dtypes, columns, strict=True)
    ]
    return pa.table(arrays, names=list(schema.names))


def _pyarrow_column(pa: Any, dtype: Any, cells: Any) -> Any:
    """A column of pyarrow."""
    mask = cells.missing if cells.missing.any() else None
    if dtype.categories is not None:
        value, index = (_pyarrow_type(pa, name) for name in dtype.categories)
        if cells.levels is None:  # the values are numbers
            encoded = pa.array(cells.values, mask=mask).cast(value).dictionary_encode()
            return encoded.cast(pa.dictionary(index, value, dtype.ordered))
        codes = pa.array(cells.values, mask=mask).cast(index)
        levels = pa.array(cells.levels, type=value)
        return pa.DictionaryArray.from_arrays(codes, levels, ordered=dtype.ordered)
    wanted = _pyarrow_type(pa, dtype.name)
    if cells.levels is not None:
        plain = pa.string() if wanted == pa.string_view() else wanted  # views cannot be taken
        taken = pa.array(cells.levels, type=plain).take(pa.array(cells.values, mask=mask))
        return taken if plain == wanted else taken.cast(wanted)
    if cells.unit is not None:
        stamps = pa.array(cells.values, mask=mask)
        return stamps.cast(pa.int32()).cast(wanted) if cells.unit == "D" else stamps.cast(wanted)
    return pa.array(cells.values, mask=mask).cast(wanted)


def _pyarrow_type(pa: Any, name: str) -> Any:
    """A type of pyarrow by its name."""
    times = re.fullmatch(r"timestamp\[(\w+), tz=(.*)\]", name)
    if times:
        return pa.timestamp(times[1], times[2])
    decimal = re.fullmatch(r"decimal(128|256)\((\d+), (-?\d+)\)", name)
    if decimal:
        make = pa.decimal128 if decimal[1] == "128" else pa.decimal256
        return make(int(decimal[2]), int(decimal[3]))
    return pa.type_for_alias(name)


def _dictionary(schema: Any, columns: Sequence[Any], index: Any) -> dict[Any, Any]:
    """A dictionary of arrays and lists."""
    made = {}
    for name, dtype, cells in zip(schema.names, schema.dtypes, columns, strict=True):
        array = _array(cells, dtype.name)
        made[name] = array.tolist() if dtype.name == "list" else array
    return made


def _array(cells: Any, dtype: str) -> NDArray[Any]:
    """A column as an array of this dtype, or of objects if it is that of a list."""
    wanted = np.dtype(object if dtype == "list" else dtype)
    if cells.unit is not None:
        return np.asarray(_stamps(cells).astype(wanted))
    if cells.levels is not None:
        small = np.empty(len(cells.levels) + 1, object)
        small[:-1], small[-1] = cells.levels, None
        codes = np.where(cells.missing, len(cells.levels), cells.values)
        if wanted.kind != "O":
            table = np.array([*cells.levels, *(cells.levels[:1] or [0])]).astype(wanted)
            return _masked(table.take(codes), cells.missing)
        return np.asarray(small.take(codes))
    values: NDArray[Any] = cells.values
    if wanted.kind != "O":
        if values.dtype == np.float64:
            values = np.where(cells.missing, np.nan, values)
        if wanted.kind == "f":
            return np.where(cells.missing, np.nan, values).astype(wanted)
        return _masked(values.astype(wanted), cells.missing)
    values = values.astype(object)
    values[cells.missing] = None
    return values


def _masked(values: NDArray[Any], missing: NDArray[np.bool_]) -> NDArray[Any]:
    """Values, masked where they are missing."""
    return np.ma.MaskedArray(values, missing) if missing.any() else values


MAKERS: Mapping[str, Callable[[Any, Sequence[Any], Any], Any]] = {
    "pandas": _pandas_frame,
    "polars": _polars_frame,
    "pyarrow": _pyarrow_frame,
    "dict": _dictionary,
}
