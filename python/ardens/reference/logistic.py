"""Penalised logistic regression: what the convex solver of FVSBN minimises for every feature.

    F(w, b) = sum_x v [softplus(t) - y t]  +  penalty (l1_ratio |w|_1 + (1 - l1_ratio) / 2 |w|_2^2)

with t = b + w·x, where x are the features before y = x_i, and v is the weight of the row: one of
weight 2 is two rows. It is convex, and with both values of y in the data it has a minimum, at
which, with g = sum_x v (sigmoid(t) - y) x + l2 w,

    sum_x v (sigmoid(t) - y) = 0,     g_j = -l1 sign(w_j) if w_j ≠ 0,     |g_j| <= l1 if w_j = 0,

where l1 = penalty l1_ratio and l2 = penalty (1 - l1_ratio). A y that is constant has no finite b:
it gets w = 0 and b = log((ones + 1) / (zeros + 1)), where a row counts as its weight.

Arguments: X (n_samples, n_features), zeros and ones; y (n_samples,); w (n_features,); b a float; v
(n_samples,) above 0, or None if every row has the weight 1.

References
----------
Friedman, J., Hastie, T. & Tibshirani, R. (2010). Regularization paths for generalized linear models
via coordinate descent. Journal of Statistical Software 33.
Beck, A. & Teboulle, M. (2009). A fast iterative shrinkage-thresholding algorithm for linear inverse
problems. SIAM Journal on Imaging Sciences 2, 183-202.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bernoulli import Float64, sigmoid

__all__ = ["objective", "solve", "violation"]


def objective(
    X: NDArray[Any],
    y: NDArray[Any],
    w: Float64,
    b: float,
    v: Float64 | None = None,
    *,
    penalty: float,
    l1_ratio: float,
) -> float:
    """F(w, b) in nats, of all rows together."""
    t = b + X @ w
    weights = l1_ratio * np.abs(w).sum() + (1 - l1_ratio) / 2 * (w**2).sum()
    return float(_each(v, y) @ (np.logaddexp(0, t) - y * t) + penalty * weights)


def violation(
    X: NDArray[Any],
    y: NDArray[Any],
    w: Float64,
    b: float,
    v: Float64 | None = None,
    *,
    penalty: float,
    l1_ratio: float,
) -> float:
    """How far the conditions of the minimum are from being met, in nats per unit of a weight."""
    l1, l2 = penalty * l1_ratio, penalty * (1 - l1_ratio)
    residual = _each(v, y) * (sigmoid(b + X @ w) - y)
    g = X.T @ residual + l2 * w
    weights = np.where(w != 0, np.abs(g + l1 * np.sign(w)), np.maximum(np.abs(g) - l1, 0))
    return float(np.max(weights, initial=abs(residual.sum())))


def solve(
    X: NDArray[Any],
    y: NDArray[Any],
    v: Float64 | None = None,
    *,
    penalty: float,
    l1_ratio: float,
    steps: int = 20_000,
) -> tuple[Float64, float]:
    """The minimum (w, b), by accelerated proximal gradient steps of a size that is always safe."""
    X, y = np.asarray(X, dtype=np.float64), np.asarray(y, dtype=np.float64)
    v = _each(v, y)
    w = np.zeros(X.shape[1])
    if y.min() == y.max():
        return w, float(np.log((v @ y + 1) / (v @ (1 - y) + 1)))
    l1, l2 = penalty * l1_ratio, penalty * (1 - l1_ratio)
    with_one = np.column_stack([X, np.ones(len(X))])
    size = 1 / (np.linalg.norm(np.sqrt(v)[:, None] * with_one, 2) ** 2 / 4 + l2)
    at = ahead = np.append(w, 0.0)
    momentum = 1.0
    for _ in range(steps):
        g = with_one.T @ (v * (sigmoid(with_one @ ahead) - y))
        g[:-1] += l2 * ahead[:-1]
        before, at = at, ahead - size * g
        at[:-1] = np.sign(at[:-1]) * np.maximum(np.abs(at[:-1]) - size * l1, 0)
        if (ahead - at) @ (at - before) > 0:  # it has swung past the minimum: start afresh
            momentum = 1.0
        faster = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        ahead, momentum = at + (momentum - 1) / faster * (at - before), faster
    return at[:-1], float(at[-1])


def _each(v: Float64 | None, y: NDArray[Any]) -> Float64:
    """The weight of every row."""
    return np.ones(len(y)) if v is None else v
