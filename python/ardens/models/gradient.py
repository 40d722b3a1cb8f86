"""Models that are fitted by mini-batch gradient ascent of the log-likelihood."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from os import PathLike
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike

from ..checks.cells import cell_rows
from ..checks.machine import thread_count
from ..checks.options import PART, Kind, maybe, number, one_of, option, seed_from, truth, whole
from ..checks.sparse import Held
from ..checks.weights import Table
from ..errors import warns_once
from ..optim import Optimizer, as_optimizer
from ..schedules import Schedule, as_schedule
from ..training.ascent import GradientAscent
from ..training.checkpoint import Checkpoint
from ..training.missing import COMPLETIONS
from ..training.settings import settings_for
from ..training.solver import Solver
from ..training.split import Streams
from ..training.state import Callback
from .continuing import check_continues, continued
from .journal import Journal
from .learning import Data, LearnedModel

__all__ = ["GradientModel"]


def _check_callbacks(callbacks: object, name: str) -> None:
    """Refuse what is no collection of callables."""
    wanted = f"{name} must be None or a collection of callables"
    if callbacks is None:
        return
    if not isinstance(callbacks, Iterable):
        raise TypeError(f"{wanted}; got {callbacks!r}")
    if isinstance(callbacks, Iterator):
        raise TypeError(f"{wanted}, as the next fit wants them too; got {callbacks!r}")
    for callback in callbacks:
        if not callable(callback):
            raise TypeError(f"{wanted}; it has {callback!r}")


_OPTIMIZER = Kind(lambda value, name: as_optimizer(value))
_RATE = maybe(Kind(as_schedule, "number"))


@dataclass(kw_only=True, eq=False, repr=False)
class GradientModel(LearnedModel):
    r"""An autoregressive model whose parameters are learned by gradient.

    .. math:: \theta \leftarrow \theta + r_t \nabla_\theta \frac{1}{B} \sum_b \log p_\theta(x_b)

    Options that are None are chosen by the number of rows; `ardens.training.settings` says how.

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
        0 to below 1. All copies of a row are on one side, but for rows that a distribution repeats;
        a warm start holds out what the first fit did. Where at most 200 rows differ, of 1000 in
        all, so that a part would say too little, none is held out: every row judges in turn, by 5
        to 10 runs that do not learn from it, and what is kept was learned from all. Then a warm
        start has nobody to judge it. With 0, or one row, nothing judges: the last epoch is kept.
    patience : int, optional
        The look-ahead: epochs that are waited for since the validation likelihood last rose by
        more than its standard error, row by row, at least 1. The parameters of the best epoch are
        kept.
    weight_decay : float, default 0.0
        Decay of the weights (not of the biases) towards 0, decoupled from the gradient.
    averaging : float, optional
        Decay of the exponential moving average of the parameters, which is what is judged and
        kept; 0 (no average) to below 1.
    missing : {"error", "sample"}, default "error"
        What `fit` does with cells that are NaN, None, pandas.NA or masked: refuse them, or draw
        them anew for every epoch from the model as it is, given the known cells (Monte Carlo EM),
        each from 16 particles. FVSBN's convex solver has ten completions of every row, each a tenth
        of it. Rows that judge are judged by their known cells, with 64 particles. Few rows do not
        judge in turn then: a part of them is held out.
    warm_start : bool, default False
        Whether `fit` goes on from the parameters of the last `fit`, for `max_epochs` more.
    verbose : bool, default False
        Whether to show progress, in epochs or whatever the solver goes through: a bar on a
        terminal or in a notebook, lines elsewhere.
    callbacks : collection of callable, optional
        Called with an `ardens.training.EpochEnd` at the end of every epoch.
    ordering, coding, random_state, binarize, n_jobs
        As for `AutoregressiveModel` and `Density`.
    """

    optimizer: str | Optimizer = field(
        default="adam", metadata=option(_OPTIMIZER, "--optimizer", "sgd, rmsprop or adam")
    )
    learning_rate: float | Schedule | None = field(
        default=None, metadata=option(_RATE, "--learning-rate", "learning rate")
    )
    batch_size: int | None = field(
        default=None, metadata=option(maybe(whole(1)), "--batch-size", "rows of a gradient step")
    )
    max_epochs: int | None = field(
        default=None, metadata=option(maybe(whole(1)), "--epochs", "passes over the data at most")
    )
    validation_fraction: float = field(
        default=0.1, metadata=option(PART, "--validation-fraction", "part of the rows held out")
    )
    patience: int | None = field(
        default=None,
        metadata=option(maybe(whole(1)), "--patience", "epochs to wait for better validation nats"),
    )
    weight_decay: float = field(
        default=0.0, metadata=option(number(0), "--weight-decay", "decay of the weights towards 0")
    )
    averaging: float | None = field(default=None, metadata=option(maybe(number(0, 0.999999))))
    missing: Literal["error", "sample"] = field(
        default="error",
        metadata=option(
            one_of("error", "sample"), "--missing", "sample: learn from rows with missing cells"
        ),
    )
    warm_start: bool = field(default=False, metadata=option(truth))
    verbose: bool = field(default=False, metadata=option(truth))
    callbacks: Collection[Callback] | None = field(default=None, metadata=option(_check_callbacks))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = self.missing == "sample"
        return tags

    def _matrix(self, X: ArrayLike, **how: Any) -> Held:
        return (cell_rows if self.missing == "sample" else super()._matrix)(X, **how)

    @abstractmethod
    def _solver(self, X: Table, *, validated: bool) -> Solver:
        """How `fit` learns from the rows, with or without others that judge."""

    @warns_once
    def fit(
        self,
        X: ArrayLike,
        y: object = None,
        *,
        X_valid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        sample_weight_valid: ArrayLike | None = None,
        checkpoint: str | PathLike[str] | Checkpoint | None = None,
        resume: bool = False,
    ) -> Self:
        """Maximise the log-likelihood of the rows.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones, at least one row; with ``missing="sample"`` unknown cells too.
        y : ignored
            There for pipelines.
        X_valid : array_like of shape (n_valid, n_features), optional
            Rows that judge the epochs. If None, `validation_fraction` of `X` is held out, or the
            rows judge in turn where they are few.
        sample_weight : float or array_like of float, shape (n_samples,), optional
            What each row counts, at least 0 and not 0 for all. A row of weight 3 is three rows
            everywhere, but in gradient steps: there it is one row whose gradient counts three
            times. Weights that sum to one are best multiplied by the number of rows that they are
            worth, as counts are what penalties and smoothing stand beside.
        sample_weight_valid : float or array_like of float, shape (n_valid,), optional
            What each row of `X_valid` counts.
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
        An epoch costs about as much as three times the scoring of its rows, and 5 to 10 times as
        much where rows judge in turn. A column that is constant keeps its log-odds with one row of
        each kind added. If anything ends training early, Ctrl-C among them, the best parameters of
        the epochs done are kept; before the end of the first, the model stays as it was.
        """
        before = self._fitted if self.warm_start else None
        data = self._learning_rows(X, X_valid, sample_weight, sample_weight_valid, before)
        if before is not None:
            check_continues(self, before, data.n_features, data.names, "warm_start")
        journal = Journal.of(self, data, checkpoint, resume, seed_from(self.random_state))
        streams, split_seed = Streams.of(journal.seed), journal.seed
        if before is not None and before.training is not None:
            split_seed = before.training.first_seed(split_seed)  # what judged is not to be learned
        saved = journal.take()
        chooser = self._solver(Table(data.X.held[:1]), validated=True)
        chooser.check_memory(self._core(data.n_features))
        if not chooser.streams:
            data = data.dense()
        if chooser.counts:
            data = data.counted()
        if X_valid is None and chooser.chooses and self.validation_fraction > 0:
            data = data.with_judges(
                self.validation_fraction,
                Streams.of(split_seed).split,
                in_turn=saved is None or "folds" in saved.told,  # 0.1 had none
                size=self._core(data.n_features).size,
                unlearned=before is None or not chooser.begins,
            )
        data = data.filled(Streams.of(journal.seed).start, COMPLETIONS if chooser.counts else 1)
        solver = self._solver(data.X, validated=data.judged)
        if saved:
            n_valid = len(data.X if data.X_valid is None else data.X_valid)
            state = saved.state(solver, streams.shuffle, n_valid, self._check_values)
            run = self._go_on(saved.fitted.core, saved.fitted.columns, state, data, solver)
            run.until, run.first = saved.told["until"], saved.told["first"]
            run.folds = self._folds(run, data, streams)  # they catch up, as they are soon there
            del saved  # as large as the model many times over
        elif before is not None:
            state = continued(before, solver, streams.shuffle)
            columns = replace(before.columns, names=data.names)
            run = self._go_on(before.core, columns, state, data, solver)
            run.folds = self._folds(run, data, streams)
        else:
            run = self._begin(data, solver, streams)
        run.model = run.model.keeping(run.X)  # what partial_fit has may vary in what it gets yet
        run.state.split_seed = split_seed
        recorder = journal.recorder(self, run)
        del data, X, X_valid  # the run has the rows in its own order
        self._learn(
            run,
            callbacks=self.callbacks,
            verbose=self.verbose,
            recorder=recorder,
            keep=self.warm_start,
        )
        return self

    def partial_fit(
        self, X: ArrayLike, y: object = None, *, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Go once over the rows and keep the optimizer's memory for the next call.

        The first call makes the model as `fit` does; after a `fit` it goes on from there. Nothing
        is held out, and the parameters after the pass are kept.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones, at least one row; with ``missing="sample"`` unknown cells too.
        y : ignored
            There for pipelines.
        sample_weight : float or array_like of float, shape (n_samples,), optional
            What each row counts, beside the others of this call.

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
            data = self._learning_rows(X, sample_weight=sample_weight)
            data = data.filled(np.random.default_rng(0))
            solver = self._ascent(len(data.X), validated=False)
            run = self._begin(data, solver, Streams.of(seed_from(self.random_state)))
        else:
            table = Table.of(self._held(X, allow_empty=False, to_learn=True), sample_weight)
            data = self._of_codes(Data(before.columns.names, table, None), before)
            data = data.filled(np.random.default_rng(0))
            self._check_options(data.n_features)
            check_continues(self, before, data.n_features, data.names, "partial_fit")
            solver = self._ascent(len(data.X), validated=False)
            solver.check_memory(before.core)
            if before.training is not None:
                state = solver.taking_up(before.training)
            else:
                shuffle = Streams.of(seed_from(self.random_state)).shuffle
                state = continued(before, solver, shuffle)
            run = self._go_on(before.core, before.columns, state, data, solver)
        run.until = run.state.epoch + 1
        del data, X
        self._learn(run, callbacks=self.callbacks, verbose=self.verbose, keep=True)
        return self

    def set_partial_fit_request(self, **requests: bool | str | None) -> Self:
        """Ask scikit-learn's meta-estimators for arguments of `partial_fit`.

        Parameters
        ----------
        **requests : bool, str or None
            As for `set_fit_request`.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If there is no such argument.
        """
        return self._request("partial_fit", requests)

    def _ascent(self, n_samples: int, *, validated: bool) -> GradientAscent:
        """Gradient steps, as the options say."""
        settings = settings_for(
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
        return GradientAscent.by(settings, thread_count(self.n_jobs))
