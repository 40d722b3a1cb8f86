"""The probability of what is known of a row, and how well it is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.cells import cell_matrix
from ..checks.machine import thread_count
from ..checks.options import RandomState, seed_from, truth
from ..checks.rows import check_feature_names
from ..core import Rows
from ..inference.answers import Asking, Estimates
from ..inference.completions import pieces
from .asked import N_PARTICLES, particle_count
from .conditioned import died
from .density import Density
from .holder import State

__all__ = ["RELIABLE", "MarginalDensity", "Reliability"]

RELIABLE = 0.5  # nats; larger errors are themselves badly known


class Reliability(NamedTuple):
    """How good answers are, a value for each row.

    Parameters
    ----------
    exact : ndarray of bool, shape (n_samples,)
        Whether the answer is exact.
    n_effective : ndarray of float64, shape (n_samples,)
        Effective number of particles, (Σw)² / Σw² of their weights at the end; inf where exact.
    error : ndarray of float64, shape (n_samples,)
        Standard error of the nats of `log_marginal`; 0 where exact, inf where it cannot be told.
    """

    exact: NDArray[np.bool_]
    n_effective: NDArray[np.float64]
    error: NDArray[np.float64]

    @property
    def reliable(self) -> NDArray[np.bool_]:
        """Whether the error is at most 0.5 nats; a larger one is itself badly known."""
        return self.error <= RELIABLE


@dataclass(kw_only=True, eq=False, repr=False)
class MarginalDensity(Density[State]):
    """A density that answers for rows of which some cells are unknown.

    Unknown is NaN, None, pandas.NA, pandas.NaT or a masked cell, in any pattern per row. Answers
    are exact where the unknown cells that stand before a known one, in the ordering of the model,
    have no more completions than there are particles; in a `Tabular` they always are. Elsewhere
    particles give them (sequential Monte Carlo).
    """

    @overload
    def log_marginal(
        self,
        X: ArrayLike,
        *,
        n_particles: int = N_PARTICLES,
        random_state: RandomState = 0,
        return_error: Literal[False] = False,
    ) -> NDArray[np.float64]: ...

    @overload
    def log_marginal(
        self,
        X: ArrayLike,
        *,
        n_particles: int = N_PARTICLES,
        random_state: RandomState = 0,
        return_error: Literal[True],
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]: ...

    @overload
    def log_marginal(
        self,
        X: ArrayLike,
        *,
        n_particles: int = N_PARTICLES,
        random_state: RandomState = 0,
        return_error: bool,
    ) -> NDArray[np.float64] | tuple[NDArray[np.float64], NDArray[np.float64]]: ...

    def log_marginal(
        self,
        X: ArrayLike,
        *,
        n_particles: int = N_PARTICLES,
        random_state: RandomState = 0,
        return_error: bool = False,
    ) -> NDArray[np.float64] | tuple[NDArray[np.float64], NDArray[np.float64]]:
        r"""Log-probability of what is known of every row.

        .. math:: \log p(x_K) = \log \sum_{x_U} p(x_K, x_U)

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros, ones and unknown cells.
        n_particles : int, default 1024
            Particles of a row whose answer is not exact, 1 … 2**20. The mean of the estimates of
            :math:`p(x_K)` is the truth with any number; their logarithms are too low by about half
            the square of their error.
        random_state : None, int, Generator, RandomState or SeedSequence, default 0
            The seed of the particles. The figure of a row depends on the row, the model, the seed
            and `n_particles` alone.
        return_error : bool, default False
            Whether to return the standard errors too.

        Returns
        -------
        log_marginal : ndarray of float64, shape (n_samples,)
            Nats; 0 for a row of which nothing is known, those of `score_samples` for one of which
            all is.
        error : ndarray of float64, shape (n_samples,)
            Only if `return_error`: standard errors of the nats, by how much independent groups of
            particles differ; 0 where the answer is exact. One above 0.5 says that more particles
            are needed, and little else; inf that there are fewer than 32 particles.

        Raises
        ------
        NotFittedError
            If the model is not fitted.
        TypeError, ValueError
            If `X` is no matrix of zeros, ones and unknown cells with the model's number of columns,
            or all particles of a row die.

        Notes
        -----
        O(n_particles) times a draw for a row that is not exact. A row whose evidence has
        probability zero is -inf where the answer is exact.

        References
        ----------
        Del Moral, P. (2004), Feynman-Kac Formulae. Springer. Theorem 7.4.2: the estimate of the
        marginal is unbiased.

        Examples
        --------
        >>> import numpy as np
        >>> from ardens import Tabular
        >>> model = Tabular(alpha=0).fit([[0, 0], [1, 1], [1, 1], [1, 0]])
        >>> model.log_marginal([[np.nan, 0], [0, 1]]).round(4)
        array([-0.6931,    -inf])
        """
        return_error = truth(return_error, "return_error")
        found = self._estimates(X, n_particles, random_state)
        return (found.nats, found.error) if return_error else found.nats

    def reliability(
        self, X: ArrayLike, *, n_particles: int = N_PARTICLES, random_state: RandomState = 0
    ) -> Reliability:
        """How good the answers are for every row.

        Parameters
        ----------
        X, n_particles, random_state
            As for `log_marginal`, of whose answers the figures are.

        Returns
        -------
        Reliability
            A named tuple of `exact`, `n_effective` and `error`, each of shape (n_samples,), with
            the property `reliable`: whether the error is at most 0.5 nats.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            As for `log_marginal`.

        Examples
        --------
        >>> from ardens import FVSBN
        >>> model = FVSBN.from_parameters(W=[[0, 0], [2, 0]], b=[0, -1])
        >>> model.reliability([[None, 1], [1, None]]).exact
        array([ True,  True])
        >>> model.reliability([[None, 1], [1, None]], n_particles=1).exact
        array([False,  True])
        """
        found = self._estimates(X, n_particles, random_state)
        return Reliability(found.exact, found.n_effective, found.error)

    def _estimates(self, X: ArrayLike, n_particles: int, random_state: RandomState) -> Estimates:
        """Nats of what is known of every row, and how good they are."""
        cells, size = self._cells(X), particle_count(n_particles)
        asking = Asking(seed_from(random_state), size, thread_count(self.n_jobs))
        fitted, found = self._state(), Estimates.blank(len(cells))
        for piece in pieces(len(cells), 16 * cells.shape[1]):
            for column, some in zip(found, fitted.log_marginal(cells[piece], asking), strict=True):
                column[piece] = some
        if found.dead.any():
            raise died(f"row {int(np.argmax(found.dead))} of X", size)
        return found

    def _cells(self, X: ArrayLike) -> Rows:
        """Check rows that may have unknown cells."""
        model, fitted = type(self).__name__, self._state()
        check_feature_names(X, fitted.names, model)
        return cell_matrix(
            X,
            n_features=fitted.n_features,
            binarize=self.binarize,
            model=model,
            names=fitted.names,
        )
