"""What each ingredient of a fit without options is worth: validation nats with one taken away."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from ardens.schedules import Constant

from ..figures import significant
from ..internals import MARGINAL_LOGITS, Settings, settings_for
from .recipes import default
from .results import DIGITS, mean_and_error
from .run import learning_rows

__all__ = ["INGREDIENTS", "Ingredient", "ablate"]

FIXED_BATCH = 100


@dataclass(frozen=True)
class Ingredient:
    """Something that a fit without options does."""

    name: str
    # for settings, the options that take it away; None where it does nothing
    without: Callable[[Settings], dict[str, Any] | None]
    patched: str = ""  # a function that returns zeros instead, where there is no option


def _constant_rate(settings: Settings) -> dict[str, Any] | None:
    """The greatest rate of a schedule in place of it."""
    if isinstance(settings.schedule, Constant):
        return None
    return {"learning_rate": max(settings.schedule(step) for step in range(1000))}


INGREDIENTS = (
    Ingredient("average of the parameters", lambda s: {"averaging": 0.0} if s.averaging else None),
    Ingredient(
        "biases at the log-odds of the columns",
        lambda s: {},
        MARGINAL_LOGITS,
    ),
    Ingredient("learning-rate schedule", _constant_rate),
    Ingredient(
        "look-ahead of more than an epoch", lambda s: {"patience": 1} if s.patience > 1 else None
    ),
    Ingredient(
        "batches by the number of rows",
        lambda s: {"batch_size": FIXED_BATCH} if s.batch_size != FIXED_BATCH else None,
    ),
    Ingredient("adaptive steps", lambda s: {"optimizer": "sgd"}),
)


OF_THE_SOLVER = (
    Ingredient("penalty chosen on validation rows", lambda s: {"penalty": 1.0}),
    Ingredient("L1 (L2 in its place)", lambda s: {"l1_ratio": 0.0}),
    Ingredient("convex solver", lambda s: {"solver": "stochastic"}),
)


def ablate(
    model: str, path: Path, seed: int, *, quick: bool = False
) -> dict[str, dict[str, float]]:
    """Fit a model as it is and without each ingredient; the test split of the set stays closed.

    ``nothing`` has the mean validation `nats` of the fit as it is, each ingredient the `change`,
    row by row, that taking it away makes; both have a standard `error` and the `seconds` of the
    fit. `quick` stops after three epochs.
    """
    train, valid = learning_rows(path)
    recipe = default(model).quick() if quick else default(model)

    def run(options: dict[str, Any], patched: str = "") -> tuple[float, Any]:
        """Seconds of a fit, and its log-probabilities of the validation rows."""
        estimator = recipe.estimator(seed).set_params(**options)
        began = time.perf_counter()
        with _zeros_for(patched):
            estimator.fit(train, X_valid=valid)
        seconds = time.perf_counter() - began
        return significant(seconds, DIGITS), estimator.score_samples(valid)

    settings = settings_for(len(train), validated=True)
    seconds, as_is = run({})
    nats, error = mean_and_error(as_is)
    found = {"nothing": {"nats": nats, "error": error, "seconds": seconds}}
    for name, (options, patched) in _variants(recipe.estimator(seed), settings).items():
        seconds, rows = run(options, patched)
        change, error = mean_and_error(rows - as_is)
        found[name] = {"change": change, "error": error, "seconds": seconds}
    return found


def _variants(estimator: Any, settings: Settings) -> dict[str, tuple[dict[str, Any], str]]:
    """By ingredient that the fit has: options without it, and what is patched."""
    variants = {}
    by_steps = estimator.get_params().get("solver", "stochastic") == "stochastic"
    for ingredient in INGREDIENTS if by_steps else OF_THE_SOLVER:
        options = ingredient.without(settings)
        if options is not None:
            variants[ingredient.name] = options, ingredient.patched
    return variants


@contextmanager
def _zeros_for(function: str) -> Iterator[None]:
    """Let a function of the columns of rows return zeros, unless it has no name."""
    if not function:
        yield
        return
    with patch(function, lambda rows, *_: np.zeros(rows.n_features)):
        yield
