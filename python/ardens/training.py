"""Mini-batch maximum likelihood: the loop that fits any model that has a gradient.

Everything that changes from step to step is in one `TrainingState`. A run that goes on from a copy
of the state taken at the end of an epoch ends with the same bits as one that was never interrupted.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol, TypeAlias

import numpy as np

from .core import Float32Array, Rows, ema_step
from .errors import DivergenceError
from .optim import OptimizerState
from .progress import reporting
from .recipe import Settings
from .schedules import rate_at

__all__ = [
    "COLUMNS",
    "Callback",
    "Epoch",
    "EpochEnd",
    "Figures",
    "Settings",
    "Trainable",
    "TrainingState",
    "start",
    "train",
]

Callback: TypeAlias = "Callable[[EpochEnd], object]"

Epoch: TypeAlias = "Callable[[TrainingState], Figures]"

COLUMNS = ("epoch", "train", "valid", "learning_rate", "time")


class Trainable(Protocol):
    """What the loop asks of a model: likelihoods of flat parameters, in nats per row."""

    @property
    def size(self) -> int:
        """The length of the flat array of parameters."""

    @property
    def n_decayed(self) -> int:
        """How many of the parameters, counted from the first, weight decay acts on."""

    def value_and_grad(self, params: Float32Array, X: Rows, grad: Float32Array) -> float:
        """Return the mean log-likelihood of the rows and overwrite `grad` with its gradient."""

    def mean_log_prob(self, params: Float32Array, X: Rows) -> float:
        """Return the mean log-likelihood of the rows."""


@dataclass
class TrainingState:
    """All that a run of training carries from one epoch to the next.

    Parameters
    ----------
    params : ndarray, shape (size,), float32
        The parameters that the gradient moves.
    average : ndarray, shape (size,), float32, or None
        Their moving average; None without averaging.
    best : ndarray, shape (size,), float32
        The parameters to keep, averaged where there is an average: of the epoch with the best
        validation likelihood, or of the last epoch without validation rows.
    optimizer : OptimizerState
        The optimizer's memory; its count of steps is what the schedule is asked for.
    rng : numpy.random.Generator
        What shuffles the rows.
    epoch : int, default 0
        The number of epochs done.
    best_epoch : int, default 0
        The epoch that `best` comes from; 0 means parameters from before the first.
    best_valid : float, default -inf
        The mean log-likelihood of the validation rows under `best`, in nats.
    waiting : int, default 0
        The number of epochs since the validation likelihood last rose above all before.
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
    optimizer: OptimizerState
    rng: np.random.Generator
    epoch: int = 0
    best_epoch: int = 0
    best_valid: float = -math.inf
    waiting: int = 0
    seconds: float = 0.0
    history: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in COLUMNS})

    @property
    def current(self) -> Float32Array:
        """What the last step left: the average if there is one, else the parameters."""
        return self.params if self.average is None else self.average


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


def start(params: Float32Array, settings: Settings, rng: np.random.Generator) -> TrainingState:
    """Make the state before the first epoch.

    Parameters
    ----------
    params : ndarray, shape (size,), float32
        Where to start; copied.
    settings : Settings
        How to train.
    rng : numpy.random.Generator
        What shall shuffle the rows; training advances it.

    Returns
    -------
    TrainingState
        To be given to `train`.
    """
    return TrainingState(
        params=params.copy(),
        average=params.copy() if settings.averaging > 0 else None,
        best=params.copy(),
        optimizer=settings.optimizer.start(params.size),
        rng=rng,
    )


