"""The candidates of a search, and the rows that they learn from and are judged by."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from ..checks.options import real_number
from ..checks.rows import binary_rows
from ..checks.sparse import compressed
from ..checks.weights import Table, row_weights
from ..errors import DivergenceError
from ..models.density import Density
from ..training.split import split_places
from .grids import learns_by_steps

__all__ = ["Candidate", "JudgedRows", "Trial", "held_out", "unfitted"]


@dataclass
class Trial:
    """How far one candidate came.

    Parameters
    ----------
    params : dict of str to object
        The options in which it differs from the estimator that was given.
    nats : list of float
        Mean log-likelihood of the validation rows after every rung that it took part in; -inf
        where training diverged.
    epochs : int, default 0
        Epochs of training in all; 0 for a model that does not learn by gradient steps.
    seconds : float, default 0.0
        Time of training in all.
    error : str, optional
        Why training diverged, if it did.
    """

    params: dict[str, Any]
    nats: list[float] = field(default_factory=list)
    epochs: int = 0
    seconds: float = 0.0
    error: str | None = None


def unfitted(value: Any) -> Any:
    """Copy an estimator's options, and those of estimators in them, into a new one."""
    if isinstance(value, list | tuple):
        return type(value)(map(unfitted, value))
    if isinstance(value, type) or not hasattr(value, "get_params"):
        return value
    options = value.get_params(deep=False)
    return type(value)(**{name: unfitted(option) for name, option in options.items()})


class JudgedRows(NamedTuple):
    """What all candidates learn from and are judged by, in the user's form."""

    X: ArrayLike
    X_valid: ArrayLike
    sample_weight: ArrayLike | None
    sample_weight_valid: ArrayLike | None


class Candidate:
    """An estimator that is trained from rung to rung."""

    def __init__(self, common: Density[Any], params: Mapping[str, Any]) -> None:
        self.model: Any = unfitted(common).set_params(**params)
        self.model._check_options()  # a wrong one must not end a search on its way
        self.trial = Trial(dict(params))
        self.options = self.model.get_params(deep=False)
        self.resumable = learns_by_steps(self.model)
        self.finished = False

    def train(self, rows: JudgedRows, epochs: int | None) -> None:
        """Go on to so many epochs in all, or to the candidate's own end."""
        trial, began = self.trial, time.perf_counter()
        try:
            if not self.resumable:
                self.model.fit(**rows._asdict())
            elif not self.finished:
                self._go_on(rows, epochs)
            judged = self.model.score(rows.X_valid, sample_weight=rows.sample_weight_valid)
            trial.nats.append(float(judged))
        except DivergenceError as error:
            trial.error = str(error)
            trial.nats.append(-math.inf)
        trial.seconds += time.perf_counter() - began

    def _go_on(self, rows: JudgedRows, epochs: int | None) -> None:
        """Train for the epochs that are still to come."""
        done, end = self.trial.epochs, self.options["max_epochs"]
        if epochs is None or (end is not None and end <= epochs):
            more = end if end is None else end - done
        else:
            more = epochs - done
        if more == 0:
            return
        self.model.set_params(warm_start=True, max_epochs=more).fit(**rows._asdict())
        self.trial.epochs = int(self.model.history_["epoch"][-1])
        self.finished = more is None or self.trial.epochs < done + more  # by its look-ahead

    def rank(self) -> tuple[int, float]:
        """Those that came further stand before those that were dropped; diverged ones are last."""
        diverged = self.trial.error is not None
        return (-1 if diverged else len(self.trial.nats), self.trial.nats[-1])

    def result(self) -> Any:
        """The fitted model with the options that it was given."""
        if self.resumable:
            names = ("warm_start", "max_epochs")
            self.model.set_params(**{name: self.options[name] for name in names})
        return self.model


def held_out(
    X: ArrayLike,
    sample_weight: ArrayLike | None,
    fraction: float,
    binarize: float | None,
    rng: np.random.Generator,
) -> JudgedRows:
    """Hold out validation rows."""
    real_number(fraction, "validation_fraction")
    matrix = compressed(X)
    rows: Any = np.asarray(X) if matrix is None else matrix
    rows = X.iloc if hasattr(X, "iloc") else rows
    checked = binary_rows(X, binarize=binarize, allow_empty=False)
    weights = row_weights(sample_weight, len(checked))
    there = np.flatnonzero(np.ones(len(checked)) if weights is None else weights)
    table = Table.of(checked, weights)
    learned, held = split_places(table, min(max(fraction, 0.0), 1.0), rng)
    if not (len(learned[0]) and len(held[0])):
        raise ValueError(
            "validation_fraction must be above 0 and below 1 and leave rows on both sides; "
            f"{fraction:g} of {len(table)} rows are {len(held[0])}"
        )
    return JudgedRows(rows[there[learned[0]]], rows[there[held[0]]], learned[1], held[1])
