"""Fitted models of random parameters."""

from typing import Any

import numpy as np

from ardens.models import MODELS
from helpers.parameters import random_parameters

N, D = 7, 5  # features and hidden units, unless a test has others
ORDERING = np.array([3, 0, 6, 1, 5, 4, 2])
FLIPPED = np.array([True, False, True, True, False, False, True])


def random_model(name: str, n: int = N, n_hidden: int = D, seed: int = 0, **options: Any) -> Any:
    drawn = random_parameters(name, n, n_hidden, np.random.default_rng(seed))
    return MODELS[name].from_parameters(**drawn, **options)


def usable(name: str, n: int) -> int:
    """So many features, or fewer: a table is only for few."""
    return min(n, 12) if name == "tabular" else n
