"""FVSBN as one convex problem for every feature: a path of penalties, each solved exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, final

import numpy as np

from ..checks.machine import check_memory
from ..core import Float32Array, Rows, SortedRows, fit_regressions
from ..parameters import named_views
from .likelihood import Likelihood
from .solver import Epoch, Solver
from .state import Figures, TrainingState

__all__ = ["PATH", "PATIENCE", "UNJUDGED", "PenaltyPath"]

PATH = tuple(2.0**k for k in range(5, -8, -1))  # from strong to weak
PATIENCE = 2  # penalties; the likelihood of validation rows along the path has one peak, and noise
UNJUDGED = 1.0  # the penalty where no rows choose one: a Laplace prior of scale 1

# Nats a row, over all features, that the last step of the solver gains at most. What is left to
# gain then is a tenth of it or less, as every step leaves less than a tenth of what it found.
_TOLERANCE = 0.01

_SORTED, _SOLVED = 20, 56  # bytes of a row: where it stands, and what each thread works with


@final
@dataclass(frozen=True, kw_only=True)
class PenaltyPath(Solver):
    """One epoch for each penalty, from strong to weak, from where the one before ended."""

    begins: ClassVar[bool] = False

    path: tuple[float, ...]  # as many as there are epochs
    l1_ratio: float

    def epochs(self, model: Likelihood, X: Rows, until: int) -> Epoch:
        """Make the epoch that solves for the next penalty."""

        @cache
        def ready() -> SortedRows:
            return _sorted(X, model.threads)

        def run_epoch(state: TrainingState) -> Figures:
            state.history.setdefault("penalty", [math.nan] * state.epoch)
            penalty = self.path[state.epoch - until]
            self._solve(model, state.params, ready(), penalty)
            return Figures(model.mean_log_prob(state.params, X), penalty=penalty)

        return run_epoch

    def finish(self, model: Likelihood, X: Rows, held_out: Rows, state: TrainingState) -> None:
        """Solve for the best penalty on all rows."""
        penalty = state.history["penalty"][state.best_epoch - 1]
        everything = _sorted(np.concatenate([X, held_out]), model.threads)
        self._solve(model, state.best, everything, penalty)
        np.copyto(state.params, state.best)

    def _solve(
        self, model: Likelihood, params: Float32Array, rows: SortedRows, penalty: float
    ) -> None:
        """Move flat parameters to the optimum, which they do not depend on beyond the tolerance."""
        n = model.core.n_features
        views = named_views(model.core, params)
        W, b = views["W"].astype(np.float64, order="C"), views["b"].astype(np.float64)
        penalties = np.full(n, float(penalty))
        tolerance = _TOLERANCE * rows.n_samples / n
        fit_regressions(W, b, rows, penalties, self.l1_ratio, tolerance, model.threads)
        views["W"][...], views["b"][...] = W, b


def _sorted(X: Rows, threads: int) -> SortedRows:
    """Sort rows, once for all penalties, if the memory holds what the solver needs."""
    count, n = X.shape
    ones = X.sum(axis=0, dtype=np.int64)
    listed = int(np.minimum(ones, count - ones).sum())
    check_memory(
        8 * n * n * (1 + threads) + count * (_SORTED + _SOLVED * threads) + 4 * listed,
        f"a regression on each of {n:,} features of {count:,} rows",
    )
    return SortedRows(X)
