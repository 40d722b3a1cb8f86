"""A model of the compiled core with random parameters: its calls as plain functions of X."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ardens import _core
from ardens.parameters import filled, named_views
from helpers.parameters import random_parameters

Array = NDArray[Any]


class CoreModel:
    def __init__(
        self, name: str, n_features: int, n_hidden: int = 5, scale: float = 1.0, seed: int = 0
    ) -> None:
        rng = np.random.default_rng([seed, n_features, n_hidden])
        if "relu" in name:
            scale /= 4  # its units are not bounded; logits are to be as large as others'
        drawn = random_parameters(name, n_features, n_hidden, rng, scale)
        self.core = core_of(name, n_features, n_hidden)
        self.flat = filled(self.core, drawn)
        self.threads = 1

    @property
    def params(self) -> dict[str, Array]:
        return dict(named_views(self.core, self.flat))

    @property
    def tables(self) -> NDArray[np.float32]:
        return self.core.tables(self.flat, self.threads)

    def log_prob(self, X: Array) -> Array:
        return self.core.log_prob(self.flat, self.tables, bytes_of(X), self.threads)

    def log_prob_terms(self, X: Array) -> Array:
        return self.core.log_prob_terms(self.flat, self.tables, bytes_of(X), self.threads)

    def conditionals(self, X: Array) -> Array:
        return self.core.conditionals(self.flat, self.tables, bytes_of(X), self.threads)

    def flat_gradient(
        self, X: Array, weights: Array | None = None
    ) -> tuple[float, NDArray[np.float32]]:
        grad = np.full(self.core.size, np.nan, np.float32)
        value = self.core.value_and_grad(self.flat, bytes_of(X), grad, self.threads, weights)
        return value, grad

    def value_and_grad(
        self, X: Array, weights: Array | None = None
    ) -> tuple[float, dict[str, Array]]:
        value, grad = self.flat_gradient(X, weights)
        return value, dict(named_views(self.core, grad))

    def sample_with_log_prob(self, n: int, seed: int = 0, start: int = 0) -> tuple[Array, Array]:
        X = np.full((n, self.core.n_features), 255, np.uint8)
        nats = np.full(n, np.nan)
        self.core.sample(self.flat, self.tables, seed, start, X, nats, self.threads)
        return X, nats

    def sample(self, n: int, seed: int = 0, start: int = 0) -> Array:
        return self.sample_with_log_prob(n, seed, start)[0]


def core_of(name: str, n_features: int, n_hidden: int) -> _core.Model:
    """A core by the name that tests have for it: the family, and its variant after hyphens."""
    family, *words = name.split("-")
    activation = next((word for word in words if word in ("tanh", "relu")), "sigmoid")
    direct, tied = "direct" in words, "tied" in words
    return _core.Model(
        family, n_features, n_hidden, activation=activation, direct=direct, tied=tied
    )


def rows(n_rows: int, n_features: int, ones: float = 0.3) -> NDArray[np.uint8]:
    """Random rows, the same for the same sizes."""
    return (np.random.default_rng(n_rows).random((n_rows, n_features)) < ones).astype(np.uint8)


def bytes_of(X: Array) -> NDArray[np.uint8]:
    return np.ascontiguousarray(X, np.uint8)
