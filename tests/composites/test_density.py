"""The density of a mixture, against sums written out."""

import numpy as np
import pytest

import ardens
from ardens import Mixture, Tabular
from ardens.reference import mixture as reference
from helpers.first_principles import (
    all_vectors,
    check_mixture_of_densities,
)
from helpers.models import N


def test_a_mixture_is_the_mean_of_densities_and_sums_to_one(members):
    mixture = Mixture.from_models(members)
    densities = [member.score_samples for member in members]
    # Log-probabilities of the members come from single precision.
    check_mixture_of_densities(mixture.score_samples, densities, N, tolerance=1e-6)
    logits = np.mean([density(all_vectors(N)) for density in densities], axis=0)
    assert abs(np.exp(logits).sum() - 1) > 0.1


def test_log_probabilities_are_those_of_the_reference(mixture, members, weights):
    X = all_vectors(N)
    scores = np.array([member.score_samples(X) for member in members])
    expected = reference.log_prob(scores, weights)
    assert np.array_equal(mixture.score_samples(X), expected)
    assert mixture.score(X) == np.mean(expected)


def test_rows_that_a_member_excludes_are_left_to_the_others():
    X = [[0, 0], [1, 1], [0, 1]]
    first, second = (Tabular(alpha=0).fit([row]) for row in X[:2])
    p = np.exp(Mixture.from_models([first, second], [1, 3]).score_samples(X))
    assert p.tolist() == pytest.approx([0.25, 0.75, 0])


def test_a_log_probability_is_never_positive():
    sure = Tabular(alpha=0).fit([[1, 0]])
    for weights in np.random.default_rng(0).dirichlet(np.ones(7), 50):  # of some the sum is above 1
        mixture = Mixture.from_models([sure] * 7, weights)
        assert -1e-12 < mixture.score_samples([[1, 0]])[0] <= 0


def test_pieces_of_a_call_do_not_change_a_bit_of_a_score(mixture, monkeypatch):
    X = all_vectors(N)
    whole = mixture.score_samples(X)
    monkeypatch.setattr("ardens.composites.fitted._CELLS", 20)
    assert np.array_equal(mixture.score_samples(X), whole)
    assert mixture.score_samples(X[:0]).shape == (0,)


def test_threads_change_no_bit_of_a_mixture(mixture):
    X = all_vectors(N)
    expected = mixture.set_params(n_jobs=1)
    scores, rows = expected.score_samples(X), expected.sample(5000, random_state=1)
    assert np.array_equal(mixture.set_params(n_jobs=2).score_samples(X), scores)
    assert np.array_equal(mixture.sample(5000, random_state=1), rows)


def test_divergences_take_mixtures(mixture, members):
    X = all_vectors(N)
    log_p, log_q = mixture.score_samples(X), members[3].score_samples(X)
    expected = np.sum(np.exp(log_p) * (log_p - log_q))
    assert ardens.kl_divergence(mixture, members[3]) == pytest.approx(expected, rel=1e-9)
    estimate = ardens.kl_divergence(mixture, members[3], n_samples=20_000, random_state=0)
    assert abs(estimate - expected) < 5 * estimate.standard_error
