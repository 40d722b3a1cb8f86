"""Who says what the hidden cells of rows are: our models, and simple ones beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from ardens import FVSBN, NADE

from ..tree import HALF, Tree
from .sizes import Rows

__all__ = ["BASELINES", "OURS", "PARTICLES", "Holed", "chow_liu", "independent", "regressions"]

Holed = NDArray[np.float64]
"""Rows of zeros and ones, NaN where a cell is hidden."""
Hidden = Callable[[Mapping[str, Rows], Rows, Holed, float], NDArray[np.float64]]
"""Learns from splits; nats of what is hidden of rows, given the rest and how much is hidden."""

PARTICLES = 256  # of an imputed row
STRENGTHS = (0.03, 0.3, 3.0)  # of regressions, scikit-learn's C
EVERY = 8  # columns, of which one judges the strengths


def independent(
    splits: Mapping[str, Rows], rows: Rows, cells: Holed, part: float
) -> NDArray[np.float64]:
    """Columns by themselves."""
    train = splits["train"]
    p = (train.sum(axis=0) + HALF) / (len(train) + 2 * HALF)
    return np.asarray((np.isnan(cells) * _nats(p, rows)).sum(axis=1))


def chow_liu(
    splits: Mapping[str, Rows], rows: Rows, cells: Holed, part: float
) -> NDArray[np.float64]:
    """The tree of most mutual information, exactly."""
    tree = Tree.of(splits["train"])
    return tree.log_marginal(rows) - tree.log_marginal(cells)


def regressions(
    splits: Mapping[str, Rows], rows: Rows, cells: Holed, part: float
) -> NDArray[np.float64]:
    """A logistic regression for each column on all others; hidden cells one after the other.

    What is hidden is the mean of its column until its turn has come, here and in the rows that the
    regression is learned from. That of some columns choose the strength of all.
    """
    rng, train, valid = np.random.default_rng(0), splits["train"], splits["valid"]
    means = train.mean(axis=0)
    learned, judging = (np.where(rng.random(X.shape) < part, means, X) for X in (train, valid))
    asked = np.where(np.isnan(cells), means, rows)
    n = train.shape[1]
    held = np.zeros(len(STRENGTHS))
    for i in range(0, n, EVERY):
        inputs, judges = _before(learned, train, i), _before(judging, valid, i)
        for place, strength in enumerate(STRENGTHS):
            p = _regression(inputs, train[:, i], judges, strength)
            held[place] += _nats(p, valid[:, i]).sum()
    best, nats = STRENGTHS[int(np.argmax(held))], np.zeros(len(rows))
    for i in range(n):
        hidden = np.isnan(cells[:, i])
        inputs, questions = _before(learned, train, i), _before(asked, rows, i)[hidden]
        p = _regression(inputs, train[:, i], questions, best)
        nats[hidden] += _nats(p, rows[hidden, i])
    return nats


def _before(filled: NDArray[Any], rows: Rows, i: int) -> NDArray[np.float64]:
    """What a regression of a column sees: all is known of those before it, and not itself."""
    return np.hstack([rows[:, :i], filled[:, i + 1 :]]).astype(np.float64)


def _regression(
    inputs: NDArray[np.float64], ones: Rows, asked: NDArray[np.float64], strength: float
) -> NDArray[np.float64]:
    """Probabilities of a one; of a column that is constant, what its counts say."""
    if ones.min() == ones.max() or not len(asked):
        return np.full(len(asked), (ones.sum() + HALF) / (len(ones) + 2 * HALF))
    model = LogisticRegression(C=strength, solver="newton-cholesky").fit(inputs, ones)
    return np.asarray(model.predict_proba(asked)[:, 1])


def _nats(p: NDArray[np.float64], rows: Rows) -> NDArray[np.float64]:
    """Nats of values by the probability of a one."""
    return np.asarray(np.where(rows == 1, np.log(p), np.log1p(-p)))


def _ours(model: FVSBN | NADE) -> Hidden:
    """The nats of whole rows without those of what is known."""

    def hidden(
        splits: Mapping[str, Rows], rows: Rows, cells: Holed, part: float
    ) -> NDArray[np.float64]:
        model.fit(splits["train"], X_valid=splits["valid"])
        known = model.log_marginal(cells, n_particles=PARTICLES)
        return np.asarray(model.score_samples(rows) - known)

    return hidden


BASELINES: dict[str, Hidden] = {
    "independent": independent,
    "chow-liu": chow_liu,
    "regressions": regressions,
}
OURS: dict[str, Hidden] = {
    "fvsbn": _ours(FVSBN(random_state=0)),
    "nade": _ours(NADE(random_state=0)),
}
