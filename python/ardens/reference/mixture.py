"""Mixtures of densities, of one model under several orderings for example.

    p(x) = sum_k w_k p_k(x),        sum_k w_k = 1

What is averaged are probabilities of whole rows. The mean of logits, or of log-probabilities, is
not the logarithm of any density.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bernoulli import Float64


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
