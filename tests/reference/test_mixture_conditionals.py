"""Conditionals of a mixture in the reference, against sums over all vectors."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ardens.reference import MODELS, mixture
from helpers.first_principles import all_vectors
from helpers.parameters import random_parameters

N = 6
X = all_vectors(N)
WEIGHTS = np.array([0.5, 0.0, 0.2, 0.3])

Array = NDArray[Any]


@pytest.fixture
def ones() -> Array:
    """p_k(x_i = 1 | x_<i) of a model of every kind, for all vectors."""
    rng = np.random.default_rng(0)
    parameters = {name: random_parameters(name, N, 3, rng) for name in MODELS}
    return np.array([MODELS[name].conditionals(X, **parameters[name]) for name in MODELS])


@pytest.fixture
def terms(ones: Array) -> Array:
    """log p_k(x_i | x_<i)."""
    return np.asarray(np.log(np.where(X == 1, ones, 1 - ones)))


def test_conditionals_are_quotients_of_sums_over_all_vectors(terms: Array, ones: Array) -> None:
    p = WEIGHTS @ np.exp(terms.sum(axis=2))
    found = mixture.conditionals(terms, ones, WEIGHTS)
    for row, x in enumerate(X):
        for i in range(N):
            same = (X[:, :i] == x[:i]).all(axis=1)
            expected = p[same & (X[:, i] == 1)].sum() / p[same].sum()
            assert found[row, i] == pytest.approx(expected, rel=1e-12)


def test_log_probabilities_are_those_of_the_conditionals_and_sum_to_that_of_the_row(
    terms: Array, ones: Array
) -> None:
    p = mixture.conditionals(terms, ones, WEIGHTS)
    nats = mixture.log_prob_per_feature(terms, WEIGHTS)
    np.testing.assert_allclose(np.exp(nats), np.where(X == 1, p, 1 - p), rtol=1e-12)
    whole = mixture.log_prob(terms.sum(axis=2), WEIGHTS)
    np.testing.assert_allclose(nats.sum(axis=1), whole, rtol=1e-12)


def test_shares_sum_to_one_and_are_the_weights_before_the_first_feature(terms: Array) -> None:
    shares = mixture.shares(terms, WEIGHTS)
    np.testing.assert_allclose(shares.sum(axis=0), 1, rtol=1e-12)
    np.testing.assert_allclose(shares[:, :, 0].T, np.tile(WEIGHTS, (len(X), 1)), rtol=1e-12)
    assert (shares[1] == 0).all()


def test_shares_stay_the_weights_where_no_member_allows_what_is_before() -> None:
    impossible = np.array([[[-np.inf, 0.0]], [[-np.inf, -1.0]]])
    assert mixture.shares(impossible, np.array([0.25, 0.75]))[:, 0, 1].tolist() == [0.25, 0.75]


def test_shares_of_long_rows_do_not_vanish() -> None:
    terms = np.array([np.full((1, 3000), nats) for nats in (-1.0, -1.001, 0.0)])
    shares = mixture.shares(terms, np.array([0.5, 0.5, 0.0]))
    assert shares[0, 0, -1] == pytest.approx(1 / (1 + np.exp(-2.999)), rel=1e-9)
