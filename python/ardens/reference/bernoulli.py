"""The Bernoulli distribution, told by its log-odds: p(x = 1) = sigmoid(t), t = log p / (1 - p).

Nothing is clamped: t = +inf and t = -inf are the two certain coins, and log p is -inf exactly
where p is 0.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Float64 = NDArray[np.float64]


def sigmoid(t: NDArray[Any]) -> Float64:
    """Logistic function 1 / (1 + exp(-t)).

    Both branches take exp of -|t|, so no t overflows.

    Examples
    --------
    >>> sigmoid(np.array([-np.inf, -1e4, 0.0, 1e4, np.inf]))
    array([0. , 0. , 0.5, 1. , 1. ])
    """
    e = np.exp(-np.abs(np.asarray(t, dtype=np.float64)))
    return np.where(t >= 0, 1.0, e) / (1.0 + e)


def log_sigmoid(t: NDArray[Any]) -> Float64:
    """Logarithm of the logistic function, -log(1 + exp(-t)) = min(t, 0) - log(1 + exp(-|t|)).

    Examples
    --------
    >>> log_sigmoid(np.array([-np.inf, -1e4, np.inf]))
    array([   -inf, -10000.,      0.])
    """
    t = np.asarray(t, dtype=np.float64)
    log_p: Float64 = np.minimum(t, 0.0) - np.log1p(np.exp(-np.abs(t)))
    return log_p


def log_prob_terms(X: NDArray[Any], logits: NDArray[Any]) -> Float64:
    """Log-probability of every bit in nats: log sigmoid(t) if x = 1, log sigmoid(-t) if x = 0.

    Parameters
    ----------
    X : (...) array of 0 and 1
    logits : (...) array, +-inf allowed

    Returns
    -------
    (...) float64 array, in nats

    Examples
    --------
    >>> log_prob_terms(np.array([1, 0]), np.array([-1e4, np.inf]))
    array([-10000.,    -inf])
    """
    return log_sigmoid(np.where(np.asarray(X) == 1, logits, np.negative(logits)))


def log_prob(X: NDArray[Any], logits: NDArray[Any]) -> Float64:
    """Log-probability of every row in nats, the sum of its `log_prob_terms`.

    Parameters
    ----------
    X : (n_samples, n_features) array of 0 and 1
    logits : (n_samples, n_features) array, +-inf allowed

    Returns
    -------
    (n_samples,) float64 array, in nats

    Examples
    --------
    >>> log_prob(np.array([[1, 0]]), np.array([[-1e4, 1e4]]))
    array([-20000.])
    """
    total: Float64 = log_prob_terms(X, logits).sum(axis=1)
    return total


def value_and_delta(
    X: NDArray[Any], logits: NDArray[Any], weights: NDArray[Any] | None = None
) -> tuple[float, Float64]:
    """Mean over the rows of w log p(x), and its derivatives with respect to the logits.

    The mean divides by the number of rows, whatever the weights sum to. A row of weight 0 counts
    for nothing, even if its probability is 0.

    Parameters
    ----------
    X : (n_samples, n_features) array of 0 and 1
    logits : (n_samples, n_features) array, +-inf allowed
    weights : (n_samples,) array, optional
        The weight w of each row, all 1 where left out.

    Returns
    -------
    value : float, in nats
    delta : (n_samples, n_features) float64 array
        w (x - p) / n_samples

    Examples
    --------
    >>> value_and_delta(np.array([[1], [0]]), np.array([[0.0], [np.inf]]), np.array([2.0, 0.0]))
    (-0.6931471805599453, array([[ 0.5],
           [-0. ]]))
    """
    X = np.asarray(X, dtype=np.float64)
    w = np.ones(len(X)) if weights is None else np.asarray(weights, dtype=np.float64)
    log_p = np.where(w > 0, log_prob(X, logits), 0.0)
    return float((w * log_p).mean()), w[:, None] * (X - sigmoid(logits)) / len(X)
