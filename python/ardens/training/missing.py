r"""Rows of which some cells are missing, learned by Monte Carlo expectation and maximisation.

.. math:: \theta \leftarrow \theta + r_t \, \nabla_\theta \log p_\theta(x_{known}, \tilde x),
    \qquad \tilde x \sim p_\theta(\cdot \mid x_{known})

The gradient of :math:`\log p_\theta(x_{known})` is the mean of that of whole rows over what is
missing (Fisher's identity), so each epoch learns from rows whose missing cells are drawn anew from
the model as it is, given the cells that are known.

References
----------
Wei, G. C. G. & Tanner, M. A. (1990), A Monte Carlo implementation of the EM algorithm. Journal of
the American Statistical Association 85.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..checks.cells import UNKNOWN
from ..checks.weights import Table
from ..codes import RowCode
from ..core import Float32Array, Rows
from .likelihood import Likelihood

__all__ = ["COMPLETIONS", "FEWEST_ROUNDS", "Missing", "completed", "filled"]

COMPLETIONS = 10  # of a row that a convex problem is solved for, which sees no other epoch's
FEWEST_ROUNDS = 10  # of draws that a convex problem and those before it are solved for
_SEEDS = 2**63  # that a draw has


def filled(X: Table, rng: np.random.Generator, codes: RowCode | None = None) -> Table:
    """The rows with what is missing drawn from the known cells of its column, if anything is.

    Rows of codes are drawn from those that there can be, every free bit a fair coin.

    >>> filled(Table(np.array([[1, 2], [1, 0], [2, 0]], np.uint8)), np.random.default_rng(0)).rows
    array([[1, 0],
           [1, 0],
           [1, 0]], dtype=uint8)
    """
    if X.is_complete:
        return X
    if codes is not None:
        return Table(codes.filled(X.rows, int(rng.integers(_SEEDS))), X.weights)
    unknown = X.rows == UNKNOWN
    rows = np.where(unknown, 0, X.rows).astype(np.uint8)
    known = np.maximum((~unknown).sum(axis=0), 1)
    share = rows.sum(axis=0) / known
    drawn = rng.random(X.rows.shape) < share
    np.copyto(rows, drawn, where=unknown)
    return Table(rows, X.weights)


@dataclass(frozen=True, eq=False)
class Missing:
    """The rows of a run that have missing cells.

    Parameters
    ----------
    X : Table
        The rows to learn, in the model's order; what is missing is drawn into them.
    places : ndarray of intp, shape (n_incomplete,)
        Which of them are incomplete.
    cells : ndarray of uint8, shape (n_incomplete, n_features)
        Those, as they came.
    """

    X: Table
    places: NDArray[np.intp]
    cells: Rows

    @classmethod
    def of(cls, X: Table, cells: Rows) -> Self:
        """Find the rows of `cells` that are incomplete."""
        places = np.flatnonzero((cells == UNKNOWN).any(axis=1))
        return cls(X, places, cells.take(places, axis=0))

    def draw(self, model: Likelihood, params: Float32Array, rng: np.random.Generator) -> None:
        """Complete the rows by what parameters say of them."""
        seed = int(rng.integers(_SEEDS))
        self.X.rows[self.places] = model.completed(params, self.cells, seed)


def completed(X: Table, model: Likelihood, params: Float32Array, rng: np.random.Generator) -> Table:
    """The rows with what is missing drawn once; the same ones where nothing is."""
    if X.is_complete:
        return X
    rows = X.rows.copy()
    Missing.of(Table(rows), X.rows).draw(model, params, rng)
    return Table(rows, X.weights)
