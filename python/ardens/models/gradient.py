"""Models that are fitted by mini-batch gradient ascent of the log-likelihood."""

from __future__ import annotations

import copy
import reprlib
from abc import abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from os import PathLike
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.machine import thread_count
from ..checks.options import seed_from, truth
from ..checks.rows import binary_matrix, feature_names
from ..core import Float32Array, Model, Rows
from ..optim import Optimizer
from ..parameters import aligned, frozen_copy, named_views
from ..recipe import Settings, settings_for
from ..schedules import Schedule
from ..training import Callback, Epoch, EpochEnd, TrainingState, start, train
from .base import AutoregressiveModel
from .columns import Columns
from .fitted import Fitted
from .learning import (
    Likelihood,
    Streams,
    check_fit_memory,
    check_fraction,
    check_learned,
    checked_callbacks,
    continued,
    draw_streams,
    hold_out,
    marginal_logits,
    resumed,
)

if TYPE_CHECKING:
    from ..checkpoint import Checkpoint, Recorder

__all__ = ["GradientModel"]


@dataclass(kw_only=True, eq=False, repr=False)
class GradientModel(AutoregressiveModel):
    r"""An autoregressive model whose parameters are learned by gradient.

    .. math:: \theta \leftarrow \theta + r_t \nabla_\theta \frac{1}{B} \sum_b \log p_\theta(x_b)

    Options that are None are chosen by the number of rows; `ardens.recipe` says how.

    Parameters
    ----------
    optimizer : {"adam", "sgd", "rmsprop"} or Optimizer, default "adam"
        What turns a gradient into a step: a name, or settings such as
        ``ardens.optim.SGD(momentum=0.5)``.
    learning_rate : float or callable, optional
        A constant rate, or a callable of the 0-based step such as
        ``ardens.schedules.Cosine(0.01, steps=5000)``.
    batch_size : int, optional
        Rows of a step, at least 1.
    max_epochs : int, optional
        Passes over the rows at most, at least 1.
    validation_fraction : float, default 0.1
        Part of the rows that `fit` holds out to judge the epochs, if it is not given `X_valid`;
        0 to below 1. With fewer than 5 such rows none is held out, and the last epoch is kept.
    patience : int, optional
        The look-ahead: epochs without a better validation likelihood that are waited for, at
        least 1. The parameters of the best epoch are kept.
    weight_decay : float, default 0.0
        Decay of the weights (not of the biases) towards 0, decoupled from the gradient.
    averaging : float, optional
        Decay of the exponential moving average of the parameters, which is what is judged and
        kept; 0 (no average) to below 1.
    warm_start : bool, default False
        Whether `fit` goes on from the parameters of the last `fit`, for `max_epochs` more.
    verbose : bool, default False
        Whether to show progress: a bar on a terminal or in a notebook, lines elsewhere.
    callbacks : collection of callable, optional
        Called with an `ardens.training.EpochEnd` at the end of every epoch.
    ordering, coding, random_state, binarize, n_jobs
        As for `AutoregressiveModel` and `Density`.
    """

    optimizer: str | Optimizer = "adam"
    learning_rate: float | Schedule | None = None
    batch_size: int | None = None
    max_epochs: int | None = None
    validation_fraction: float = 0.1
    patience: int | None = None
    weight_decay: float = 0.0
    averaging: float | None = None
    warm_start: bool = False
    verbose: bool = False
    callbacks: Collection[Callback] | None = None

    @abstractmethod
    def _hidden(self) -> int:
        """Check and return the number of hidden units; 0 where there are none."""

    @classmethod
    @abstractmethod
    def _initialize(
        cls,
        views: Mapping[str, Float32Array],
        marginal_logits: NDArray[np.float64],
        rng: np.random.Generator,
    ) -> None:
        """Choose the parameters to start from; the views come as zeros."""

    def fit(
        self,
        X: ArrayLike,
        y: object = None,
        *,
        X_valid: ArrayLike | None = None,
        checkpoint: str | PathLike[str] | Checkpoint | None = None,
        resume: bool = False,
    ) -> Self:
        """Maximise the log-likelihood of the rows.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones, at least one row.
        y : ignored
            There for pipelines.
        X_valid : array_like of shape (n_valid, n_features), optional
            Rows that judge the epochs. If None, `validation_fraction` of `X` is held out.
        checkpoint : path-like or ardens.Checkpoint, optional
            Where to write all that the run needs to go on from, and how often; with a path, every
            minute and at the end. A file that is there is never begun anew.
        resume : bool, default False
            Whether to go on from the checkpoint, if there is one, as if never interrupted: the
            result has the same bits. Data and options must be those that the run began with, but
            `n_jobs`, `verbose` and `callbacks` may change. Callbacks, and learning rates and
            optimizers of one's own, are not in the file, and must be given again. A seed that
            `random_state` once drew is.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If data or an option are of the wrong type or out of range, if a warm start finds
            another `n_hidden` or `ordering` than the last fit had, or if the checkpoint is of
            another run; the message names what differs.
        FileExistsError
            If there is a checkpoint, and `resume` is False.
        FormatError
            If the file to resume is damaged, or no checkpoint.
        OSError
            If a checkpoint cannot be read or written; the one from before stays as it was.
        MemoryError
            If the machine's memory cannot hold what the fit needs.
        DivergenceError
            If the likelihood or a parameter is no longer finite, or if a first fit ends with more
            than two bits a feature on its own rows, with nothing better to keep.

        Notes
        -----
        An epoch costs about as much as three times the scoring of its rows. If anything ends
        training early, Ctrl-C among them, the best parameters of the epochs done are kept; before
        the end of the first, the model stays as it was.
        """
        names = feature_names(X)
        rows = binary_matrix(X, binarize=self.binarize, allow_empty=False)
        n_features = rows.shape[1]
        self._check_options(n_features)
        before = self._fitted if self.warm_start else None
        if before is not None:
            self._check_continues(before, n_features, "warm_start")
        judged = None if X_valid is None else self._judges(X_valid, n_features, names)
        seed = seed_from(self.random_state)
        recorder = self._recorder(checkpoint, resume, seed, names, rows, judged)
        streams = draw_streams(seed if recorder is None else recorder.seed)
        if judged is None:
            rows, judged = self._split(rows, streams.split)
        settings = self._plan(len(rows), validated=judged is not None)
        first = before is None
        if recorder is not None and recorder.saved is not None:
            core, columns, state, until, first = recorder.saved.resumed(settings, streams.shuffle)
            recorder.saved = None  # as large as the model many times over
        elif before is None:
            core, columns, state = self._begin(rows, judged, settings, streams)
            until = settings.max_epochs
        else:
            core, columns = before.core, before.columns
            check_fit_memory(core, settings)
            state = continued(before, settings, streams.shuffle)
            if before.training is not None:
                state.optimizer = resumed(before.training, settings).optimizer
            until = state.epoch + settings.max_epochs
        settings = replace(settings, max_epochs=until)
        rows = columns.ordered(rows)
        judged = None if judged is None else columns.ordered(judged)
        self._train(
            core,
            columns,
            names,
            state,
            rows,
            judged,
            settings,
            first=first,
            keep=self.warm_start,
            run_epoch=self._epoch(core, rows, settings, judged=judged is not None),
            held_out=X_valid is None and judged is not None,
            recorder=recorder,
        )
        return self

    def partial_fit(self, X: ArrayLike, y: object = None) -> Self:
        """Go once over the rows and keep the optimizer's memory for the next call.

        The first call makes the model as `fit` does; after a `fit` it goes on from there. Nothing
        is held out, and the parameters after the pass are kept.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones, at least one row.
        y : ignored
            There for pipelines.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError, MemoryError, DivergenceError
            As for `fit` with a warm start; the model stays as it was.
        """
        before = self._fitted
        if before is None:
            names = feature_names(X)
            rows = binary_matrix(X, binarize=self.binarize, allow_empty=False)
        else:
            names = before.feature_names
            rows = self._rows(X, allow_empty=False)
        n_features = rows.shape[1]
        self._check_options(n_features)
        settings = self._settings(len(rows), validated=False)
        if before is None:
            streams = draw_streams(self.random_state)
            core, columns, state = self._begin(rows, None, settings, streams)
        else:
            self._check_continues(before, n_features, "partial_fit")
            core, columns = before.core, before.columns
            check_fit_memory(core, settings)
            if before.training is not None:
                state = resumed(before.training, settings)
            else:
                state = continued(before, settings, draw_streams(self.random_state).shuffle)
        settings = replace(settings, max_epochs=state.epoch + 1)
        rows = columns.ordered(rows)
        self._train(
            core,
            columns,
            names,
            state,
            rows,
            None,
            settings,
            first=before is None,
            keep=True,
        )
        return self

    def _begin(
        self, rows: Rows, judged: Rows | None, settings: Settings, streams: Streams
    ) -> tuple[Model, Columns, TrainingState]:
        """Make a model for the rows, and the state before its first epoch."""
        core = Model(self._variant, rows.shape[1], self._hidden())
        check_fit_memory(core, settings)
        columns = self._columns(rows, streams.ordering)
        flat = aligned(core.size, np.zeros)
        views, rows = named_views(core, flat), columns.ordered(rows)
        self._initialize(views, marginal_logits(rows), streams.start)
        self._learn_start(views, rows, None if judged is None else columns.ordered(judged))
        return core, columns, start(flat, settings, streams.shuffle)

    def _learn_start(
        self, views: Mapping[str, Float32Array], rows: Rows, judged: Rows | None
    ) -> None:
        """Improve on the start by what another model learns from the rows."""

    def _check_options(self, n_features: int | None = None) -> None:
        super()._check_options(n_features)
        self._hidden()
        self._settings(1, validated=False)
        check_fraction(self.validation_fraction)
        truth(self.warm_start, "warm_start")
        truth(self.verbose, "verbose")
        checked_callbacks(self.callbacks)

    def _check_continues(self, before: Fitted, n_features: int, what: str) -> None:
        """Refuse to go on from a model that the options no longer describe."""
        core, ordering = before.core, before.columns.ordering
        last = (core.name, core.n_features, core.n_hidden)
        now = (self._variant, n_features, self._hidden())
        if last != now:
            raise ValueError(
                f"{what} needs the (model, n_features, n_hidden) of the last fit, {last}; got {now}"
            )
        if isinstance(self.ordering, str):  # "random": the one that was drawn
            return
        if not np.array_equal(Columns.of(n_features, self.ordering).ordering, ordering):
            raise ValueError(
                f"{what} needs the ordering of the last fit, {reprlib.repr(ordering.tolist())}; "
                f"got {reprlib.repr(self.ordering)}"
            )

    def _settings(self, n_samples: int, *, validated: bool) -> Settings:
        return settings_for(
            n_samples,
            validated=validated,
            optimizer=self.optimizer,
            learning_rate=self.learning_rate,
            batch_size=self.batch_size,
            max_epochs=self.max_epochs,
            patience=self.patience,
            weight_decay=self.weight_decay,
            averaging=self.averaging,
        )

    def _plan(self, n_samples: int, *, validated: bool) -> Settings:
        """Settings of a `fit`."""
        return self._settings(n_samples, validated=validated)

    def _epoch(self, core: Model, rows: Rows, settings: Settings, *, judged: bool) -> Epoch | None:
        """What an epoch of `fit` is, where it is not steps along the gradient."""
        return None

    def _refit(self, core: Model, state: TrainingState, rows: Rows, held_out: Rows) -> None:
        """Learn from the rows held out as well, where that needs nobody to judge it."""

    def _split(self, rows: Rows, rng: np.random.Generator) -> tuple[Rows, Rows | None]:
        """Hold out validation rows, if there are enough."""
        return hold_out(rows, self.validation_fraction, rng)

    def _recorder(
        self,
        checkpoint: str | PathLike[str] | Checkpoint | None,
        resume: bool,
        seed: int,
        names: NDArray[np.object_] | None,
        rows: Rows,
        judged: Rows | None,
    ) -> Recorder | None:
        """What writes the checkpoints, and has read the one to resume; None if none are wanted."""
        resume = truth(resume, "resume")
        if checkpoint is None:
            if resume:
                raise ValueError("resume needs the checkpoint to go on from; got checkpoint=None")
            return None
        from ..checkpoint import Recorder  # a layer above the models, as it writes them to files

        return Recorder(self, checkpoint, resume, seed, names, rows, judged)

    def _train(
        self,
        core: Model,
        columns: Columns,
        names: NDArray[np.object_] | None,
        state: TrainingState,
        rows: Rows,
        judged: Rows | None,
        settings: Settings,
        *,
        first: bool,
        keep: bool,
        run_epoch: Epoch | None = None,
        held_out: bool = False,
        recorder: Recorder | None = None,
    ) -> None:
        """Train on the model's rows, and become the result."""
        threads = thread_count(self.n_jobs)
        callbacks = checked_callbacks(self.callbacks)
        model = Likelihood(core, threads)
        done_before = state.epoch

        def best(training: TrainingState | None) -> Fitted:
            params, history = frozen_copy(state.best), copy.deepcopy(state.history)
            return Fitted(core, params, columns, names, history, state.best_epoch, training)

        def record(event: EpochEnd | None = None) -> None:
            if recorder is not None and (event is None or recorder.due(state.epoch)):
                recorder.write(best(None), state, until=settings.max_epochs, first=first)

        record()  # a path that cannot be written is found before the work, not after
        try:
            train(
                model,
                state,
                rows,
                judged,
                settings,
                threads=threads,
                callbacks=(*callbacks, record),
                verbose=bool(self.verbose),
                run_epoch=run_epoch,
            )
            if recorder is not None and recorder.epoch < state.epoch:
                record()
            if held_out and judged is not None:
                self._refit(core, state, rows, judged)
        except BaseException:
            if state.epoch > done_before:
                self._fitted = best(None)
            raise
        if first:
            check_learned(state, core.n_features, judged=judged is not None)
        self._fitted = best(state if keep else None)
