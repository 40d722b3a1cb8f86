"""Mixtures of densities, of one model under several orderings for example.

    p(x) = sum_k w_k p_k(x),        sum_k w_k = 1

What is averaged are probabilities of whole rows. The mean of logits, or of log-probabilities, is
not the logarithm of any density.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bernoulli import Float64
from .philox import philox4x32, uniforms

BLOCK = 4096  # rows that are divided among the members together
CHOICE, SEEDS = 1, 2  # streams of Philox; 0 has the bits of rows


def log_prob(members: NDArray[Any], weights: NDArray[Any] | None = None) -> Float64:
    """Log-probability of the mixture, log sum_k exp(log w_k + log p_k(x)).

    Parameters
    ----------
    members : (n_members, n_samples) array of log p_k(x) in nats, -inf allowed
    weights : (n_members,) array that sums to one, default equal weights

    Returns
    -------
    (n_samples,) float64 array, in nats

    Examples
    --------
    >>> np.exp(log_prob(np.log([[0.1, 0.5], [0.3, 0.7]])))
    array([0.2, 0.6])
    """
    members = np.asarray(members, dtype=np.float64)
    if weights is None:
        weights = np.full(len(members), 1.0 / len(members))
    with np.errstate(divide="ignore"):
        terms = members + np.log(np.asarray(weights, dtype=np.float64))[:, None]
    total: Float64 = np.logaddexp.reduce(terms, axis=0)
    return total


def shares(members: NDArray[Any], weights: NDArray[Any]) -> Float64:
    """Weight of every member given the features before each, v_k(x_<i).

    v_k(x_<i) = w_k p_k(x_<i) / sum_l w_l p_l(x_<i),        p_k(x_<i) = prod_{j<i} p_k(x_j | x_<j)

    All members must have one order of the features. Where no member allows x_<i, which the mixture
    never draws, v_k is w_k.

    Parameters
    ----------
    members : (n_members, n_samples, n_features) array of log p_k(x_i | x_<i) in nats, -inf allowed
    weights : (n_members,) array that sums to one

    Returns
    -------
    float64 array of the shape of `members`, whose sum over the members is one

    Examples
    --------
    >>> terms = np.log([[[0.5, 0.9]], [[0.1, 0.3]]])  # of one row under two members
    >>> shares(terms, np.array([0.5, 0.5])).round(3)
    array([[[0.5  , 0.833]],
    <BLANKLINE>
           [[0.5  , 0.167]]])
    """
    members = np.asarray(members, dtype=np.float64)
    weights = np.asarray(weights, dtype=np.float64)
    result: Float64 = np.empty(members.shape)
    for row in range(members.shape[1]):
        for i in range(members.shape[2]):
            prefix = members[:, row, :i].sum(axis=1)
            highest = prefix[weights > 0].max()
            if highest > -np.inf:
                joint = weights * np.exp(np.minimum(prefix - highest, 0))
                result[:, row, i] = joint / joint.sum()
            else:
                result[:, row, i] = weights
    return result


def conditionals(members: NDArray[Any], ones: NDArray[Any], weights: NDArray[Any]) -> Float64:
    """Probability of a one given the features before it, where all members have one order.

    p(x_i = 1 | x_<i) = sum_k v_k(x_<i) p_k(x_i = 1 | x_<i)

    This is p(x_<i, 1) / p(x_<i), as prefixes have the probabilities sum_k w_k p_k(x_<i). Members of
    different orders have no such sum: p_k(x_<i) has no closed form in the order of another.

    Parameters
    ----------
    members : (n_members, n_samples, n_features) array of log p_k(x_i | x_<i) in nats
    ones : array of the same shape, p_k(x_i = 1 | x_<i)
    weights : (n_members,) array that sums to one

    Returns
    -------
    (n_samples, n_features) float64 array

    Examples
    --------
    >>> terms, ones = np.log([[[0.5, 0.9]], [[0.1, 0.3]]]), [[[0.5, 0.9]], [[0.1, 0.3]]]
    >>> conditionals(terms, ones, np.array([0.5, 0.5])).round(3)
    array([[0.3, 0.8]])
    """
    return np.asarray((shares(members, weights) * np.asarray(ones)).sum(axis=0))


def log_prob_per_feature(members: NDArray[Any], weights: NDArray[Any]) -> Float64:
    """Log-probability of every value given the features before it; rows sum to `log_prob`.

    log p(x_i | x_<i) = log sum_k v_k(x_<i) p_k(x_i | x_<i)

    Parameters
    ----------
    members : (n_members, n_samples, n_features) array of log p_k(x_i | x_<i) in nats
    weights : (n_members,) array that sums to one

    Returns
    -------
    (n_samples, n_features) float64 array, in nats

    Examples
    --------
    >>> terms = np.log([[[0.5, 0.9]], [[0.1, 0.3]]])
    >>> np.exp(log_prob_per_feature(terms, np.array([0.5, 0.5]))).round(3)
    array([[0.3, 0.8]])
    """
    with np.errstate(divide="ignore"):
        return np.asarray(np.log((shares(members, weights) * np.exp(members)).sum(axis=0)))


def choices(seed: int, start: int, n_rows: int, weights: NDArray[Any]) -> NDArray[np.intp]:
    """Which member draws each of the rows start ... start + n_rows - 1 of a sample.

    Row r is drawn by the first member k with u < w_0 + ... + w_k, where u is the uniform of row r
    and feature 0 in stream `CHOICE`. A member of weight 0 draws none.

    Examples
    --------
    >>> choices(seed=0, start=0, n_rows=5, weights=np.array([0.0, 1.0]))
    array([1, 1, 1, 1, 1])
    """
    u = uniforms(seed, start, n_rows, 1, stream=CHOICE)[:, 0]
    edges = np.cumsum(weights, dtype=np.float64)
    return np.searchsorted(edges / edges[-1], u, side="right")


def member_seed(seed: int, member: int) -> int:
    """Seed of a member's own rows: words 0 (low) and 1 of counter (member, 0, 0, `SEEDS`).

    Examples
    --------
    >>> member_seed(0, 0) != member_seed(0, 1)
    True
    """
    words = philox4x32([member, 0, 0, SEEDS], [seed % 2**32, seed // 2**32])
    return int(words[0]) + (int(words[1]) << 32)


def sample(
    n_samples: int,
    seed: int,
    start: int = 0,
    *,
    members: Sequence[Callable[[int, int, int], NDArray[np.uint8]]],
    weights: NDArray[Any],
) -> NDArray[np.uint8]:
    """Draw the member of every row, and the row from that member.

    Of a block of `BLOCK` rows, the j-th that member k draws (j from 0) is its row BLOCK q + j under
    its own seed, where q is the number of the block. No two rows of the mixture share a uniform;
    and a row depends on the seed and its number alone, for the choices of its block do.

    Parameters
    ----------
    n_samples, seed, start : int, as for `uniforms`
    members : sequence of ``sample(n_samples, seed, start)``, what draws from each member
    weights : (n_members,) array that sums to one

    Returns
    -------
    (n_samples, n_features) uint8 array
    """
    rows = []
    for r in range(start, start + n_samples):
        first = r - r % BLOCK
        chosen = choices(seed, first, r - first + 1, weights)
        k = int(chosen[-1])
        earlier = int(np.count_nonzero(chosen[:-1] == k))
        rows.append(members[k](1, member_seed(seed, k), first + earlier))
    return np.concatenate(rows)


def em(members: NDArray[Any], weights: NDArray[Any], times: NDArray[Any] | None = None) -> Float64:
    """One step of expectation and maximisation for the weights, the members as they are.

    w_k <- mean over rows of w_k p_k(x) / sum_l w_l p_l(x)

    The likelihood is concave in the weights and never falls (Dempster, Laird and Rubin 1977).
    Every row must be possible for a member of positive weight.

    Parameters
    ----------
    members : (n_members, n_samples) array of log p_k(x) in nats, -inf allowed
    weights : (n_members,) array that sums to one
    times : (n_samples,) array of numbers >= 0, how many rows each one is; default one

    Returns
    -------
    (n_members,) float64 array

    Examples
    --------
    >>> em(np.log([[0.5, 0.5], [0.5, 0.5]]), np.array([0.3, 0.7]))
    array([0.3, 0.7])
    """
    shares: Float64 = np.exp(members - log_prob(members, weights)) * weights[:, None]
    return np.asarray(np.average(shares, axis=1, weights=times))


def em_gap(members: NDArray[Any], weights: NDArray[Any]) -> float:
    """Bound on what better weights could still gain, in nats per row; 0 at the optimum.

    max_k mean over rows of p_k(x) / p(x) - 1: the likelihood lies below its tangent, and the
    gradient in the direction of any other weights is at most this.

    Examples
    --------
    >>> round(em_gap(np.log([[0.5, 0.5], [0.25, 0.25]]), np.array([1.0, 0.0])), 9)
    0.0
    """
    return float(np.exp(members - log_prob(members, weights)).mean(axis=1).max() - 1)
