"""Models for tests."""

import numpy as np
import pytest

from helpers.models import N


@pytest.fixture
def reordered(random_model):
    """A function that makes a random model whose columns stand in another order."""

    def make(name, n=N, **options):
        ordering = np.random.default_rng(n).permutation(n)
        return random_model(name, n=n, ordering=ordering, **options)

    return make
