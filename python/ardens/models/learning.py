"""How a model is fitted: checked rows, a run that its solver follows, and what becomes of it."""

from __future__ import annotations

import copy
from abc import abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.machine import thread_count
from ..checks.rows import feature_names
from ..checks.weights import Table
from ..codes import RowCode
from ..columns import Columns
from ..core import Float32Array, Model, Rows
from ..orderings import GivenFirst, Name, choose
from ..parameters import aligned, named_views, output_views, sparse_zeros
from ..training.checkpoint import Recorder
from ..training.folds import LARGEST, Folds, deal, few, others, written_out
from ..training.likelihood import Likelihood, constant_columns, marginal_logits
from ..training.loop import Run
from ..training.missing import Missing, filled
from ..training.solver import Solver
from ..training.split import Streams, counted, hold_out
from ..training.state import Callback, TrainingState
from .autoregressive import AutoregressiveModel
from .coded import row_code
from .description import written
from .fitted import Fitted

__all__ = ["Data", "LearnedModel"]


class Data(NamedTuple):
    """The rows of a fit, checked, in the user's order; those that judge, if any.

    Cells may be unknown until the rows are `filled`; those of rows that judge stay so.
    """

    names: NDArray[np.object_] | None
    X: Table
    X_valid: Table | None
    held_out: bool = False  # whether the fit itself took X_valid out of what it was given
    fold: NDArray[np.intp] | None = None  # in which each row of X judges, if they take turns
    cells: Rows | None = None  # of X before they were filled, if any was unknown
    codes: RowCode | None = None  # that all rows are of

    @property
    def judged(self) -> bool:
        """Whether there are rows that judge the epochs."""
        return self.X_valid is not None or self.fold is not None

    @property
    def n_features(self) -> int:
        """The number of columns."""
        return self.X.n_features

    def with_judges(
        self,
        fraction: float,
        split: np.random.Generator,
        *,
        in_turn: bool,
        size: int,
        unlearned: bool,
    ) -> Data:
        """Let rows judge the epochs: few `in_turn`, of many, or for a large model, a part.

        Where few rows are not `unlearned`, as all of them were, none can judge.
        """
        if in_turn and self.X.is_complete and size <= LARGEST and few(self.X):
            X = written_out(self.X)
            return self._replace(X=X, fold=deal(X, split) if unlearned else None)
        X, X_valid = hold_out(self.X, fraction, split)
        return self._replace(X=X, X_valid=X_valid, held_out=True)

    def filled(self, rng: np.random.Generator, copies: int = 1) -> Data:
        """The same, with first values for what is missing of the rows to learn.

        Of each row there are so many copies then, which have its weight together.
        """
        if self.X.is_complete:
            return self
        weights = np.ones(len(self.X)) if self.X.weights is None else self.X.weights
        X = self.X
        if copies > 1:
            X = Table(X.rows.repeat(copies, axis=0), weights.repeat(copies) / copies)
        return self._replace(X=filled(X, rng, self.codes), cells=X.rows)

    def counted(self) -> Data:
        """The same, with rows that repeat counted, if they have no cell that is drawn."""
        if not self.X.is_complete:
            return self
        judges = None if self.X_valid is None else counted(self.X_valid)
        return self._replace(X=counted(self.X), X_valid=judges)

    def dense(self) -> Data:
        """The same, with rows that are held dense."""
        judges = None if self.X_valid is None else self.X_valid.dense()
        return self._replace(X=self.X.dense(), X_valid=judges)

    def ordered(self, columns: Columns) -> tuple[Table, Table | None]:
        """The rows as the model has them, and those that judge."""

        def as_learned(table: Table) -> Table:
            return Table(columns.ordered(table.held), table.weights)

        return as_learned(self.X), None if self.X_valid is None else as_learned(self.X_valid)


