"""NADE in PyTorch, skipping zeros: only rows with a one at a feature move and get a new h."""

from __future__ import annotations

import torch
from torch import Tensor

from .contract import Array
from .torch_peer import Grad, TorchNade, nats

__all__ = ["TorchSkipping"]


def ones_by_feature(x: Tensor) -> list[Tensor]:
    """Indices of the rows with a one, for every feature."""
    where = torch.nonzero(x)[:, 1]
    return list(where.split(x.count_nonzero(1).tolist()))


def move(a: Tensor, h: Tensor, ones: Tensor, W_i: Tensor) -> None:
    """Add W_i to some rows of a and compute their h anew."""
    moved = a.index_select(0, ones).add_(W_i)
    a.index_copy_(0, ones, moved)
    h.index_copy_(0, ones, moved.sigmoid_())


class TorchSkipping(TorchNade):
    """An eager loop over unbound rows of the weights, in place and without a graph."""

    @torch.inference_mode()
    def log_prob(self, rows: Tensor) -> Tensor:
        return nats(self._states(rows, ones_by_feature(rows), None)[0], rows)

    @torch.inference_mode()
    def sample(self, n_rows: int, given: Array | None = None) -> Tensor:
        bars = self._bars(n_rows, given)
        x = torch.empty(bars.shape, dtype=torch.bool)
        a = self.c.repeat(n_rows, 1)
        h, t = torch.sigmoid(a), torch.empty(n_rows)
        for bar, W_i, V_i, x_i in zip(
            bars.unbind(), self.W.unbind(), self.V.unbind(), x.unbind(), strict=True
        ):
            torch.mv(h, V_i, out=t)
            torch.gt(t, bar, out=x_i)
            ones = torch.nonzero(x_i)[:, 0]
            if ones.numel():
                move(a, h, ones, W_i)
        return x.t()

    def _states(
        self, x: Tensor, ones: list[Tensor], kept: list[Tensor] | None
    ) -> tuple[Tensor, Tensor]:
        """Logits and the last h; `kept` takes the h that rows had before they moved."""
        a = self.c.repeat(x.shape[1], 1)
        h, t = torch.sigmoid(a), torch.empty_like(x)
        for ones_i, W_i, V_i, t_i in zip(
            ones, self.W.unbind(), self.V.unbind(), t.unbind(), strict=True
        ):
            torch.mv(h, V_i, out=t_i)
            if kept is not None:
                kept.append(h.index_select(0, ones_i))
            if ones_i.numel():
                move(a, h, ones_i, W_i)
        return t.add_(self.b[:, None]), h

    def _gradient(self, x: Tensor) -> tuple[Tensor, Grad]:
        """Mean of log p and its gradient; only rows that moved go back."""
        ones, kept = ones_by_feature(x), list[Tensor]()
        t, h = self._states(x, ones, kept)
        delta = (x - torch.sigmoid(t)).div_(x.shape[1])
        # Between two ones h is constant, so V_i delta_i is summed in u and meets h (1 - h) once.
        g, u = torch.zeros_like(h), torch.zeros_like(h)
        dW, dV = torch.zeros_like(self.W), torch.empty_like(self.V)
        every = zip(ones, kept, *(v.unbind() for v in (delta, self.V, dW, dV)), strict=True)
        for ones_i, before, delta_i, V_i, dW_i, dV_i in reversed(list(every)):
            if ones_i.numel():
                now = torch.ops.aten.sigmoid_backward(
                    u.index_select(0, ones_i), h.index_select(0, ones_i)
                )
                now.add_(g.index_select(0, ones_i))
                g.index_copy_(0, ones_i, now)
                torch.sum(now, 0, out=dW_i)
                u.index_fill_(0, ones_i, 0)
                h.index_copy_(0, ones_i, before)
            torch.mv(h.t(), delta_i, out=dV_i)
            u.addr_(delta_i, V_i)
        g.add_(torch.ops.aten.sigmoid_backward(u, h))
        grad = {"W": dW, "V": dV, "c": g.sum(0), "b": delta.sum(1)}
        return nats(t, x).mean(), grad
