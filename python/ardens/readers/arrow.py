"""Tables in the formats that pyarrow reads: text of any layout, Parquet, Arrow and Feather.

pyarrow is Apache Arrow's own library, which defines two of these formats, reads the others in
threads, knows the types of columns, and depends on nothing but NumPy, if on that.
"""

from __future__ import annotations

import importlib
from collections.abc import Collection, Iterable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .cells import A_WEIGHT, ABSENT, MISSING, SINGLE, TAKEN, Wanted, apart, short
from .dialect import Dialect
from .explain import TRUTHS
from .named import named
from .streams import Joined

__all__ = ["Table", "is_numeric", "is_table", "matrix_of", "read_binary", "read_delimited"]

Table: TypeAlias = Any
"""A `pyarrow.Table`."""

_UNKNOWN, _BAD = 2, 3  # codes of cells beside 0 and 1
_NULLS = ["", "NA", "N/A", "n/a", "<NA>", "NaN", "nan", "null", "NULL", "None"]
_INDICES = {"", "Unnamed: 0"}
_COUNTED = {"index", *_INDICES}  # an index where it counts the rows
_NUMBERS = ("int", "uint", "float", "double", "halffloat", "null")
_FEW = 20  # one cell in so many may be a slip in a column of bits


def _needed(what: str) -> ImportError:
    """The error of a file that only pyarrow reads."""
    return ImportError(f"{what} is read by pyarrow: pip install ardens[tables]")


def read_binary(stream: Any, kind: str, name: str) -> Table:
    """Read a table from a file of Parquet, Arrow or Feather; ValueError if it is damaged."""
    try:
        pa = importlib.import_module("pyarrow")
        reader = importlib.import_module(
            "pyarrow.parquet" if kind == "Parquet" else "pyarrow.feather"
        )
    except ImportError as error:
        raise _needed(f"{name}: {kind}") from error
    try:
        table = reader.read_table(stream)
        table.validate(full=True)
        names = table.column_names
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise ValueError(f"{name}: not a readable {kind} file ({short(str(error))})") from error
    held = [column for column in names if column.startswith("__index_level_")]
    return _decoded(_without_index(table.drop_columns(held)))


def read_delimited(
    blocks: Iterable[bytes],
    dialect: Dialect,
    name: str,
    strings: Collection[str] = (),
    absent: Collection[str] = (),
) -> Table:
    """Read a table from text in a layout; ValueError if it has another.

    Some columns are strings; more words may mean that a cell is missing.
    """
    try:
        csv = importlib.import_module("pyarrow.csv")
        types = dict.fromkeys(strings, importlib.import_module("pyarrow").string())
    except ImportError as error:
        raise _needed(f"{name}: a table") from error
    options = {
        "read_options": csv.ReadOptions(autogenerate_column_names=not dialect.header),
        "parse_options": csv.ParseOptions(delimiter=dialect.separator, newlines_in_values=True),
        "convert_options": csv.ConvertOptions(
            column_types=types, null_values=[*_NULLS, *absent], strings_can_be_null=True
        ),
    }
    try:
        table = csv.read_csv(Joined(blocks), **options)
        return _without_index(table, indexed=dialect.header)
    except ValueError as error:  # ArrowInvalid, and names that are no UTF-8
        raise ValueError(f"{name}: not a readable table ({short(str(error))})") from error


def _without_index(table: Table, *, indexed: bool = True) -> Table:
    """The columns but a first one that only numbers or names the rows, if there may be one."""
    names = table.column_names
    first = names[0] if indexed and len(names) > 1 else None
    if first in _INDICES or (first in _COUNTED and _counts(table.column(0))):
        return table.remove_column(0)
    return table


def _counts(column: Any) -> bool:
    """Whether a column is 0, 1, 2, … or 1, 2, 3, …"""
    if not str(column.type).startswith("int") or column.null_count or not len(column):
        return False
    numbers = column.to_numpy()
    return numbers[0] in (0, 1) and bool((np.diff(numbers) == 1).all())


def _decoded(table: Table) -> Table:
    """The table with strings that are views, which few read, as strings."""
    pa = importlib.import_module("pyarrow")
    for k, kind in enumerate(table.schema.types):
        if kind in (pa.string_view(), pa.large_string()):
            table = table.set_column(k, table.field(k).name, table.column(k).cast(pa.string()))
    return table


