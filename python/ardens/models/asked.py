"""What may be asked of a draw: its options by type, and which rows of a seed there are."""

from __future__ import annotations

from typing import TypeAlias, TypedDict

import numpy as np
from numpy.typing import NDArray

from ..checks.options import RandomState, whole_number

__all__ = ["BlockHow", "How", "RowsAndNats", "row_range"]

RowsAndNats: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.float64]]

_STREAM_END = 2**64  # rows that one seed has


class How(TypedDict, total=False):
    """Options of a draw."""

    random_state: RandomState
    start: int
    packed: bool


class BlockHow(How, total=False):
    """Options of a draw in blocks."""

    batch_size: int | None


def row_range(n_samples: int, start: int) -> tuple[int, int]:
    """Check the number of rows and the first one.

    >>> row_range(3, 5)
    (3, 5)
    """
    rows = whole_number(n_samples, "n_samples")
    first = whole_number(start, "start", maximum=_STREAM_END - 1)
    if first + rows > _STREAM_END:
        raise ValueError(f"start + n_samples must be at most 2**64; got {first} + {rows}")
    return rows, first
