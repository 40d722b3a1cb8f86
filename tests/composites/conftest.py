"""Mixtures for tests."""

import numpy as np
import pytest

from ardens import NADE, Mixture
from ardens.models import MODELS
from helpers.models import N


@pytest.fixture
def weights():
    return np.array([0.5, 0.0, 0.2, 0.3])


@pytest.fixture
def members(random_model):
    """One model of every kind, each with an ordering of its own."""
    rng = np.random.default_rng(1)
    return [
        random_model(name, seed=k, ordering=rng.permutation(N)) for k, name in enumerate(MODELS)
    ]


@pytest.fixture
def mixture(members, weights):
    return Mixture.from_models(members, weights)


@pytest.fixture
def quick():
    """A function that makes an unfitted mixture that learns fast."""

    def make(**options):
        estimator = NADE(n_hidden=5, max_epochs=3)
        return Mixture(**({"estimator": estimator, "n_members": 3, "random_state": 0} | options))

    return make
