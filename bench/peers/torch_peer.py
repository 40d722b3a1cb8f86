"""NADE in PyTorch, eager: a loop over unbound rows of the weights, in place and without a graph.

The gradient is written by hand, with the state run backwards; `TorchAutograd` leaves it to the
library and `TorchCumsum` has the cumulative sum instead of the loop.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from .contract import RATE, Array, Parameters, Peer

__all__ = ["TorchAutograd", "TorchCumsum", "TorchLoop", "adam", "nats"]

Grad = dict[str, Any]


def nats(t: Tensor, x: Tensor) -> Tensor:
    """Sum of log p over the features, from logits and values, both (n_features, n_rows)."""
    loss = torch.nn.functional.binary_cross_entropy_with_logits(t, x, reduction="none")
    return -loss.sum(0)


def adam(leaves: list[Tensor]) -> torch.optim.Optimizer:
    """Make the fused Adam."""
    return torch.optim.Adam(leaves, lr=RATE, fused=True, maximize=True)


class TorchLoop(Peer):
    """Three calls a feature: the sigmoid, the product with V_i, the update of rank one."""

    def __init__(self, parameters: Parameters, threads: int) -> None:
        torch.set_num_threads(threads)
        W, V, c, b = (np.array(parameters[name], np.float32) for name in ("W", "V", "c", "b"))
        self.W, self.V = torch.from_numpy(W).t().contiguous(), torch.from_numpy(V)
        self.c, self.b = torch.from_numpy(c), torch.from_numpy(b)
        self.adam = adam([self.W, self.V, self.c, self.b])

    def rows(self, X: Array) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(X.T, np.float32))

    @torch.inference_mode()
    def log_prob(self, rows: Tensor) -> Tensor:
        return nats(self._forward(rows)[0], rows)

    @torch.inference_mode()
    def value_and_grad(self, rows: Tensor) -> tuple[Tensor, Grad]:
        value, grad = self._gradient(rows)
        return value, grad | {"W": grad["W"].t()}

    @torch.inference_mode()
    def sample(self, n_rows: int, given: Array | None = None) -> Tensor:
        u = self._uniforms(n_rows, given)
        # log-odds of u: x_i = 1 where the logit is above it
        bars = torch.logit(u).sub_(self.b[:, None])
        x = torch.empty_like(u)
        a = self.c.repeat(n_rows, 1)
        h, t = torch.empty_like(a), torch.empty(n_rows)
        for bar, W_i, V_i, x_i in zip(
            bars.unbind(), self.W.unbind(), self.V.unbind(), x.unbind(), strict=True
        ):
            torch.sigmoid(a, out=h)
            torch.mv(h, V_i, out=t)
            torch.gt(t, bar, out=x_i)
            a.addr_(x_i, W_i)
        return x.t()

    def train_step(self, rows: Tensor) -> Tensor:
        with torch.no_grad():
            value, grad = self._gradient(rows)
        self._adopt(grad)
        self.adam.step()
        return value

    def parameters(self) -> dict[str, Any]:
        return {"W": self.W.detach().t(), "V": self.V, "c": self.c, "b": self.b}

    def _uniforms(self, n_rows: int, given: Array | None) -> Tensor:
        return torch.rand(self.b.numel(), n_rows) if given is None else self.rows(given)

    def _adopt(self, grad: Grad) -> None:
        for name in ("W", "V", "c", "b"):
            getattr(self, name).grad = grad[name]

    def _forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (n_features, n_rows) and the last a (n_rows, n_hidden)."""
        a = self.c.repeat(x.shape[1], 1)
        h, t = torch.empty_like(a), torch.empty_like(x)
        for x_i, W_i, V_i, t_i in zip(
            x.unbind(), self.W.unbind(), self.V.unbind(), t.unbind(), strict=True
        ):
            torch.sigmoid(a, out=h)
            torch.mv(h, V_i, out=t_i)
            a.addr_(x_i, W_i)
        return t.add_(self.b[:, None]), a

    def _gradient(self, x: Tensor) -> tuple[Tensor, Grad]:
        t, a = self._forward(x)
        delta = (x - torch.sigmoid(t)).div_(x.shape[1])
        g, h, step = torch.zeros_like(a), torch.empty_like(a), torch.empty_like(a)
        dW, dV = torch.empty_like(self.W), torch.empty_like(self.V)
        every = zip(
            *(v.unbind() for v in (x, delta, self.W, self.V, dW, dV)),
            strict=True,
        )
        for x_i, delta_i, W_i, V_i, dW_i, dV_i in reversed(list(every)):
            torch.mv(g.t(), x_i, out=dW_i)
            a.addr_(x_i, W_i, alpha=-1)
            torch.sigmoid(a, out=h)
            torch.mv(h.t(), delta_i, out=dV_i)
            torch.outer(delta_i, V_i, out=step)
            torch.ops.aten.sigmoid_backward.grad_input(step, h, grad_input=step)
            g.add_(step)
        grad = {"W": dW, "V": dV, "c": g.sum(0), "b": delta.sum(1)}
        return nats(t, x).mean(), grad


class TorchAutograd(TorchLoop):
    """The same loop without `out`, its gradient by autograd over unbound leaves."""

    operations: ClassVar[tuple[str, ...]] = ("value_and_grad", "train_step")

    def value_and_grad(self, rows: Tensor) -> tuple[Tensor, Grad]:
        value, grad = self._gradient(rows)
        return value, grad | {"W": grad["W"].t()}

    def train_step(self, rows: Tensor) -> Tensor:
        value, grad = self._gradient(rows)
        self._adopt(grad)
        self.adam.step()
        return value

    def _gradient(self, x: Tensor) -> tuple[Tensor, Grad]:
        leaves = [p.detach().requires_grad_() for p in (self.W, self.V, self.c, self.b)]
        value = nats(self._logits(x, *leaves), x).mean()
        grads = torch.autograd.grad(value, leaves)
        return value.detach(), dict(zip(("W", "V", "c", "b"), grads, strict=True))

    def _logits(self, x: Tensor, W: Tensor, V: Tensor, c: Tensor, b: Tensor) -> Tensor:
        a, t = c.repeat(x.shape[1], 1), []
        for x_i, W_i, V_i in zip(x.unbind(), W.unbind(), V.unbind(), strict=True):
            t.append(torch.mv(torch.sigmoid(a), V_i))
            a = torch.addr(a, x_i, W_i)
        return torch.stack(t) + b[:, None]


class TorchCumsum(TorchAutograd):
    """All states of a block of features by a cumulative sum, their logits by a batched product.

    A block of 16 features stays in the cache, where (n_features, n_rows, n_hidden) would not.
    """

    operations = ("log_prob", "value_and_grad", "train_step")
    block = 16

    @torch.inference_mode()
    def log_prob(self, rows: Tensor) -> Tensor:
        return nats(self._logits(rows, self.W, self.V, self.c, self.b), rows)

    def _logits(self, x: Tensor, W: Tensor, V: Tensor, c: Tensor, b: Tensor) -> Tensor:
        a, t = c.repeat(1, x.shape[1], 1), []
        for x_k, W_k, V_k in zip(
            *(part.split(self.block) for part in (x, W, V)),
            strict=True,
        ):
            steps = x_k[:, :, None] * W_k[:, None, :]
            states = torch.cumsum(torch.cat([a, steps]), 0)
            t.append(torch.bmm(torch.sigmoid(states[:-1]), V_k[:, :, None])[:, :, 0])
            a = states[-1:]
        return torch.cat(t) + b[:, None]
