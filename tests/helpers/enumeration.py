"""What is true of rows of which cells are unknown: sums over all rows that agree with them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ardens import Mixture
from ardens.models import MODELS
from helpers.first_principles import all_vectors
from helpers.models import random_model

ANSWERING = [*MODELS, "mixture"]


def answering(name: str, n: int = 6, **options: Any) -> Any:
    """A fitted model of any kind whose columns are in another order, some turned over."""
    rng = np.random.default_rng(n)
    if name == "mixture":
        kinds = [*MODELS, "nade"]
        members = [
            random_model(k, n, seed=i, ordering=rng.permutation(n)) for i, k in enumerate(kinds)
        ]
        return Mixture.from_models(members, [0.3, 0.0, 0.2, 0.1, 0.4])
    flipped = rng.random(n) < 0.5
    return random_model(name, n, ordering=rng.permutation(n), flipped=flipped, **options)


class Enumerated:
    """All rows of a model and their probabilities."""

    def __init__(self, model: Any) -> None:
        self.rows = all_vectors(model.n_features_in_)
        self.nats = model.score_samples(self.rows)

    def given(self, x: NDArray[Any]) -> NDArray[np.float64]:
        """Nats of all rows, those that do not agree with the known cells of x -inf."""
        agree = ((self.rows == x) | np.isnan(x)).all(axis=1)
        return np.where(agree, self.nats, -np.inf)

    def log_marginal(self, X: NDArray[Any]) -> NDArray[np.float64]:
        return np.array([np.logaddexp.reduce(self.given(x)) for x in X])

    def posterior(self, X: NDArray[Any]) -> NDArray[np.float64]:
        parts = np.array([np.exp(self.given(x) - np.logaddexp.reduce(self.given(x))) for x in X])
        return np.asarray(parts @ self.rows)

    def highest(self, X: NDArray[Any]) -> NDArray[np.float64]:
        return np.array([self.given(x).max() for x in X])


def all_patterns(n: int) -> NDArray[np.float64]:
    """Every row of zeros, ones and unknown cells."""
    digits = (np.arange(3**n)[:, None] // 3 ** np.arange(n)) % 3
    return np.where(digits == 2, np.nan, digits)
