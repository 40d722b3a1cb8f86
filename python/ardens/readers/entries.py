"""Matrices of which a file lists the entries that are not 0."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks.sparse import SparseRows
from .cells import Wanted

__all__ = ["SCIPY", "entries_of", "matrix_of"]

SCIPY = {"format", "shape", "data"}
"""Arrays that every archive of `scipy.sparse.save_npz` has."""

_PLACES = {"csr": ("indptr", "indices"), "csc": ("indptr", "indices"), "coo": ("row", "col")}


def matrix_of(
    rows: NDArray[np.integer],
    columns: NDArray[np.integer],
    values: NDArray[Any],
    shape: tuple[int, int],
    where: str,
    wanted: Wanted,
) -> NDArray[Any] | SparseRows:
    """Rows of entries, those of one cell added; ValueError if they are not what is wanted.

    They stay sparse where all of them are 0 or 1.
    """
    if wanted.width not in (0, shape[1]):
        raise ValueError(
            f"{where}: expected {wanted.width} columns{wanted.whose}, found {shape[1]}"
        )
    order = np.lexsort((columns, rows))
    rows, columns, values = rows[order], columns[order], values[order]
    first = np.ones(len(rows), np.bool_)
    first[1:] = (np.diff(rows) != 0) | (np.diff(columns) != 0)
    if not first.all():
        values = np.add.reduceat(values.astype(np.float64), np.flatnonzero(first))
        rows, columns = rows[first], columns[first]
    ones = values == 1
    bad = ~(ones | (values == 0))
    if wanted.binary and bad.any():
        k = int(np.argmax(bad))
        found = f"{values[k]} at row {rows[k]}, column {columns[k]}"
        raise ValueError(f"{where}: expected 0 or 1, found {found}")
    lean = SparseRows(
        np.concatenate([[0], np.cumsum(np.bincount(rows[ones], minlength=shape[0]))]),
        columns[ones],
        shape[1],
    )
    if not bad.any():
        return lean
    X = lean[:].astype(np.float64)
    X[rows[bad], columns[bad]] = values[bad]
    return X


def entries_of(
    arrays: Mapping[str, NDArray[Any]],
) -> tuple[NDArray[np.integer], NDArray[np.integer], NDArray[Any], tuple[int, int]]:
    """Rows, columns and values of an archive of `scipy.sparse.save_npz`, and the shape.

    In the formats CSR, CSC and COO; ValueError if the arrays do not make a matrix.
    """
    kind = bytes(arrays["format"].item()).decode("ascii", "replace")
    shape, values = tuple(arrays["shape"].tolist()), arrays["data"]
    if kind not in _PLACES:
        raise ValueError(f"it is in the format {kind!r}; save it with its tocsr()")
    if len(shape) != 2 or min(shape) < 0:
        raise ValueError(f"its shape is {shape}")
    first, second = (arrays[name] for name in _PLACES[kind])
    if kind != "coo":
        counts = np.diff(first)
        whole = len(counts) == shape[kind == "csc"] and (counts >= 0).all()
        if not whole or first[0] != 0 or first[-1] != len(second):
            raise ValueError(f"its {_PLACES[kind][0]} are wrong")
        first = np.repeat(np.arange(len(counts)), counts)
    rows, columns = (second, first) if kind == "csc" else (first, second)
    if not rows.shape == columns.shape == values.shape == (len(values),):
        raise ValueError("its arrays are not of one length")
    for places, size in zip((rows, columns), shape, strict=True):
        if places.dtype.kind not in "iu":
            raise ValueError(f"its places are of dtype {places.dtype}")
        if len(places) and not (places.min() >= 0 and places.max() < size):
            raise ValueError(f"it has entries beyond its shape {shape}")
    return rows, columns, values, (shape[0], shape[1])
