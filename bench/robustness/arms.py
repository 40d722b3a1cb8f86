"""What is compared: the estimators without options, and simple models that need no care."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ardens import FVSBN, MLP, NADE

from ..tree import HALF, Tree

__all__ = ["BASELINES", "OURS", "WIDEST", "chow_liu", "independent", "ridge"]

Rows = NDArray[np.uint8]
Arm = Callable[[Rows, Rows, int], NDArray[np.float64]]
"""Learns from rows, and gives the nats of others; the last argument is a seed."""

FOLDS = 5
MANY = 500  # rows, of which one fold is enough to judge
WIDEST = {"ridge": 500, "mlp": 200}  # columns; parameters grow with their square
PENALTIES = tuple(2.0**k for k in range(8, -8, -1))


def independent(train: Rows, test: Rows, seed: int = 0) -> NDArray[np.float64]:
    """Columns by themselves."""
    p = (train.sum(axis=0) + HALF) / (len(train) + 2 * HALF)
    return np.asarray(np.where(test == 1, np.log(p), np.log1p(-p)).sum(axis=1))


def chow_liu(train: Rows, test: Rows, seed: int = 0) -> NDArray[np.float64]:
    """A column for each to depend on: the tree of most mutual information."""
    return Tree.of(train).log_marginal(test)


def ridge(train: Rows, test: Rows, seed: int = 0) -> NDArray[np.float64]:
    """A logistic regression for each column on those before it, under a penalty of their squares.

    The penalty, the same for all columns, is that of the best nats over five folds; over one of
    them where rows are many.
    """
    fold = np.random.default_rng(seed).permutation(len(train)) % FOLDS
    held = np.zeros(len(PENALTIES))
    for k in range(FOLDS if len(train) <= MANY else 1):
        for place, penalty in enumerate(PENALTIES):
            held[place] += _ridge(train[fold != k], penalty).score_samples(train[fold == k]).sum()
    return _ridge(train, PENALTIES[int(np.argmax(held))]).score_samples(test)


def _ridge(rows: Rows, penalty: float) -> FVSBN:
    """The regressions under one penalty; bench's tests compare them with scikit-learn's."""
    return FVSBN(penalty=penalty, l1_ratio=0.0, n_jobs=1).fit(rows)


def _default(model: type[FVSBN] | type[MLP] | type[NADE]) -> Arm:
    """An estimator without options."""
    return lambda train, test, seed: model(random_state=seed).fit(train).score_samples(test)


BASELINES: dict[str, Arm] = {"independent": independent, "chow-liu": chow_liu, "ridge": ridge}
OURS: dict[str, Arm] = {"fvsbn": _default(FVSBN), "nade": _default(NADE), "mlp": _default(MLP)}
