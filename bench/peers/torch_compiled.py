"""NADE through torch.compile: sixteen features in one kernel, forwards and backwards.

The recurrence as a whole would be unrolled into thousands of nodes; a block of features keeps its
states in registers and is compiled once for every batch size.
"""

from __future__ import annotations

import torch
from torch import Tensor

from .contract import Array
from .torch_peer import Grad, TorchNade, nats

__all__ = ["TorchCompiled"]

BLOCK = 16

# Every number of rows is compiled for; beyond the default limit PyTorch would silently stop.
torch._dynamo.config.recompile_limit = 64


@torch.compile(dynamic=False)
def forward(a: Tensor, x: Tensor, W: Tensor, V: Tensor) -> tuple[Tensor, Tensor]:
    """The state after a block of features, and its logits without the biases."""
    t = []
    for x_i, W_i, V_i in zip(x.unbind(), W.unbind(), V.unbind(), strict=True):
        t.append((torch.sigmoid(a) * V_i).sum(1))
        a = a + x_i[:, None] * W_i
    return a, torch.stack(t)


@torch.compile(dynamic=False)
def backward(
    g: Tensor, a: Tensor, x: Tensor, delta: Tensor, W: Tensor, V: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """g and a before a block of features, and the gradients of its W and V."""
    dW, dV = [], []
    every = zip(*(v.unbind() for v in (x, delta, W, V)), strict=True)
    for x_i, delta_i, W_i, V_i in reversed(list(every)):
        dW.append((x_i[:, None] * g).sum(0))
        a = a - x_i[:, None] * W_i
        h = torch.sigmoid(a)
        dV.append((delta_i[:, None] * h).sum(0))
        g = g + delta_i[:, None] * V_i * h * (1 - h)
    return g, a, torch.stack(dW[::-1]), torch.stack(dV[::-1])


@torch.compile(dynamic=False)
def draw(a: Tensor, bar: Tensor, W: Tensor, V: Tensor) -> tuple[Tensor, Tensor]:
    """One feature of a sample: the next state and the values drawn."""
    x = ((torch.sigmoid(a) * V).sum(1) > bar).to(a.dtype)
    return a + x[:, None] * W, x


class TorchCompiled(TorchNade):
    """Blocks of features compiled; while sampling, one feature at a time."""

    @torch.inference_mode()
    def log_prob(self, rows: Tensor) -> Tensor:
        return nats(self._forward(rows)[0], rows)

    @torch.inference_mode()
    def sample(self, n_rows: int, given: Array | None = None) -> Tensor:
        bars, a, x = self._bars(n_rows, given), self.c.repeat(n_rows, 1), list[Tensor]()
        for bar, W_i, V_i in zip(bars.unbind(), self.W.unbind(), self.V.unbind(), strict=True):
            a, x_i = draw(a, bar, W_i, V_i)
            x.append(x_i)
        return torch.stack(x, 1)

    def _forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (n_features, n_rows) and the last a (n_rows, n_hidden)."""
        a, t = self.c.repeat(x.shape[1], 1), []
        for x_k, W_k, V_k in zip(*(v.split(BLOCK) for v in (x, self.W, self.V)), strict=True):
            a, t_k = forward(a, x_k, W_k, V_k)
            t.append(t_k)
        return torch.cat(t).add_(self.b[:, None]), a

    def _gradient(self, x: Tensor) -> tuple[Tensor, Grad]:
        """Mean of log p and its gradient, block by block."""
        t, a = self._forward(x)
        delta = (x - torch.sigmoid(t)).div_(x.shape[1])
        g, dW, dV = torch.zeros_like(a), [], []
        every = zip(*(v.split(BLOCK) for v in (x, delta, self.W, self.V)), strict=True)
        for x_k, delta_k, W_k, V_k in reversed(list(every)):
            g, a, dW_k, dV_k = backward(g, a, x_k, delta_k, W_k, V_k)
            dW.append(dW_k)
            dV.append(dV_k)
        grad = {
            "W": torch.cat(dW[::-1]),
            "V": torch.cat(dV[::-1]),
            "c": g.sum(0),
            "b": delta.sum(1),
        }
        return nats(t, x).mean(), grad
