"""What a run measures, and how hard it tries."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .timing import Effort

__all__ = ["DATA", "FULL", "QUICK", "Settings"]

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass(frozen=True)
class Settings:
    """Sizes and effort of a run."""

    n: int  # features of the NADE that is compared
    d: int  # its hidden units
    mlp_n: int
    mlp_d: int
    batches: tuple[int, ...]  # rows of a call, from small to large
    larger: int  # rows of a call where peers are given more than they need
    effort: Effort  # of comparisons
    light: Effort  # of curves
    ones: tuple[int, ...]  # percentages of ones
    sizes: tuple[int, ...]  # numbers of features, and of hidden units
    counts: tuple[int, ...]  # numbers of rows
    epochs: int  # to fit a quick model
    quick: bool = False  # without what takes long to compile
    threads: int = 1  # of every arm
    data: Path | None = None  # folder of data files
    model: Path | None = None  # file to use instead of a quick fit


FULL = Settings(
    n=784,
    d=500,
    mlp_n=123,
    mlp_d=32,
    batches=(100, 1000),
    larger=10_000,
    effort=Effort(rounds=7, repeats=3, min_seconds=0.05),
    light=Effort(rounds=5, repeats=3, min_seconds=0.03),
    ones=(1, 2, 5, 10, 13, 20, 30, 40, 50, 60, 70, 80, 90),
    sizes=(16, 32, 64, 128, 256, 512, 1024, 2048, 4096),
    counts=(1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000),
    epochs=5,
)

QUICK = Settings(
    n=64,
    d=16,
    mlp_n=16,
    mlp_d=8,
    batches=(50,),
    larger=50,
    effort=Effort(rounds=2, repeats=1, min_seconds=0.002),
    light=Effort(rounds=2, repeats=1, min_seconds=0.001),
    ones=(1, 13, 50, 90),
    sizes=(16, 32, 64),
    counts=(1, 10, 100),
    epochs=2,
    quick=True,
)
