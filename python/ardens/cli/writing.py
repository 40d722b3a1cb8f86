"""Rows as files, or on standard output: in the format that a name tells, a block at a time."""

from __future__ import annotations

import csv
import io
import math
import os
import stat
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import IO, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ardens.checks.machine import check_disk
from ardens.progress import Report, progress
from ardens.storage.atomic import replacing

from .common import UsageError

__all__ = ["FORMATS", "Block", "Format", "Shape", "Write", "format_of", "header_of", "written"]

Block: TypeAlias = NDArray[np.uint8]
Write: TypeAlias = Callable[[Block], object]
Shape: TypeAlias = tuple[int, int]


class Format(NamedTuple):
    """A format: what opens a stream for blocks of so many rows, and the bytes that they take."""

    opened: Callable[[IO[bytes], Shape], AbstractContextManager[Write]]
    size: Callable[[Shape], int]  # at least
    header: bool = False  # whether a line with the names of the columns comes first


_DEFLATED = 1032  # bytes that become one at best


def format_of(path: str, as_json: bool) -> Format:
    """What writes the format of matrices that the file's name tells."""
    if path == "-":
        return _lines(opening=b"[", closing=b"]") if as_json else FORMATS[".csv"]
    suffix = os.path.splitext(path)[1].lower()
    if suffix not in FORMATS:
        raise UsageError(f"--out must end in one of {', '.join(FORMATS)}, found {path!r}")
    return FORMATS[suffix]


@contextmanager
def written(
    path: str, layout: Format, shape: Shape, names: Iterable[str] | None = None
) -> Iterator[Write]:
    """What takes the blocks of so many rows; the file is there when all are written.

    What the disk cannot hold is refused before the first byte.
    """
    place = _place(path)
    if place is not None:
        check_disk(place, layout.size(shape), f"{shape[0]:,} rows", path)
    with (
        _opened(path) as stream,
        layout.opened(_headed(stream, layout, names), shape) as write,
        progress(shape[0], "row", verbose=place is not None, lines=False) as report_rows,
        _behind(write, report_rows) as put,
    ):
        yield put


def _headed(stream: IO[bytes], layout: Format, names: Iterable[str] | None) -> IO[bytes]:
    """The stream, behind the names of the columns where there are any."""
    if names is not None and layout.header:
        stream.write(header_of(names))
    return stream


def header_of(names: Iterable[str], separator: str = ",") -> bytes:
    """A line with names of columns.

    >>> header_of(["hot", "wet, or damp"])
    b'hot,"wet, or damp"\\n'
    """
    line = io.StringIO()
    csv.writer(line, delimiter=separator, lineterminator="\n").writerow(names)
    return line.getvalue().encode()


def _place(path: str) -> str | int | None:
    """The folder of the file that the rows go to, or the file itself that standard output is."""
    if path != "-":
        return os.path.dirname(os.path.realpath(path))
    try:
        descriptor = sys.stdout.fileno()
        return descriptor if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
    except OSError:
        return None


def _opened(path: str) -> AbstractContextManager[IO[bytes]]:
    """Where the rows go."""
    return replacing(path) if path != "-" else _standard_output()


@contextmanager
def _standard_output() -> Iterator[IO[bytes]]:
    """Standard output, for bytes."""
    sys.stdout.flush()
    yield sys.stdout.buffer
    sys.stdout.buffer.flush()


@contextmanager
def _behind(write: Write, report_rows: Report) -> Iterator[Write]:
    """Write in a thread, so that the next block is drawn meanwhile; one block at most waits."""
    written = 0

    def counted(block: Block) -> None:
        nonlocal written
        write(block)
        written += len(block)
        report_rows(written)

    with ThreadPoolExecutor(max_workers=1) as writer:
        pending: Future[object] = writer.submit(lambda: None)

        def put(block: Block) -> None:
            nonlocal pending
            pending.result()
            pending = writer.submit(counted, block)

        yield put
        pending.result()


@contextmanager
def _npy(stream: IO[bytes], shape: Shape) -> Iterator[Write]:
    """NumPy's format, its header before the first row."""
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, header)
    yield lambda block: stream.write(block.data)


@contextmanager
def _npz(stream: IO[bytes], shape: Shape) -> Iterator[Write]:
    """An archive of one array."""
    archive = _Archive(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    with (
        archive.open("samples.npy", "w", force_zip64=True) as member,
        _npy(member, shape) as write,
    ):
        yield write
    archive.close()


class _Archive(zipfile.ZipFile):
    """One that `close` alone ends: after an interrupt the file goes, whatever state it is in."""

    def __del__(self) -> None: ...


@contextmanager
def _text(
    stream: IO[bytes], shape: Shape, separator: bytes, opening: bytes, closing: bytes
) -> Iterator[Write]:
    """A line a row."""
    zeros = opening + separator.join([b"0"] * shape[1]) + closing + b"\n"
    line = np.frombuffer(zeros, dtype=np.uint8)
    digits = slice(len(opening), len(opening) + 2 * shape[1] - 1, 2)

    def write(block: Block) -> None:
        lines = np.tile(line, (len(block), 1))
        lines[:, digits] += block
        stream.write(lines.data)

    yield write


def _lines(separator: bytes = b",", opening: bytes = b"", closing: bytes = b"") -> Format:
    """Text."""
    brackets = len(opening) + len(closing)
    opened = partial(_text, separator=separator, opening=opening, closing=closing)
    return Format(opened, lambda shape: shape[0] * (2 * shape[1] + brackets))


FORMATS = {
    ".npy": Format(_npy, math.prod),
    ".npz": Format(_npz, lambda shape: math.prod(shape) // _DEFLATED),
    ".csv": _lines()._replace(header=True),
    ".data": _lines(),
    ".amat": _lines(b" "),
    ".txt": _lines(b" "),
}
