"""What `fit` leaves behind: one object that never changes, swapped in one statement.

Whoever scores a model while another thread fits it holds either the old object or the new one.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..checks.machine import check_memory
from ..columns import Columns
from ..core import VERSION, Float32Array, Model, Rows
from ..errors import VersionWarning, warn
from ..inference import answers
from ..inference.answers import Asking, Estimates
from ..parameters import filled, frozen, frozen_copy, named_views
from ..training.loop import Run
from ..training.state import TrainingState
from .counts import draw_counts
from .holder import Draw

__all__ = ["Fitted", "variant_of"]

_LOST = 2.0**-30  # what 1 - p leaves of a p near 1 is less precise below this than float32 is
_TERMS = 1 << 20  # nats of single values that are held at a time
_WAYS = 392  # bytes of a search for each row that it keeps: its nats, and 16 ways to go on


def variant_of(core: Model) -> dict[str, Any]:
    """The options of a core that are not sizes."""
    return {"activation": core.activation, "direct": core.direct, "tied": core.tied}


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted model: parameters, their description and the door to the columns.

    Parameters
    ----------
    core : Model
        Names, shapes and places of the parameters.
    params : ndarray, shape (core.size,), float32, read-only
        The flat parameters.
    columns : Columns
        Between the user's columns and the model's.
    history : dict of str to list of float
        Figures of every epoch.
    best_epoch : int, default 0
        The epoch that the parameters come from; 0 if from none.
    training : TrainingState, optional
        What `partial_fit` and a warm start go on from.
    """

    core: Model
    params: Float32Array
    columns: Columns
    history: Mapping[str, list[float]]
    best_epoch: int = 0
    training: TrainingState | None = None
    _tables: list[Float32Array] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        object.__setattr__(self, "core", self.columns.of_rows(self.core))

    @classmethod
    def of(cls, run: Run, training: TrainingState | None = None) -> Self:
        """The best of a run so far; without `training` it has ended, and is taken over."""
        state, history = run.state, copy.deepcopy(run.state.history)
        params = frozen(state.best) if training is None else frozen_copy(state.best)
        return cls(run.model.core, params, run.columns, history, state.best_epoch, training)

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.core.n_features

    @property
    def names(self) -> NDArray[np.object_] | None:
        """Column names seen in `fit`, if there were any."""
        return self.columns.names

    def tables(self, threads: int) -> Float32Array:
        """What the kernels derive from the parameters; computed when first asked for."""
        if not self._tables:
            check_memory(
                4 * (self.core.size + self.core.n_tables),
                f"scoring a model of {self.core.n_parameters:,} parameters",
            )
            # Two threads may both come here; both results have the same bits, so no lock is needed.
            self._tables.append(self.core.tables(self.params, threads))
        return self._tables[0]

    def log_prob(self, X: Rows, threads: int) -> NDArray[np.float64]:
        """Nats of the user's rows."""
        rows, tables = self.columns.ordered(X), self.tables(threads)
        return self.core.log_prob(self.params, tables, rows, threads)

    def log_prob_terms(self, X: Rows, threads: int) -> NDArray[np.float64]:
        """Nats of every value of the user's rows."""
        rows, tables = self.columns.ordered(X), self.tables(threads)
        return self.columns.unordered(self.core.log_prob_terms(self.params, tables, rows, threads))

    def log_prob_without(
        self, X: Rows, left_out: NDArray[np.bool_], threads: int
    ) -> NDArray[np.float64]:
        """Nats of the user's rows, in which these values count nothing."""
        nats, step = np.empty(len(X)), max(1, _TERMS // X.shape[1])
        for first in range(0, len(X), step):
            some = slice(first, first + step)
            terms = self.log_prob_terms(X[some], threads)
            terms[left_out[some]] = 0.0
            nats[some] = terms.sum(axis=1)
        return nats

    def sample(self, X: Rows, log_prob: NDArray[np.float64] | None, draw: Draw) -> None:
        """Fill `X`, and `log_prob` where it is given, with the user's rows."""
        seed, start, packed, threads = draw
        tables, positions = self.tables(threads), self.columns.positions
        self.core.sample(self.params, tables, seed, start, X, log_prob, threads, positions, packed)
        self.columns.flip(X, packed=packed)

    def sample_counts(
        self, n_samples: int, seed: int, threads: int
    ) -> tuple[Rows, NDArray[np.int64]]:
        """Draw distinct rows and how often each comes."""
        return draw_counts(self, n_samples, seed, threads)

    def conditionals(self, X: Rows, threads: int) -> NDArray[np.float64]:
        """Probability of a one in every place of the user's rows."""
        columns, tables = self.columns, self.tables(threads)
        p = columns.unordered(
            self.core.conditionals(self.params, tables, columns.ordered(X), threads)
        )
        if columns.coded:
            np.subtract(1.0, p, out=p, where=columns.flipped)
            lost = columns.flipped & (p < _LOST)
            some = lost.any(axis=1)
            if some.any():  # the nats of the value that is there tell the small tail in full
                nats, ones = self.log_prob_terms(X[some], threads), X[some] == 1
                tails = np.where(ones, np.exp(nats), np.abs(np.expm1(nats)))
                p[lost] = tails[lost[some]]
        return p

    def is_exact(self, cells: Rows, n_particles: int) -> NDArray[np.bool_]:
        """Whether what is said of the user's rows of cells is exact."""
        return answers.is_exact(self, self.columns.ordered(cells), n_particles)

    def log_marginal(self, cells: Rows, asking: Asking) -> Estimates:
        """Nats of the known cells of the user's rows."""
        return answers.log_marginal(self, self.columns.ordered(cells), asking)

    def draws(
        self, cells: Rows, numbers: NDArray[np.uint64], count: int, asking: Asking
    ) -> tuple[Rows, NDArray[np.float64]]:
        """Complete each of the user's rows, (n_rows, count, n_features)."""
        drawn, nats = answers.draws(self, self.columns.ordered(cells), numbers, count, asking)
        rows = self.columns.unordered(drawn.reshape(-1, self.n_features))
        self.columns.flip(rows)
        return rows.reshape(drawn.shape), nats

    def posterior(
        self, cells: Rows, asking: Asking
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Probability of a one in every cell of the user's rows given those that are known."""
        p, nats = answers.posterior(self, self.columns.ordered(cells), asking)
        p = self.columns.unordered(p)
        np.subtract(1.0, p, out=p, where=self.columns.flipped)
        return p, nats

    def most_probable(
        self, cells: Rows, beam: int, threads: int
    ) -> tuple[Rows, NDArray[np.float64], NDArray[np.float64]]:
        """The most probable completion that a beam finds, its nats, and what none has more of."""
        row = 2 * (4 * self.core.n_drawn + self.n_features) + _WAYS
        searches = min(threads, len(cells))
        check_memory(searches * beam * row, f"a search with a beam of {beam:,}")
        rows, tables = np.empty(cells.shape, np.uint8), self.tables(threads)
        nats, left_out = np.empty((2, len(cells)))
        self.core.most_probable(
            self.params, tables, self.columns.ordered(cells), beam, rows, nats, left_out, threads
        )
        rows = self.columns.unordered(rows)
        self.columns.flip(rows)
        return rows, nats, np.maximum(nats, left_out)

    def __reduce__(self) -> tuple[object, ...]:
        # Parameters travel by name: their places in the flat array may change between versions.
        parameters = {k: np.array(v) for k, v in named_views(self.core, self.params).items()}
        saved = {
            "version": VERSION,
            "core": (self.core.name, self.core.n_features, self.core.n_hidden),
            "variant": variant_of(self.core),
            "parameters": parameters,
            "columns": self.columns,
            "history": self.history,
            "best_epoch": self.best_epoch,
            "training": self.training,
        }
        return _restored, (saved,)


def _restored(saved: Mapping[str, Any]) -> Fitted:
    """Undo `Fitted.__reduce__`."""
    version = saved["version"]
    if version != VERSION:
        warn(
            f"a model pickled by ardens {version} is read by {VERSION}; save(path) and "
            "ardens.load(path) keep models across versions",
            VersionWarning,
        )
    core = Model(*saved["core"], **saved["variant"])
    return Fitted(
        core=core,
        params=filled(core, saved["parameters"]),
        columns=saved["columns"],
        history=saved["history"],
        best_epoch=saved["best_epoch"],
        # Flat arrays without names, which another version may lay out otherwise.
        training=saved["training"] if version == VERSION else None,
    )
