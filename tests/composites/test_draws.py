"""What is drawn from a mixture: every row from the member that its number chooses."""

import numpy as np
import pytest

from ardens import FVSBN, Mixture, _core
from ardens.reference import mixture as reference
from helpers.first_principles import (
    check_rows_depend_on_seed_and_number,
    check_sample_frequencies,
)
from helpers.models import N


def test_frequencies_of_draws_follow_the_density(mixture):
    check_sample_frequencies(mixture.sample(40_000, random_state=1), mixture.score_samples)


def test_rows_of_a_mixture_depend_on_the_seed_and_their_number_only(mixture):
    def sample(n_samples, seed, start):
        return mixture.sample(n_samples, random_state=seed, start=start)

    check_rows_depend_on_seed_and_number(sample)


def test_shards_across_blocks_glue_to_the_whole(mixture):
    whole, nats = mixture.sample(9000, random_state=5, start=100, return_log_prob=True)
    pieces = [
        mixture.sample(end - begin, random_state=5, start=100 + begin)
        for begin, end in ((0, 1), (1, 3996), (3996, 4000), (4000, 8500), (8500, 9000))
    ]
    assert np.array_equal(np.concatenate(pieces), whole)
    assert np.array_equal(nats, mixture.score_samples(whole))
    blocks = mixture.iter_samples(9000, random_state=5, start=100, batch_size=1234)
    assert np.array_equal(np.concatenate(list(blocks)), whole)
    packed, same = mixture.sample(
        9000, random_state=5, start=100, packed=True, return_log_prob=True
    )
    assert np.array_equal(packed, np.packbits(whole, axis=1))
    assert np.array_equal(same, nats)


def test_rows_are_those_that_the_reference_draws(mixture, members, weights):
    draws = [
        lambda n, seed, start, m=m: m.sample(n, random_state=seed, start=start) for m in members
    ]
    expected = reference.sample(300, 9, 4000, members=draws, weights=weights)
    assert np.array_equal(mixture.sample(300, random_state=9, start=4000), expected)


@pytest.mark.parametrize("row", [0, 5, 2**32 + 1, 2**64 - 1])
def test_the_member_of_a_row_is_one_word_of_philox(row):
    seed, weights = 2**40 + 5, np.array([0.25, 0.0, 0.75])
    key = seed % 2**32, seed // 2**32
    word = _core.philox((row % 2**32, row // 2**32, 0, 1), key)[0]
    expected = 0 if (word + 0.5) / 2**32 < 0.25 else 2
    assert reference.choices(seed, row, 1, weights).tolist() == [expected]
    low, high = _core.philox((3, 0, 0, 2), key)[:2]
    assert reference.member_seed(seed, 3) == low + 2**32 * high


def test_rows_of_different_members_are_independent():
    """Two halves that are one model: a pair of rows with the same uniforms would be equal."""
    fair = FVSBN.from_parameters(W=np.zeros((64, 64)), b=np.zeros(64))
    X = Mixture.from_models([fair, fair]).sample(9000, random_state=0, packed=True)
    assert len(np.unique(X, axis=0)) == 9000


def test_counts_of_different_members_are_independent(random_model):
    model = random_model("fvsbn")
    X, counts = Mixture.from_models([model, model]).sample_counts(10**6, random_state=0)
    check_sample_frequencies(X, model.score_samples, counts)  # the same twice would vary twice


def test_the_last_rows_of_a_seed_are_drawn(mixture):
    assert mixture.sample(3, random_state=0, start=2**64 - 3).shape == (3, N)


def test_counts_follow_the_density_and_come_in_order(mixture):
    X, counts = mixture.sample_counts(10**6, random_state=0)
    expected = 10**6 * np.exp(mixture.score_samples(X))
    assert counts.sum() == 10**6
    assert np.array_equal(X, np.unique(X, axis=0))
    assert (((counts - expected) ** 2) / expected).sum() < 200  # 127 degrees of freedom
    assert mixture.sample_counts(0)[0].shape == (0, N)
