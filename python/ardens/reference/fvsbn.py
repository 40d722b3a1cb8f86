"""FVSBN, the fully visible sigmoid belief network: a logistic regression for every conditional.

    logit_i = b_i + sum_{j<i} W_ij x_j

Parameters of every function here:

W : (n_features, n_features) array, strictly lower triangular: what is not below the diagonal is
    never read
b : (n_features,) array

Cost: O(n^2) a row for each of density, gradient and sample; n(n+1)/2 parameters.

References
----------
Neal, R. M. (1992). Connectionist learning of belief networks. Artificial Intelligence 56, 71-113.
Frey, B. J., Hinton, G. E. & Dayan, P. (1996). Does the wake-sleep algorithm produce good density
estimators? NIPS 8.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import bernoulli
from .bernoulli import Float64, sigmoid
from .philox import uniforms


def logits(X: NDArray[Any], *, W: NDArray[Any], b: NDArray[Any]) -> Float64:
    """Log-odds of x_i = 1 given x_<i, (n_samples, n_features)."""
    X = np.asarray(X, dtype=np.float64)
    t = np.empty(X.shape)
    for i in range(b.size):
        t[:, i] = b[i] + X[:, :i] @ W[i, :i]
    return t


def conditionals(X: NDArray[Any], **params: NDArray[Any]) -> Float64:
    """Probability p(x_i = 1 | x_<i), (n_samples, n_features)."""
    return sigmoid(logits(X, **params))


def log_prob(X: NDArray[Any], **params: NDArray[Any]) -> Float64:
    """Log-probability log p(x) in nats, (n_samples,)."""
    return bernoulli.log_prob(X, logits(X, **params))


def value_and_grad(
    X: NDArray[Any], weights: NDArray[Any] | None = None, *, W: NDArray[Any], b: NDArray[Any]
) -> tuple[float, dict[str, Float64]]:
    """Mean log-likelihood in nats, of rows that `weights` multiplies, and its gradient.

    With delta_i = x_i - p_i:   d/db_i = delta_i,   d/dW_ij = delta_i x_j for j < i.
    """
    X = np.asarray(X, dtype=np.float64)
    value, delta = bernoulli.value_and_delta(X, logits(X, W=W, b=b), weights)
    return value, {"W": np.tril(delta.T @ X, -1), "b": delta.sum(axis=0)}


def sample(
    n_samples: int, seed: int, start: int = 0, *, W: NDArray[Any], b: NDArray[Any]
) -> NDArray[np.uint8]:
    """Ancestral sampling, x_i after x_<i; uint8 (n_samples, n_features)."""
    U = uniforms(seed, start, n_samples, b.size)
    X = np.zeros(U.shape)
    for i in range(b.size):
        X[:, i] = U[:, i] < sigmoid(b[i] + X[:, :i] @ W[i, :i])
    return X.astype(np.uint8)
