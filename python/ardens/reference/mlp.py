"""MLP: a neural network of its own, with one hidden layer, for every conditional.

    h_i = sigmoid(c_i + sum_{j<i} x_j A_ij),        logit_i = b_i + V_i . h_i

Parameters of every function here:

A : (n(n-1)/2, n_hidden) array; A_ij, the weights from x_j into the hidden layer of conditional i,
    is row i(i-1)/2 + j
c : (n, n_hidden) array
V : (n, n_hidden) array
b : (n,) array

Cost: O(n^2 d) a row for each of density, gradient and sample; n(n-1)d/2 + 2nd + n parameters.

References
----------
Bengio, Y. and Bengio, S. (2000). Modeling high-dimensional discrete data with multi-layer neural
networks. Advances in Neural Information Processing Systems 12, 400-406.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import bernoulli
from .bernoulli import Float64, sigmoid
from .philox import uniforms


def rows_of(i: int) -> slice:
    """Tell the rows of A that belong to conditional i.

    Examples
    --------
    >>> rows_of(3)
    slice(3, 6, None)
    """
    return slice(i * (i - 1) // 2, i * (i + 1) // 2)


def hidden(i: int, X: NDArray[Any], *, A: NDArray[Any], c: NDArray[Any]) -> Float64:
    """Hidden layer h_i of conditional i, (n_samples, n_hidden), from float64 X."""
    return sigmoid(c[i] + X[:, :i] @ A[rows_of(i)])


def logits(
    X: NDArray[Any], *, A: NDArray[Any], c: NDArray[Any], V: NDArray[Any], b: NDArray[Any]
) -> Float64:
    """Log-odds of x_i = 1 given x_<i, (n_samples, n_features)."""
    X = np.asarray(X, dtype=np.float64)
    t = np.empty(X.shape)
    for i in range(b.size):
        t[:, i] = b[i] + hidden(i, X, A=A, c=c) @ V[i]
    return t


def conditionals(X: NDArray[Any], **params: NDArray[Any]) -> Float64:
    """Probability p(x_i = 1 | x_<i), (n_samples, n_features)."""
    return sigmoid(logits(X, **params))


def log_prob(X: NDArray[Any], **params: NDArray[Any]) -> Float64:
    """Log-probability log p(x) in nats, (n_samples,)."""
    return bernoulli.log_prob(X, logits(X, **params))


def value_and_grad(
    X: NDArray[Any],
    weights: NDArray[Any] | None = None,
    *,
    A: NDArray[Any],
    c: NDArray[Any],
    V: NDArray[Any],
    b: NDArray[Any],
) -> tuple[float, dict[str, Float64]]:
    """Mean log-likelihood in nats, of rows that `weights` multiplies, and its gradient.

    With delta_i = x_i - p_i and g_i = delta_i V_i * h_i * (1 - h_i):

        d/db_i = delta_i,   d/dV_i = delta_i h_i,   d/dc_i = g_i,   d/dA_ij = x_j g_i for j < i.
    """
    X = np.asarray(X, dtype=np.float64)
    grad = {"A": np.zeros(A.shape), "c": np.zeros(c.shape), "V": np.zeros(V.shape)}
    value, delta = bernoulli.value_and_delta(X, logits(X, A=A, c=c, V=V, b=b), weights)
    for i in range(b.size):
        h = hidden(i, X, A=A, c=c)
        g = delta[:, i, None] * V[i] * h * (1 - h)
        grad["V"][i] = delta[:, i] @ h
        grad["c"][i] = g.sum(axis=0)
        grad["A"][rows_of(i)] = X[:, :i].T @ g
    grad["b"] = delta.sum(axis=0)
    return value, grad


def sample(
    n_samples: int,
    seed: int,
    start: int = 0,
    *,
    A: NDArray[Any],
    c: NDArray[Any],
    V: NDArray[Any],
    b: NDArray[Any],
) -> NDArray[np.uint8]:
    """Ancestral sampling, x_i after x_<i; uint8 (n_samples, n_features)."""
    U = uniforms(seed, start, n_samples, b.size)
    X = np.zeros(U.shape)
    for i in range(b.size):
        X[:, i] = U[:, i] < sigmoid(b[i] + hidden(i, X, A=A, c=c) @ V[i])
    return X.astype(np.uint8)
