"""Which reader a file has: told by what it begins with, and by what the others make of it."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import Any, BinaryIO

from ..checks.foreign import kind_of, refuse_foreign
from . import arrow
from .cells import SINGLE, Wanted
from .dialect import sniffed
from .lists import looks_listed, read_lists
from .streams import blocks_of, opened
from .text import read_text

__all__ = ["read_stream", "read_table"]

_TABLES = {"a Parquet file": "Parquet", "an Arrow file": "Arrow", "a Feather file": "Feather"}


def read_stream(stream: BinaryIO, name: str, wanted: Wanted, *, table: bool = False) -> Any:
    """Read the matrix of a file, in a dict under its name; ValueError tells what is wrong.

    Where a `table` will do, and cells are of other things than 0 and 1, that is a `pyarrow.Table`.
    """
    kind, whole, head = _begun(stream, name)
    if kind is not None:
        return _matrix_or_table(_table(stream, whole, kind, name), True, name, wanted, table)
    refuse_foreign(head, name, "rows of 0 and 1 as text")
    blocks = blocks_of(whole, name)
    first = next(blocks, b"")
    went_on = False

    def rest() -> Iterator[bytes]:
        nonlocal went_on
        for block in blocks:
            went_on = True
            yield block

    try:
        return read_text(chain([first], rest()), name, wanted)
    except ValueError as error:
        if went_on or not first.strip():  # a slip further down
            raise
        return _otherwise(first, blocks, name, wanted, table, error)


def read_table(
    stream: BinaryIO, name: str, strings: Collection[str] = (), absent: Collection[str] = ()
) -> arrow.Table:
    """Read a table, whatever it holds: columns of these names as `strings`, words as `absent`."""
    kind, whole, head = _begun(stream, name)
    if kind is not None:
        return _table(stream, whole, kind, name)
    refuse_foreign(head, name, "a table")
    blocks = blocks_of(whole, name)
    first = next(blocks, b"")
    if not first.strip() or b"\0" in first:
        raise ValueError(f"{name}: expected a table, found {'no text' if first else 'no rows'}")
    return arrow.read_delimited(chain([first], blocks), sniffed(first), name, strings, absent)


def _begun(stream: BinaryIO, name: str) -> tuple[str | None, Any, bytes]:
    """Which kind of tables a file is of, if it is no text, the file from its begin, and that."""
    try:
        head, whole = opened(stream)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{name}: not a readable gzip file ({error})") from error
    return _TABLES.get(kind_of(head) or ""), whole, head


def _table(stream: BinaryIO, whole: Any, kind: str, name: str) -> arrow.Table:
    """The table of a file that is no text."""
    if stream.seekable():
        stream.seek(0)
    else:
        stream = io.BytesIO(whole.read())
    return arrow.read_binary(stream, kind, name)


def _otherwise(
    first: bytes,
    blocks: Iterable[bytes],
    name: str,
    wanted: Wanted,
    table: bool,
    error: ValueError,
) -> Any:
    """Read a text that is no plain matrix, as the error says, in another way."""
    if b"\0" in first:  # it is no text
        raise error
    kind = looks_listed(first)
    if kind is not None and wanted.weights is None:
        return {SINGLE: read_lists(b"".join([first, *blocks]), kind, name, wanted)}
    dialect = sniffed(first)
    try:
        found = arrow.read_delimited(chain([first], blocks), dialect, name)
    except ImportError as missing:
        if table and (dialect.header or not dialect.plain):
            raise
        advice = "" if dialect.plain else f"; or {missing.args[0].partition(': ')[2]}"
        raise ValueError(f"{error}{advice}") from error
    except ValueError as unread:
        raise (unread if table and dialect.header else error) from None
    if table and dialect.header and not found.num_rows:
        raise ValueError(f"{name}: expected rows below the names of columns, found none")
    if dialect.plain and not dialect.header and arrow.is_numeric(found):
        raise error  # the first reader would have read it, were it right
    try:
        return _matrix_or_table(found, dialect.header, name, wanted, table)
    except ValueError:
        if dialect.plain:  # which the first reader tells with its line
            raise error from None
        raise


def _matrix_or_table(found: Any, header: bool, name: str, wanted: Wanted, table: bool) -> Any:
    """The rows if they are those that are wanted, else the table if that will do."""
    try:
        return arrow.matrix_of(found, header, name, wanted)
    except ValueError:
        if not (table and arrow.is_table(found, header, wanted.weights)):
            raise
        return found
