"""FVSBN as one convex problem for every feature: a path of penalties, each solved exactly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np

from ..checks.machine import check_memory
from ..core import Float32Array, Model, Rows, SortedRows, fit_regressions
from ..parameters import named_views
from ..training import Epoch, Figures, TrainingState
from .learning import Likelihood

__all__ = ["PATH", "PATIENCE", "UNJUDGED", "path_epoch", "solve", "sorted_rows"]

PATH = tuple(2.0**k for k in range(5, -8, -1))  # from strong to weak
PATIENCE = 2  # penalties; the likelihood of validation rows along the path has one peak, and noise
UNJUDGED = 1.0  # the penalty where no rows choose one: a Laplace prior of scale 1

# Nats a row, over all features, that the last step of the solver gains at most. What is left to
# gain then is a tenth of it or less, as every step leaves less than a tenth of what it found.
_TOLERANCE = 0.01

_SORTED, _SOLVED = 20, 56  # bytes of a row: where it stands, and what each thread works with


def sorted_rows(X: Rows, threads: int) -> SortedRows:
    """Sort rows for `solve`, once for all penalties.

    Parameters
    ----------
    X : ndarray, shape (n_samples, n_features), uint8
        The rows, at least one.
    threads : int
        How many threads will work on them.

    Returns
    -------
    SortedRows

    Raises
    ------
    MemoryError
        If the machine's memory does not hold what the solver needs.
    """
    count, n = X.shape
    ones = X.sum(axis=0, dtype=np.int64)
    listed = int(np.minimum(ones, count - ones).sum())
    check_memory(
        8 * n * n * (1 + threads) + count * (_SORTED + _SOLVED * threads) + 4 * listed,
        f"a regression on each of {n:,} features of {count:,} rows",
    )
    return SortedRows(X)


def solve(
    core: Model,
    params: Float32Array,
    rows: SortedRows,
    penalty: float,
    l1_ratio: float,
    threads: int,
) -> None:
    """Move flat parameters to the optimum of the penalised likelihood of the rows.

    Parameters
    ----------
    core : Model
        Names, shapes and places.
    params : ndarray, shape (core.size,), float32
        Where to start, and the result; it depends on the start by no more than the tolerance.
    rows : SortedRows
        The rows, from `sorted_rows`.
    penalty, l1_ratio : float
        As for `FVSBN`.
    threads : int
        How many threads may work; the result does not depend on it.
    """
    n = core.n_features
    views = named_views(core, params)
    W, b = views["W"].astype(np.float64, order="C"), views["b"].astype(np.float64)
    penalties = np.full(n, float(penalty))
    tolerance = _TOLERANCE * rows.n_samples / n
    fit_regressions(W, b, rows, penalties, l1_ratio, tolerance, threads)
    views["W"][...], views["b"][...] = W, b


def path_epoch(
    core: Model, X: Rows, path: Sequence[float], until: int, l1_ratio: float, threads: int
) -> Epoch:
    """Make the epochs of a fit: one for each penalty, from where the one before ended.

    Parameters
    ----------
    core : Model
        Names, shapes and places.
    X : ndarray, shape (n_samples, n_features), uint8
        The rows, at least one.
    path : sequence of float
        The penalties.
    until : int
        The epoch that belongs to the last of them.
    l1_ratio : float
        As for `FVSBN`.
    threads : int
        How many threads may work.

    Returns
    -------
    callable
        What `ardens.training.train` takes as ``run_epoch``.
    """
    likelihood = Likelihood(core, threads)

    @cache
    def ready() -> SortedRows:
        return sorted_rows(X, threads)

    def run_epoch(state: TrainingState) -> Figures:
        state.history.setdefault("penalty", [math.nan] * state.epoch)
        penalty = path[state.epoch - until]
        solve(core, state.params, ready(), penalty, l1_ratio, threads)
        return Figures(likelihood.mean_log_prob(state.params, X), penalty=penalty)

    return run_epoch
