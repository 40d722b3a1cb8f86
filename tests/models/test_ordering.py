"""An ordering permutes the factors, and nothing else."""

import numpy as np
import pytest

from ardens.models import MODELS
from helpers.models import ORDERING


def test_the_order_of_the_columns_is_the_default(name, small, data):
    assert small(name).fit(data).ordering_.tolist() == list(range(7))


def test_a_random_ordering_is_a_permutation_drawn_from_the_seed(name, small, data):
    orderings = [
        small(name, ordering="random", random_state=seed).fit(data).ordering_.tolist()
        for seed in (0, 0, 1)
    ]
    assert sorted(orderings[0]) == list(range(7))
    assert orderings[0] == orderings[1] != orderings[2]


def test_fitting_with_an_ordering_is_fitting_permuted_columns(name, small, data):
    ordered = small(name, ordering=ORDERING).fit(data)
    plain = small(name).fit(data[:, ORDERING])
    for key, values in plain.parameters().items():
        assert np.array_equal(ordered.parameters()[key], values)
    assert np.array_equal(ordered.ordering_, ORDERING)


def test_every_method_speaks_of_the_columns_of_the_user(name, random_model, data):
    ordered, plain = random_model(name, ordering=ORDERING), random_model(name)
    permuted = data[:, ORDERING]
    assert np.array_equal(ordered.score_samples(data), plain.score_samples(permuted))
    assert ordered.value_and_grad(data)[0] == plain.value_and_grad(permuted)[0]
    conditionals, terms = ordered.conditionals(data), ordered.log_prob_per_feature(data)
    assert np.array_equal(conditionals[:, ORDERING], plain.conditionals(permuted))
    assert np.array_equal(terms[:, ORDERING], plain.log_prob_per_feature(permuted))
    X, log_prob = ordered.sample(20, random_state=0, return_log_prob=True)
    Y, expected = plain.sample(20, random_state=0, return_log_prob=True)
    assert np.array_equal(X[:, ORDERING], Y)
    assert np.array_equal(log_prob, expected)


def test_a_conditional_depends_on_what_comes_before_it_in_the_ordering(name, random_model, data):
    model = random_model(name, ordering=ORDERING)
    before = model.conditionals(data)
    for position, column in enumerate(ORDERING):
        flipped = data.copy()
        flipped[:, column] ^= 1
        moved = (model.conditionals(flipped) != before).any(axis=0)
        assert not moved[ORDERING[: position + 1]].any()
        assert moved[ORDERING[position + 1 :]].any() == (position < 6)


def test_the_data_of_partial_fit_are_ordered_too(learned, small, data):
    ordered = small(learned, ordering=ORDERING).partial_fit(data).partial_fit(data)
    permuted = data[:, ORDERING]
    plain = small(learned).partial_fit(permuted).partial_fit(permuted)
    assert np.array_equal(ordered.score_samples(data), plain.score_samples(permuted))


def test_validation_rows_are_ordered_too(learned, small, data):
    ordered = small(learned, ordering=ORDERING).fit(data[:150], X_valid=data[150:])
    plain = small(learned).fit(data[:150, ORDERING], X_valid=data[150:, ORDERING])
    assert ordered.history_["valid"] == plain.history_["valid"]


def test_a_warm_start_keeps_a_random_ordering(learned, small, data):
    model = small(learned, ordering="random", random_state=None, warm_start=True).fit(data)
    before = model.ordering_
    assert np.array_equal(model.fit(data).ordering_, before)


def test_the_ordering_of_a_fitted_model_cannot_be_written_to(name, small, data):
    mine = ORDERING.copy()
    model = small(name, ordering=mine).fit(data)
    mine[:] = 0
    assert np.array_equal(model.ordering_, ORDERING)
    with pytest.raises(ValueError, match="read-only"):
        model.ordering_[0] = 1


@pytest.mark.parametrize("ordering", ["reverse", [0, 1], [0] * 7, [0.5] * 7, range(1, 8)])
def test_a_wrong_ordering_is_refused(name, small, data, ordering):
    with pytest.raises((TypeError, ValueError), match="ordering must be None"):
        small(name, ordering=ordering).fit(data)


def test_parameters_need_an_ordering_that_is_known(name, random_model):
    with pytest.raises(TypeError, match="ordering must be"):
        MODELS[name].from_parameters(**random_model(name).parameters(), ordering="random")
