"""Every arm against `ardens.reference`, in float64, before it is timed.

A sample is right if every bit is what its uniform and the reference's conditional make it, unless
the two are closer than float32 can tell. A training step is right if it is Adam's first step along
the reference's gradient, wherever that gradient is not rounding noise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ardens.reference import MODELS, optimizers

from .peers import Array
from .peers.contract import RATE
from .worker import Case, reference_uniforms
from .workload import Rows, Workload

__all__ = ["LIMITS", "Verdict", "judge"]

LIMITS = {"log_prob": 1e-2, "value_and_grad": 1e-3, "sample": 1e-4, "train_step": 1e-2}
"""Greatest error: nats of a row; part of the greatest gradient; probability; part of the rate."""

CHUNK = 100  # rows that the reference takes at once: it keeps every hidden state
SAMPLES = 100  # rows of a sample that are checked


@dataclass(frozen=True)
class Verdict:
    """How far an arm is from the reference."""

    error: float  # in the unit of `LIMITS`; infinite if shapes or names differ
    fine: bool  # within the limit


def judge(case: Case, result: Any, workload: Workload) -> Verdict:
    """Compare what `Session.result` returned for a case with the reference."""
    X = np.resize(workload.X, (case.n_rows, workload.n))
    measure: Callable[[Any, Workload, Rows], float] = _ERRORS[case.operation]
    with np.errstate(invalid="ignore"):
        error = measure(result, workload, X)
    return Verdict(error, bool(error <= LIMITS[case.operation]))


def _log_prob_error(result: Array, workload: Workload, X: Rows) -> float:
    """Greatest difference of a row, in nats."""

    def compute() -> Array:
        log_prob = MODELS[workload.model].log_prob
        parts = [X[k : k + CHUNK] for k in range(0, len(X), CHUNK)]
        return np.concatenate([log_prob(part, **workload.parameters) for part in parts])

    wanted = _once(workload, ("log_prob", len(X)), compute)
    return _distance(result, wanted)


def _reference_gradient(workload: Workload, X: Rows) -> tuple[float, dict[str, Array]]:
    """Mean log-likelihood and its gradient by the reference, a chunk of rows at a time."""

    def compute() -> tuple[float, dict[str, Array]]:
        value, grad = 0.0, {k: np.zeros(v.shape) for k, v in workload.parameters.items()}
        for k in range(0, len(X), CHUNK):
            part = X[k : k + CHUNK]
            v, g = MODELS[workload.model].value_and_grad(part, **workload.parameters)
            value += v * len(part) / len(X)
            for name in grad:
                grad[name] += g[name] * len(part) / len(X)
        return value, grad

    gradient: tuple[float, dict[str, Array]] = _once(workload, ("gradient", len(X)), compute)
    return gradient


def _gradient_error(result: tuple[float, dict[str, Array]], workload: Workload, X: Rows) -> float:
    """Greatest difference as a part of the greatest entry, the value's as a part of itself."""
    value, grad = _reference_gradient(workload, X)
    if set(result[1]) != set(grad):
        return np.inf
    errors = [abs(result[0] - value) / abs(value)]
    errors += [_distance(result[1][k], grad[k]) / np.abs(grad[k]).max() for k in grad]
    return float(max(errors))


def _sample_error(result: Array, workload: Workload, X: Rows) -> float:
    """How far from its uniform the probability of a wrong bit is, at most."""
    if result.shape != X.shape or not np.isin(result, (0, 1)).all():
        return np.inf
    rows = result[:SAMPLES].astype(np.uint8)
    u = reference_uniforms(len(rows), workload.n)
    p = MODELS[workload.model].conditionals(rows, **workload.parameters)
    return float(np.abs(u - p)[(rows == 1) != (u < p)].max(initial=0.0))


def _step_error(result: dict[str, Array], workload: Workload, X: Rows) -> float:
    """Greatest difference from Adam's first step, as a part of the rate."""
    _, grad = _reference_gradient(workload, X)
    error = 0.0
    for name, g in grad.items():
        zero, before = np.zeros_like(g), workload.parameters[name].astype(np.float64)
        after, _, _ = optimizers.adam(before, g, zero, zero, step=1, learning_rate=RATE)
        if result[name].shape != after.shape:
            return np.inf
        # The first step has the length of the rate whatever the gradient, its noise included.
        clear = np.abs(g) > 1e-3 * np.abs(g).max()
        error = max(error, _distance(result[name][clear], after[clear]) / RATE)
    return error


def _distance(x: Array, wanted: Array) -> float:
    """Greatest difference; infinite where shapes differ or values are not finite."""
    if x.shape != wanted.shape or not np.isfinite(x).all():
        return np.inf
    return float(np.abs(x - wanted).max(initial=0.0))


def _once(workload: Workload, key: Any, compute: Callable[[], Any]) -> Any:
    """Compute something for a workload, or take what was computed before."""
    if key not in workload.cache:
        workload.cache[key] = compute()
    return workload.cache[key]


_ERRORS: dict[str, Callable[[Any, Workload, Rows], float]] = {
    "log_prob": _log_prob_error,
    "value_and_grad": _gradient_error,
    "sample": _sample_error,
    "train_step": _step_error,
}
