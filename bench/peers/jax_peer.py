"""NADE in JAX: `lax.scan` over the features, everything jitted, the unrolling tuned.

For every shape of rows each unrolling is compiled and the fastest is kept, before anything is
timed. The gradient is a second scan in which the state runs backwards; JAX's own takes two to
five times as long.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import numpy as np
from jax import Array as JaxArray
from jax import lax
from jax import numpy as jnp

from .contract import RATE, Array, Parameters, Peer

__all__ = ["JaxNade"]

UNROLLINGS = (1, 4, 16)
Tree = dict[str, JaxArray]
Carry = tuple[JaxArray, JaxArray]


def logits(p: Tree, x: JaxArray, unroll: int) -> tuple[JaxArray, JaxArray]:
    """Logits, as x (n_features, n_rows), and the last a (n_rows, n_hidden)."""

    def step(a: JaxArray, at: tuple[JaxArray, ...]) -> Carry:
        x_i, W_i, V_i = at
        return a + x_i[:, None] * W_i, jax.nn.sigmoid(a) @ V_i

    a = jnp.broadcast_to(p["c"], (x.shape[1], p["c"].size))
    a, t = lax.scan(step, a, (x, p["W"], p["V"]), unroll=unroll)
    return t + p["b"][:, None], a


def nats(t: JaxArray, x: JaxArray) -> JaxArray:
    """Sum of log p over the features."""
    return jnp.sum(x * t - jax.nn.softplus(t), axis=0)


def log_prob(p: Tree, x: JaxArray, *, unroll: int) -> JaxArray:
    """Log-probability of every row."""
    return nats(logits(p, x, unroll)[0], x)


def value_and_grad(p: Tree, x: JaxArray, *, unroll: int) -> tuple[JaxArray, Tree]:
    """Mean log-likelihood and its gradient, by a scan forwards and one backwards."""
    t, a = logits(p, x, unroll)
    delta = (x - jax.nn.sigmoid(t)) / x.shape[1]

    def step(carry: Carry, at: tuple[JaxArray, ...]) -> tuple[Carry, Carry]:
        g, a = carry
        x_i, delta_i, W_i, V_i = at
        dW_i = x_i @ g
        a = a - x_i[:, None] * W_i
        h = jax.nn.sigmoid(a)
        g = g + delta_i[:, None] * V_i * h * (1 - h)
        return (g, a), (dW_i, delta_i @ h)

    start = jnp.zeros_like(a), a
    over = x, delta, p["W"], p["V"]
    (g, _), (dW, dV) = lax.scan(step, start, over, reverse=True, unroll=unroll)
    return nats(t, x).mean(), {"W": dW, "V": dV, "c": g.sum(0), "b": delta.sum(1)}


def draw(p: Tree, u: JaxArray, *, unroll: int) -> JaxArray:
    """Rows drawn with the uniforms u (n_features, n_rows)."""

    def step(a: JaxArray, at: tuple[JaxArray, ...]) -> Carry:
        u_i, W_i, V_i, b_i = at
        x_i = u_i < jax.nn.sigmoid(jax.nn.sigmoid(a) @ V_i + b_i)
        return a + x_i[:, None] * W_i, x_i

    a = jnp.broadcast_to(p["c"], (u.shape[1], p["c"].size))
    return lax.scan(step, a, (u, p["W"], p["V"], p["b"]), unroll=unroll)[1].T


@partial(jax.jit, static_argnums=1)
def uniforms(key: JaxArray, shape: tuple[int, int]) -> Carry:
    """The next key, and uniform numbers."""
    key, now = jax.random.split(key)
    return key, jax.random.uniform(now, shape)


def adam_step(
    p: Tree, m: Tree, v: Tree, step: JaxArray, x: JaxArray, *, unroll: int
) -> tuple[JaxArray, Tree, Tree, Tree]:
    """A step up the gradient: its value before, parameters and moments after."""
    value, g = value_and_grad(p, x, unroll=unroll)
    m = {k: 0.9 * m[k] + 0.1 * g[k] for k in p}
    v = {k: 0.999 * v[k] + 0.001 * g[k] ** 2 for k in p}
    scale = RATE / (1 - 0.9**step), 1 / (1 - 0.999**step)
    p = {k: p[k] + scale[0] * m[k] / (jnp.sqrt(scale[1] * v[k]) + 1e-8) for k in p}
    return value, p, m, v


class Tuned:
    """A function compiled for every unrolling; the fastest for the shapes at hand is called.

    A scan is unrolled by a sixteenth of its length at most.
    """

    def __init__(self, function: Callable[..., Any], **options: Any) -> None:
        self.forms = {k: jax.jit(partial(function, unroll=k), **options) for k in UNROLLINGS}
        self.best: dict[tuple[int, ...], Callable[..., Any]] = {}

    def __call__(self, shape: tuple[int, ...], *args: Any) -> Any:
        if shape not in self.best:
            forms = [form for k, form in self.forms.items() if k == 1 or 16 * k <= shape[0]]
            self.best[shape] = min(forms, key=lambda form: self._seconds(form, args))
        return jax.block_until_ready(self.best[shape](*args))

    @staticmethod
    def _seconds(form: Callable[..., Any], args: tuple[Any, ...]) -> float:
        """The best of a few calls after the one that compiles."""
        seconds: list[float] = []
        while len(seconds) < 4 and sum(seconds[1:]) < 0.5:
            # copies, because arguments may be donated
            copies = jax.block_until_ready(jax.tree.map(jnp.copy, args))
            began = time.perf_counter()
            jax.block_until_ready(form(*copies))
            seconds.append(time.perf_counter() - began)
        return min(seconds[1:])


DONATED = 0, 1, 2  # parameters and moments are updated in place


class JaxNade(Peer):
    """One scan to score or to draw, two for the gradient."""

    scan, draws = Tuned(log_prob), Tuned(draw)
    gradient, step = Tuned(value_and_grad), Tuned(adam_step, donate_argnums=DONATED)

    def __init__(self, parameters: Parameters, threads: int) -> None:
        del threads  # XLA takes every core that the process may use
        named = dict(parameters) | {"W": parameters["W"].T}
        self.p: Tree = {k: jnp.array(np.ascontiguousarray(v, np.float32)) for k, v in named.items()}
        self.m = jax.tree.map(jnp.zeros_like, self.p)
        self.v = jax.tree.map(jnp.zeros_like, self.p)
        self.steps = 0
        # far cheaper than the default generator, whose draws would cost as much as the scan
        self.key = jax.random.key(0, impl="rbg")

    def rows(self, X: Array) -> JaxArray:
        return jnp.array(np.ascontiguousarray(X.T, np.float32))

    def log_prob(self, rows: JaxArray) -> JaxArray:
        return self.scan(rows.shape, self.p, rows)

    def value_and_grad(self, rows: JaxArray) -> tuple[JaxArray, Tree]:
        value, grad = self.gradient(rows.shape, self.p, rows)
        return value, grad | {"W": grad["W"].T}

    def sample(self, n_rows: int, given: Array | None = None) -> JaxArray:
        if given is None:
            self.key, u = uniforms(self.key, (self.p["b"].size, n_rows))
        else:
            u = self.rows(given)
        return self.draws(u.shape, self.p, u)

    def train_step(self, rows: JaxArray) -> JaxArray:
        self.steps += 1
        args = self.p, self.m, self.v, jnp.float32(self.steps), rows
        value, self.p, self.m, self.v = self.step(rows.shape, *args)
        return value

    def parameters(self) -> dict[str, Any]:
        return self.p | {"W": self.p["W"].T}
