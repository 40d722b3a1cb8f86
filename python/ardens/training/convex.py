"""FVSBN as one convex problem for every feature: a path of penalties, each solved exactly."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Self, final

import numpy as np
from numpy.typing import NDArray

from ..checks.machine import check_memory
from ..checks.weights import Table
from ..core import Float32Array, Model, SortedRows, fit_regressions, largest_gradient
from ..parameters import named_views
from .likelihood import Likelihood, constant_columns
from .solver import Epoch, Solver
from .state import Figures, TrainingState

__all__ = ["PATIENCE", "UNJUDGED", "PenaltyPath", "penalties", "too_large"]

_WEAKEST, _LONGEST = -7, 13  # powers of two: the path ends there, and has at least so many
PATIENCE = 2  # penalties; the likelihood of validation rows along the path has one peak, and noise
UNJUDGED = 1.0  # the penalty where no rows choose one: a Laplace prior of scale 1

# Nats a row, over all features, that the last step of the solver gains at most. What is left to
# gain then is a tenth of it or less, as every step leaves less than a tenth of what it found.
_TOLERANCE = 0.01

_LEAST_RATIO = 0.05

# Pairs of a rarer value in a row and a column after it, which make some ten minutes on two cores;
# columns that vary, whose squares every thread has.
_MOST_PAIRS, _MOST_VARYING = 2e10, 12_000

# Bytes: of a row, where it stands, and what each thread works with; of a feature, what each does.
_SORTED, _SOLVED, _WORKED_ON = 44, 48, 1160


@final
@dataclass(frozen=True, kw_only=True)
class PenaltyPath(Solver):
    """One epoch for each penalty, from strong to weak, from where the one before ended."""

    begins: ClassVar[bool] = False
    counts: ClassVar[bool] = True
    sparse: ClassVar[bool] = True
    unit: ClassVar[str] = "penalty"

    path: tuple[float, ...]  # as many as there are epochs
    l1_ratio: float

    def epochs(self, model: Likelihood, X: Table, until: int) -> Epoch:
        """Make the epoch that solves for the next penalty."""

        @cache
        def ready() -> Regressions:
            return Regressions.ready(X, model)

        def run_epoch(state: TrainingState) -> Figures:
            state.history.setdefault("penalty", [math.nan] * state.epoch)
            penalty = self.path[state.epoch - until]
            if state.epoch == until - len(self.path):
                ready().forget_constant(model, state.params)
            self._solve(model, state.params, ready(), penalty)
            nats = X.mean(model.log_prob(state.params, X.rows))
            return Figures(nats, penalty=penalty)

        return run_epoch

    def finish(self, model: Likelihood, X: Table, held_out: Table, state: TrainingState) -> None:
        """Solve for the best penalty on all rows."""
        penalty = state.history["penalty"][state.best_epoch - 1]
        ready = Regressions.ready(X.followed_by(held_out), model)
        self._solve(model, state.best, ready, penalty)
        ready.copy(model, state.best, state.params)

    def _solve(
        self, model: Likelihood, params: Float32Array, on: Regressions, penalty: float
    ) -> None:
        """Move flat parameters to the optimum, which they do not depend on beyond the tolerance."""
        views, n = named_views(model.core, params), len(on.varying)
        square = np.ix_(on.varying, on.varying)
        W, b = views["W"][square].astype(np.float64), views["b"][on.varying].astype(np.float64)
        penalties = np.full(n, float(penalty))
        tolerance = _TOLERANCE * on.rows.total / max(1, n)
        fit_regressions(W, b, on.rows, penalties, self.l1_ratio, tolerance, model.threads)
        views["W"][square], views["b"][on.varying] = W, b
        views["b"][on.constant] = on.logits


@final
@dataclass(frozen=True)
class Regressions:
    """One on each column that varies; what is constant keeps W = 0, and costs nothing.

    Parameters
    ----------
    rows : SortedRows
        The rows, with the columns that vary alone.
    varying, constant : ndarray of intp
        The columns of either kind.
    logits : ndarray
        Log-odds of those that are constant, with one row of each kind added.
    """

    rows: SortedRows
    varying: NDArray[np.intp]
    constant: NDArray[np.intp]
    logits: NDArray[np.float64]

    @classmethod
    def of(cls, X: Table, core: Model | None = None) -> Self:
        """Sort rows, if the memory holds what that needs; bits that a core forces count nothing."""
        constant = constant_columns(X)
        varying = np.delete(np.arange(X.n_features), constant)
        count, n = len(X), len(varying)
        ones = X.rows.sum(axis=0, dtype=np.int64)
        listed = int(np.minimum(ones, count - ones).sum())
        taken = count * n if len(constant) else 0
        check_memory(
            count * _SORTED + 8 * listed + taken, f"sorting {count:,} rows of {n:,} features"
        )
        rows = X.rows.take(varying, axis=1) if len(constant) else X.rows
        logits = np.where(X.rows[0, constant] == 1, 1, -1) * math.log(X.total + 1)
        forced = None
        if core is not None and core.has_codes:
            forced = np.ascontiguousarray(core.forced(X.rows)[:, varying])
        return cls(SortedRows(rows, X.weights, forced), varying, constant, logits)

    @classmethod
    def ready(cls, X: Table, model: Likelihood) -> Self:
        """Sort rows, once for all penalties, if the memory holds what the solver needs."""
        some, threads = cls.of(X, model.core), model.threads
        n, distinct = len(some.varying), some.rows.n_distinct
        check_memory(
            n * n * (8 + 9 * threads)
            + distinct * (_SORTED + _SOLVED * threads)
            + n * _WORKED_ON * threads,
            f"a regression on each of {n:,} features of {distinct:,} distinct rows",
        )
        return some

    def copy(self, model: Likelihood, source: Float32Array, target: Float32Array) -> None:
        """Copy parameters; of the weights those between columns that vary, as others are 0."""
        square = np.ix_(self.varying, self.varying)
        given, taken = named_views(model.core, source), named_views(model.core, target)
        taken["W"][square], taken["b"][:] = given["W"][square], given["b"]

    def forget_constant(self, model: Likelihood, params: Float32Array) -> None:
        """Let nothing depend on what is constant, nor that on anything, as a warm start may."""
        W = named_views(model.core, params)["W"]
        if len(self.constant) and W.any():
            W[self.constant] = 0
            W[:, self.constant] = 0


def too_large(X: Table) -> bool:
    """Whether rows take so long, or columns so much memory, that gradient steps are better."""
    ones = X.rows.sum(axis=0, dtype=np.int64)
    rarer = np.minimum(ones, len(X) - ones)
    varying = int(np.count_nonzero(rarer))
    return varying > _MOST_VARYING or float(rarer.sum()) * varying / 2 > _MOST_PAIRS


def penalties(
    X: Table,
    l1_ratio: float,
    *,
    at_most: int | None = None,
    threads: int,
) -> tuple[float, ...]:
    """From the least penalty under which all weights are 0, the independent model, down by halves.

    Or by larger steps over the same range, so that there are `at_most` so many.

    At the independent model the gradient of weight (i, j) is N_ij - N_i N_j / N, where the N count
    rows with ones; a weight leaves 0 where that exceeds the penalty of its absolute value. With
    little of that penalty (as glmnet does with ridge) the path begins as if there were more.
    """
    some = Regressions.of(X)
    if len(some.varying) == 0:
        return (UNJUDGED,)
    largest = largest_gradient(some.rows, threads)
    strongest = largest / max(l1_ratio, _LEAST_RATIO) * (1 + 2.0**-20)
    if strongest == 0:  # nothing depends on anything
        return (UNJUDGED,)
    first = math.ceil(math.log2(strongest)) - 1
    last = min(_WEAKEST, first - _LONGEST)
    count = first - last + 2
    if at_most is not None and at_most < count:
        ends = np.geomspace(strongest, 2.0**last, max(at_most, 2))
        return tuple(ends.tolist()) if at_most > 1 else (UNJUDGED,)
    return (strongest, *(2.0**k for k in range(first, last - 1, -1)))
