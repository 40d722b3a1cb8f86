"""NADE, the neural autoregressive distribution estimator: hidden layers that share their weights.

    h_i = sigmoid(c + W_{.,<i} x_<i),       logit_i = b_i + V_i . h_i

Because W is shared, the input of the next hidden layer is one column away from that of this one:
a_0 = c, h_i = sigmoid(a_i), a_{i+1} = a_i + W_{.,i} x_i. That is what makes NADE O(nd).

Parameters of every function here:

W : (n_hidden, n_features) array
c : (n_hidden,) array
b : (n_features,) array
V : (n_features, n_hidden) array, optional
    W transposed where it is left out: tied weights.
D : (n_features, n_features) array, strictly lower triangular, optional
    Direct weights from inputs to logits, an FVSBN's: D_i . x_<i is added to logit i.
activation : {"sigmoid", "tanh", "relu"}, default "sigmoid"
    What takes the place of the sigmoid in h_i.

Cost: O(nd) a row for each of density, gradient and sample, and O(n^2) more with D; nd + d + n
parameters, nd more with V and n(n - 1)/2 more with D.

References
----------
Larochelle, H. and Murray, I. (2011). The neural autoregressive distribution estimator. Proceedings
of AISTATS, PMLR 15, 29-37: Algorithm 1, for log p where the paper has -log p.
Uria, B., Côté, M.-A., Gregor, K., Murray, I. and Larochelle, H. (2016). Neural autoregressive
distribution estimation. Journal of Machine Learning Research 17(205), 1-37.
Germain, M., Gregor, K., Murray, I. and Larochelle, H. (2015). MADE: masked autoencoder for
distribution estimation. Proceedings of ICML, PMLR 37, 881-889: direct weights, section 4.2.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import bernoulli
from .bernoulli import Float64, sigmoid
from .philox import uniforms

Activation = Callable[[Float64], Float64]

# f(a), and f'(a) as a function of h = f(a)
ACTIVATIONS: dict[str, tuple[Activation, Activation]] = {
    "sigmoid": (sigmoid, lambda h: h * (1 - h)),
    "tanh": (np.tanh, lambda h: 1 - h**2),
    "relu": (lambda a: np.maximum(a, 0), lambda h: (h > 0).astype(np.float64)),
}


def forward(
    X: NDArray[Any],
    *,
    W: NDArray[Any],
    c: NDArray[Any],
    b: NDArray[Any],
    V: NDArray[Any] | None = None,
    D: NDArray[Any] | None = None,
    activation: str = "sigmoid",
) -> tuple[Float64, list[Float64]]:
    """Logits (n_samples, n_features) and all h_i (n_samples, n_hidden): Algorithm 1, first loop."""
    X = np.asarray(X, dtype=np.float64)
    V = W.T if V is None else V
    f, _ = ACTIVATIONS[activation]
    t, h = np.empty(X.shape), []
    a = np.zeros((len(X), c.size)) + c
    for i in range(b.size):
        h.append(f(a))
        t[:, i] = b[i] + h[i] @ V[i]
        a = a + W[:, i] * X[:, i, None]
    return t if D is None else t + X @ np.tril(D, -1).T, h


def logits(X: NDArray[Any], **params: Any) -> Float64:
    """Log-odds of x_i = 1 given x_<i, (n_samples, n_features)."""
    return forward(X, **params)[0]


def conditionals(X: NDArray[Any], **params: Any) -> Float64:
    """Probability p(x_i = 1 | x_<i), (n_samples, n_features)."""
    return sigmoid(logits(X, **params))


def log_prob(X: NDArray[Any], **params: Any) -> Float64:
    """Log-probability log p(x) in nats, (n_samples,)."""
    return bernoulli.log_prob(X, logits(X, **params))


def value_and_grad(
    X: NDArray[Any],
    weights: NDArray[Any] | None = None,
    *,
    W: NDArray[Any],
    c: NDArray[Any],
    b: NDArray[Any],
    V: NDArray[Any] | None = None,
    D: NDArray[Any] | None = None,
    activation: str = "sigmoid",
) -> tuple[float, dict[str, Float64]]:
    """Mean log-likelihood in nats, of rows that `weights` multiplies, and its gradient.

    The second loop of Algorithm 1.

    With delta_i = x_i - p_i and g_i = d log p / d a_i, for i downwards from g_n = 0:

        d/db_i = delta_i,   d/dV_i = delta_i h_i,   d/dW_{.,i} = x_i g_{i+1},
        g_i = g_{i+1} + delta_i V_i * f'(a_i),      and at the end d/dc = g_0.

    Direct weights are an FVSBN's, d/dD_ij = delta_i x_j; tied ones get both gradients.
    """
    X = np.asarray(X, dtype=np.float64)
    _, slope = ACTIVATIONS[activation]
    t, h = forward(X, W=W, c=c, b=b, V=V, D=D, activation=activation)
    out = W.T if V is None else V
    dW, dV = np.zeros(W.shape), np.zeros(out.shape)
    value, delta = bernoulli.value_and_delta(X, t, weights)
    g = np.zeros((len(X), c.size))
    for i in reversed(range(b.size)):
        dV[i] = delta[:, i] @ h[i]
        dW[:, i] = X[:, i] @ g
        g = g + delta[:, i, None] * out[i] * slope(h[i])
    grad = {"W": dW + dV.T if V is None else dW, "c": g.sum(axis=0), "b": delta.sum(axis=0)}
    if V is not None:
        grad["V"] = dV
    if D is not None:
        grad["D"] = np.tril(delta.T @ X, -1)
    return value, grad


def sample(
    n_samples: int,
    seed: int,
    start: int = 0,
    *,
    W: NDArray[Any],
    c: NDArray[Any],
    b: NDArray[Any],
    V: NDArray[Any] | None = None,
    D: NDArray[Any] | None = None,
    activation: str = "sigmoid",
) -> NDArray[np.uint8]:
    """Ancestral sampling, the recurrence with x_i drawn; uint8 (n_samples, n_features)."""
    f, _ = ACTIVATIONS[activation]
    U = uniforms(seed, start, n_samples, b.size)
    X = np.zeros(U.shape)
    a = np.zeros((n_samples, c.size)) + c
    for i in range(b.size):
        t = b[i] + f(a) @ (W[:, i] if V is None else V[i])
        if D is not None:
            t = t + X[:, :i] @ D[i, :i]
        X[:, i] = U[:, i] < sigmoid(t)
        a = a + W[:, i] * X[:, i, None]
    return X.astype(np.uint8)
