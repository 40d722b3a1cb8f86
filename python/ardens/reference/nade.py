"""NADE, the neural autoregressive distribution estimator: hidden layers that share their weights.

    h_i = sigmoid(c + W_{.,<i} x_<i),       logit_i = b_i + V_i . h_i

Because W is shared, the input of the next hidden layer is one column away from that of this one:
a_0 = c, h_i = sigmoid(a_i), a_{i+1} = a_i + W_{.,i} x_i. That is what makes NADE O(nd).

Parameters of every function here:

W : (n_hidden, n_features) array
c : (n_hidden,) array
V : (n_features, n_hidden) array
b : (n_features,) array

Cost: O(nd) a row for each of density, gradient and sample; 2nd + d + n parameters.

References
----------
Larochelle, H. and Murray, I. (2011). The neural autoregressive distribution estimator. Proceedings
of AISTATS, PMLR 15, 29-37: Algorithm 1, for log p where the paper has -log p.
Uria, B., Côté, M.-A., Gregor, K., Murray, I. and Larochelle, H. (2016). Neural autoregressive
distribution estimation. Journal of Machine Learning Research 17(205), 1-37.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import bernoulli
from .bernoulli import Float64, sigmoid
from .philox import uniforms


def forward(
    X: NDArray[Any], *, W: NDArray[Any], c: NDArray[Any], V: NDArray[Any], b: NDArray[Any]
) -> tuple[Float64, list[Float64]]:
    """Logits (n_samples, n_features) and all h_i (n_samples, n_hidden): Algorithm 1, first loop."""
    X = np.asarray(X, dtype=np.float64)
    t, h = np.empty(X.shape), []
    a = np.zeros((len(X), c.size)) + c
    for i in range(b.size):
        h.append(sigmoid(a))
        t[:, i] = b[i] + h[i] @ V[i]
        a = a + W[:, i] * X[:, i, None]
    return t, h


def logits(X: NDArray[Any], **params: NDArray[Any]) -> Float64:
    """Log-odds of x_i = 1 given x_<i, (n_samples, n_features)."""
    return forward(X, **params)[0]


def conditionals(X: NDArray[Any], **params: NDArray[Any]) -> Float64:
    """Probability p(x_i = 1 | x_<i), (n_samples, n_features)."""
    return sigmoid(logits(X, **params))


def log_prob(X: NDArray[Any], **params: NDArray[Any]) -> Float64:
    """Log-probability log p(x) in nats, (n_samples,)."""
    return bernoulli.log_prob(X, logits(X, **params))


def value_and_grad(
    X: NDArray[Any], *, W: NDArray[Any], c: NDArray[Any], V: NDArray[Any], b: NDArray[Any]
) -> tuple[float, dict[str, Float64]]:
    """Mean log-likelihood in nats and its gradient, the second loop of Algorithm 1.

    With delta_i = x_i - p_i and g_i = d log p / d a_i, for i downwards from g_n = 0:

        d/db_i = delta_i,   d/dV_i = delta_i h_i,   d/dW_{.,i} = x_i g_{i+1},
        g_i = g_{i+1} + delta_i V_i * h_i * (1 - h_i),      and at the end d/dc = g_0.
    """
    X = np.asarray(X, dtype=np.float64)
    grad = {"W": np.zeros(W.shape), "c": np.zeros(c.shape), "V": np.zeros(V.shape)}
    t, h = forward(X, W=W, c=c, V=V, b=b)
    delta = X - sigmoid(t)
    g = np.zeros((len(X), c.size))
    for i in reversed(range(b.size)):
        grad["V"][i] = delta[:, i] @ h[i] / len(X)
        grad["W"][:, i] = X[:, i] @ g / len(X)
        g = g + delta[:, i, None] * V[i] * h[i] * (1 - h[i])
    grad["c"] = g.mean(axis=0)
    grad["b"] = delta.mean(axis=0)
    return float(bernoulli.log_prob(X, t).mean()), grad


def sample(
    n_samples: int,
    seed: int,
    start: int = 0,
    *,
    W: NDArray[Any],
    c: NDArray[Any],
    V: NDArray[Any],
    b: NDArray[Any],
) -> NDArray[np.uint8]:
    """Ancestral sampling, the recurrence with x_i drawn; uint8 (n_samples, n_features)."""
    U = uniforms(seed, start, n_samples, b.size)
    X = np.zeros(U.shape)
    a = np.zeros((n_samples, c.size)) + c
    for i in range(b.size):
        X[:, i] = U[:, i] < sigmoid(b[i] + sigmoid(a) @ V[i])
        a = a + W[:, i] * X[:, i, None]
    return X.astype(np.uint8)
