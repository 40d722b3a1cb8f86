"""Text that lists, for every row, what is not 0: svmlight's, and transactions as FIMI has them.

======== ====================== ===========================================================
svmlight ``1 3:1 7:1 # words``  a label, which is left out; numbers of columns and values
FIMI     ``3 7 12``             numbers of the columns that are 1, each of them once
======== ====================== ===========================================================

Columns of svmlight count from 1, unless one is 0; those of FIMI are called by their own numbers.
"""

from __future__ import annotations

import re
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks.sparse import SparseRows
from .cells import Wanted
from .entries import matrix_of

__all__ = ["looks_listed", "read_lists"]

_COMMENT = re.compile(rb"#[^\n]*")
_NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_PAIRS = re.compile(rf"{_NUMBER}(?:,{_NUMBER})*(?:\s+\d+:{_NUMBER})*", re.ASCII)  # of labels, too
_ITEMS = re.compile(r"\d+(\s+\d+)*", re.ASCII)
_SAMPLE = 100  # lines that tell


def looks_listed(text: bytes) -> str | None:
    """Which of the two a text is: "svmlight", "fimi", or neither."""
    lines = _COMMENT.sub(b"", text).decode("utf-8", "replace").splitlines()[:_SAMPLE]
    rows = [line.strip() for line in lines if line.strip()]
    if not rows:
        return None
    if all(map(_PAIRS.fullmatch, rows)) and any(":" in row for row in rows):
        return "svmlight"
    items = [row.split() for row in rows]
    if (
        all(map(_ITEMS.fullmatch, rows))
        and all(len(set(row)) == len(row) for row in items)
        and len({len(row) for row in items}) > 1
        and any(int(item) > 1 for row in items for item in row)
    ):
        return "fimi"
    return None


def read_lists(text: bytes, kind: str, name: str, wanted: Wanted) -> NDArray[Any] | SparseRows:
    """Read a matrix of either kind; ValueError if it is none."""
    if kind == "svmlight":
        text = _COMMENT.sub(b"", text)
    lines = [line for line in text.splitlines() if line.strip()]
    numbers = _numbers(b"\n".join(lines).replace(b":", b" "), name)
    if kind == "fimi":
        counts = np.array([len(line.split()) for line in lines])
        items, values, begin = numbers, np.ones(len(numbers)), 0
    else:
        counts = np.array([line.count(b":") for line in lines])
        labels = np.cumsum(2 * counts + 1) - 2 * counts - 1
        if len(numbers) != int((2 * counts + 1).sum()):
            raise ValueError(f"{name}: not a readable svmlight file")
        numbers = np.delete(numbers, labels)
        items, values = numbers[::2], numbers[1::2]
        begin = int((items > 0).all())
    if not ((items >= 0) & (items < 2**31) & (items == np.floor(items))).all():
        raise ValueError(f"{name}: expected numbers of columns, found others")
    columns = items.astype(np.int64) - begin
    width = wanted.width or int(columns.max(initial=0)) + 1
    rows = np.repeat(np.arange(len(lines)), counts)
    if len(columns) and columns.max() >= width:
        k = int(np.argmax(columns >= width))
        raise ValueError(
            f"{name}: expected {width} columns{wanted.whose}, "
            f"found number {int(items[k])} in row {rows[k]}"
        )
    return matrix_of(rows, columns, values, (len(lines), width), name, wanted)


def _numbers(text: bytes, name: str) -> NDArray[np.float64]:
    """All numbers of a text."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return np.fromstring(text, dtype=np.float64, sep=" ")
        except (DeprecationWarning, ValueError) as error:
            raise ValueError(f"{name}: not numbers alone") from error
