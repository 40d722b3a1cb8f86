"""What a run of training carries from one epoch to the next, and what it tells of itself."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

import numpy as np

from ..core import Float32Array
from ..optim import Optimizer, OptimizerState
from ..parameters import copy_of

__all__ = ["COLUMNS", "Callback", "EpochEnd", "Figures", "TrainingState"]

Callback: TypeAlias = "Callable[[EpochEnd], object]"

COLUMNS = ("epoch", "train", "valid", "learning_rate", "time")


@dataclass
class TrainingState:
    """All that changes from step to step.

    A run that goes on from a copy of the state taken at the end of an epoch ends with the same bits
    as one that was never interrupted.

    Parameters
    ----------
    params : ndarray, shape (size,), float32
        The parameters that are learned.
    average : ndarray, shape (size,), float32, or None
        Their moving average; None without averaging.
    best : ndarray, shape (size,), float32
        The parameters to keep, averaged where there is an average: of the epoch with the best
        validation likelihood, or of the last epoch where nothing judges.
    optimizer : OptimizerState or None
        The optimizer's memory; its count of steps is what the schedule is asked for. None where
        there are no steps.
    rng : numpy.random.Generator
        What shuffles the rows.
    epoch : int, default 0
        The number of epochs done.
    best_epoch : int, default 0
        The epoch that `best` comes from; 0 means parameters from before the first.
    best_valid : float, default -inf
        The mean log-likelihood of the validation rows under `best`, in nats.
    waiting : int, default 0
        The number of epochs since the validation likelihood last rose by more than chance.
    split_seed : int or None
        The seed of the split of the first of the fits that went on from each other.
    judged : ndarray, shape (n_valid,), float32, or None
        Nats of the validation rows when it last did.
    seconds : float, default 0.0
        The time spent on training.
    history : dict of str to list of float
        One value per epoch under `epoch`, `train` and `valid` (mean nats per row; the first is the
        mean over the epoch's steps, the second nan without validation rows), `learning_rate` (of
        the epoch's last step) and `time` (seconds since the start).
    """

    params: Float32Array
    average: Float32Array | None
    best: Float32Array
    optimizer: OptimizerState | None
    rng: np.random.Generator
    epoch: int = 0
    best_epoch: int = 0
    best_valid: float = -math.inf
    waiting: int = 0
    split_seed: int | None = None
    judged: Float32Array | None = None
    seconds: float = 0.0
    history: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in COLUMNS})

    @classmethod
    def start(
        cls,
        params: Float32Array,
        rng: np.random.Generator,
        optimizer: Optimizer | None = None,
        *,
        averaged: bool = False,
    ) -> TrainingState:
        """The state before the first epoch, which takes the parameters over."""
        return cls(
            params=params,
            average=params.copy() if averaged else None,
            best=copy_of(params),
            optimizer=None if optimizer is None else optimizer.start(params.size),
            rng=rng,
        )

    def first_seed(self, seed: int) -> int:
        """The seed of the split, kept from the first fit on; `seed` where there was none."""
        return seed if self.split_seed is None else self.split_seed

    @property
    def current(self) -> Float32Array:
        """What the last step left: the average if there is one, else the parameters."""
        return self.params if self.average is None else self.average

    @property
    def flats(self) -> dict[str, Float32Array]:
        """The flat arrays, but for the best, by the names that checkpoints give them."""
        flats = {"params": self.params}
        if self.average is not None:
            flats["average"] = self.average
        if self.optimizer is not None:
            flats |= {f"optimizer.{name}": flat for name, flat in self.optimizer.arrays.items()}
        return flats

    def fitted_to(self, optimizer: Optimizer | None, *, averaged: bool) -> TrainingState:
        """A copy, for options that may have changed since."""
        state = copy.deepcopy(self)
        if optimizer is None:
            state.optimizer = None
        elif state.optimizer is None or state.optimizer.optimizer != optimizer:
            state.optimizer = optimizer.start(state.params.size)
        if not averaged:
            state.average = None
        elif state.average is None:
            state.average = state.params.copy()
        return state


@dataclass(frozen=True)
class EpochEnd:
    """What a callback is given at the end of an epoch.

    Parameters
    ----------
    epoch : int
        The epoch that ended, counted from 1.
    max_epochs : int
        The epoch at which training ends at the latest.
    train, valid : float
        Mean log-likelihoods in nats per row; `valid` is nan without validation rows.
    learning_rate : float
        The rate of the epoch's last step.
    time : float
        Seconds since training began.
    best_epoch : int
        The epoch whose parameters would be kept if training ended now.
    params : ndarray, shape (size,), float32, read-only
        The flat parameters that `valid` belongs to; a view that the next epoch changes.
    stop : callable
        ``stop()`` ends training after this epoch.
    penalty : float, default nan
        The penalty that was solved for, where an epoch is that.
    """

    epoch: int
    max_epochs: int
    train: float
    valid: float
    learning_rate: float
    time: float
    best_epoch: int
    params: Float32Array
    stop: Callable[[], None]
    penalty: float = math.nan


class Figures(NamedTuple):
    """What an epoch tells of itself: mean nats of its rows, and nan for what it does not have."""

    train: float
    learning_rate: float = math.nan
    penalty: float = math.nan
