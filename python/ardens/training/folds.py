"""Cross-validation: where rows are few, every row judges the runs that do not learn from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..checks.weights import Table
from .likelihood import Likelihood
from .solver import Epoch, Solver
from .split import COMMON, distinct, repeated
from .state import TrainingState

__all__ = ["LARGEST", "Folds", "deal", "few", "others", "written_out"]

_FEW = 200  # units: a tenth of more is enough to judge
_JUDGED = 500  # units over all folds, of which there are so many at least and at most
_LEAST, _MOST = 5, 10
LARGEST = 1 << 20  # parameters of a model that is learned so many times over


def written_out(X: Table) -> Table:
    """The rows with their copies, if their weights are numbers of copies."""
    if X.weights is None or (X.weights != X.copies).any():
        return X
    return Table(X.held.take(np.repeat(np.arange(len(X)), X.copies.astype(np.intp)), axis=0))


def others(X: Table, fold: NDArray[np.intp], k: int) -> Table:
    """The rows that are in other folds."""
    there = np.flatnonzero(fold != k)
    return Table(X.held.take(there, axis=0), None if X.weights is None else X.weights[there])


def _units(X: Table) -> NDArray[np.intp]:
    """What is dealt in one piece: the copies of a row, unless it is `repeated`."""
    which = distinct(X.held)
    singly = repeated(X, which)[which]
    pieces = np.where(singly, len(which) + np.arange(len(which)), which)
    return np.asarray(np.unique(pieces, return_inverse=True)[1].reshape(-1))


def few(X: Table) -> bool:
    """Whether there are so few rows that a part of them would say too little."""
    return X.n_seen <= COMMON * _FEW and int(_units(written_out(X)).max()) < _FEW


def deal(X: Table, rng: np.random.Generator) -> NDArray[np.intp] | None:
    """Draw the fold in which each of few rows judges; None if it takes all rows to have one."""
    unit = _units(X)
    count = int(unit.max()) + 1
    folds = min(count, max(_LEAST, min(_MOST, _JUDGED // count)))
    return (rng.permutation(count) % folds)[unit] if folds > 1 else None


@dataclass
class Folds:
    """Runs like the one that is kept, each without the rows of its fold.

    Parameters
    ----------
    model, solver
        As of the run that is kept.
    X : Table
        The rows to learn, in the model's order.
    fold : ndarray of intp, shape (n_samples,)
        The fold of each.
    states : sequence of TrainingState
        One for each fold; changed in place.
    until : int
        The epoch at which training ends at the latest.
    """

    model: Likelihood
    solver: Solver
    X: Table
    fold: NDArray[np.intp]
    states: Sequence[TrainingState]
    until: int
    _epochs: list[Epoch] = field(init=False)

    def __post_init__(self) -> None:
        self._epochs = [
            self.solver.epochs(self.model.keeping(rows), rows, self.until)
            for rows in (others(self.X, self.fold, k) for k in range(len(self.states)))
        ]

    def log_prob(self, epoch: int) -> NDArray[np.float64]:
        """Nats of every row after so many epochs of the run that did not learn from it."""
        nats = np.empty(len(self.X))
        for k, (state, run_epoch) in enumerate(zip(self.states, self._epochs, strict=True)):
            while state.epoch < epoch:
                run_epoch(state)
                state.epoch += 1
            here = np.flatnonzero(self.fold == k)
            nats[here] = self.model.log_prob(state.current, self.X.held[here])
        return nats
