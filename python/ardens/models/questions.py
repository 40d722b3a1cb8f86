"""What may be asked of rows that are known in part: completions, and how probable they are."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.machine import check_memory, thread_count
from ..checks.options import RandomState, seed_from, truth, whole_number
from ..core import Rows
from ..inference.answers import Asking
from ..inference.completions import pieces
from .asked import N_PARTICLES, RowsAndNats, particle_count, row_range
from .conditioned import died, ruled_out
from .holder import State
from .marginals import MarginalDensity

__all__ = ["AnsweringDensity"]

_BEAM = 256  # prefixes that a search keeps, unless the user wants others
_MOST_BEAM = 2**20


@dataclass(kw_only=True, eq=False, repr=False)
class AnsweringDensity(MarginalDensity[State]):
    """A density that completes rows of which some cells are unknown."""

    def impute(
        self,
        X: ArrayLike,
        *,
        n_draws: int | None = None,
        random_state: RandomState = None,
        start: int = 0,
        n_particles: int = N_PARTICLES,
    ) -> Rows:
        r"""Fill the unknown cells of every row by a draw of them all given the known ones.

        .. math:: x_U \sim p(x_U \mid x_K)

        What row i is filled with depends on the row, the model, the seed, ``start + i`` and the
        other options alone: pieces that are filled with their `start` equal the whole.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros, ones and unknown cells.
        n_draws : int, optional
            How many completions of every row to draw, at least 1; None, the default, is one.
        random_state : None, int, Generator, RandomState or SeedSequence
            The seed of the draws; None, the default, takes a fresh one.
        start : int, default 0
            Number of the first row, 0 … 2**64 - 1.
        n_particles : int, default 1024
            Particles of a row whose answer is not exact, 1 … 2**20. The draws of one row come from
            one population, and are not independent of each other; those of exact rows are.

        Returns
        -------
        ndarray of uint8, shape (n_samples, n_features) or (n_draws, n_samples, n_features)
            Zeros and ones, what is known as it was.

        Raises
        ------
        NotFittedError
            If the model is not fitted.
        TypeError, ValueError
            If an argument is wrong, a row has evidence of probability zero, or all its particles
            die; the message names the row.
        MemoryError
            If the machine's memory cannot hold that many draws.

        Examples
        --------
        >>> from ardens import Tabular
        >>> model = Tabular(alpha=0).fit([[0, 0], [1, 1]])
        >>> model.impute([[None, 1], [0, None]])
        array([[1, 1],
               [0, 0]], dtype=uint8)
        """
        cells, size = self._cells(X), particle_count(n_particles)
        count = 1 if n_draws is None else whole_number(n_draws, "n_draws", minimum=1)
        asking = Asking(seed_from(random_state), size, thread_count(self.n_jobs))
        fitted, (rows, n) = self._state(), cells.shape
        _, first = row_range(rows, start)
        check_memory(count * cells.size, f"{count:,} draws of {rows:,} rows of {n:,} features")
        filled = np.empty((count, rows, n), np.uint8)
        apart = np.uint64(max(count, size))  # rows of a seed that belong to a question
        for piece in pieces(rows, 16 * n + 2 * count * n):
            numbers = np.arange(piece.start, piece.stop, dtype=np.uint64) + np.uint64(first)
            drawn, nats = fitted.draws(cells[piece], numbers * apart, count, asking)
            self._check_possible(cells[piece], nats, asking, piece.start)
            filled[:, piece] = drawn.swapaxes(0, 1)
        return filled[0] if n_draws is None else filled

    def posterior(
        self, X: ArrayLike, *, n_particles: int = N_PARTICLES, random_state: RandomState = 0
    ) -> NDArray[np.float64]:
        r"""Probability of a one in every unknown cell, given all that is known of its row.

        .. math:: p(x_i = 1 \mid x_K) = \sum_{x_U} x_i \, p(x_U \mid x_K)

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros, ones and unknown cells.
        n_particles : int, default 1024
            Particles of a row whose answer is not exact, 1 … 2**20. It is exact where all unknown
            cells together have no more completions than that.
        random_state : None, int, Generator, RandomState or SeedSequence, default 0
            The seed of the particles, as for `log_marginal`.

        Returns
        -------
        ndarray of float64, shape (n_samples, n_features)
            Probabilities; what is known as it is, 0 or 1.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            As for `impute`.

        Notes
        -----
        Each cell has its own probability, whatever is drawn in the others: for values that go
        together, `impute` draws and `most_probable` chooses.

        Examples
        --------
        >>> from ardens import Tabular
        >>> Tabular(alpha=0).fit([[0, 0], [1, 1], [0, 1]]).posterior([[None, 1], [None, 0]])
        array([[0.5, 1. ],
               [0. , 0. ]])
        """
        cells, size = self._cells(X), particle_count(n_particles)
        asking = Asking(seed_from(random_state), size, thread_count(self.n_jobs))
        fitted, p = self._state(), np.empty(cells.shape)
        for piece in pieces(len(cells), 32 * cells.shape[1]):
            p[piece], nats = fitted.posterior(cells[piece], asking)
            self._check_possible(cells[piece], nats, asking, piece.start)
        return p

    @overload
    def most_probable(
        self, X: ArrayLike, *, beam: int = _BEAM, return_log_prob: Literal[False] = False
    ) -> Rows: ...

    @overload
    def most_probable(
        self, X: ArrayLike, *, beam: int = _BEAM, return_log_prob: Literal[True]
    ) -> RowsAndNats: ...

    @overload
    def most_probable(
        self, X: ArrayLike, *, beam: int = _BEAM, return_log_prob: bool
    ) -> Rows | RowsAndNats: ...

    def most_probable(
        self, X: ArrayLike, *, beam: int = _BEAM, return_log_prob: bool = False
    ) -> Rows | RowsAndNats:
        r"""Fill the unknown cells of every row so that the row is as probable as can be.

        .. math:: \arg\max_{x_U} p(x_K, x_U)

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros, ones and unknown cells.
        beam : int, default 256
            How many beginnings of a row the search keeps, 1 … 2**20. What it finds is the most
            probable where the unknown cells have no more completions than that.
        return_log_prob : bool, default False
            Whether to return the nats of the completed rows too.

        Returns
        -------
        X : ndarray of uint8, shape (n_samples, n_features)
            Zeros and ones, what is known as it was.
        log_prob : ndarray of float64, shape (n_samples,)
            Nats of the whole rows; only if `return_log_prob`.

        Raises
        ------
        NotFittedError
            If the model is not fitted.
        TypeError, ValueError
            If an argument is wrong, a row has evidence of probability zero, or no completion of it
            that the search found is possible.
        MemoryError
            If the machine's memory cannot hold so wide a beam.

        Notes
        -----
        Beam search: of all prefixes that are kept both values of the next unknown feature are
        tried, and the `beam` most probable ones are kept. O(beam) times a draw for a row. A wider
        beam may find a better row.

        Examples
        --------
        >>> from ardens import Tabular
        >>> model = Tabular(alpha=0).fit([[0, 0], [1, 1], [1, 1]])
        >>> model.most_probable([[None, None], [None, 0]])
        array([[1, 1],
               [0, 0]], dtype=uint8)
        """
        cells = self._cells(X)
        width = whole_number(beam, "beam", minimum=1, maximum=_MOST_BEAM)
        return_log_prob = truth(return_log_prob, "return_log_prob")
        fitted, threads = self._state(), thread_count(self.n_jobs)
        rows, nats = np.empty(cells.shape, np.uint8), np.empty(len(cells))
        for piece in pieces(len(cells), 16 * cells.shape[1]):
            rows[piece], nats[piece], most = fitted.most_probable(cells[piece], width, threads)
            impossible = np.flatnonzero(nats[piece] == -math.inf)
            if impossible.size:
                k = int(impossible[0])
                if most[k] == -math.inf:
                    raise ruled_out(f"X at row {piece.start + k}")
                raise ValueError(
                    f"no completion of row {piece.start + k} of X that the search found is "
                    f"possible; give a beam above {width}"
                )
        return (rows, nats) if return_log_prob else rows

    def _check_possible(
        self, cells: Rows, nats: NDArray[np.float64], asking: Asking, first: int
    ) -> None:
        """Refuse rows that cannot be completed, of which the first has this number."""
        impossible = np.flatnonzero(nats == -math.inf)
        if not impossible.size:
            return
        k = int(impossible[0])
        size = asking.n_particles
        if self._state().is_exact(cells[k : k + 1], size)[0]:
            raise ruled_out(f"X at row {first + k}")
        raise died(f"row {first + k} of X", size)
