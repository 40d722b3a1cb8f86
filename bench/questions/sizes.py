"""What a run measures, on which sets and how hard it tries."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ardens import data

from ..timing import Effort

__all__ = ["FULL", "QUICK", "Rows", "Sizes", "absent", "holed", "some", "splits"]

Rows = NDArray[np.uint8]


@dataclass(frozen=True)
class Sizes:
    """Sizes and effort of a run; sets by the part that asks them."""

    images: str  # the set of the costs and the completed halves
    hidden: int  # units of its NADE
    epochs: int
    effort: Effort
    estimated: tuple[str, ...]
    particles: tuple[int, ...]  # the last is what bars are for
    questions: int  # rows of a set, each asked with so many seeds
    seeds: int
    imputed: tuple[str, ...]
    rows: int  # that are imputed, as many as there are
    scored: int  # of them, whose hidden cells are scored
    missing: tuple[str, ...]
    learned: int  # rows to learn from at most, and half as many that judge
    max_epochs: int  # of a NADE that learns from rows with missing cells


FULL = Sizes(
    images="binarized_mnist",
    hidden=500,
    epochs=10,
    effort=Effort(rounds=9, repeats=1, min_seconds=0),
    estimated=("binarized_mnist", "dna", "adult"),
    particles=(32, 64, 128, 256, 512, 1024),
    questions=30,
    seeds=12,
    imputed=("adult", "dna", "mushrooms", "nltcs", "plants"),
    rows=10_000,
    scored=2000,
    missing=("nltcs", "mushrooms", "dna", "plants"),
    learned=5000,
    max_epochs=200,
)

QUICK = Sizes(
    images="digits",
    hidden=16,
    epochs=5,
    effort=Effort(rounds=2, repeats=1, min_seconds=0),
    estimated=("digits",),
    particles=(32, 64),
    questions=4,
    seeds=3,
    imputed=("digits",),
    rows=50,
    scored=20,
    missing=("digits",),
    learned=100,
    max_epochs=3,
)


def absent(sizes: Sizes, folder: Path) -> list[str]:
    """Sets whose files are missing."""
    names = {sizes.images, *sizes.estimated, *sizes.imputed, *sizes.missing} - {"digits"}
    return sorted(name for name in names if not (folder / f"{name}.npz").exists())


def splits(name: str, folder: Path) -> dict[str, Rows] | None:
    """Rows to learn from, to judge and of the test; None where the file is missing."""
    if name == "digits":
        return data.digits()
    path = folder / f"{name}.npz"
    return data.read(path) if path.exists() else None


def some(rows: Rows, most: int) -> Rows:
    """So many rows at most, evenly from the first to the last."""
    count = min(most, len(rows))
    return rows[np.arange(count) * len(rows) // count]


def holed(rows: Rows, part: float, seed: int) -> NDArray[np.float64]:
    """Rows of which so many cells, drawn at random, are NaN."""
    hidden = np.random.default_rng(seed).random(rows.shape) < part
    return np.where(hidden, np.nan, rows)
