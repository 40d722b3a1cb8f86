"""One run of training: the loop that every model is learned by, whatever its solver."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..checks.weights import Table
from ..columns import Columns
from ..core import Float32Array
from ..errors import DivergenceError
from ..parameters import copy_into
from ..progress import progress
from .ascent import diverged
from .checkpoint import Recorder
from .folds import Folds
from .likelihood import Likelihood
from .missing import FEWEST_ROUNDS, Missing, completed
from .solver import Epoch, Solver
from .state import Callback, EpochEnd, Figures, TrainingState

__all__ = ["Run"]

_ROUNDING = 2.0**-20  # of a log-likelihood that comes from single precision


@dataclass
class Run:
    """What a run has: a likelihood, the rows in the model's order, a solver, and a state.

    Parameters
    ----------
    model : Likelihood
        What is learned.
    columns : Columns
        Between the user's columns and the model's.
    solver : Solver
        How.
    state : TrainingState
        Where to go on from; changed in place.
    X : Table
        The rows to learn, at least one.
    X_valid : Table or None
        The rows that judge every epoch; if nothing does, the last epoch is kept.
    until : int
        The epoch at which training ends at the latest.
    held_out : bool, default False
        Whether `X_valid` was taken out of the user's rows, so that the solver may learn from it in
        the end.
    first : bool, default True
        Whether nothing was learned before.
    folds : Folds, optional
        What judges every epoch by the rows of `X` themselves, in place of `X_valid`.
    missing : Missing, optional
        What completes those rows of `X` anew for every epoch that have missing cells.
    """

    model: Likelihood
    columns: Columns
    solver: Solver
    state: TrainingState
    X: Table
    X_valid: Table | None
    until: int
    held_out: bool = False
    first: bool = True
    folds: Folds | None = None
    missing: Missing | None = None

    @property
    def judged(self) -> bool:
        """Whether there are rows that judge."""
        return self.X_valid is not None or self.folds is not None

    def train(
        self,
        *,
        callbacks: Iterable[Callback] = (),
        verbose: bool = False,
        recorder: Recorder | None = None,
    ) -> None:
        """Go on to the last epoch, the end of the look-ahead, or where a callback says so.

        Then ``state.best`` holds what is to be kept; if an exception ends training, what was to be
        kept at the end of the last whole epoch. What callbacks raise is not caught.
        """
        state, callbacks = self.state, tuple(callbacks)
        if recorder is not None:
            self._record(recorder)  # a path that cannot be written is found before the work
        began = time.perf_counter() - state.seconds
        stopped = False

        def stop() -> None:
            nonlocal stopped
            stopped = True

        self._set_out()
        run_epoch = self._epoch()
        counted = progress(self.until, self.solver.unit, done=state.epoch, verbose=verbose)
        with counted as report:
            while not stopped and state.epoch < self.until and state.waiting < self.solver.patience:
                figures = run_epoch(state)
                valid = self._close()
                state.seconds = time.perf_counter() - began
                event = self._event(figures, valid, stop)
                for name, column in state.history.items():
                    column.append(getattr(event, name))
                state.epoch = event.epoch  # last: now there is something to keep
                report(event.epoch, _told(event))
                for callback in callbacks:
                    callback(event)
                if recorder is not None and recorder.due(state.epoch):
                    self._record(recorder)
        if recorder is not None and recorder.epoch < state.epoch:
            self._record(recorder)
        if self.held_out and self.X_valid is not None:
            held_out = completed(self.X_valid, self.model, state.best, state.rng)
            self.solver.finish(self.model, self.X, held_out, state)

    def _epoch(self) -> Epoch:
        """What runs one: the solver, after missing cells are drawn from the model as it is.

        Few problems that are solved exactly are each solved again and again.
        """
        missing, solver = self.missing, self.solver
        if missing is None:
            return solver.epochs(self.model, self.X, self.until)
        rounds = max(1, FEWEST_ROUNDS // solver.max_epochs) if solver.counts else 1

        def run_epoch(state: TrainingState) -> Figures:
            for _ in range(rounds):
                missing.draw(self.model, state.current, state.rng)
                figures = solver.epochs(self.model, self.X, self.until)(state)
            return figures

        return run_epoch

    def check_learned(self) -> None:
        """Refuse a first fit that ran away and has nothing better to keep.

        A fit starts from the columns' means, with a bit a feature at most. Twice that on its own
        rows is no matter of noise.
        """
        state = self.state
        if not self.first or (self.judged and state.best_epoch > 0):
            return
        nats = state.history["train"][-1]
        if nats < -2 * math.log(2) * self.X.n_features:
            raise DivergenceError(
                f"training diverged by epoch {state.epoch}: {nats:g} nats a row need more than two "
                "bits a feature; a smaller learning_rate may help",
                state.epoch,
            )

    def _record(self, recorder: Recorder) -> None:
        """Write a checkpoint."""
        recorder.write(
            self.model.core,
            self.state,
            until=self.until,
            first=self.first,
            folds=self.folds is not None,
        )

    def _set_out(self) -> None:
        """Make sure that what was kept before is what the epochs are compared with."""
        state = self.state
        if not self.judged and state.waiting:
            # Without validation rows every epoch is kept, so it must start from what was kept.
            np.copyto(state.params, state.best)
            np.copyto(state.current, state.best)
            state.waiting = 0
        if not self.judged:
            state.judged = None
            return
        if self.solver.begins and state.best_valid == -math.inf:
            state.judged = None
        if state.judged is None and (self.solver.begins or state.best_valid > -math.inf):
            nats = self._nats(state.best, state.epoch)
            state.best_valid = self._judges.mean(nats)
            state.judged = nats.astype(np.float32)

    def _close(self) -> float:
        """Judge the epoch, and keep its parameters if none before were better."""
        state, chooses = self.state, self.solver.chooses and self.judged
        valid = math.nan
        if self.judged:
            nats = self._nats(state.current, state.epoch + 1)
            valid = self._judges.mean(nats)
        if chooses and not math.isfinite(valid):
            raise diverged(state, f"the log-likelihood of the validation rows is {valid}")
        if not chooses or valid > state.best_valid:
            copy_into(state.best, state.current)
            state.best_epoch = state.epoch + 1
            state.best_valid = valid if chooses else -math.inf
        if chooses:
            self._look_ahead(nats)
        return valid

    @property
    def _judges(self) -> Table:
        """The rows that judge, of which there are some."""
        return self.X if self.X_valid is None else self.X_valid

    def _nats(self, params: Float32Array, epoch: int) -> NDArray[np.float64]:
        """Those of the rows that judge parameters, which are there after so many epochs."""
        if self.folds is not None:
            return self.folds.log_prob(epoch)
        return self.model.log_prob(params, self._judges.held)

    def _look_ahead(self, nats: NDArray[np.float64]) -> None:
        """Wait on, unless the epochs since the last gain have gained what the rows can tell.

        That is more than the standard error of the difference row by row, and than what rounding
        leaves. Where the start does not compete, what changes nothing before the first gain is not
        waited for.
        """
        state, before, judges = self.state, self.state.judged, self._judges
        first = self.until - self.solver.max_epochs + 1
        if before is None:  # the first of epochs that are judged by each other
            state.judged, state.waiting = nats.astype(np.float32), 0
            return
        gains = nats - before
        gain, error = judges.mean(gains), judges.standard_error(gains)
        told = max(error, _ROUNDING * abs(judges.mean(nats)))
        if gain > told:
            state.judged, state.waiting = nats.astype(np.float32), 0
        elif self.solver.begins or state.best_epoch > first or gain < -told:
            state.waiting += 1

    def _event(self, figures: Figures, valid: float, stop: Callable[[], None]) -> EpochEnd:
        """What callbacks are told of the epoch."""
        state = self.state
        return EpochEnd(
            epoch=state.epoch + 1,
            max_epochs=self.until,
            train=figures.train,
            valid=valid,
            learning_rate=figures.learning_rate,
            time=state.seconds,
            best_epoch=state.best_epoch,
            params=_read_only(state.current),
            stop=stop,
            penalty=figures.penalty,
        )


def _told(event: EpochEnd) -> str:
    """The figures of an epoch, as text."""
    judged = "" if math.isnan(event.valid) else f", valid {event.valid:.3f}"
    solved = "" if math.isnan(event.penalty) else f" at {event.penalty:g}"
    return f"train {event.train:.3f}{judged} nats{solved}"


def _read_only(array: Float32Array) -> Float32Array:
    """A view that cannot be written to."""
    view = array.view()
    view.flags.writeable = False
    return view
