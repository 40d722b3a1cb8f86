"""What is drawn beside bits: where in its leaf a value is, and values that are made anew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cells import Cells

__all__ = ["Anew", "uniforms"]

_WORDS = 4  # of 64 bits that Philox makes at a time


def uniforms(seed: int, column: int, start: int, n: int) -> NDArray[np.float64]:
    """Uniform numbers of rows start … start + n - 1 of a column; each depends on its row alone."""
    source = np.random.Philox(key=np.array([seed, column], np.uint64))
    steps, skipped = divmod(start, _WORDS)
    source.advance(steps)
    return np.random.Generator(source).random(skipped + n)[skipped:]


@dataclass(frozen=True)
class Anew:
    """A column that is not learned: every row drawn has a new value.

    Parameters
    ----------
    name : str or int
        What it is called.
    first : int
        The number of row 0; those of the rows learned from are below it.
    prefix : str, optional
        What stands before the number; None where the column is of integers.
    """

    name: Any
    first: int
    prefix: str | None = None
    kind: str = "anew"

    @classmethod
    def of(cls, name: Any, cells: Cells) -> Anew:
        """The column that goes on where the cells end."""
        if cells.levels is None:
            there = cells.values[~cells.missing]
            return cls(name, int(there.max(initial=-1)) + 1)
        return cls(name, len(cells) + 1, f"{name}-")

    def draw(self, n: int, start: int) -> Cells:
        """The values of rows start … start + n - 1."""
        numbers = np.arange(n, dtype=np.int64) + (self.first + start)
        none = np.zeros(n, np.bool_)
        if self.prefix is None:
            return Cells(numbers, none)
        return Cells(np.arange(n), none, [f"{self.prefix}{number}" for number in numbers.tolist()])
