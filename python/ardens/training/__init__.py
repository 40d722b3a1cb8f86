"""Maximum likelihood: a run of training, the solvers that it may follow, and its checkpoints.

What a callback of `fit` is given is an `EpochEnd`.
"""

from .state import COLUMNS, Callback, EpochEnd, TrainingState

__all__ = ["COLUMNS", "Callback", "EpochEnd", "TrainingState"]
