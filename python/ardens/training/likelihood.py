"""What training asks of a model: the mean log-likelihood of rows, and its gradient."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from ..checks.cells import UNKNOWN
from ..checks.sparse import Held, SparseRows, by_blocks
from ..checks.weights import Table
from ..core import Float32Array, Model, Rows
from ..inference.answers import Asking, draws, log_marginal
from ..parameters import output_views

__all__ = ["Likelihood", "Trainable", "constant_columns", "marginal_logits"]

_JUDGING = 64  # particles of an incomplete row that judges
_DRAWING = 16  # of one that is completed
_COUNTED = 1 << 22  # values whose forced bits are counted at a time


class Trainable(Protocol):
    """Likelihoods of flat parameters, in nats per row."""

    @property
    def size(self) -> int:
        """The length of the flat array of parameters."""

    @property
    def n_decayed(self) -> int:
        """How many of the parameters, counted from the first, weight decay acts on."""

    def value_and_grad(
        self,
        params: Float32Array,
        X: Rows,
        grad: Float32Array,
        weights: NDArray[np.float64] | None = None,
    ) -> float:
        """Return the mean log-likelihood of the rows and overwrite `grad` with its gradient.

        Each row counts times its weight; what is divided by is the number of rows.
        """

    def log_prob(self, params: Float32Array, X: Rows) -> NDArray[np.float64]:
        """Return the log-likelihood of every row."""


@dataclass(frozen=True)
class Likelihood:
    """That of a model of the compiled core, computed by so many threads.

    What leads to the features `kept` stays as it is: its gradient is 0.
    """

    core: Model
    threads: int
    kept: NDArray[np.intp] | None = None

    def keeping(self, X: Table) -> Self:
        """The same, in which features without variation in the rows keep what counting said."""
        constant = constant_columns(X)
        return replace(self, kept=constant if len(constant) else None)

    @property
    def size(self) -> int:
        """The length of the flat array of parameters."""
        return self.core.size

    @property
    def n_decayed(self) -> int:
        """How many of the parameters, counted from the first, weight decay acts on."""
        return self.core.n_decayed

    def value_and_grad(
        self,
        params: Float32Array,
        X: Rows,
        grad: Float32Array,
        weights: NDArray[np.float64] | None = None,
    ) -> float:
        """Return the mean log-likelihood of the rows and overwrite `grad` with its gradient."""
        value = self.core.value_and_grad(params, X, grad, self.threads, weights)
        if self.kept is not None:
            for view in output_views(self.core, grad).values():
                view[self.kept] = 0
        return value

    def log_prob(self, params: Float32Array, X: Held) -> NDArray[np.float64]:
        """Return the log-likelihood of every row; of what is known where cells are unknown."""
        if isinstance(X, np.ndarray) and X.max(initial=0) == UNKNOWN:
            return log_marginal(self._now(params), X, Asking(0, _JUDGING, self.threads)).nats
        tables = self.core.tables(params, self.threads)
        return by_blocks(X, lambda rows: self.core.log_prob(params, tables, rows, self.threads))

    def completed(self, params: Float32Array, cells: Rows, seed: int) -> Rows:
        """Rows with their unknown cells drawn given the known ones."""
        numbers = np.arange(len(cells), dtype=np.uint64) * np.uint64(_DRAWING)
        asking = Asking(seed, _DRAWING, self.threads)
        return draws(self._now(params), cells, numbers, 1, asking)[0][:, 0]

    def _now(self, params: Float32Array) -> _Now:
        """The model as it is."""
        return _Now(self.core, params, self.core.tables(params, self.threads))


class _Now(NamedTuple):
    """A model that is being learned, for questions."""

    core: Model
    params: Float32Array
    made: Float32Array

    def tables(self, threads: int) -> Float32Array:
        """What the kernels derive from the parameters."""
        return self.made


def constant_columns(X: Table) -> NDArray[np.intp]:
    """The columns that have one value only."""
    if isinstance(X.held, SparseRows):
        ones = X.held.ones()
        return np.flatnonzero((ones == 0) | (ones == len(X)))
    return np.flatnonzero(X.held.min(axis=0) == X.held.max(axis=0))


def marginal_logits(X: Table, core: Model) -> NDArray[np.float64]:
    """Log-odds of a one in every column, with one row of each kind added to keep them finite.

    Of a column whose bits are forced in some rows, they are those of the other rows.
    """
    ones, total = X.ones(), np.full(X.n_features, X.total, np.float64)
    weights = np.ones(len(X)) if X.weights is None else X.weights
    step = max(1, _COUNTED // X.n_features)
    for first in range(0, len(X) if core.has_codes else 0, step):
        rows, each = X.held[first : first + step], weights[first : first + step]
        forced = core.forced(rows)
        total -= each @ forced
        ones = ones - each @ (forced & rows)
    return np.asarray(np.log((ones + 1) / (total + 1 - ones)))
