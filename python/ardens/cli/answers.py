"""What commands answer with, as files or on standard output: rows of 0 and 1, and tables."""

from __future__ import annotations

import gzip
import importlib
import json
import math
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import IO, Any, TypeAlias

from ardens.tables import TableModel

from .common import UsageError
from .writing import FORMATS, Format, Shape, format_of, header_of, written

__all__ = ["ENDINGS", "check_format", "rows_written"]

Writer: TypeAlias = Callable[[Any, Any], Any]
"""What opens a writer of tables, for a stream and a schema."""


def check_format(path: str) -> None:
    """Refuse a name that tells no format."""
    if path != "-" and not (_is_matrix(path) or _table_format(path)):
        raise UsageError(f"--out must end in one of {', '.join(ENDINGS)}, found {path!r}")


@contextmanager
def rows_written(
    path: str, as_json: bool, model: Any, shape: Shape
) -> Iterator[Callable[[Any], object]]:
    """What takes the blocks of so many rows of a model, frames or arrays; see `written`."""
    names = getattr(model, "feature_names_in_", None)
    if isinstance(model, TableModel):
        layout = _table_format(path)
        if path == "-":
            layout = Format(_json_lines, _any_size) if as_json else TABLES[".csv"]
        if layout is None:
            raise UsageError(f"--out of a table must end in {', '.join(TABLES)}, found {path!r}")
        with written(path, layout, shape) as put:
            yield lambda frame: put(_arrow_of(frame))
    elif path == "-" or _is_matrix(path):
        with written(path, format_of(path, as_json), shape, names) as put:
            yield put
    else:
        layout = _table_format(path)
        assert layout is not None  # as `check_format` said
        with written(path, layout, shape) as put:
            yield lambda block: put(_bits_as_table(block, names))


def _is_matrix(path: str) -> bool:
    """Whether a name tells a format that needs no pyarrow."""
    return os.path.splitext(path)[1].lower() in FORMATS


def _table_format(path: str) -> Format | None:
    """The format of tables that a name tells, if it does."""
    return next((found for end, found in TABLES.items() if path.lower().endswith(end)), None)


def _bits_as_table(block: Any, names: Iterable[str] | None) -> Any:
    """Rows of 0 and 1 as a table, whose columns have their numbers for names if they have none."""
    listed = list(map(str, range(block.shape[1]))) if names is None else list(names)
    columns = [block[:, k] for k in range(len(listed))]
    return _arrow("pyarrow").table(columns, names=listed)


def _arrow_of(frame: Any) -> Any:
    """A frame of any kind as a `pyarrow.Table`."""
    pa = _arrow("pyarrow")
    if isinstance(frame, pa.Table):
        return frame
    if isinstance(frame, dict):
        return pa.table(frame)
    if hasattr(frame, "to_arrow"):
        return frame.to_arrow()
    return pa.Table.from_pandas(frame, preserve_index=False)


def _arrow(name: str) -> Any:
    """A module of pyarrow."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise ImportError("tables are written by pyarrow: pip install ardens[tables]") from error


@contextmanager
def _written(stream: Any, shape: Shape, open_writer: Writer) -> Iterator[Callable[[Any], object]]:
    """Blocks by a writer that is opened with the first of them, whose types the others have."""
    held: list[Any] = []

    def write(block: Any) -> None:
        table = _plain(block)
        if not held:
            held.append((open_writer(stream, table.schema), table.schema))
        writer, schema = held[0]
        writer.write_table(table.cast(schema))

    try:
        yield write
    except BaseException:
        with suppress(Exception):  # the file goes anyway
            held[0][0].close()
        raise
    held[0][0].close()


def _plain(table: Any) -> Any:
    """The table with strings where a column is of nothing, as other blocks may have some."""
    pa = _arrow("pyarrow")
    for k, field in enumerate(table.schema):
        if field.type == pa.null():
            table = table.set_column(k, field.name, table.column(k).cast(pa.string()))
    return table


class _Lines:
    """A writer of text, of which a block has quotes only where a cell of it needs them."""

    def __init__(self, stream: IO[bytes], schema: Any, separator: str) -> None:
        pa, csv = _arrow("pyarrow"), _arrow("pyarrow.csv")
        self._find = _arrow("pyarrow.compute").match_substring_regex
        self._special = rf'[{separator}"\r\n]|^$|^\s|\s$'
        kinds = [getattr(field.type, "value_type", field.type) for field in schema]
        self._schema = pa.schema(list(zip(schema.names, kinds, strict=True)))
        self._strings = [k for k, kind in enumerate(kinds) if kind == pa.string()]
        stream.write(header_of(schema.names, separator))
        self._plain, self._quoting = (
            csv.CSVWriter(
                stream,
                self._schema,
                write_options=csv.WriteOptions(
                    include_header=False, delimiter=separator, quoting_style=style
                ),
            )
            for style in ("none", "needed")
        )

    def write_table(self, table: Any) -> None:
        table = table.cast(self._schema)
        cells = (self._find(table.column(k), self._special) for k in self._strings)
        special = any(True in found.unique().to_pylist() for found in cells)
        (self._quoting if special else self._plain).write_table(table)

    def close(self) -> None:
        self._plain.close()
        self._quoting.close()


def _text(separator: str) -> Writer:
    """What opens a writer of lines."""
    return partial(_Lines, separator=separator)


def _parquet(stream: Any, schema: Any) -> Any:
    """Open a writer of Parquet."""
    return _arrow("pyarrow.parquet").ParquetWriter(stream, schema)


def _feather(stream: Any, schema: Any) -> Any:
    """Open a writer of Arrow's files, which Feather's are."""
    ipc = _arrow("pyarrow").ipc
    options = ipc.IpcWriteOptions(compression="lz4", unify_dictionaries=True)
    return ipc.new_file(stream, schema, options=options)


@contextmanager
def _packed(
    stream: IO[bytes], shape: Shape, open_writer: Writer
) -> Iterator[Callable[[Any], object]]:
    """The same, packed by gzip."""
    with (
        gzip.GzipFile(fileobj=stream, mode="wb", compresslevel=6, mtime=0) as packed,
        _written(packed, shape, open_writer) as write,
    ):
        yield write


@contextmanager
def _json_lines(stream: IO[bytes], shape: Shape) -> Iterator[Callable[[Any], object]]:
    """An object a line."""

    def write(block: Any) -> None:
        for row in block.to_pylist():
            stream.write(json.dumps(row, default=str).encode() + b"\n")

    yield write


def _any_size(shape: Shape) -> int:
    """Nothing is known."""
    return 0


def _format(opened: Callable[..., Any], writer: Writer, least: int) -> Format:
    """A format of so many bytes a cell at least."""
    return Format(partial(opened, open_writer=writer), lambda shape: least * math.prod(shape))


TABLES = {
    ".csv": _format(_written, _text(","), 1),
    ".tsv": _format(_written, _text("\t"), 1),
    ".csv.gz": _format(_packed, _text(","), 0),
    ".tsv.gz": _format(_packed, _text("\t"), 0),
    ".parquet": _format(_written, _parquet, 0),
    ".feather": _format(_written, _feather, 0),
    ".arrow": _format(_written, _feather, 0),
}

ENDINGS = (*FORMATS, *(end for end in TABLES if end not in FORMATS))
"""How names of files end that are written."""
