"""What a peer is: one way of computing with one model, in one library."""

from __future__ import annotations

import abc
import time
from typing import Any, ClassVar, TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["OPERATIONS", "RATE", "SEED", "Array", "Parameters", "Peer"]

Array: TypeAlias = NDArray[Any]
Parameters: TypeAlias = dict[str, Array]

OPERATIONS = ("log_prob", "value_and_grad", "sample", "train_step")
RATE = 0.001  # of Adam, for every peer; beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8
SEED = 7  # of the sample that is checked: the uniforms are `ardens.reference.philox.uniforms(SEED)`


class Peer(abc.ABC):
    """A model in some library; parameters are named and shaped as the estimator's `parameters()`.

    Every operation returns when its result is complete. Rows are given in the layout that the peer
    likes best, which `rows` makes beforehand and nobody times.
    """

    operations: ClassVar[tuple[str, ...]] = OPERATIONS
    """What the class can do."""

    @abc.abstractmethod
    def __init__(self, parameters: Parameters, threads: int) -> None: ...

    def rows(self, X: Array) -> Any:
        """Bring rows (n_rows, n_features) into the peer's own layout."""
        return np.ascontiguousarray(X)

    def log_prob(self, rows: Any) -> Any:
        """Log-probability of every row in nats, (n_rows,)."""
        raise NotImplementedError

    def value_and_grad(self, rows: Any) -> tuple[Any, dict[str, Any]]:
        """Mean log-likelihood in nats, and its gradient by name and in the parameters' shapes."""
        raise NotImplementedError

    def sample(self, n_rows: int, given: Array | None = None) -> Any:
        """Draw rows; x_i = 1 where the uniform (n_rows, n_features) is below its probability.

        The uniforms are drawn by the library's own generator unless they are `given`.
        """
        raise NotImplementedError

    def train_step(self, rows: Any) -> Any:
        """Do one step of Adam up the mean log-likelihood of the rows."""
        raise NotImplementedError

    def parameters(self) -> dict[str, Any]:
        """Parameters as they are now, by name, shaped as they came."""
        raise NotImplementedError

    def seconds(self, operation: str, rows: Any, n_rows: int, calls: int) -> float:
        """Seconds per call; `rows` is what the method of that name made of `n_rows` rows."""
        call, argument = getattr(self, operation), n_rows if operation == "sample" else rows
        began = time.perf_counter()
        for _ in range(calls):
            call(argument)
        return (time.perf_counter() - began) / calls
