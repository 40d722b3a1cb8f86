"""The maths of mixtures: log-probabilities of whole rows, and the weights that suit them best."""

from __future__ import annotations

import math
import reprlib

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..reference.mixture import log_prob

__all__ = ["checked_weights", "learned_weights", "mix"]

_GAP = 1e-4  # nats a row that the learned weights may fall short of the best ones
_MOST_STEPS = 1000


def mix(members: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Log-probabilities of the mixture, from those of its members.

    Parameters
    ----------
    members : ndarray of float64, shape (n_members, n_samples)
        Nats; -inf allowed.
    weights : ndarray of float64, shape (n_members,)
        They sum to one.

    Returns
    -------
    ndarray of float64, shape (n_samples,)
        Nats, at most 0.
    """
    return np.minimum(log_prob(members, weights), 0.0)  # rounding may end a hair above


def learned_weights(members: NDArray[np.float64]) -> tuple[NDArray[np.float64], list[float]]:
    r"""Maximise the likelihood of rows over the weights, by expectation and maximisation.

    .. math:: w_k \leftarrow w_k \, \operatorname{mean}_x \frac{p_k(x)}{\sum_l w_l p_l(x)}

    Parameters
    ----------
    members : ndarray of float64, shape (n_members, n_samples)
        Log-probabilities of the rows. Rows that no member allows say nothing about the weights.

    Returns
    -------
    weights : ndarray of float64, shape (n_members,)
        They sum to one.
    nats : list of float
        Mean log-probability of the rows under equal weights and after every step.

    Notes
    -----
    The likelihood is concave, and no step lowers it. At any weights, better ones gain at most
    :math:`\max_k \operatorname{mean}_x p_k(x) / p(x) - 1` nats a row. Steps end when that is
    at most 0.0001, or after 1000 of them; each costs O(n_members · n_samples). No matrix product
    is used: its sums could depend on the number of threads.

    References
    ----------
    Dempster, A. P., Laird, N. M. & Rubin, D. B. (1977), Maximum likelihood from incomplete data via
    the EM algorithm. JRSS B 39.
    """
    count, rows = members.shape
    weights = np.full(count, 1 / count)
    highest = members.max(axis=0)
    possible = highest > -math.inf
    if not possible.any():
        return weights, [-math.inf]
    shifted = np.exp(members[:, possible] - highest[possible])
    constant = float(np.mean(highest))  # -inf with a row that is impossible
    nats: list[float] = []
    while True:
        total = (weights[:, None] * shifted).sum(axis=0)
        nats.append(constant + float(np.sum(np.log(total))) / rows)
        slopes = (shifted / total).mean(axis=1)
        if slopes.max() - 1 <= _GAP or len(nats) > _MOST_STEPS:
            return weights, nats
        weights = weights * slopes
        weights /= weights.sum()


def checked_weights(weights: ArrayLike | None, n_members: int) -> NDArray[np.float64]:
    """Check weights and scale them to sum to one; None for equal ones.

    Parameters
    ----------
    weights : array_like of float, shape (n_members,), or None
        Finite, at least 0, not all 0.
    n_members : int
        How many are wanted.

    Returns
    -------
    ndarray of float64, shape (n_members,), read-only

    Raises
    ------
    TypeError
        If `weights` does not hold real numbers.
    ValueError
        If their number or a value is wrong.
    """
    wanted = f"weights must be None or {n_members} finite numbers of at least 0, not all 0"
    try:
        array = np.asarray(np.full(n_members, 1 / n_members) if weights is None else weights)
    except ValueError:
        raise TypeError(f"{wanted}; got {reprlib.repr(weights)}") from None
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{wanted}; got {reprlib.repr(weights)}")
    if array.shape != (n_members,):
        raise ValueError(f"{wanted}; got an array of shape {array.shape}")
    wrong = ~(np.isfinite(array) & (array >= 0))
    if wrong.any():
        raise ValueError(f"{wanted}; it has {array[wrong][0]}")
    scaled = array.astype(np.float64)
    largest = scaled.max()
    if largest == 0:
        raise ValueError(f"{wanted}; got {reprlib.repr(weights)}")
    # What sums to one already keeps its bits.
    if largest > 1 or abs(math.fsum(scaled.tolist()) - 1) > 1e-12:
        scaled /= largest  # so that the sum does not overflow
        scaled /= math.fsum(scaled.tolist())
    scaled.flags.writeable = False
    return scaled
