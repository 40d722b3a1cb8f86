"""NADE in Numba, tuned by hand: rows in tiles that share a row of V, and an exponential of its own.

`np.exp` is a scalar call unless a vector library is installed; a polynomial is vectorised by the
compiler. A tile of rows goes through the features together, so that V_i and its gradient are in the
first cache for all of them. Every thread has a gradient of its own, and they are summed at the end.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba import njit, prange

from .contract import RATE, Array, Parameters, Peer

__all__ = ["NumbaNade"]

ONE = np.float32(1)
TILE = 8
LOG2_E, LN_2 = np.float32(1.4426950408889634), np.float32(0.6931471805599453)
C6, C5, C4, C3 = (np.float32(1 / k) for k in (720, 120, 24, 6))
HALF, BIAS, MANTISSA = np.float32(0.5), np.int32(127), np.int32(23)
LEAST, MOST, ZERO = np.float32(-87), np.float32(87), np.float32(0)
# error_model: a check for division by zero would keep loops from being vectorised
# all of fastmath but the promise that nothing overflows: fitted weights drive exp(-a) to infinity
FAST = {"nsz", "arcp", "contract", "afn", "reassoc"}
SERIAL: dict[str, Any] = {"fastmath": FAST, "error_model": "numpy", "nogil": True}
PARALLEL: dict[str, Any] = SERIAL | {"parallel": True}


@njit(**SERIAL)
def uniform_of(seed: int, counter: int) -> Any:
    """A uniform number from a counter, by SplitMix64 (Steele, Lea & Flood 2014)."""
    z = np.uint64(seed) + (np.uint64(counter) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.float32((z ^ (z >> np.uint64(31))) >> np.uint64(40)) * np.float32(2.0**-24)


@njit(**SERIAL)
def dot(x: Array, y: Array) -> Any:
    """The inner product."""
    total = np.float32(0)
    for k in range(x.size):
        total += x[k] * y[k]
    return total


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


@njit(**PARALLEL)
def adam_step(
    p: Array, m: Array, v: Array, parts: Array, scale: float, m_scale: float, v_scale: float
) -> None:
    """Adam up the sum over parts, in place; arrays are flat, parts (n_parts, size)."""
    for k in prange(p.size):
        g = np.float32(0)
        for part in range(parts.shape[0]):
            g += parts[part, k]
        g *= scale
        m[k] = np.float32(0.9) * m[k] + np.float32(0.1) * g
        v[k] = np.float32(0.999) * v[k] + np.float32(0.001) * g * g
        p[k] += m_scale * m[k] / (np.sqrt(v_scale * v[k]) + np.float32(1e-8))


class NumbaNade(Peer):
    """Tiles of rows are what threads share."""

    def __init__(self, parameters: Parameters, threads: int) -> None:
        numba.set_num_threads(threads)
        named = dict(parameters) | {"W": parameters["W"].T}
        self.p = [np.array(named[k], np.float32, order="C") for k in ("W", "V", "c", "b")]
        self.m, self.v = ([np.zeros_like(p) for p in self.p] for _ in range(2))
        self.grad = [np.empty((threads, *p.shape), np.float32) for p in self.p]
        self.steps, self.seed = 0, 0

    def rows(self, X: Array) -> Array:
        return np.ascontiguousarray(X)

    def log_prob(self, rows: Array) -> Array:
        out = np.empty(len(rows))
        log_prob(rows, *self.p, out)
        return out

    def value_and_grad(self, rows: Array) -> tuple[float, dict[str, Array]]:
        value = self._gradient(rows)
        W, V, c, b = (np.sum(g, axis=0) / np.float32(len(rows)) for g in self.grad)
        return value, {"W": W.T, "V": V, "c": c, "b": b}

    def sample(self, n_rows: int, given: Array | None = None) -> Array:
        X = np.empty((n_rows, self.p[3].size), np.uint8)
        self.seed += 1
        U = np.empty((0, 0)) if given is None else np.ascontiguousarray(given, np.float64)
        sample(X, U, given is not None, self.seed, *self.p)
        return X

    def train_step(self, rows: Array) -> float:
        value = self._gradient(rows)
        self.steps += 1
        scale = np.float32(1 / len(rows))
        m_scale = np.float32(RATE / (1 - 0.9**self.steps))
        v_scale = np.float32(1 / (1 - 0.999**self.steps))
        for p, m, v, g in zip(self.p, self.m, self.v, self.grad, strict=True):
            parts = g.reshape(len(g), -1)
            adam_step(p.ravel(), m.ravel(), v.ravel(), parts, scale, m_scale, v_scale)
        return value

    def parameters(self) -> dict[str, Array]:
        W, V, c, b = self.p
        return {"W": W.T, "V": V, "c": c, "b": b}

    def _gradient(self, rows: Array) -> float:
        """Mean of log p; the sums of its gradient are left in `grad`, one part a thread."""
        out = np.empty(len(rows))
        value_and_grad(rows, *self.p, out, *self.grad)
        return float(out.mean())
