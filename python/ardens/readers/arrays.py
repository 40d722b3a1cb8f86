"""Matrices in NumPy's files, one or several under the names of splits."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cells import HEADER, Wanted, check_first_row, first_other, looks_numbered
from .foreign import HEAD, is_text, refuse_foreign

__all__ = ["SINGLE", "SPLITS", "read_arrays"]

SPLITS = ("train", "valid", "test")
SINGLE = "data"
"""The name of the only matrix of a file, where it is none of `SPLITS`."""

_ARRAY = np.lib.format.MAGIC_PREFIX


def read_arrays(path: str, wanted: Wanted, only: Collection[str]) -> dict[str, NDArray[Any]]:
    """Read the matrices that are wanted; ValueError names the file and what is wrong with it."""
    held = [SINGLE]
    kind = os.path.splitext(path)[1].lower()
    with open(path, "rb") as stream:
        head = stream.read(HEAD)
    if not head.startswith((b"PK", _ARRAY)):
        refuse_foreign(head, path, f"a {kind} file")
    try:
        with open(path, "rb") as stream:  # closed whatever np.load raises
            if head.startswith(b"PK"):
                archive = np.load(stream, allow_pickle=False)
                held = archive.files
                names = held if len(held) == 1 else [name for name in SPLITS if name in only]
                arrays = {name: archive[name] for name in names if name in held}
            elif not head.startswith(_ARRAY) and head and is_text(head):
                raise ValueError("it seems to be text, whose name ends in .csv or .txt")
            else:
                arrays = {SINGLE: np.load(path, mmap_mode="r", allow_pickle=False)}
    except (ValueError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path}: not a readable {kind} file ({error})") from error
    if len(held) == 1:
        (name,) = held
        return {name if name in SPLITS else SINGLE: _checked(arrays[name], path, wanted)}
    if not set(held) & set(SPLITS):
        raise ValueError(
            f"{path}: expected arrays named train, valid or test, or a single array; "
            f"found {', '.join(held) or 'none'}"
        )
    if not arrays:
        raise ValueError(
            f"{path}: expected an array named {' or '.join(only)}, found {', '.join(held)}"
        )
    checked: dict[str, NDArray[Any]] = {}
    for name, array in arrays.items():
        checked[name] = _checked(array, f"{path}, array {name!r}", wanted)
        wanted = wanted.wide(array.shape[1], f" as in array {name!r}")
    return checked


def _checked(array: NDArray[Any], where: str, wanted: Wanted) -> NDArray[Any]:
    """Refuse what is no matrix of numbers, or not of those that are wanted."""
    if array.dtype.kind not in "buif":
        raise ValueError(f"{where}: expected numbers, found dtype {array.dtype}")
    if array.ndim != 2:
        raise ValueError(
            f"{where}: expected two dimensions, rows and features; found shape {array.shape}"
        )
    if wanted.width not in (0, array.shape[1]):
        raise ValueError(
            f"{where}: expected {wanted.width} columns{wanted.whose}, found {array.shape[1]}"
        )
    if not wanted.binary:
        check_first_row(array, where, "row 0")
    elif place := first_other(array):
        row, column = place
        raise ValueError(
            f"{where}: expected 0 or 1, found {array[row, column]} at row {row}, column {column}"
            + HEADER * (row == 0 and looks_numbered(array[0]))
        )
    return array
