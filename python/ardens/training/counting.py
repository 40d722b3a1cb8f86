"""Counting the rows: the conditionals of a table, one for every prefix."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, final

import numpy as np
from numpy.typing import NDArray

from ..checks.weights import Table
from ..parameters import named_views
from .likelihood import Likelihood
from .solver import Epoch, Solver
from .state import Figures, TrainingState

__all__ = ["Counting"]


@final
@dataclass(frozen=True, kw_only=True)
class Counting(Solver):
    """One pass over the rows, with `alpha` rows added to each side of every count."""

    begins: ClassVar[bool] = False
    unit: ClassVar[str] = "pass"

    max_epochs: int = 1
    patience: int = 1
    chooses: bool = False
    alpha: float

    def epochs(self, model: Likelihood, X: Table, until: int) -> Epoch:
        """Make the epoch that counts."""

        def run_epoch(state: TrainingState) -> Figures:
            named_views(model.core, state.params)["logits"][...] = _log_odds(X, self.alpha)
            return Figures(X.mean(model.log_prob(state.params, X.rows)))

        return run_epoch

    def finish(self, model: Likelihood, X: Table, held_out: Table, state: TrainingState) -> None:
        """Leave it at that: no rows are held out."""


def _log_odds(X: Table, alpha: float) -> NDArray[np.float64]:
    """Log-odds of every prefix, as a heap; 0 where a prefix was not seen and nothing is added."""
    levels: list[NDArray[Any]] = []
    prefix = np.zeros(len(X), dtype=np.intp)
    for i in range(X.n_features):
        bit = X.rows[:, i]
        counted = bit if X.weights is None else bit * X.weights
        ones = np.bincount(prefix, weights=counted, minlength=1 << i)
        # Each side by itself: a difference of smoothed counts would lose a small alpha.
        zeros = np.bincount(prefix, weights=X.weights, minlength=1 << i) - ones
        with np.errstate(divide="ignore", invalid="ignore"):
            odds = np.log(ones + alpha) - np.log(zeros + alpha)
        odds[np.isnan(odds)] = 0.0
        levels.append(odds)
        prefix = 2 * prefix + bit
    return np.concatenate(levels)
