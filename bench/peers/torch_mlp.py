"""The MLP in PyTorch: a loop over dimensions, and one product for all of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from .contract import Array, Parameters, Peer
from .torch_peer import adam, nats

__all__ = ["MlpLoop", "MlpProduct"]

NAMES = ("A", "c", "V", "b")


class MlpLoop(Peer):
    """Each dimension has two products; the gradient is written by hand, in the same loop."""

    def __init__(self, parameters: Parameters, threads: int) -> None:
        torch.set_num_threads(threads)
        given = (torch.from_numpy(np.array(parameters[k], np.float32, order="C")) for k in NAMES)
        self.A, self.c, self.V, self.b = given
        self.n = self.b.numel()
        self.adam = adam([self.A, self.c, self.V, self.b])

    def rows(self, X: Array) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(X, np.float32))

    @torch.inference_mode()
    def log_prob(self, rows: Tensor) -> Tensor:
        t = torch.empty(self.n, len(rows))
        for i, A_i in enumerate(self._layers(self.A)):
            torch.mv(self._hidden(rows, i, A_i), self.V[i], out=t[i])
        return nats(t.add_(self.b[:, None]), rows.t())

    @torch.inference_mode()
    def value_and_grad(self, rows: Tensor) -> tuple[Tensor, dict[str, Any]]:
        return self._gradient(rows)

    @torch.inference_mode()
    def sample(self, n_rows: int, given: Array | None = None) -> Tensor:
        u = torch.rand(n_rows, self.n) if given is None else self.rows(given)
        bars = torch.logit(u).sub_(self.b)
        x, t = torch.empty(n_rows, self.n), torch.empty(n_rows)
        for i, A_i in enumerate(self._layers(self.A)):
            torch.mv(self._hidden(x, i, A_i), self.V[i], out=t)
            torch.gt(t, bars[:, i], out=x[:, i])
        return x

    def train_step(self, rows: Tensor) -> Tensor:
        with torch.no_grad():
            value, grad = self._gradient(rows)
        for name in NAMES:
            getattr(self, name).grad = grad[name]
        self.adam.step()
        return value

    def parameters(self) -> dict[str, Any]:
        return {name: getattr(self, name).detach() for name in NAMES}

    def _layers(self, A: Tensor) -> tuple[Tensor, ...]:
        """The first layer of every dimension."""
        return A.split(list(range(self.n)))

    def _hidden(self, x: Tensor, i: int, A_i: Tensor) -> Tensor:
        """The hidden units of a dimension (n_rows, n_hidden)."""
        return torch.addmm(self.c[i], x[:, :i], A_i).sigmoid_()

    def _gradient(self, x: Tensor) -> tuple[Tensor, dict[str, Any]]:
        """Mean of log p and its gradient."""
        t, delta = torch.empty(self.n, len(x)), torch.empty(self.n, len(x))
        grad = {name: torch.empty_like(getattr(self, name)) for name in NAMES}
        parts = zip(self._layers(self.A), self._layers(grad["A"]), strict=True)
        for i, (A_i, dA_i) in enumerate(parts):
            h, x_i = self._hidden(x, i, A_i), x[:, i]
            torch.add(torch.mv(h, self.V[i]), self.b[i], out=t[i])
            torch.sub(x_i, t[i].sigmoid(), out=delta[i]).div_(len(x))
            torch.mv(h.t(), delta[i], out=grad["V"][i])
            g = torch.ops.aten.sigmoid_backward(torch.outer(delta[i], self.V[i]), h)
            torch.sum(g, 0, out=grad["c"][i])
            torch.mm(x[:, :i].t(), g, out=dA_i)
        torch.sum(delta, 1, out=grad["b"])
        return nats(t, x.t()).mean(), grad


class MlpProduct(MlpLoop):
    """All hidden layers by one product with A spread out into (n, n * n_hidden), half of it zero.

    Twice the arithmetic, but in one call. Sampling cannot be had this way, and a training step
    would have to gather and scatter A.
    """

    operations = ("log_prob", "value_and_grad")

    def __init__(self, parameters: Parameters, threads: int) -> None:
        super().__init__(parameters, threads)
        n, d = self.V.shape
        layer, source = torch.tril_indices(n, n, -1)
        self.places = source * n + layer  # of the rows of A among (source, layer)
        spread = torch.zeros(n * n, d)
        spread[self.places] = self.A
        self.spread = spread.view(n, n * d)

    @torch.inference_mode()
    def log_prob(self, rows: Tensor) -> Tensor:
        return nats(self._all(rows)[1].t(), rows.t())

    def _all(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """All h (n_rows, n, n_hidden) and the logits (n_rows, n)."""
        h = torch.addmm(self.c.view(-1), x, self.spread).sigmoid_().view(len(x), self.n, -1)
        return h, (h * self.V).sum(2).add_(self.b)

    def _gradient(self, x: Tensor) -> tuple[Tensor, dict[str, Any]]:
        """Mean of log p and its gradient."""
        h, t = self._all(x)
        delta = (x - t.sigmoid()).div_(len(x))
        g = torch.ops.aten.sigmoid_backward(delta[:, :, None] * self.V, h)
        dA = torch.mm(x.t(), g.view(len(x), -1)).view(self.n * self.n, -1)
        grad = {
            "A": dA[self.places],
            "c": g.sum(0),
            "V": torch.einsum("ri,rik->ik", delta, h),
            "b": delta.sum(0),
        }
        return nats(t.t(), x.t()).mean(), grad
