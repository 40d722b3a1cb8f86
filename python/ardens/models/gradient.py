"""Models that are fitted by mini-batch gradient ascent of the log-likelihood."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .. import _core
from ..optim import Optimizer
from ..options import real_number, thread_count
from ..recipe import Settings, settings_for
from ..schedules import Schedule
from ..training import Callback, TrainingState, start, train
from ..validation import binary_matrix, feature_names
from .base import AutoregressiveModel
from .columns import Columns
from .fitted import Fitted
from .flat import filled, frozen_copy
from .learning import (
    Likelihood,
    Rows,
    checked_callbacks,
    draw_streams,
    marginal_logits,
    resumed,
)

__all__ = ["GradientModel"]

_FEWEST_VALID = 5  # fewer rows say nothing about when to stop


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
        Whether `fit` goes on from the parameters of the last `fit`.
    verbose : bool, default False
        Whether to show progress: a bar on a terminal or in a notebook, lines elsewhere.
    callbacks : iterable of callable, optional
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
    callbacks: Iterable[Callback] | None = None

    @abstractmethod
    def _hidden(self) -> int:
        """Check and return the number of hidden units; 0 where there are none."""

    @classmethod
    @abstractmethod
    def _initial(
        cls, core: _core.Model, marginal_logits: NDArray[np.float64], rng: np.random.Generator
    ) -> dict[str, NDArray[Any]]:
        """Choose the parameters to start from."""

    def fit(self, X: ArrayLike, y: object = None, *, X_valid: ArrayLike | None = None) -> Self:
        """Maximise the log-likelihood of the rows.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones, at least one row.
        y : ignored
            There for pipelines.
        X_valid : array_like of shape (n_valid, n_features), optional
            Rows that judge the epochs. If None, `validation_fraction` of `X` is held out.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If data or an option are of the wrong type or out of range.
        DivergenceError
            If the likelihood or a parameter is no longer finite.

        Notes
        -----
        An epoch costs about as much as three times the scoring of its rows. If anything ends
        training early, Ctrl-C among them, the best parameters of the epochs done are kept; before
        the end of the first, the model stays as it was.
        """
        names = feature_names(X)
        rows = binary_matrix(X, binarize=self.binarize, allow_empty=False)
        n_features = rows.shape[1]
        streams = draw_streams(self.random_state)
        if X_valid is None:
            rows, judged = self._split(rows, streams.split)
        else:
            judged = self._judges(X_valid, n_features, names)
        settings = self._settings(len(rows), validated=judged is not None)
        before = self._warm(n_features) if self.warm_start else None
        if before is None:
            core = _core.Model(self._core_name, n_features, self._hidden())
            columns = self._columns(rows, streams.ordering)
        else:
            core, columns = before.core, before.columns
        rows = columns.ordered(rows)
        if before is None:
            first = filled(core, self._initial(core, marginal_logits(rows), streams.start))
        else:
            first = before.params
        state = start(first, settings, streams.shuffle)
        if before is not None and before.training is not None:
            state.optimizer = resumed(before.training, settings).optimizer
        judged = None if judged is None else columns.ordered(judged)
        self._train(core, columns, names, state, rows, judged, settings, keep=self.warm_start)
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
        TypeError, ValueError, DivergenceError
            As for `fit`; the model stays as it was.
        """
        before = self._fitted
        if before is None:
            names = feature_names(X)
            rows = binary_matrix(X, binarize=self.binarize, allow_empty=False)
            core = _core.Model(self._core_name, rows.shape[1], self._hidden())
        else:
            names, core = before.feature_names, before.core
            rows = self._rows(X, allow_empty=False)
        settings = self._settings(len(rows), validated=False)
        if before is not None and before.training is not None:
            columns, state = before.columns, resumed(before.training, settings)
        else:
            streams = draw_streams(self.random_state)
            if before is None:
                columns = self._columns(rows, streams.ordering)
                logits = marginal_logits(columns.ordered(rows))
                first = filled(core, self._initial(core, logits, streams.start))
            else:
                columns, first = before.columns, before.params
            state = start(first, settings, streams.shuffle)
        settings = replace(settings, max_epochs=state.epoch + 1)
        rows = columns.ordered(rows)
        self._train(core, columns, names, state, rows, None, settings, keep=True)
        return self

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

    def _split(self, rows: Rows, rng: np.random.Generator) -> tuple[Rows, Rows | None]:
        """Hold out validation rows, if there are enough."""
        fraction = real_number(self.validation_fraction, "validation_fraction", minimum=0)
        if fraction >= 1:
            raise ValueError(f"validation_fraction must be below 1; got {fraction:g}")
        held_out = int(fraction * len(rows))
        if held_out < _FEWEST_VALID:
            return rows, None
        order = rng.permutation(len(rows))
        return rows.take(order[held_out:], axis=0), rows.take(order[:held_out], axis=0)

    def _warm(self, n_features: int) -> Fitted | None:
        """The model that a warm start goes on from."""
        before = self._fitted
        if before is None:
            return None
        last, now = (before.core.n_features, before.core.n_hidden), (n_features, self._hidden())
        if last != now:
            raise ValueError(
                f"warm_start needs the (n_features, n_hidden) of the last fit, {last}; got {now}"
            )
        return before

    def _train(
        self,
        core: _core.Model,
        columns: Columns,
        names: NDArray[np.object_] | None,
        state: TrainingState,
        rows: Rows,
        judged: Rows | None,
        settings: Settings,
        *,
        keep: bool,
    ) -> None:
        """Train on the model's rows, and become the result."""
        threads = thread_count(self.n_jobs)
        callbacks = checked_callbacks(self.callbacks)
        model = Likelihood(core, threads)
        done_before = state.epoch

        def become(training: TrainingState | None) -> None:
            history = copy.deepcopy(state.history)
            best = frozen_copy(state.best)
            self._fitted = Fitted(core, best, columns, names, history, training)

        try:
            train(
                model,
                state,
                rows,
                judged,
                settings,
                threads=threads,
                callbacks=callbacks,
                verbose=self.verbose,
            )
        except BaseException:
            if state.epoch > done_before:
                become(None)
            raise
        become(state if keep else None)
