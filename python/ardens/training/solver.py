"""How parameters are learned from rows: the strategies that a run may follow.

========== ============================== ==================================
solver     an epoch is                    in
========== ============================== ==================================
gradient   steps over all rows, shuffled  `ardens.training.ascent`
convex     one penalty, solved exactly    `ardens.training.convex`
counting   the counts of all rows         `ardens.training.counting`
========== ============================== ==================================
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, TypeAlias, final

import numpy as np

from ..checks.machine import check_memory
from ..checks.weights import Table
from ..core import Float32Array, Model
from ..optim import Optimizer
from .likelihood import Likelihood
from .state import Figures, TrainingState

__all__ = ["Epoch", "Solver"]

Epoch: TypeAlias = Callable[[TrainingState], Figures]
"""One epoch: changes the state's parameters, and returns what it tells of itself."""

_COPIES = 4  # what moves, the best, the gradient, and what is kept at the end


@dataclass(frozen=True, kw_only=True)
class Solver(ABC):
    """A strategy, for one run."""

    begins: ClassVar[bool]  # whether the start competes with the epochs before validation rows
    counts: ClassVar[bool] = False  # whether rows that repeat are one row, that weighs as much
    sparse: ClassVar[bool] = False  # whether many parameters may stay at the zeros they start from
    streams: ClassVar[bool] = False  # whether it takes rows by batches, so that they may be sparse
    unit: ClassVar[str] = "epoch"  # what an epoch is, to those who are shown the progress

    max_epochs: int
    patience: int  # epochs without a better validation likelihood that are waited for
    chooses: bool = True  # whether validation rows choose among the epochs, or the last one is kept
    optimizer: Optimizer | None = None  # what turns a gradient into a step
    averaged: bool = False  # whether a moving average of the parameters is kept

    @abstractmethod
    def epochs(self, model: Likelihood, X: Table, until: int) -> Epoch:
        """Make what runs an epoch on the rows; epoch number `until` will be the last."""

    @abstractmethod
    def finish(self, model: Likelihood, X: Table, held_out: Table, state: TrainingState) -> None:
        """Learn from the rows held out as well, where that needs nobody to judge it."""

    @final
    def start(self, params: Float32Array, rng: np.random.Generator) -> TrainingState:
        """The state before the first epoch, which takes the parameters over."""
        return TrainingState.start(params, rng, self.optimizer, averaged=self.averaged)

    @final
    def taking_up(self, state: TrainingState) -> TrainingState:
        """A copy of the state of a run that may have had another solver."""
        return state.fitted_to(self.optimizer, averaged=self.averaged)

    @final
    def check_memory(self, core: Model) -> None:
        """Refuse a fit whose arrays the machine's memory does not hold, before any is made."""
        slots = 0 if self.optimizer is None else len(self.optimizer.slots)
        copies = _COPIES + slots + self.averaged
        check_memory(
            4 * (core.size * copies + core.n_tables),
            f"fitting {core.n_parameters:,} parameters (n_features={core.n_features}, "
            f"n_hidden={core.n_hidden})",
        )