def matrix_of(table: Table, header: bool, name: str, wanted: Wanted) -> dict[str, NDArray[Any]]:
    """The rows of a table, if they are what is wanted; ValueError names the first wrong cell.

    Truth values are 0 and 1, in words too.
    """
    rows, width, names = table.num_rows, table.num_columns, table.column_names
    if not rows or not width:
        raise ValueError(f"{name}: expected rows of 0 and 1, found no rows")
    if wanted.width not in (0, width):
        raise ValueError(f"{name}: expected {wanted.width} columns{wanted.whose}, found {width}")
    if header and isinstance(wanted.weights, str) and names.count(wanted.weights) == 1:
        wanted = wanted._replace(weights=names.index(wanted.weights))
    weights = wanted.place(width, name)
    lean = wanted.binary and not wanted.unknown and weights is None
    X = np.empty((rows, width), np.uint8 if lean else np.float64)
    for k, column in enumerate(table.columns):
        values, bad = _numbers(column), np.zeros(rows, np.bool_)
        if values is None or (wanted.binary and k != weights):
            codes = _codes(column, values)
            bad = codes == _BAD
            values = np.where(codes == _UNKNOWN, np.nan, codes) if (codes > 1).any() else codes
        if k == weights:
            bad |= ~((values >= 0) & np.isfinite(values))
        elif not wanted.unknown:
            bad |= np.isnan(values)
        if bad.any():
            called = f'"{names[k]}"' if header else str(k)
            cell = column[int(np.argmax(bad))].as_py()
            place = f"row {int(np.argmax(bad))}, column {called}"
            raise _bad_cell(cell, place, name, wanted, weights == k)
        X[:, k] = values
    found = apart(SINGLE, X, wanted, name)
    if wanted.binary and weights is None and wanted.unknown and not np.isnan(X).any():
        found[SINGLE] = X.astype(np.uint8)
    kept = [held for k, held in enumerate(names) if k != weights]
    found[SINGLE] = named(found[SINGLE], kept if header else None)
    return found


def is_table(table: Table, header: bool, weights: int | str | None = None) -> bool:
    """Whether columns but that of weights are of other things than 0 and 1, not by a slip alone.

    Numbers without a header are taken for a matrix.
    """
    if not header and is_numeric(table):
        return False
    return any(
        np.count_nonzero(_codes(column, _numbers(column)) == _BAD) * _FEW > table.num_rows
        for k, column in enumerate(table.columns)
        if weights not in (k, k - table.num_columns, table.column_names[k])
    )


def is_numeric(table: Table) -> bool:
    """Whether all columns are of numbers."""
    return all(str(kind).startswith(_NUMBERS) for kind in table.schema.types)


def _numbers(column: Any) -> NDArray[Any] | None:
    """A column of numbers, NaN where there is none; None for any other."""
    kind = str(column.type)
    if kind == "null":
        return np.full(len(column), np.nan)
    if not kind.startswith((*_NUMBERS, "bool")):
        return None
    values = column.to_numpy()
    if values.dtype == object:  # truth values, some of them null
        return np.asarray(column.cast("uint8").to_numpy(), dtype=np.float64)
    return np.asarray(values)


def _codes(column: Any, numbers: NDArray[Any] | None) -> NDArray[np.uint8]:
    """What each cell is: 0, 1, unknown or bad."""
    if numbers is not None:
        codes = np.full(len(numbers), _BAD, np.uint8)
        codes[numbers == 0], codes[numbers == 1] = 0, 1
        codes[np.isnan(numbers)] = _UNKNOWN
        return codes
    if not str(column.type).startswith(("string", "dictionary")):
        return np.full(len(column), _BAD, np.uint8)
    encoded = column.combine_chunks()
    if not hasattr(encoded, "dictionary"):
        encoded = encoded.dictionary_encode()
    words = encoded.dictionary.to_pylist()
    of_words = [_code_of(word) for word in words] + [_UNKNOWN]
    places = encoded.indices.fill_null(len(words)).to_numpy()
    return np.asarray(np.array(of_words, np.uint8)[places])


def _code_of(word: object) -> int:
    """What a word is."""
    if not isinstance(word, str):
        return _BAD
    text = word.strip().lower()
    return int(TRUTHS[text]) if text in TRUTHS else _UNKNOWN if text in ABSENT else _BAD


def _bad_cell(cell: Any, place: str, name: str, wanted: Wanted, weighs: bool) -> ValueError:
    """The error of a cell."""
    kind = A_WEIGHT if weighs else "0 or 1" if wanted.binary else "a number"
    absent = cell is None or cell != cell
    return ValueError(
        f"{name}: expected {kind}, found {'nothing' if absent else short(repr(cell))} at {place}"
        + (MISSING + TAKEN) * bool(absent and not weighs)
    )
