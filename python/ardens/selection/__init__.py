"""Options chosen by validation likelihood."""

from .grids import Grid, combinations, default_grid
from .halving import Trial, Tuning, tune

__all__ = ["Grid", "Trial", "Tuning", "combinations", "default_grid", "tune"]
