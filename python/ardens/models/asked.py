"""What may be asked of a draw: its options by type, and which rows of a seed there are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, TypedDict

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.options import RandomState, whole_number

__all__ = [
    "N_PARTICLES",
    "BlockHow",
    "Given",
    "How",
    "RowsAndNats",
    "particle_count",
    "row_range",
]

RowsAndNats: TypeAlias = tuple[NDArray[np.uint8], NDArray[np.float64]]
Given: TypeAlias = Mapping[Any, Any] | ArrayLike

N_PARTICLES = 1024  # of a population, unless the user wants others
_MOST_PARTICLES = 2**20
_STREAM_END = 2**64  # rows that one seed has


class How(TypedDict, total=False):
    """Options of a draw."""

    random_state: RandomState
    start: int
    packed: bool
    given: Given | None
    n_particles: int


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


def particle_count(n_particles: int) -> int:
    """Check the size of a population.

    >>> particle_count(64)
    64
    """
    return whole_number(n_particles, "n_particles", minimum=1, maximum=_MOST_PARTICLES)
