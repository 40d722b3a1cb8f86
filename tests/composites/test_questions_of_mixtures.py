"""What is asked of mixtures alone: choices of members, and many of them."""

import tracemalloc
from functools import partial

import numpy as np

from ardens import Mixture, Tabular


def test_draws_choose_members_by_their_parts():
    zeros, ones = (Tabular(alpha=0.1).fit([[bit, bit]] * 8) for bit in (0, 1))
    mixture = Mixture.from_models([zeros, ones, zeros], [0.2, 0.7, 0.1])
    rows = mixture.sample(20_000, given={0: 1}, random_state=0)
    wanted = mixture.posterior([[1, None]])[0, 1]
    np.testing.assert_allclose(rows[:, 1].mean(), wanted, atol=5 * 0.5 / np.sqrt(20_000))
    sure = [Tabular(alpha=0).fit([[bit, bit]]) for bit in (0, 1)]
    assert (Mixture.from_models(sure).sample(99, given={0: 1}) == 1).all()


def test_members_are_asked_one_after_the_other_in_the_memory_of_one(random_model):
    mixture = Mixture.from_models([random_model("fvsbn", 50, seed=k) for k in range(40)])
    asked = np.full((4000, 50), np.nan)
    asked[:, :3] = 1
    mixture.impute(asked[:2])
    for ask in (partial(mixture.impute, n_draws=8), mixture.posterior):
        tracemalloc.start()
        try:
            ask(asked, n_particles=2)
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < 12 * asked.nbytes, ask
