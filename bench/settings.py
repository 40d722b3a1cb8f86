"""What a run measures, and how hard it tries."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .timing import Effort

__all__ = ["DATA", "FULL", "QUICK", "Settings"]

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass(frozen=True)
class Settings:
    """Sizes and effort of a run.

    Parameters
    ----------
    n, d : int
        Features and hidden units of the NADE that is compared.
    mlp_n, mlp_d : int
        Features and hidden units of the MLP.
    batches : tuple of int
        Rows of a call, from small to large.
    larger : int
        Rows of a call where peers are given more than they need.
    effort, light : Effort
        Of comparisons, and of curves.
    ones : tuple of int
        Percentages of ones.
    sizes : tuple of int
        Numbers of features, and of hidden units.
    counts : tuple of int
        Numbers of rows.
    epochs : int
        To fit a quick model.
    quick : bool
        Whether arms that take long to compile are left out.
    threads : int
        Threads of every arm.
    data, model : Path, optional
        Where data files are, and a model to use instead of a quick one.
    """

    n: int
    d: int
    mlp_n: int
    mlp_d: int
    batches: tuple[int, ...]
    larger: int
    effort: Effort
    light: Effort
    ones: tuple[int, ...]
    sizes: tuple[int, ...]
    counts: tuple[int, ...]
    epochs: int
    quick: bool = False
    threads: int = 1
    data: Path | None = None
    model: Path | None = None


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
