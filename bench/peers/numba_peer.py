"""NADE in Numba as a user would write it: parallel over rows, zeros skipped, fast maths.

The hidden state is computed anew only after a one. Every thread has a gradient of its own, and they
are summed at the end.
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numba import njit, prange

from .contract import RATE, Array, Parameters, Peer

__all__ = ["NumbaNade", "adam_step", "nats_of", "uniform_of"]

ONE = np.float32(1)
# error_model: a check for division by zero would keep loops from being vectorised
# all of fastmath but the promise that nothing overflows: fitted weights drive exp(-a) to infinity
FAST = {"nsz", "arcp", "contract", "afn", "reassoc"}
SERIAL: dict[str, Any] = {"fastmath": FAST, "error_model": "numpy", "nogil": True}
PARALLEL: dict[str, Any] = SERIAL | {"parallel": True}


@njit(**SERIAL)
def nats_of(t: float, x: int) -> Any:
    """Log-probability of a bit, from its logit."""
    wrong = -t if x else t
    return -(max(wrong, np.float32(0)) + np.log(ONE + np.exp(-abs(wrong))))


@njit(**SERIAL)
def uniform_of(seed: int, counter: int) -> Any:
    """A uniform number from a counter, by SplitMix64 (Steele, Lea & Flood 2014)."""
    z = np.uint64(seed) + (np.uint64(counter) + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.float32((z ^ (z >> np.uint64(31))) >> np.uint64(40)) * np.float32(2.0**-24)


@njit(**SERIAL)
def hidden(h: Array, a: Array) -> None:
    """h = sigmoid(a)."""
    for k in range(a.size):
        h[k] = ONE / (ONE + np.exp(-a[k]))


@njit(**SERIAL)
def move(h: Array, a: Array, W_i: Array) -> None:
    """a += W_i, h = sigmoid(a)."""
    for k in range(a.size):
        a[k] += W_i[k]
        h[k] = ONE / (ONE + np.exp(-a[k]))


@njit(**SERIAL)
def dot(x: Array, y: Array) -> Any:
    """The inner product."""
    total = np.float32(0)
    for k in range(x.size):
        total += x[k] * y[k]
    return total


@njit(**PARALLEL)
def log_prob(X: Array, W: Array, V: Array, c: Array, b: Array, out: Array) -> None:
    """Log-probability of every row."""
    for r in prange(X.shape[0]):
        a, h = c.copy(), np.empty_like(c)
        hidden(h, a)
        total = 0.0
        for i in range(X.shape[1]):
            total += nats_of(dot(h, V[i]) + b[i], X[r, i])
            if X[r, i]:
                move(h, a, W[i])
        out[r] = total


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
        delta, u, g = np.empty(n, np.float32), np.empty_like(c), np.empty_like(c)
        dW[part], dV[part], dc[part], db[part] = 0, 0, 0, 0
        for r in range(rows * part // parts, rows * (part + 1) // parts):
            a, h = c.copy(), np.empty_like(c)
            hidden(h, a)
            total = 0.0
            for i in range(n):
                t = dot(h, V[i]) + b[i]
                total += nats_of(t, X[r, i])
                delta[i] = np.float32(X[r, i]) - ONE / (ONE + np.exp(-t))
                if X[r, i]:
                    move(h, a, W[i])
            out[r] = total
            # Between two ones h is constant, so V_i delta_i is summed in u and meets it once.
            u[:], g[:] = 0, 0
            for i in range(n - 1, -1, -1):
                if X[r, i]:
                    for k in range(d):
                        g[k] += u[k] * h[k] * (ONE - h[k])
                        u[k] = 0
                        dW[part, i, k] += g[k]
                        a[k] -= W[i, k]
                        h[k] = ONE / (ONE + np.exp(-a[k]))
                for k in range(d):
                    dV[part, i, k] += delta[i] * h[k]
                    u[k] += delta[i] * V[i, k]
                db[part, i] += delta[i]
            for k in range(d):
                dc[part, k] += g[k] + u[k] * h[k] * (ONE - h[k])


@njit(**PARALLEL)
def sample(
    X: Array, U: Array, given: bool, seed: int, W: Array, V: Array, c: Array, b: Array
) -> None:
    """Draw rows, with given uniforms or with those of the counter."""
    n = X.shape[1]
    for r in prange(X.shape[0]):
        a, h = c.copy(), np.empty_like(c)
        hidden(h, a)
        for i in range(n):
            u = U[r, i] if given else uniform_of(seed, r * n + i)
            X[r, i] = u < ONE / (ONE + np.exp(-dot(h, V[i]) - b[i]))
            if X[r, i]:
                move(h, a, W[i])


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
    """Rows are what threads share."""

    kernels = log_prob, value_and_grad, sample

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
        self.kernels[0](rows, *self.p, out)
        return out

    def value_and_grad(self, rows: Array) -> tuple[float, dict[str, Array]]:
        value = self._gradient(rows)
        W, V, c, b = (np.sum(g, axis=0) / np.float32(len(rows)) for g in self.grad)
        return value, {"W": W.T, "V": V, "c": c, "b": b}

    def sample(self, n_rows: int, given: Array | None = None) -> Array:
        X = np.empty((n_rows, self.p[3].size), np.uint8)
        self.seed += 1
        U = np.empty((0, 0)) if given is None else np.ascontiguousarray(given, np.float64)
        self.kernels[2](X, U, given is not None, self.seed, *self.p)
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
        out = np.empty(len(rows))
        self.kernels[1](rows, *self.p, out, *self.grad)
        return float(out.mean())
