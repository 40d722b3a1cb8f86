"""NADE in Numba, tuned: rows in tiles that share a row of V, and an exponential of its own.

`np.exp` is a scalar call unless a vector library is installed; a polynomial is vectorised by the
compiler. A tile of rows goes through the features together, so that V_i and its gradient are in the
first cache for all of them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit, prange

from .contract import Array
from .numba_peer import ONE, PARALLEL, SERIAL, NumbaNade, dot, uniform_of

__all__ = ["NumbaTuned"]

TILE = 8
LOG2_E, LN_2 = np.float32(1.4426950408889634), np.float32(0.6931471805599453)
C6, C5, C4, C3 = (np.float32(1 / k) for k in (720, 120, 24, 6))
HALF, BIAS, MANTISSA = np.float32(0.5), np.int32(127), np.int32(23)
LEAST, MOST, ZERO = np.float32(-87), np.float32(87), np.float32(0)


@njit(**SERIAL, inline="always")
def exp(s: Any) -> Any:
    """2**z with z whole, times a polynomial of the rest."""
    s = s if s > LEAST else LEAST
    s = s if s < MOST else MOST
    z = np.floor(s * LOG2_E + HALF)
    r = s - z * LN_2
    p = ((((C6 * r + C5) * r + C4) * r + C3) * r + HALF) * r + ONE
    return (p * r + ONE) * np.int32((np.int32(z) + BIAS) << MANTISSA).view(np.float32)


@njit(**SERIAL, inline="always")
def sigmoid(a: Any) -> Any:
    """1 / (1 + exp(-a))."""
    return ONE / (ONE + exp(-a))


@njit(**SERIAL)
def nats_of_row(t: Array, x: Array) -> Any:
    """Log-probability of a row from its logits; one logarithm for 512 factors from 1 to 2."""
    total = 0.0
    for first in range(0, t.size, 512):
        product = 1.0
        for i in range(first, min(first + 512, t.size)):
            wrong = -t[i] if x[i] else t[i]
            total -= max(wrong, ZERO)
            product *= np.float64(ONE + exp(-abs(wrong)))
        total -= np.log(product)
    return total


@njit(**SERIAL)
def move(h: Array, a: Array, W_i: Array) -> None:
    """a += W_i, h = sigmoid(a)."""
    for k in range(a.size):
        a[k] += W_i[k]
        h[k] = sigmoid(a[k])


@njit(**SERIAL)
def forward(t: Array, a: Array, h: Array, X: Array, W: Array, V: Array, c: Array, b: Array) -> None:
    """Logits of a tile, and its last a and h."""
    begin(h, a, c)
    for i in range(X.shape[1]):
        for r in range(X.shape[0]):
            t[r, i] = dot(h[r], V[i]) + b[i]
            if X[r, i]:
                move(h[r], a[r], W[i])


@njit(**SERIAL)
def begin(h: Array, a: Array, c: Array) -> None:
    """Every row of a tile at a = c."""
    for r in range(a.shape[0]):
        for k in range(c.size):
            a[r, k] = c[k]
            h[r, k] = sigmoid(c[k])


@njit(**PARALLEL)
def log_prob(X: Array, W: Array, V: Array, c: Array, b: Array, out: Array) -> None:
    """Log-probability of every row."""
    rows, n, d = X.shape[0], X.shape[1], c.size
    for tile in prange((rows + TILE - 1) // TILE):
        x = X[tile * TILE : min((tile + 1) * TILE, rows)]
        a, h = np.empty((len(x), d), np.float32), np.empty((len(x), d), np.float32)
        t = np.empty((len(x), n), np.float32)
        forward(t, a, h, x, W, V, c, b)
        for r in range(len(x)):
            out[tile * TILE + r] = nats_of_row(t[r], x[r])


@njit(**SERIAL)
def add_gradient(
    X: Array,
    delta: Array,
    a: Array,
    h: Array,
    W: Array,
    V: Array,
    dW: Array,
    dV: Array,
    dc: Array,
    db: Array,
) -> None:
    """The way back of a tile; the state runs backwards."""
    u, g, d = np.zeros_like(h), np.zeros_like(h), h.shape[1]
    for i in range(X.shape[1] - 1, -1, -1):
        for r in range(X.shape[0]):
            if X[r, i]:
                for k in range(d):
                    g[r, k] += u[r, k] * h[r, k] * (ONE - h[r, k])
                    u[r, k] = 0
                    dW[i, k] += g[r, k]
                    a[r, k] -= W[i, k]
                    h[r, k] = sigmoid(a[r, k])
            for k in range(d):
                dV[i, k] += delta[r, i] * h[r, k]
                u[r, k] += delta[r, i] * V[i, k]
            db[i] += delta[r, i]
    for r in range(X.shape[0]):
        for k in range(d):
            dc[k] += g[r, k] + u[r, k] * h[r, k] * (ONE - h[r, k])


@njit(**PARALLEL)
def value_and_grad(
    X: Array,
    W: Array,
    V: Array,
    c: Array,
    b: Array,
    out: Array,
    dW: Array,
    dV: Array,
    dc: Array,
    db: Array,
) -> None:
    """Log-probability of rows and, one part a thread, the sum of its gradients."""
    parts, rows, n, d = dW.shape[0], X.shape[0], X.shape[1], c.size
    for part in prange(parts):
        dW[part], dV[part], dc[part], db[part] = 0, 0, 0, 0
        last = rows * (part + 1) // parts
        for first in range(rows * part // parts, last, TILE):
            x = X[first : min(first + TILE, last)]
            a, h = np.empty((len(x), d), np.float32), np.empty((len(x), d), np.float32)
            t = np.empty((len(x), n), np.float32)
            forward(t, a, h, x, W, V, c, b)
            for r in range(len(x)):
                out[first + r] = nats_of_row(t[r], x[r])
                for i in range(n):
                    t[r, i] = np.float32(x[r, i]) - sigmoid(t[r, i])
            add_gradient(x, t, a, h, W, V, dW[part], dV[part], dc[part], db[part])


@njit(**PARALLEL)
def sample(
    X: Array, U: Array, given: bool, seed: int, W: Array, V: Array, c: Array, b: Array
) -> None:
    """Draw rows, with given uniforms or with those of the counter."""
    rows, n, d = X.shape[0], X.shape[1], c.size
    for tile in prange((rows + TILE - 1) // TILE):
        first = tile * TILE
        count = min(TILE, rows - first)
        a, h = np.empty((count, d), np.float32), np.empty((count, d), np.float32)
        begin(h, a, c)
        for i in range(n):
            for r in range(count):
                row = first + r
                u = U[row, i] if given else uniform_of(seed, row * n + i)
                X[row, i] = u < sigmoid(dot(h[r], V[i]) + b[i])
                if X[row, i]:
                    move(h[r], a[r], W[i])


class NumbaTuned(NumbaNade):
    """Tiles of rows are what threads share."""

    kernels = log_prob, value_and_grad, sample
