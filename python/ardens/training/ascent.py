"""Mini-batch gradient ascent of the mean log-likelihood."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, Self, final

import numpy as np

from ..checks.weights import Table
from ..core import Float32Array, ema_step
from ..errors import DivergenceError
from ..schedules import rate_at
from .likelihood import Trainable
from .settings import Settings
from .solver import Epoch, Solver
from .state import Figures, TrainingState

__all__ = ["GradientAscent", "diverged"]


@final
@dataclass(frozen=True, kw_only=True)
class GradientAscent(Solver):
    r"""Steps along the gradient of batches that are drawn without replacement.

    .. math::
        \theta \leftarrow \theta
            + r_t \, \frac{1}{|B_t|} \sum_{x \in B_t} \frac{w_x}{\bar w} \nabla \log p_\theta(x)

    The weights are divided by their mean, so that the gradient of a batch is in expectation that of
    the weighted mean over all rows. Besides the model's own cost, a step costs O(size) and an epoch
    O(n_samples).
    """

    begins: ClassVar[bool] = True
    streams: ClassVar[bool] = True

    settings: Settings
    threads: int = 1  # of an optimizer's step; the result does not depend on it

    @classmethod
    def by(cls, settings: Settings, threads: int = 1) -> Self:
        """Make the solver that follows the settings."""
        return cls(
            settings=settings,
            threads=threads,
            max_epochs=settings.max_epochs,
            patience=settings.patience,
            optimizer=settings.optimizer,
            averaged=settings.averaging > 0,
        )

    def epochs(self, model: Trainable, X: Table, until: int) -> Epoch:
        """Make the epoch that learns from every row once."""
        batch = np.empty((min(self.settings.batch_size, len(X)), X.n_features), dtype=np.uint8)
        grad = np.empty(model.size, dtype=np.float32)
        weights = None if X.weights is None else X.weights * (len(X) / X.total)

        def run_epoch(state: TrainingState) -> Figures:
            total = rate = 0.0
            order = state.rng.permutation(len(X))
            for first in range(0, len(X), self.settings.batch_size):
                chosen = order[first : first + self.settings.batch_size]
                rows = X.batch(chosen, batch)
                times = None if weights is None else weights[chosen]
                nats = model.value_and_grad(state.params, rows, grad, times)
                if not math.isfinite(nats):
                    raise diverged(state, f"the log-likelihood of a batch is {nats}")
                total += nats * len(chosen)
                rate = self._step(state, grad, model.n_decayed)
            if not np.isfinite(state.params).all():
                raise diverged(state, "a parameter is not finite")
            return Figures(total / len(X), rate)

        return run_epoch

    def finish(self, model: Trainable, X: Table, held_out: Table, state: TrainingState) -> None:
        """Leave it at that: without judges nobody could say when to stop."""

    def _step(self, state: TrainingState, grad: Float32Array, n_decayed: int) -> float:
        """Move the parameters and their average; the rate of the step."""
        settings, optimizer = self.settings, state.optimizer
        assert optimizer is not None  # `start` made it
        rate = rate_at(settings.schedule, optimizer.step)
        optimizer.update(
            state.params,
            grad,
            rate,
            weight_decay=settings.weight_decay,
            n_decayed=n_decayed,
            threads=self.threads,
        )
        if state.average is not None:
            decay = min(settings.averaging, optimizer.step / (optimizer.step + 9))
            ema_step(state.average, state.params, decay, self.threads)
        return rate


def diverged(state: TrainingState, what: str) -> DivergenceError:
    """The error of the epoch that is under way."""
    epoch = state.epoch + 1
    advice = "a smaller learning_rate may help"
    return DivergenceError(f"training diverged in epoch {epoch}: {what}; {advice}", epoch)
