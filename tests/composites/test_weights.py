"""Weights of a mixture: given, equal or learned."""

import numpy as np
import pytest

from ardens import FVSBN, Mixture, Tabular
from ardens.reference import mixture as reference


def test_learned_weights_are_the_best_ones_and_no_step_lowers_the_likelihood(
    mixture, members, weights, rng
):
    X = mixture.sample(4000, random_state=1)
    learned = Mixture.from_models(members).fit_weights(X)
    nats = learned.history_["valid"]
    assert len(nats) > 3
    assert (np.diff(nats) >= -1e-12).all()
    assert nats[0] == pytest.approx(Mixture.from_models(members).score(X))
    assert nats[-1] == pytest.approx(learned.score(X))
    assert learned.weights_.sum() == pytest.approx(1)
    assert np.abs(learned.weights_ - weights).max() < 0.1
    for other in [*rng.dirichlet(np.ones(4), 50), weights]:
        assert Mixture.from_models(members, other).score(X) <= nats[-1] + 1e-4


def test_steps_and_their_end_are_those_of_the_reference(members):
    X = members[0].sample(500, random_state=1)
    scores = np.array([member.score_samples(X) for member in members])
    weights = np.full(4, 0.25)
    steps = 0
    while reference.em_gap(scores, weights) > 1e-4:
        weights = reference.em(scores, weights)
        steps += 1
    mixture = Mixture.from_models(members).fit_weights(X)
    assert len(mixture.history_["valid"]) == steps + 1
    np.testing.assert_allclose(mixture.weights_, weights, rtol=1e-9)


def test_rows_that_nobody_allows_do_not_disturb_the_weights():
    sure, fair = Tabular(alpha=0).fit([[1, 1]]), Tabular(alpha=0).fit([[1, 1], [1, 0]])
    mixture = Mixture.from_models([sure, fair]).fit_weights([[1, 1], [1, 0], [0, 0]])
    assert mixture.weights_[1] > 0.99
    assert mixture.history_["valid"][0] == -np.inf
    mixture.fit_weights([[0, 0]])
    assert mixture.weights_.tolist() == [0.5, 0.5]


def test_learned_weights_come_from_the_validation_rows(quick, data):
    mixture = quick(weights="learned").fit(data[:150], X_valid=data[150:])
    learned = Mixture.from_models(mixture.members_).fit_weights(data[150:])
    assert np.array_equal(mixture.weights_, learned.weights_)
    assert mixture.history_ == learned.history_
    equal = quick().fit(data[:150], X_valid=data[150:])
    assert equal.history_["valid"] == pytest.approx([equal.score(data[150:])])
    assert equal.weights_.tolist() == [1 / 3] * 3


def test_given_weights_are_scaled_and_those_that_sum_to_one_keep_their_bits(members):
    mixture = Mixture.from_models(members, [2, 0, 1, 1])
    assert mixture.weights_.tolist() == [0.5, 0, 0.25, 0.25]
    again = Mixture.from_models(members, np.full(4, 1e308))
    assert again.weights_.tolist() == [0.25] * 4
    thirds = np.array([1 / 3, 1 / 3, 1 / 3, 0])
    assert np.array_equal(Mixture.from_models(members, thirds).weights_, thirds)


@pytest.mark.parametrize(
    ("weights", "error"),
    [
        ([1, 2], ValueError),
        ([0, 0, 0, 0], ValueError),
        ([1, 1, 1, -1], ValueError),
        ([1, 1, 1, np.nan], ValueError),
        ([1, 1, 1, np.inf], ValueError),
        (["a"] * 4, TypeError),
        ([[1], 2], TypeError),
        ("equal", TypeError),
    ],
    ids=str,
)
def test_wrong_weights_are_refused(members, weights, error):
    with pytest.raises(error, match="weights must be None or 4 finite numbers"):
        Mixture.from_models(members, weights)


def test_weights_learned_from_weighted_rows_are_those_of_the_reference_and_of_repeated_rows(
    members, rng
):
    X, times = members[0].sample(500, random_state=1), rng.integers(0, 5, 500)
    once = Mixture.from_models(members).fit_weights(X, times)
    often = Mixture.from_models(members).fit_weights(X.repeat(times, axis=0))
    np.testing.assert_allclose(once.weights_, often.weights_, rtol=1e-9)
    assert once.history_["valid"] == pytest.approx(often.history_["valid"], rel=1e-12)
    scores = np.array([member.score_samples(X) for member in members])
    weights = np.full(4, 0.25)
    for _ in once.history_["valid"][1:]:
        weights = reference.em(scores, weights, times)
    np.testing.assert_allclose(once.weights_, weights, rtol=1e-9)


@pytest.mark.parametrize("judged", [False, True], ids=["split", "X_valid"])
def test_a_mixture_of_weighted_rows_is_that_of_repeated_ones(data, rng, same, judged):
    times = rng.integers(0, 5, len(data))
    valid, often = data[:50], times[:50]
    once = {"X_valid": valid, "sample_weight_valid": often} if judged else {}
    again = {"X_valid": valid.repeat(often, axis=0)} if judged else {}
    options = {"n_members": 2, "weights": "learned", "random_state": 0}
    one = Mixture(FVSBN(), **options).fit(data, sample_weight=times, **once)
    other = Mixture(FVSBN(), **options).fit(data.repeat(times, axis=0), **again)
    assert all(map(same, one.members_, other.members_))
    np.testing.assert_allclose(one.weights_, other.weights_, rtol=1e-9)
    assert one.history_["valid"] == pytest.approx(other.history_["valid"], rel=1e-12)


def test_wrong_weights_of_rows_are_refused(quick, data):
    with pytest.raises(ValueError, match="sample_weight must be 200"):
        quick().fit(data, sample_weight=[1.0])
    with pytest.raises(ValueError, match="sample_weight_valid needs X_valid"):
        quick().fit(data, sample_weight_valid=[1.0])
