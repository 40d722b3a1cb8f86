"""What a gradient fit is made of: the likelihood, the random streams, the state to go on from."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..checks.machine import check_memory
from ..checks.options import RandomState, real_number, seed_from
from ..core import Float32Array, Model, Rows
from ..errors import DivergenceError
from ..recipe import Settings
from ..training import Callback, TrainingState, start
from .fitted import Fitted

__all__ = [
    "FEWEST_VALID",
    "Likelihood",
    "Streams",
    "check_fit_memory",
    "check_fraction",
    "check_learned",
    "checked_callbacks",
    "continued",
    "draw_streams",
    "hold_out",
    "marginal_logits",
    "resumed",
]


FEWEST_VALID = 5  # fewer rows say nothing about when to stop, or about weights
_COPIES = 5  # the start, what moves, the best, the gradient, and what is kept at the end


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

    core: Model
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


def check_fraction(fraction: float) -> None:
    """Refuse what is no part of the rows to hold out."""
    if real_number(fraction, "validation_fraction", minimum=0) >= 1:
        raise ValueError(f"validation_fraction must be below 1; got {fraction:g}")


def hold_out(rows: Rows, fraction: float, rng: np.random.Generator) -> tuple[Rows, Rows | None]:
    """Split off validation rows, drawn at random, if there are enough."""
    held = int(fraction * len(rows))
    if held < FEWEST_VALID:
        return rows, None
    order = rng.permutation(len(rows))
    return rows.take(order[held:], axis=0), rows.take(order[:held], axis=0)


def marginal_logits(rows: Rows) -> NDArray[np.float64]:
    """Log-odds of a one in every column, with one row of each kind added to keep them finite."""
    ones = rows.sum(axis=0, dtype=np.int64) + 1
    return np.asarray(np.log(ones / (len(rows) + 2 - ones)))


def check_fit_memory(core: Model, settings: Settings) -> None:
    """Refuse a fit whose arrays the machine's memory does not hold, before any is made."""
    copies = _COPIES + len(settings.optimizer.slots) + (settings.averaging > 0)
    check_memory(
        4 * (core.size * copies + core.n_tables),
        f"fitting {core.n_parameters:,} parameters (n_features={core.n_features}, "
        f"n_hidden={core.n_hidden})",
    )


def check_learned(state: TrainingState, n_features: int, *, judged: bool) -> None:
    """Refuse a first fit that ran away and has nothing better to keep.

    A fit starts from the columns' means, with a bit a feature at most. Twice that on its own rows
    is no matter of noise.
    """
    if judged and state.best_epoch > 0:
        return
    nats = state.history["train"][-1]
    if nats < -2 * math.log(2) * n_features:
        raise DivergenceError(
            f"training diverged by epoch {state.epoch}: {nats:g} nats a row need more than two "
            "bits a feature; a smaller learning_rate may help",
            state.epoch,
        )


def continued(before: Fitted, settings: Settings, rng: np.random.Generator) -> TrainingState:
    """Make a state that goes on from a model whose optimizer's memory is gone."""
    state = start(before.params, settings, rng)
    if before.history:
        state.history = copy.deepcopy(dict(before.history))
        state.epoch, state.best_epoch = len(state.history["epoch"]), before.best_epoch
        state.seconds = state.history["time"][-1]
    return state


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
    """Refuse what is no collection of callables."""
    wanted = "callbacks must be None or a collection of callables"
    if callbacks is None:
        return ()
    if not isinstance(callbacks, Iterable):
        raise TypeError(f"{wanted}; got {callbacks!r}")
    if isinstance(callbacks, Iterator):
        raise TypeError(f"{wanted}, as the next fit wants them too; got {callbacks!r}")
    checked = tuple(callbacks)
    for callback in checked:
        if not callable(callback):
            raise TypeError(f"{wanted}; it has {callback!r}")
    return checked
