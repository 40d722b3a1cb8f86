"""What a fit draws: its streams of random numbers, and the rows that it holds out."""

from __future__ import annotations

from typing import NamedTuple, Self

import numpy as np

from ..core import Rows

__all__ = ["FEWEST_VALID", "Streams", "hold_out"]

FEWEST_VALID = 5  # fewer rows say nothing about when to stop, or about weights


class Streams(NamedTuple):
    """One generator for each thing that a fit draws, so that options do not disturb each other."""

    ordering: np.random.Generator
    split: np.random.Generator
    start: np.random.Generator
    shuffle: np.random.Generator

    @classmethod
    def of(cls, seed: int) -> Self:
        """Make the generators of a fit from its seed."""
        root = np.random.SeedSequence(seed)
        return cls(*map(np.random.default_rng, root.spawn(len(cls._fields))))


def hold_out(rows: Rows, fraction: float, rng: np.random.Generator) -> tuple[Rows, Rows | None]:
    """Split off validation rows, drawn at random, if there are enough."""
    held = int(fraction * len(rows))
    if held < FEWEST_VALID:
        return rows, None
    order = rng.permutation(len(rows))
    return rows.take(order[held:], axis=0), rows.take(order[:held], axis=0)
