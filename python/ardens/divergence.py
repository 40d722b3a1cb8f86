"""Kullback–Leibler divergence between models, and between a model and data."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checks.machine import thread_count
from .checks.options import RandomState, seed_from, whole_number
from .checks.rows import binary_matrix
from .models.density import Density

__all__ = ["Divergence", "kl_divergence"]

_MOST_FEATURES = 20  # 2**20 rows are enumerated in about a second
_CHUNK = 1 << 14
_DRAWS = 10_000


class Divergence(float):
    """A divergence in nats: a float that knows how exact it is.

    Parameters
    ----------
    value : float
        The divergence.
    standard_error : float, default 0.0
        Standard error of a Monte Carlo estimate; 0 if the value is exact.

    Examples
    --------
    >>> estimate = Divergence(0.25, standard_error=0.01)
    >>> estimate > 0.2, estimate.standard_error
    (True, 0.01)
    """

    standard_error: float

    def __new__(cls, value: float, standard_error: float = 0.0) -> Divergence:
        self = super().__new__(cls, value)
        self.standard_error = standard_error
        return self

    @property
    def value(self) -> float:
        """The divergence as a plain float."""
        return float(self)

    def __repr__(self) -> str:
        return f"Divergence({float(self)!r}, standard_error={self.standard_error!r})"

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (float(self), self.standard_error)


class _Empirical:
    """The distribution of given rows, as a table of distinct rows and their log-probabilities."""

    def __init__(self, X: ArrayLike, name: str) -> None:
        rows = binary_matrix(X, name=name, allow_empty=False)
        self.n_features = rows.shape[1]
        keys, counts = np.unique(_keys(rows), return_counts=True)
        self.keys = keys
        self.log_weights = np.log(counts / len(rows))
        packed = keys.view(np.uint8).reshape(len(keys), -1)
        self.rows = np.unpackbits(packed, axis=1, count=self.n_features)

    def log_prob(self, X: NDArray[np.uint8]) -> NDArray[np.float64]:
        wanted = _keys(X)
        place = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.where(self.keys[place] == wanted, self.log_weights[place], -math.inf)


class _Model:
    """A fitted model; rows come as zeros and ones, whatever its `binarize` says."""

    def __init__(self, model: Density[Any]) -> None:
        self.model = model
        self.n_features = model.n_features_in_
        self.threads = thread_count(model.n_jobs)

    def log_prob(self, X: NDArray[np.uint8]) -> NDArray[np.float64]:
        nats: NDArray[np.float64] = self.model._state().log_prob(X, self.threads)
        return nats


_Side: TypeAlias = _Empirical | _Model


def kl_divergence(
    p: Density[Any] | ArrayLike,
    q: Density[Any] | ArrayLike,
    *,
    n_samples: int | None = None,
    random_state: RandomState = None,
) -> Divergence:
    r"""Kullback–Leibler divergence from q to p, in nats.

    .. math:: D(p \| q) = \sum_x p(x) \log \frac{p(x)}{q(x)}

    It is not symmetric: minimising it over q, with data as p, is maximum likelihood.

    Parameters
    ----------
    p, q : fitted model or array_like of shape (n_rows, n_features)
        Two distributions over the same features. An array of zeros and ones stands for the
        empirical distribution of its rows.
    n_samples : int, optional
        Draws from p for a Monte Carlo estimate, at least 2. If None, the result is exact where
        it can be: if p is an array, or if there are at most 20 features; for others it is
        estimated from 10 000 draws.
    random_state : None, int, Generator, RandomState or SeedSequence
        Seed of the draws.

    Returns
    -------
    Divergence
        A float, +inf where p has a row that q excludes, with the attribute `standard_error`, which
        is 0 for an exact value. An estimate can be below 0 by chance.

    Raises
    ------
    NotFittedError
        If a model is not fitted.
    TypeError, ValueError
        If the numbers of features differ, an array is no matrix of zeros and ones, or
        `n_samples` is given although p is an array.

    Notes
    -----
    Exact for a model p: 2**n_features rows are scored by both, in pieces. For an array p: its
    distinct rows. Monte Carlo: `n_samples` rows are drawn from p and scored by both.

    References
    ----------
    Kullback, S. & Leibler, R. A. (1951), On information and sufficiency. Annals of Mathematical
    Statistics 22. Equation 2.4.

    Examples
    --------
    >>> from ardens import Tabular, kl_divergence
    >>> fair = Tabular().fit([[0], [1]])
    >>> round(kl_divergence([[0], [1], [1], [1]], fair), 4)
    0.1308
    >>> kl_divergence(fair, [[1]])
    Divergence(inf, standard_error=0.0)
    """
    first, second = _side(p, "p"), _side(q, "q")
    n = first.n_features
    if n != second.n_features:
        raise ValueError(
            f"p and q must be over the same features; p has {n}, q has {second.n_features}"
        )
    if n_samples is not None:
        n_samples = whole_number(n_samples, "n_samples", minimum=2)
    if isinstance(first, _Empirical):
        if n_samples is not None:
            raise ValueError("n_samples must be None if p is an array: the result is exact")
        return _exact(first, second, iter([first.rows]))
    if n_samples is None and n <= _MOST_FEATURES:
        return _exact(first, second, _all_rows(n))
    return _estimated(first, second, n_samples or _DRAWS, seed_from(random_state))


def _side(distribution: Density[Any] | ArrayLike, name: str) -> _Side:
    """One side of a divergence: a model, or rows."""
    if isinstance(distribution, Density):
        return _Model(distribution)
    if isinstance(distribution, type) or hasattr(distribution, "fit"):
        raise TypeError(
            f"{name} must be a fitted model of this package or an array of rows; "
            f"got {distribution!r}"
        )
    return _Empirical(distribution, name)


def _exact(p: _Side, q: _Side, pieces: Iterator[NDArray[np.uint8]]) -> Divergence:
    """The sum over all rows that p allows."""
    sums = []
    for rows in pieces:
        log_p = p.log_prob(rows)
        possible = log_p > -math.inf
        log_p, log_q = log_p[possible], q.log_prob(rows[possible])
        if (log_q == -math.inf).any():
            return Divergence(math.inf)
        sums.append(float(np.sum(np.exp(log_p) * (log_p - log_q))))
    # Rounding can leave a sum that is 0 a hair below. A NaN, as the first of the two, stays one.
    return Divergence(max(math.fsum(sums), 0.0))


def _estimated(p: _Model, q: _Side, n_samples: int, seed: int) -> Divergence:
    """The mean over rows drawn from p."""
    differences = np.empty(n_samples)
    for start in range(0, n_samples, _CHUNK):
        rows = min(_CHUNK, n_samples - start)
        X, log_p = p.model.sample(rows, random_state=seed, start=start, return_log_prob=True)
        differences[start : start + rows] = log_p - q.log_prob(X)
    if np.isinf(differences).any():  # a row that p gives and q excludes proves it
        return Divergence(math.inf)
    error = float(np.std(differences, ddof=1) / math.sqrt(n_samples))
    return Divergence(float(np.mean(differences)), error)


def _all_rows(n: int) -> Iterator[NDArray[np.uint8]]:
    """All binary vectors of length n, in pieces."""
    shifts = np.arange(n - 1, -1, -1)
    for first in range(0, 1 << n, _CHUNK):
        numbers = np.arange(first, min(first + _CHUNK, 1 << n))
        yield ((numbers[:, None] >> shifts) & 1).astype(np.uint8)


def _keys(rows: NDArray[np.uint8]) -> NDArray[np.void]:
    """One item per row that sorts and compares as the row does."""
    packed = np.ascontiguousarray(np.packbits(rows, axis=1))
    return packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
