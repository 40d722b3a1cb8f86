"""Matrices in NumPy's files, one or several under the names of splits."""

from __future__ import annotations

import ast
import errno
import math
import os
import re
import warnings
import zipfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..checks.foreign import HEAD, is_text, refuse_foreign
from ..checks.machine import check_memory
from ..checks.sparse import SparseRows
from . import cells
from .cells import (
    A_WEIGHT,
    HEADER,
    MISSING,
    SINGLE,
    TAKEN,
    Wanted,
    apart,
    check_first_row,
    first_wrong,
    looks_numbered,
    short,
)
from .entries import SCIPY, entries_of, matrix_of

__all__ = ["SPLITS", "read_arrays"]

SPLITS = ("train", "valid", "test")
_ARCHIVE, _ARRAY = (b"PK\x03\x04", b"PK\x05\x06"), np.lib.format.MAGIC_PREFIX
_COMPRESSED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_NUMBERS = "buif"  # kinds of dtypes
_LENGTHS = {(1, 0): 2, (2, 0): 4}  # bytes that tell the length of a header, by format version
_LONGEST_HEADER = 10_000  # bytes, as NumPy has it


class _Header(NamedTuple):
    """What an array's header says of it."""

    shape: tuple[int, ...]
    fortran: bool
    dtype: np.dtype[Any]

    @property
    def n_bytes(self) -> int:
        """Bytes of its numbers."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_arrays(path: str, wanted: Wanted, only: Collection[str]) -> dict[str, Any]:
    """Read the matrices that are wanted; ValueError names the file and what is wrong with it."""
    kind = os.path.splitext(path)[1].lower()
    with open(path, "rb") as stream:
        head = stream.read(HEAD)
        if head.startswith(_ARCHIVE):
            with _damage(path, kind):
                held, arrays = _from_archive(stream, path, kind, only)
        else:
            if not head.startswith(_ARRAY):
                refuse_foreign(head, path, f"a {kind} file")
            with _damage(path, kind):
                held, arrays = [SINGLE], {SINGLE: _mapped(stream, path, head)}
    if len(held) == 1:
        (name,) = held
        called = name if name in SPLITS else SINGLE
        return apart(called, _checked(arrays[name], path, wanted), wanted, path)
    if set(held) >= SCIPY:
        return {SINGLE: _sparse(arrays, path, wanted)}
    if not set(held) & set(SPLITS):
        raise ValueError(
            f"{path}: expected arrays named train, valid or test, or a single array; "
            f"found {short(', '.join(held)) or 'none'}"
        )
    if not arrays:
        raise ValueError(
            f"{path}: expected an array named {' or '.join(only)}, found {short(', '.join(held))}"
        )
    checked: dict[str, NDArray[Any]] = {}
    for name, array in arrays.items():
        where = f"{path}, array {name!r}"
        checked |= apart(name, _checked(array, where, wanted), wanted, where)
        wanted = wanted.wide(array.shape[1], f" as in array {name!r}")
    return checked


class _Damaged(ValueError):
    """What is said of a file that cannot be read."""


@contextmanager
def _damage(where: str, kind: str) -> Iterator[None]:
    """Name the place in whatever is raised of a file's content: by NumPy, archives, parsers."""
    try:
        yield
    except (MemoryError, _Damaged):
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise OSError(error.errno, error.strerror, where) from error  # it is the disk
        why = short(str(error) or type(error).__name__)
        raise _Damaged(f"{where}: not a readable {kind} file ({why})") from error


def _from_archive(
    stream: IO[bytes], path: str, kind: str, only: Collection[str]
) -> tuple[list[str], dict[str, NDArray[Any]]]:
    """The names of all arrays of an archive, and those that are wanted."""
    with zipfile.ZipFile(stream) as archive:
        members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
        held = list(members)
        names = held if len(held) == 1 else [name for name in SPLITS if name in only]
        if set(held) >= SCIPY:
            names = held
        arrays = {}
        for name in names:
            if name in members:
                with _damage(f"{path}, array {short(name)!r}", kind):
                    arrays[name] = _member(archive, members[name])
    return held, arrays


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> NDArray[Any]:
    """Read an array of an archive, in memory that the archive says it takes."""
    if info.compress_type not in _COMPRESSED:  # others are expanded whole to read a few bytes
        raise ValueError("it is compressed as NumPy does not")
    with archive.open(info) as stream:
        header = _header(stream)
        if stream.tell() + header.n_bytes != info.file_size:
            raise ValueError("it is not of the size that it says")
        check_memory(header.n_bytes, f"the array {info.filename} of {archive.filename}")
        data = np.empty(header.n_bytes, np.uint8)
        for first in range(0, len(data), cells.BLOCK):
            block = data[first : first + cells.BLOCK]
            if stream.readinto(block) != len(block):  # type: ignore[attr-defined]
                raise ValueError("it is cut off")
    return data.view(header.dtype).reshape(header.shape, order="F" if header.fortran else "C")


