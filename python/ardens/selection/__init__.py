"""Options chosen by validation likelihood."""

from .candidates import Trial
from .grids import Grid, combinations, default_grid
from .halving import Tuning, tune

__all__ = ["Grid", "Trial", "Tuning", "combinations", "default_grid", "tune"]
