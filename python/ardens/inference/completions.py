"""Unknown cells filled in all possible ways: completion c by the bits of c, the highest first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..checks.cells import UNKNOWN
from ..core import Rows
from .weighing import shares

__all__ = [
    "Places",
    "cells_of",
    "chosen_by",
    "complete",
    "groups",
    "pieces",
    "scored_completions",
    "unknown_before",
    "unknown_places",
]

Array: TypeAlias = NDArray[np.float64]
Places: TypeAlias = NDArray[np.intp]

_BYTES = 1 << 26  # that are worked on at a time


def cells_of(count: int) -> int:
    """How many unknown cells have no more completions than that.

    >>> cells_of(1000)
    9
    """
    return count.bit_length() - 1


def scored_completions(cells: Rows, count: int, score: Callable[[Rows], Array]) -> Array:
    """Scores of all completions of rows with `count` unknown cells each, (rows, 2**count)."""
    n, total = cells.shape[1], len(cells) << count
    scores, places = np.empty(total), unknown_places(cells, count)
    for piece in pieces(total, 9 * n):
        numbers = np.arange(piece.start, piece.stop)
        questions = numbers >> count
        rows = cells[questions]
        complete(rows, places[questions], numbers & ((1 << count) - 1))
        scores[piece] = score(rows)
    return scores.reshape(len(cells), 1 << count)


def pieces(total: int, n_bytes: int) -> Iterator[slice]:
    """Cut so many things of so many bytes into pieces that fit into memory."""
    step = max(1, _BYTES // n_bytes)
    for first in range(0, total, step):
        yield slice(first, min(first + step, total))


def unknown_before(cells: Rows) -> Places:
    """How many unknown cells stand before the last known one."""
    known = cells != UNKNOWN
    last = cells.shape[1] - np.argmax(known[:, ::-1], axis=1)
    count = np.count_nonzero(known, axis=1)
    return np.where(count > 0, last - count, 0)


def groups(counts: Places, rows: Places, n_bytes: int) -> Iterator[tuple[Places, int]]:
    """Of some rows, those that have equally many unknown cells, so many as fit into memory."""
    for count in np.unique(counts[rows]).tolist():
        alike = rows[counts[rows] == count]
        for piece in pieces(len(alike), n_bytes + (8 << count)):
            yield alike[piece], count


def unknown_places(cells: Rows, count: int) -> Places:
    """Where the first `count` unknown cells of each row stand."""
    order = np.argsort(cells != UNKNOWN, axis=1, kind="stable")
    return order[:, :count]


def complete(rows: Rows, places: Places, completions: Places) -> None:
    """Fill the cells of each row that stand at its places with the bits of its number."""
    count = places.shape[1]
    for j in range(count):
        rows[np.arange(len(rows)), places[:, j]] = (completions >> (count - 1 - j)) & 1


def chosen_by(scores: Array, u: Array) -> Places:
    """For each uniform of a row, the first completion at which the sum of weights exceeds it."""
    edges = np.cumsum(shares(scores), axis=1)
    wanted = u * edges[:, -1:]
    places = np.zeros(u.shape, np.intp)
    step = edges.shape[1] // 2
    while step:
        passed = np.take_along_axis(edges, places + (step - 1), axis=1) <= wanted
        places += step * passed
        step //= 2
    return places
