"""The package itself: through its public door, and straight into the compiled core."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..internals import MODELS, core, filled, named_views
from .contract import OPERATIONS, RATE, SEED, Array, Parameters, Peer

__all__ = ["Core", "Estimator"]

STEPS = 20  # batches of an epoch in which steps are timed


BEST_LEVEL = core.levels()[-1]  # of those that run here


class Estimator(Peer):
    """What a user calls, checks of the data and all.

    A training step is timed inside `fit`: the time of an epoch by `history_`, over its batches.
    `train_step` has no averaging of parameters, as the other libraries have none; `fit_step` is
    the step of a fit without options.
    """

    operations = (*OPERATIONS, "fit_step")

    def __init__(self, parameters: Parameters, threads: int, *, model: str) -> None:
        core.set_level(BEST_LEVEL)
        self.kind, self.given, self.threads = MODELS[model], parameters, threads
        self.model = self._fresh()

    def log_prob(self, rows: Array) -> Array:
        return self.model.score_samples(rows)

    def value_and_grad(self, rows: Array) -> tuple[float, dict[str, Array]]:
        value, grad = self.model.value_and_grad(rows)
        return value, dict(grad)

    def sample(self, n_rows: int, given: Array | None = None) -> Array:
        return self.model.sample(n_rows, random_state=SEED)

    def train_step(self, rows: Array) -> Array:
        self.model = self._fresh(max_epochs=1, batch_size=len(rows), averaging=0.0)
        return self.model.fit(rows).history_["train"][0]

    def parameters(self) -> dict[str, Any]:
        return dict(self.model.parameters())

    def seconds(self, operation: str, rows: Array, n_rows: int, calls: int) -> float:
        core.set_level(BEST_LEVEL)
        if operation not in ("train_step", "fit_step"):
            return super().seconds(operation, rows, n_rows, calls)
        epochs = 2 + -(-calls // STEPS)  # the first is for warming up
        averaging = 0.0 if operation == "train_step" else None
        model = self._fresh(max_epochs=epochs, batch_size=n_rows, averaging=averaging)
        ends = model.fit(np.tile(rows, (STEPS, 1))).history_["time"]
        return float(np.min(np.diff(ends))) / STEPS

    def _fresh(self, **options: Any) -> Any:
        """A model with the given parameters that goes on from them."""
        model = self.kind.from_parameters(**self.given)
        rest: dict[str, Any] = {
            "learning_rate": RATE,
            "validation_fraction": 0.0,
            "warm_start": True,
        }
        if "solver" in model.get_params():
            rest["solver"] = "stochastic"  # steps along the gradient are what is timed
        return model.set_params(n_jobs=self.threads, random_state=0, **rest, **options)


class Core(Peer):
    """The kernels, as training calls them: nothing is checked, the gradient's memory is reused."""

    operations = ("log_prob", "value_and_grad", "sample")

    def __init__(
        self, parameters: Parameters, threads: int, *, model: str, level: str = ""
    ) -> None:
        self.level, self.threads = level or BEST_LEVEL, threads
        n, d = parameters["b"].size, parameters["c"].shape[-1] if "c" in parameters else 0
        self.core = core.Model(model, n, d)
        core.set_level(self.level)
        self.params = filled(self.core, parameters)
        self.tables = self.core.tables(self.params, threads)
        self.grad = np.empty_like(self.params)

    def log_prob(self, rows: Array) -> Array:
        return self.core.log_prob(self.params, self.tables, rows, self.threads)

    def value_and_grad(self, rows: Array) -> tuple[float, dict[str, Array]]:
        value = self.core.value_and_grad(self.params, rows, self.grad, self.threads)
        return value, dict(named_views(self.core, self.grad))

    def sample(self, n_rows: int, given: Array | None = None) -> Array:
        X = np.empty((n_rows, self.core.n_features), np.uint8)
        self.core.sample(self.params, self.tables, SEED, 0, X, None, self.threads)
        return X

    def seconds(self, operation: str, rows: Array, n_rows: int, calls: int) -> float:
        core.set_level(self.level)
        return super().seconds(operation, rows, n_rows, calls)
