"""FVSBN in NumPy: products with a masked matrix, by BLAS on every core."""

from __future__ import annotations

import numpy as np

from .contract import Array, Parameters, Peer
from .numpy_peer import nats

__all__ = ["BlasFvsbn"]


class BlasFvsbn(Peer):
    """One product for all logits, one for the gradient; a loop over the features to sample.

    Features come first in memory, so that what a product reads while sampling is contiguous.
    """

    operations = ("log_prob", "value_and_grad", "sample")

    def __init__(self, parameters: Parameters, threads: int) -> None:
        del threads  # BLAS takes every core that the process may use
        self.W = np.tril(parameters["W"], -1).astype(np.float32)
        self.b = np.array(parameters["b"], dtype=np.float32)
        self.mask = np.tril(np.ones_like(self.W), -1)
        self.rng = np.random.default_rng(0)

    def rows(self, X: Array) -> Array:
        return np.ascontiguousarray(X.T, np.float32)

    def log_prob(self, rows: Array) -> Array:
        return nats(self._logits(rows), rows)

    def value_and_grad(self, rows: Array) -> tuple[float, dict[str, Array]]:
        t = self._logits(rows)
        delta = rows - 1 / (1 + np.exp(-t))
        delta /= np.float32(rows.shape[1])
        dW = delta @ rows.T
        dW *= self.mask
        return float(nats(t, rows).mean()), {"W": dW, "b": delta.sum(axis=1)}

    def sample(self, n_rows: int, given: Array | None = None) -> Array:
        shape = self.b.size, n_rows
        u = self.rng.random(shape, dtype=np.float32) if given is None else given.T
        # log-odds of u: x_i = 1 where the logit is above it
        bars = np.log(u / (1 - u)) - self.b[:, None]
        x = np.empty(shape, np.float32)
        for i, bar in enumerate(bars):
            np.greater(self.W[i, :i] @ x[:i], bar, out=x[i], casting="unsafe")
        return x.T

    def _logits(self, x: Array) -> Array:
        """Logits (n_features, n_rows)."""
        t = self.W @ x
        t += self.b[:, None]
        return t
