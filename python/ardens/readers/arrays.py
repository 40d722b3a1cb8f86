"""Matrices in NumPy's files, one or several under the names of splits."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cells import first_other
from .foreign import HEAD, is_text, refuse_foreign

__all__ = ["SINGLE", "SPLITS", "read_arrays"]

SPLITS = ("train", "valid", "test")
SINGLE = "data"
"""The name of the only matrix of a file, where it is none of `SPLITS`."""

_ARRAY = np.lib.format.MAGIC_PREFIX


def read_arrays(path: str, binary: bool, only: Collection[str]) -> dict[str, NDArray[Any]]:
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
                wanted = held if len(held) == 1 else [name for name in SPLITS if name in only]
                arrays = {name: archive[name] for name in wanted if name in held}
            elif not head.startswith(_ARRAY) and head and is_text(head):
                raise ValueError("it seems to be text, whose name ends in .csv or .txt")
            else:
                arrays = {SINGLE: np.load(path, mmap_mode="r", allow_pickle=False)}
    except (ValueError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        raise ValueError(f"{path}: not a readable {kind} file ({error})") from error
    if len(held) == 1:
        (name,) = held
        return {name if name in SPLITS else SINGLE: _checked(arrays[name], path, binary)}
    if not set(held) & set(SPLITS):
        raise ValueError(
            f"{path}: expected arrays named train, valid or test, or a single array; "
            f"found {', '.join(held) or 'none'}"
        )
    if not arrays:
        raise ValueError(
            f"{path}: expected an array named {' or '.join(only)}, found {', '.join(held)}"
        )
    return {
        name: _checked(array, f"{path}, array {name!r}", binary) for name, array in arrays.items()
    }


def _checked(array: NDArray[Any], where: str, binary: bool) -> NDArray[Any]:
    """Refuse what is no matrix of numbers, or not of 0 and 1 where that is wanted."""
    if array.dtype.kind not in "buif":
        raise ValueError(f"{where}: expected numbers, found dtype {array.dtype}")
    if array.ndim != 2:
        raise ValueError(
            f"{where}: expected two dimensions, rows and features; found shape {array.shape}"
        )
    if binary and (place := first_other(array)):
        row, column = place
        raise ValueError(
            f"{where}: expected 0 or 1, found {array[row, column]} at row {row}, column {column}"
        )
    return array
