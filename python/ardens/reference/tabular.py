"""Tabular: one number for every prefix, so that any distribution of n bits can be told.

    logit_i(x_<i) = logits[node_i],     node_0 = 0,     node_{i+1} = 2 node_i + 1 + x_i

The 2**n - 1 prefixes are the inner nodes of a binary tree stored as a heap: node 0 asks for x_0,
and the children of a node follow x_i = 0 and x_i = 1.

Parameters of every function here:

logits : (2**n_features - 1,) array, log-odds of x_i = 1 for each prefix; +-inf allowed

Cost: O(n) a row, O(2**n) memory.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import bernoulli
from .bernoulli import Float64, sigmoid
from .philox import uniforms


def nodes(X: NDArray[Any]) -> NDArray[np.intp]:
    """Heap index of the prefix x_<i, for every row and i; shape of X.

    Examples
    --------
    >>> nodes(np.array([[0, 0, 0], [1, 1, 1]]))
    array([[0, 1, 3],
           [0, 2, 6]])
    """
    X = np.asarray(X, dtype=np.intp)
    index = np.zeros(X.shape, dtype=np.intp)
    for i in range(1, X.shape[1]):
        index[:, i] = 2 * index[:, i - 1] + 1 + X[:, i - 1]
    return index


def logits(X: NDArray[Any], *, logits: NDArray[Any]) -> Float64:
    """Log-odds of x_i = 1 given x_<i, (n_samples, n_features)."""
    return np.asarray(logits, dtype=np.float64)[nodes(X)]


def conditionals(X: NDArray[Any], *, logits: NDArray[Any]) -> Float64:
    """Probability p(x_i = 1 | x_<i), (n_samples, n_features)."""
    return sigmoid(logits[nodes(X)])


def log_prob(X: NDArray[Any], *, logits: NDArray[Any]) -> Float64:
    """Log-probability log p(x) in nats, (n_samples,); -inf for what the table rules out."""
    return bernoulli.log_prob(X, logits[nodes(X)])


def value_and_grad(
    X: NDArray[Any], weights: NDArray[Any] | None = None, *, logits: NDArray[Any]
) -> tuple[float, dict[str, Float64]]:
    """Mean log-likelihood in nats, of rows that `weights` multiplies, and its gradient.

    d log p(x) / d logits[node] = x_i - p(x_i = 1 | x_<i) if x passes through the node, else 0.
    """
    value, delta = bernoulli.value_and_delta(X, logits[nodes(X)], weights)
    grad = np.zeros(logits.size)
    np.add.at(grad, nodes(X), delta)
    return value, {"logits": grad}


def sample(n_samples: int, seed: int, start: int = 0, *, logits: NDArray[Any]) -> NDArray[np.uint8]:
    """Ancestral sampling by walking down the tree; uint8 (n_samples, n_features)."""
    n_features = logits.size.bit_length()
    U = uniforms(seed, start, n_samples, n_features)
    X = np.zeros((n_samples, n_features), dtype=np.uint8)
    node = np.zeros(n_samples, dtype=np.intp)
    for i in range(n_features):
        X[:, i] = U[:, i] < sigmoid(logits[node])
        node = 2 * node + 1 + X[:, i]
    return X


def fit(X: NDArray[Any], alpha: float, weights: NDArray[Any] | None = None) -> Float64:
    """Maximum likelihood by counting, with additive smoothing.

    p(x_i = 1 | x_<i) = (ones + alpha) / (ones + zeros + 2 alpha), where `ones` and `zeros` count
    the rows that continue the prefix with 1 and with 0. With ``alpha=0`` a continuation never seen
    has probability 0 (logit -inf or +inf), and so has any vector that was never seen. A prefix
    never seen has no estimate then; its logit is 0, a fair coin, and no probability depends on it.

    Parameters
    ----------
    X : (n_samples, n_features) array of 0 and 1
    alpha : float >= 0
    weights : (n_samples,) array of numbers >= 0, how many rows each one is; default one

    Returns
    -------
    (2**n_features - 1,) float64 array of logits

    Raises
    ------
    ValueError
        If alpha is negative or NaN.

    Examples
    --------
    >>> fit(np.array([[0, 0], [0, 1], [0, 1], [0, 1]]), alpha=0.0)  # log 3 / 1 after x_0 = 0
    array([      -inf, 1.09861229, 0.        ])
    """
    if not alpha >= 0:
        raise ValueError(f"alpha must be at least 0; got {alpha}")
    X = np.asarray(X)
    n_nodes = 2 ** X.shape[1] - 1
    times = np.ones(len(X)) if weights is None else np.asarray(weights)
    each = np.broadcast_to(times[:, None], X.shape)
    ones = np.bincount(nodes(X)[X == 1], each[X == 1], minlength=n_nodes) + alpha
    zeros = np.bincount(nodes(X)[X == 0], each[X == 0], minlength=n_nodes) + alpha
    seen = ones + zeros > 0
    logits = np.zeros(n_nodes)
    with np.errstate(divide="ignore"):
        logits[seen] = np.log(ones[seen]) - np.log(zeros[seen])
    return logits
