"""Cells that are to be 0 or 1."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["BLOCK", "first_other"]

BLOCK = 1 << 22  # bytes worked on at a time: memory beside the result stays near this


def first_other(array: NDArray[Any]) -> tuple[int, int] | None:
    """Row and column of the first value that is neither 0 nor 1, in bounded memory."""
    step = max(1, BLOCK // max(1, array.shape[1]))
    for start in range(0, len(array), step):
        block = array[start : start + step]
        good = (block == 0) | (block == 1)
        if not good.all():
            row, column = divmod(int(np.argmin(good)), array.shape[1])
            return start + row, column
    return None
