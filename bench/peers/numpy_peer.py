"""NADE in NumPy: the batched recurrence, blocks of rows that fit the cache on every core.

Features come first in memory, so that everything of a feature is contiguous. What is kept is
s = -a, because h = 1 / (1 + exp(s)) then needs no sign change. The functions release the
interpreter's lock, so that a pool of threads shares the rows; BLAS itself is held to one thread.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

from .contract import RATE, Array, Parameters, Peer

__all__ = ["NumpyAdam", "NumpyNade", "nats"]

BLOCK = 128  # rows: s and h of a block stay in the second cache


def nats(t: Array, x: Array) -> Array:
    """Sum of log p over the features, from logits and values, both (n_features, n_rows)."""
    wrong = np.where(x == 1, -t, t)
    return -np.sum(np.maximum(wrong, 0) + np.log1p(np.exp(-np.abs(wrong))), axis=0)


def sigmoid_of_minus(s: Array) -> Array:
    """1 / (1 + exp(s)), in place."""
    with np.errstate(over="ignore"):
        np.exp(s, out=s)
    s += 1
    np.divide(1, s, out=s)
    return s


class NumpyAdam:
    """Adam of Kingma and Ba, up the gradient, in place."""

    def __init__(self, params: list[Array]) -> None:
        self.params, self.step = params, 0
        self.m = [np.zeros_like(p) for p in params]
        self.v = [np.zeros_like(p) for p in params]
        self.room = [np.empty_like(p) for p in params]

    def update(self, grads: list[Array], run: Callable[..., Any] = map) -> None:
        """Move every parameter; `run` is a `map` that may use threads."""
        self.step += 1
        every = zip(self.params, grads, self.m, self.v, self.room, strict=True)
        list(run(lambda arrays: self._move(*arrays), every))

    def _move(self, p: Array, g: Array, m: Array, v: Array, room: Array) -> None:
        """Move one array of parameters and its moments; `room` is overwritten."""
        m *= 0.9
        m += np.multiply(g, 0.1, out=room)
        v *= 0.999
        np.multiply(g, g, out=room)
        room *= 0.001
        v += room
        np.divide(v, 1 - 0.999**self.step, out=room)
        np.sqrt(room, out=room)
        room += 1e-8
        np.divide(m, room, out=room)
        room *= RATE / (1 - 0.9**self.step)
        p += room


class NumpyNade(Peer):
    """The recurrence for a block of rows; h of a row is computed anew only after a one."""

    def __init__(self, parameters: Parameters, threads: int) -> None:
        self.W = np.array(parameters["W"].T, dtype=np.float32, order="C")
        self.V = np.array(parameters["V"], dtype=np.float32, order="C")
        self.c = np.array(parameters["c"], dtype=np.float32)
        self.b = np.array(parameters["b"], dtype=np.float32)
        self.threads, self.pool = threads, ThreadPoolExecutor(threads)
        self.rng = np.random.default_rng(0)
        self.adam = NumpyAdam([self.W, self.V, self.c, self.b])
        self.limit = ThreadpoolController().limit(limits=1, user_api="blas")
        np.seterr(over="ignore")  # exp(s) = inf gives h = 0, as it should

    def rows(self, X: Array) -> list[Array]:
        return [np.ascontiguousarray(x.T, np.float32) for x in self._blocks(X)]

    def log_prob(self, rows: list[Array]) -> Array:
        return np.concatenate(list(self.pool.map(self._nats, rows)))

    def value_and_grad(self, rows: list[Array]) -> tuple[float, dict[str, Array]]:
        parts = list(self.pool.map(self._gradient, rows))
        total = sum(x.shape[1] for x in rows)
        names = ("W", "V", "c", "b")
        sums = (np.sum([p[1][k] for p in parts], axis=0) for k in range(len(names)))
        grad = {name: g / np.float32(total) for name, g in zip(names, sums, strict=True)}
        return float(sum(p[0] for p in parts)) / total, grad | {"W": grad["W"].T}

    def sample(self, n_rows: int, given: Array | None = None) -> Array:
        if given is None:
            given = self.rng.random((self.b.size, n_rows), dtype=np.float32).T
        blocks = [np.ascontiguousarray(u.T) for u in self._blocks(given)]
        return np.concatenate(list(self.pool.map(self._draw, blocks)))

    def train_step(self, rows: list[Array]) -> float:
        value, grad = self.value_and_grad(rows)
        self.adam.update([grad["W"].T, grad["V"], grad["c"], grad["b"]], self.pool.map)
        return value

    def parameters(self) -> dict[str, Array]:
        return {"W": self.W.T, "V": self.V, "c": self.c, "b": self.b}

    def _blocks(self, rows: Array) -> list[Array]:
        """As many rows for each thread, in blocks that the cache holds."""
        parts = self.threads * -(-len(rows) // (self.threads * BLOCK))
        return [part for part in np.array_split(rows, parts) if len(part)]

    def _nats(self, x: Array) -> Array:
        """Log-probability of the rows of a block."""
        return nats(self._states(x, keep=False)[0], x)

    def _states(self, x: Array, keep: bool) -> tuple[Array, Array, list[tuple[Array, Array]]]:
        """Logits, the last h, and for every feature the rows that move with the h they had."""
        s = np.tile(-self.c, (x.shape[1], 1))
        h, t = sigmoid_of_minus(s.copy()), np.empty_like(x)
        kept: list[tuple[Array, Array]] = []
        for x_i, W_i, V_i, t_i in zip(x, self.W, self.V, t, strict=True):
            np.dot(h, V_i, out=t_i)
            ones = np.flatnonzero(x_i)
            if keep:
                kept.append((ones, h.take(ones, axis=0)))
            self._move(s, h, ones, W_i)
        t += self.b[:, None]
        return t, h, kept

    @staticmethod
    def _move(s: Array, h: Array, ones: Array, W_i: Array) -> None:
        """s -= W_i for the rows with a one, and their h anew."""
        if ones.size:
            moved = s.take(ones, axis=0)
            moved -= W_i
            s[ones] = moved
            h[ones] = sigmoid_of_minus(moved)

    def _gradient(self, x: Array) -> tuple[float, list[Array]]:
        """Sum of log p and of its gradient over a block; the state runs backwards."""
        t, h, kept = self._states(x, keep=True)
        delta = x - sigmoid_of_minus(-t)
        # Between two ones h is constant, so V_i delta_i is summed in u and meets h (1 - h) once.
        g, u, room = np.zeros_like(h), np.zeros_like(h), np.empty_like(h)
        dW, dV = np.zeros_like(self.W), np.empty_like(self.V)
        for i in reversed(range(len(x))):
            ones, before = kept.pop()
            if ones.size:
                now = h.take(ones, axis=0)
                g[ones] += u.take(ones, axis=0) * now * (1 - now)
                np.sum(g.take(ones, axis=0), axis=0, out=dW[i])
                u[ones], h[ones] = 0, before
            np.dot(delta[i], h, out=dV[i])
            u += np.multiply(delta[i][:, None], self.V[i], out=room)
        g += u * h * (1 - h)
        return float(nats(t, x).sum()), [dW, dV, g.sum(axis=0), delta.sum(axis=1)]

    def _draw(self, u: Array) -> NDArray[np.uint8]:
        """Rows of a block, drawn with its uniforms."""
        s = np.tile(-self.c, (u.shape[1], 1))
        h, x = sigmoid_of_minus(s.copy()), np.empty(u.shape, np.uint8)
        for u_i, W_i, V_i, b_i, x_i in zip(u, self.W, self.V, self.b, x, strict=True):
            t = np.dot(h, V_i) + b_i
            np.less(u_i, sigmoid_of_minus(-t), out=x_i.view(bool))
            self._move(s, h, np.flatnonzero(x_i), W_i)
        return x.T
