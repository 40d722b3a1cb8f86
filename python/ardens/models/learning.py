"""What a gradient fit is made of: the likelihood, the random streams, the state to go on from."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..options import RandomState, seed_from
from ..recipe import Settings
from ..training import Callback, TrainingState
from .flat import Float32Array

__all__ = [
    "Likelihood",
    "Rows",
    "Streams",
    "checked_callbacks",
    "draw_streams",
    "marginal_logits",
    "resumed",
]

Rows: TypeAlias = NDArray[np.uint8]


class Streams(NamedTuple):
    """One generator for each thing that a fit draws, so that options do not disturb each other."""

    ordering: np.random.Generator
    split: np.random.Generator
    start: np.random.Generator
    shuffle: np.random.Generator


def draw_streams(random_state: RandomState) -> Streams:
    """Make the generators of a fit from its seed."""
    root = np.random.SeedSequence(seed_from(random_state))
    return Streams(*map(np.random.default_rng, root.spawn(len(Streams._fields))))


@dataclass(frozen=True)
class Likelihood:
    """What training asks of a model."""

    core: _core.Model
    threads: int

    @property
    def size(self) -> int:
        return self.core.size

    @property
    def n_decayed(self) -> int:
        return self.core.n_decayed

    def value_and_grad(self, params: Float32Array, X: Rows, grad: Float32Array) -> float:
        return self.core.value_and_grad(params, X, grad, self.threads)

    def mean_log_prob(self, params: Float32Array, X: Rows) -> float:
        tables = self.core.tables(params, self.threads)
        return float(np.mean(self.core.log_prob(params, tables, X, self.threads)))


def marginal_logits(rows: Rows) -> NDArray[np.float64]:
    """Log-odds of a one in every column, with one row of each kind added to keep them finite."""
    ones = rows.sum(axis=0, dtype=np.int64) + 1
    return np.asarray(np.log(ones / (len(rows) + 2 - ones)))


def resumed(training: TrainingState, settings: Settings) -> TrainingState:
    """Copy a state of training and fit it to settings that may have changed since."""
    state = copy.deepcopy(training)
    if state.optimizer.optimizer != settings.optimizer:
        state.optimizer = settings.optimizer.start(state.params.size)
    if settings.averaging == 0:
        state.average = None
    elif state.average is None:
        state.average = state.params.copy()
    return state


def checked_callbacks(callbacks: object) -> tuple[Callback, ...]:
    """Refuse what is no iterable of callables."""
    wanted = "callbacks must be None or an iterable of callables"
    if callbacks is None:
        return ()
    if not isinstance(callbacks, Iterable):
        raise TypeError(f"{wanted}; got {callbacks!r}")
    checked = tuple(callbacks)
    for callback in checked:
        if not callable(callback):
            raise TypeError(f"{wanted}; it has {callback!r}")
    return checked
