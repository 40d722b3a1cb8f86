"""Counting: the table that `fit` makes, against counting with Python's own loops."""

import math
import re
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ardens.reference import tabular
from helpers.first_principles import all_vectors, check_sample_frequencies, check_sums_to_one


@pytest.fixture
def X() -> NDArray[Any]:
    """Thirty rows of five bits that leave most of the 32 vectors, and some prefixes, unseen."""
    rows = np.random.default_rng(8).choice(all_vectors(5)[[0, 3, 9, 10, 11, 14]], size=30)
    return np.asarray(rows)


def counted(X: NDArray[Any], alpha: float) -> list[float]:
    """Logits by going through all prefixes, level by level, and through all rows."""
    rows = [tuple(row) for row in X.tolist()]
    logits = []
    for i in range(X.shape[1]):
        for prefix in product([0, 1], repeat=i):
            ones = sum(row[: i + 1] == (*prefix, 1) for row in rows) + alpha
            zeros = sum(row[: i + 1] == (*prefix, 0) for row in rows) + alpha
            if ones == zeros:
                logits.append(0.0)
            elif min(ones, zeros) == 0:
                logits.append(math.copysign(math.inf, ones - zeros))
            else:
                logits.append(math.log(ones / zeros))
    return logits


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0])
def test_fit_counts_every_prefix(X: NDArray[Any], alpha: float) -> None:
    np.testing.assert_allclose(tabular.fit(X, alpha), counted(X, alpha), rtol=1e-13)


def test_fit_without_smoothing_gives_the_empirical_distribution(X: NDArray[Any]) -> None:
    logits = tabular.fit(X, alpha=0)
    frequencies = [(x == X).all(axis=1).mean() for x in all_vectors(5)]
    p = np.exp(tabular.log_prob(all_vectors(5), logits=logits))
    np.testing.assert_allclose(p, frequencies, rtol=1e-13)


def test_vector_never_seen_has_log_prob_minus_infinity_without_smoothing(X: NDArray[Any]) -> None:
    unseen = np.array([x for x in all_vectors(5) if not (x == X).all(axis=1).any()])
    assert len(unseen) == 26
    assert (tabular.log_prob(unseen, logits=tabular.fit(X, alpha=0)) == -np.inf).all()


def test_prefix_never_seen_is_a_fair_coin_without_smoothing(X: NDArray[Any]) -> None:
    assert (X[:, 0] == 0).all()
    below_one = tabular.nodes(np.array([[1, 0, 0, 0, 0], [1, 1, 1, 1, 1]]))[:, 1:]
    assert (tabular.fit(X, alpha=0)[below_one] == 0).all()


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_fitted_table_sums_to_one(X: NDArray[Any], alpha: float) -> None:
    logits = tabular.fit(X, alpha)
    check_sums_to_one(lambda rows: tabular.log_prob(rows, logits=logits), 5)


def test_smoothed_probability_is_that_of_alpha_extra_observations(X: NDArray[Any]) -> None:
    p = tabular.conditionals(X[:1], logits=tabular.fit(X, alpha=2.0))
    assert p[0, 0] == pytest.approx((0 + 2) / (30 + 4), rel=1e-14)


def test_gradient_vanishes_at_the_fitted_table(X: NDArray[Any]) -> None:
    _, grad = tabular.value_and_grad(X, logits=tabular.fit(X, alpha=0))
    np.testing.assert_allclose(grad["logits"], 0, atol=1e-15)


def test_mean_log_likelihood_is_minus_infinity_on_a_row_that_is_ruled_out(X: NDArray[Any]) -> None:
    logits = tabular.fit(X, alpha=0)
    value, grad = tabular.value_and_grad(all_vectors(5), logits=logits)
    assert value == -np.inf
    assert np.isfinite(grad["logits"]).all()


def test_sample_never_leaves_the_rows_seen_without_smoothing(X: NDArray[Any]) -> None:
    logits = tabular.fit(X, alpha=0)
    rows = tabular.sample(2000, seed=4, logits=logits)
    assert {tuple(row) for row in rows.tolist()} == {tuple(row) for row in X.tolist()}
    check_sample_frequencies(rows, lambda x: tabular.log_prob(x, logits=logits))


@pytest.mark.parametrize("alpha", [-1.0, float("nan")])
def test_fit_refuses_a_negative_alpha(X: NDArray[Any], alpha: float) -> None:
    with pytest.raises(ValueError, match=re.escape(f"alpha must be at least 0; got {alpha}")):
        tabular.fit(X, alpha)


@pytest.mark.parametrize("alpha", [0.0, 0.5])
def test_a_row_of_weight_three_is_three_rows(X: NDArray[Any], alpha: float) -> None:
    times = np.random.default_rng(0).integers(0, 4, len(X))
    repeated = tabular.fit(X.repeat(times, axis=0), alpha)
    np.testing.assert_array_equal(tabular.fit(X, alpha, times), repeated)
    np.testing.assert_allclose(
        tabular.fit(X, 0.0, times / 7), tabular.fit(X, 0.0, times), atol=1e-14
    )
