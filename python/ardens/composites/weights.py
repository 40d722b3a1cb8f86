"""The maths of mixtures: log-probabilities of whole rows, and the weights that suit them best."""

from __future__ import annotations

import math
import reprlib

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.weights import Weights, mean

__all__ = ["checked_weights", "learned_weights", "mix"]

_GAP = 1e-4  # nats a row that the learned weights may fall short of the best ones
_MOST_STEPS = 1000


def mix(members: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Log-probabilities of the mixture, :math:`\log \sum_k w_k p_k(x)`.

    `members` has those of its members, (n_members, n_samples), -inf allowed; weights sum to one.
    """
    with np.errstate(divide="ignore"):
        log_weights = np.log(weights)
    total: NDArray[np.float64] = members[0] + log_weights[0]
    for nats, log_weight in zip(members[1:], log_weights[1:], strict=True):
        np.logaddexp(total, nats + log_weight, out=total)
    np.minimum(total, 0.0, out=total)  # rounding may end a hair above
    return total


def learned_weights(
    members: NDArray[np.float64], times: Weights | None = None
) -> tuple[NDArray[np.float64], list[float]]:
    r"""Maximise the likelihood of rows over the weights, by expectation and maximisation.

    .. math:: w_k \leftarrow w_k \, \operatorname{mean}_x \frac{p_k(x)}{\sum_l w_l p_l(x)}

    `members` has the log-probabilities of the rows, (n_members, n_samples), which count so many
    `times`, or once; rows that no member allows say nothing about the weights. Beside the weights,
    the mean nats under equal ones and after every step are returned.

    The likelihood is concave, and no step lowers it. At any weights, better ones gain at most
    :math:`\max_k \operatorname{mean}_x p_k(x) / p(x) - 1` nats a row. Steps end when that is
    at most 0.0001, or after 1000 of them. No matrix product is used: its sums could depend on the
    number of threads.

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
    constant = mean(highest, times)  # -inf with a row that is impossible
    nats, logs = list[float](), np.zeros(rows)
    judging = None if times is None else times[possible]
    while True:
        total = (weights[:, None] * shifted).sum(axis=0)
        logs[possible] = np.log(total)
        nats.append(constant + mean(logs, times))
        slopes = np.array([mean(share, judging) for share in shifted / total])
        if slopes.max() - 1 <= _GAP or len(nats) > _MOST_STEPS:
            return weights, nats
        weights = weights * slopes
        weights /= weights.sum()


def checked_weights(weights: ArrayLike | None, n_members: int) -> NDArray[np.float64]:
    """Check weights and scale them to sum to one, read-only; None for equal ones."""
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