@dataclass(kw_only=True, eq=False, repr=False)
class LearnedModel(AutoregressiveModel):
    """A model that is learned from rows, by whatever solver."""

    @abstractmethod
    def _initialize(
        self,
        views: Mapping[str, Float32Array],
        X: Table,
        X_valid: Table | None,
        rng: np.random.Generator,
        *,
        in_turn: bool,
        codes: RowCode | None,
    ) -> None:
        """Choose the parameters to start from; they come as zeros, rows and codes in their order.

        `in_turn` says that the rows are so few that they judge in turn.

        Output biases `b`, where there are any, come at the log-odds of the columns' means.
        """

    def _learning_rows(
        self,
        X: ArrayLike,
        X_valid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        sample_weight_valid: ArrayLike | None = None,
        before: Fitted | None = None,
    ) -> Data:
        """Check the data and, now that their width is known, the options.

        A model from `before`, which is gone on from, has its codes.
        """
        names = feature_names(X)
        rows = Table.of(self._matrix(X, binarize=self.binarize, allow_empty=False), sample_weight)
        self._check_options(rows.n_features)
        data = Data(names, rows, self._judges(X_valid, sample_weight_valid, rows, names))
        return self._of_codes(data, before)

    def _of_codes(self, data: Data, before: Fitted | None) -> Data:
        """The same rows, with the codes that they are found to be of."""
        same = before is not None and before.n_features == data.n_features
        codes = before.columns.codes if before is not None and same else None
        if codes is None and (same or self.codes is None):
            return data
        X, X_valid = data.X.held, None if data.X_valid is None else data.X_valid.held
        if codes is None:
            codes = row_code(
                self.codes, data.n_features, *(X,) if X_valid is None else (X, X_valid)
            )
        if codes is not None:
            codes.check(X, "X")
            if X_valid is not None:
                codes.check(X_valid, "X_valid")
        return data._replace(codes=codes)

    def _begin(self, data: Data, solver: Solver, streams: Streams) -> Run:
        """A run that starts from nothing but the rows."""
        columns = self._columns(data, streams.ordering)
        core = columns.of_rows(self._core(data.n_features))
        solver.check_memory(core)
        X, X_valid = data.ordered(columns)
        rng = copy.deepcopy(streams.start)  # as the folds have it
        codes = columns.codes_in_order()
        judges = None if X_valid is None else filled(X_valid, streams.split, codes)
        in_turn = data.fold is not None
        flat = self._start(core, X, judges, rng, in_turn=in_turn, codes=codes, sparse=solver.sparse)
        state = solver.start(flat, streams.shuffle)
        run = self._run(core, columns, state, data, solver, (X, X_valid), solver.max_epochs)
        run.folds = self._folds(run, data, streams)
        return run

    def _go_on(
        self, core: Model, columns: Columns, state: TrainingState, data: Data, solver: Solver
    ) -> Run:
        """A run that goes on from a state of a model."""
        until = state.epoch + solver.max_epochs
        run = self._run(core, columns, state, data, solver, data.ordered(columns), until)
        run.first = False
        return run

    def _run(
        self,
        core: Model,
        columns: Columns,
        state: TrainingState,
        data: Data,
        solver: Solver,
        ordered: tuple[Table, Table | None],
        until: int,
    ) -> Run:
        """A run on rows in the model's order."""
        model = Likelihood(core, thread_count(self.n_jobs))
        run = Run(model, columns, solver, state, *ordered, until, data.held_out)
        if data.cells is not None:
            run.missing = Missing.of(run.X, columns.ordered(data.cells))
        return run

    def _folds(self, run: Run, data: Data, streams: Streams) -> Folds | None:
        """What judges the run if its rows take turns: runs of the same seed, all from the start."""
        fold, solver, X = data.fold, run.solver, run.X
        if fold is None:
            return None
        states, codes = [], run.columns.codes_in_order()
        for k, shuffle in enumerate(streams.shuffle.spawn(int(fold.max()) + 1)):
            rng = copy.deepcopy(streams.start)
            flat = self._start(
                run.model.core,
                others(X, fold, k),
                None,
                rng,
                in_turn=True,
                codes=codes,
                sparse=solver.sparse,
            )
            state = solver.start(flat, shuffle)
            state.epoch = run.until - solver.max_epochs
            states.append(state)
        return Folds(run.model, solver, X, fold, states, run.until)

    def _start(
        self,
        core: Model,
        X: Table,
        X_valid: Table | None,
        rng: np.random.Generator,
        *,
        in_turn: bool,
        codes: RowCode | None,
        sparse: bool,
    ) -> Float32Array:
        """The flat parameters that a run starts from, if it starts from nothing but the rows."""
        flat = sparse_zeros(core.size) if sparse else aligned(core.size, np.zeros)
        views = named_views(core, flat)
        if "b" in views:
            views["b"][:] = marginal_logits(X, core)
        self._initialize(views, X, X_valid, rng, in_turn=in_turn, codes=codes)
        constant = constant_columns(X)
        for name, view in output_views(core, flat).items():
            if name != "b" and view.any():  # zeros that nobody wrote take no memory
                view[constant] = 0
        return flat

    def _columns(self, data: Data, rng: np.random.Generator) -> Columns:
        """The ordering and the coding that the options ask for."""
        ordering, flipped = self.ordering, None
        by_name = isinstance(ordering, str | GivenFirst)
        if isinstance(ordering, str):
            ordering = choose(cast(Name, ordering), data.X.held, rng, data.X.weights)
        elif isinstance(ordering, GivenFirst):
            ordering = ordering.ordering(data.X.held, rng, data.X.weights, data.names)
        if self.coding is not None:
            flipped = 2 * data.X.ones() > data.X.total
        columns = Columns.of(data.n_features, ordering, flipped, data.names, data.codes)
        if data.codes is None or not (ordering is None or by_name):
            return columns
        return replace(columns, ordering=data.codes.together(columns.ordering))

    def _learn(
        self,
        run: Run,
        *,
        callbacks: Iterable[Callback] | None = None,
        verbose: bool = False,
        recorder: Recorder | None = None,
        keep: bool = False,
    ) -> None:
        """Train, and become the result; `keep` what a warm start or `partial_fit` goes on from."""
        begun = run.state.epoch
        try:
            run.train(
                callbacks=() if callbacks is None else callbacks,
                verbose=bool(verbose),
                recorder=recorder,
            )
        except BaseException:
            if run.state.epoch > begun:
                self._fitted = Fitted.of(run)
            raise
        run.check_learned()
        self._fitted = Fitted.of(run, training=run.state if keep else None)

    def _written(self) -> tuple[dict[str, str], dict[str, Float32Array]]:
        """What a file holds of the fitted model."""
        return written(self)
