"""What NADE's peers in PyTorch have in common: parameters, rows and the step of Adam.

Features come first in memory; the gradient is written by hand, with the state run backwards.
"""

from __future__ import annotations

import abc
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .contract import RATE, Array, Parameters, Peer

__all__ = ["Grad", "TorchNade", "adam", "nats"]

Grad = dict[str, Any]
NAMES = ("W", "V", "c", "b")


def nats(t: Tensor, x: Tensor) -> Tensor:
    """Sum of log p over the features, from logits and values, both (n_features, n_rows)."""
    loss = torch.nn.functional.binary_cross_entropy_with_logits(t, x, reduction="none")
    return -loss.sum(0)


def adam(leaves: list[Tensor]) -> torch.optim.Optimizer:
    """Make the fused Adam."""
    return torch.optim.Adam(leaves, lr=RATE, fused=True, maximize=True)


class TorchNade(Peer):
    """A NADE that has its gradient, its log-probability and its draws from a subclass."""

    def __init__(self, parameters: Parameters, threads: int) -> None:
        torch.set_num_threads(threads)
        W, V, c, b = (np.array(parameters[name], np.float32) for name in NAMES)
        self.W, self.V = torch.from_numpy(W).t().contiguous(), torch.from_numpy(V)
        self.c, self.b = torch.from_numpy(c), torch.from_numpy(b)
        self.adam = adam([self.W, self.V, self.c, self.b])

    def rows(self, X: Array) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(X.T, np.float32))

    @torch.inference_mode()
    def value_and_grad(self, rows: Tensor) -> tuple[Tensor, Grad]:
        value, grad = self._gradient(rows)
        return value, grad | {"W": grad["W"].t()}

    def train_step(self, rows: Tensor) -> Tensor:
        with torch.no_grad():
            value, grad = self._gradient(rows)
        for name in NAMES:
            getattr(self, name).grad = grad[name]
        self.adam.step()
        return value

    def parameters(self) -> dict[str, Any]:
        return {"W": self.W.detach().t(), "V": self.V, "c": self.c, "b": self.b}

    def _bars(self, n_rows: int, given: Array | None) -> Tensor:
        """Log-odds of uniforms less the biases: x_i = 1 where V_i h is above."""
        u = torch.rand(self.b.numel(), n_rows) if given is None else self.rows(given)
        return torch.logit(u).sub_(self.b[:, None])

    @abc.abstractmethod
    def _gradient(self, x: Tensor) -> tuple[Tensor, Grad]:
        """Mean of log p and its gradient, that of W with features first."""