def _mapped(stream: IO[bytes], path: str, head: bytes) -> NDArray[Any]:
    """Map an array of a file of its own into memory."""
    if not head.startswith(_ARRAY):
        raise ValueError(
            "it seems to be text, whose name ends in .csv or .txt"
            if head and is_text(head)
            else "it does not begin as one"
        )
    stream.seek(0)
    header = _header(stream)
    offset = stream.tell()
    if offset + header.n_bytes > os.fstat(stream.fileno()).st_size:
        raise ValueError("it is cut off")
    mapped: NDArray[Any] = np.memmap(
        path, header.dtype, "r", offset, header.shape, "F" if header.fortran else "C"
    )
    return mapped


def _header(stream: IO[bytes]) -> _Header:
    """Read the header of an array of numbers."""
    version = np.lib.format.read_magic(stream)
    if version not in _LENGTHS:
        raise ValueError(f"its format version is {version}")
    n_bytes = int.from_bytes(stream.read(_LENGTHS[version]), "little")
    if n_bytes > _LONGEST_HEADER:
        raise ValueError(f"its header is to have {n_bytes:,} bytes")
    words = stream.read(n_bytes).decode("latin1")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Python's parser, to which a damaged header is given
        try:
            header = _parsed(words)
        except Exception as error:  # whatever the parser and NumPy say of it, lack of memory too
            raise ValueError(f"its header cannot be read: {error}") from error
    if header.dtype.hasobject:
        raise ValueError("Object arrays cannot be loaded: they are pickles, which may run code")
    if header.dtype.kind not in _NUMBERS and not (header.shape == () and header.dtype.kind == "S"):
        raise ValueError(f"expected numbers, found dtype {header.dtype}")
    return header


def _parsed(words: str) -> _Header:
    """What the words of a header say.

    NumPy's own reader takes seconds for some that are damaged, as it looks for the integers that
    Python 2 wrote; those of shapes are found here.
    """
    told = ast.literal_eval(re.sub(r"(\d)L\b", r"\1", words).strip())
    shape, fortran = told["shape"], told["fortran_order"]
    if not (isinstance(shape, tuple) and all(type(size) is int and size >= 0 for size in shape)):
        raise ValueError(f"the shape is {shape!r}")
    if type(fortran) is not bool:
        raise ValueError(f"fortran_order is {fortran!r}")
    return _Header(shape, fortran, np.lib.format.descr_to_dtype(told["descr"]))


def _sparse(
    arrays: dict[str, NDArray[Any]], path: str, wanted: Wanted
) -> NDArray[Any] | SparseRows:
    """The matrix of an archive of SciPy."""
    if wanted.weights is not None:
        raise ValueError(f"{path}: expected a column of weights, found a sparse matrix of SciPy")
    with _damage(path, ".npz"):
        entries = entries_of(arrays)
    return matrix_of(*entries, path, wanted)


def _checked(array: NDArray[Any], where: str, wanted: Wanted) -> NDArray[Any]:
    """Refuse what is no matrix of numbers, or not of those that are wanted."""
    if array.ndim != 2:
        raise ValueError(
            f"{where}: expected two dimensions, rows and features; found shape {array.shape}"
        )
    if wanted.width not in (0, array.shape[1]):
        raise ValueError(
            f"{where}: expected {wanted.width} columns{wanted.whose}, found {array.shape[1]}"
        )
    weights = wanted.place(array.shape[1], where)
    if place := first_wrong(array, wanted.binary, weights, wanted.unknown):
        row, column = place
        kind = A_WEIGHT if column == weights else "0 or 1"
        raise ValueError(
            f"{where}: expected {kind}, found {array[row, column]} at row {row}, column {column}"
            + HEADER * (row == 0 and looks_numbered(array[0]))
            + (MISSING + TAKEN) * bool(column != weights and np.isnan(array[row, column]))
        )
    if not wanted.binary:
        check_first_row(array, where, "row 0", weights, wanted.unknown)
    return array