def train(
    model: Trainable,
    state: TrainingState,
    X: Rows,
    X_valid: Rows | None,
    settings: Settings,
    *,
    threads: int = 1,
    callbacks: Iterable[Callback] = (),
    verbose: bool = False,
    run_epoch: Epoch | None = None,
) -> None:
    r"""Maximise the mean log-likelihood of the rows by mini-batch gradient ascent.

    .. math::
        \theta \leftarrow \theta + r_t \, \frac{1}{|B_t|} \sum_{x \in B_t} \nabla \log p_\theta(x)

    Training ends at epoch ``settings.max_epochs``, when the look-ahead on the validation rows is
    over, or when a callback says so. Then ``state.best`` holds what is to be kept; if an exception
    ends training, what was to be kept at the end of the last whole epoch.

    Parameters
    ----------
    model : Trainable
        The likelihood and its gradient.
    state : TrainingState
        Where to go on from; changed in place.
    X : ndarray, shape (n_samples, n_features), uint8
        The rows to learn, C-contiguous, of zeros and ones, at least one.
    X_valid : ndarray, shape (n_valid, n_features), uint8, or None
        The rows that judge every epoch; without them the last epoch is kept.
    settings : Settings
        How to train; the optimizer is the one that the state was started with.
    threads : int, default 1
        How many threads an optimizer step may use; the result does not depend on it.
    callbacks : iterable of callable, default ()
        Called with an `EpochEnd` at the end of every epoch, in order; what they raise is not
        caught.
    verbose : bool, default False
        Whether to show progress on stderr.
    run_epoch : callable, optional
        What an epoch is, in place of steps along the gradient: it changes ``state.params`` and
        returns `Figures`. Its epochs are judged against each other, and not against the start.

    Raises
    ------
    DivergenceError
        If a likelihood or a parameter is not finite.

    Notes
    -----
    Besides the model's own cost, a step costs O(size) and an epoch O(n_samples).
    """
    callbacks = tuple(callbacks)
    began = time.perf_counter() - state.seconds
    stopped = False

    def stop() -> None:
        nonlocal stopped
        stopped = True

    if X_valid is None and state.waiting:
        # Without validation rows every epoch is kept, so it must start from what was kept.
        np.copyto(state.params, state.best)
        np.copyto(state.current, state.best)
        state.waiting = 0
    if run_epoch is None and X_valid is not None and state.best_valid == -math.inf:
        state.best_valid = model.mean_log_prob(state.best, X_valid)
    one_epoch = run_epoch or _ascent(model, X, settings, threads)
    with reporting(verbose, settings.max_epochs, state.epoch) as report:
        while (
            state.epoch < settings.max_epochs and state.waiting < settings.patience and not stopped
        ):
            figures = one_epoch(state)
            valid_nats = None if X_valid is None else model.mean_log_prob(state.current, X_valid)
            _close_epoch(state, settings, valid_nats)
            state.seconds = time.perf_counter() - began
            event = EpochEnd(
                epoch=state.epoch,
                max_epochs=settings.max_epochs,
                train=figures.train,
                valid=math.nan if valid_nats is None else valid_nats,
                learning_rate=figures.learning_rate,
                time=state.seconds,
                best_epoch=state.best_epoch,
                params=_read_only(state.current),
                stop=stop,
                penalty=figures.penalty,
            )
            for name, column in state.history.items():
                column.append(getattr(event, name))
            report(event.epoch, event.train, event.valid)
            for callback in callbacks:
                callback(event)


def _ascent(model: Trainable, X: Rows, settings: Settings, threads: int) -> Epoch:
    """Make the epoch that learns from every row once, by steps along the gradient."""
    batch = np.empty((min(settings.batch_size, len(X)), X.shape[1]), dtype=np.uint8)
    grad = np.empty(model.size, dtype=np.float32)

    def run_epoch(state: TrainingState) -> Figures:
        total = rate = 0.0
        order = state.rng.permutation(len(X))
        for first in range(0, len(X), settings.batch_size):
            chosen = order[first : first + settings.batch_size]
            rows = batch[: len(chosen)]
            # mode: the default one fills a copy first, to leave `out` alone if an index is wrong
            np.take(X, chosen, axis=0, out=rows, mode="clip")
            nats = model.value_and_grad(state.params, rows, grad)
            if not math.isfinite(nats):
                raise _diverged(state, f"the log-likelihood of a batch is {nats}")
            total += nats * len(chosen)
            rate = rate_at(settings.schedule, state.optimizer.step)
            state.optimizer.update(
                state.params,
                grad,
                rate,
                weight_decay=settings.weight_decay,
                n_decayed=model.n_decayed,
                threads=threads,
            )
            if state.average is not None:
                done = state.optimizer.step
                decay = min(settings.averaging, done / (done + 9))
                ema_step(state.average, state.params, decay, threads)
        if not np.isfinite(state.params).all():
            raise _diverged(state, "a parameter is not finite")
        return Figures(total / len(X), rate)

    return run_epoch


def _close_epoch(state: TrainingState, settings: Settings, valid_nats: float | None) -> None:
    """Count the epoch, and keep its parameters if none before were better."""
    if valid_nats is not None and not math.isfinite(valid_nats):
        raise _diverged(state, f"the log-likelihood of the validation rows is {valid_nats}")
    state.epoch += 1
    if valid_nats is None or valid_nats > state.best_valid:
        np.copyto(state.best, state.current)
        state.best_epoch = state.epoch
        state.best_valid = -math.inf if valid_nats is None else valid_nats
        state.waiting = 0
    else:
        state.waiting += 1


def _read_only(array: Float32Array) -> Float32Array:
    view = array.view()
    view.flags.writeable = False
    return view


def _diverged(state: TrainingState, what: str) -> DivergenceError:
    epoch = state.epoch + 1
    advice = "a smaller learning_rate may help"
    return DivergenceError(f"training diverged in epoch {epoch}: {what}; {advice}", epoch)
