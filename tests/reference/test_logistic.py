"""The statement of penalised logistic regression, against scikit-learn and its own conditions."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from ardens.reference import logistic


@pytest.fixture
def problem(rng):
    X = rng.integers(0, 2, (60, 5)).astype(np.uint8)
    y = (rng.random(60) < 1 / (1 + np.exp(1.0 - 2.0 * X[:, 0] + X[:, 3]))).astype(np.uint8)
    return X, y


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("penalty", [0.1, 3.0])
def test_the_solution_is_that_of_scikit_learn(problem, penalty, l1_ratio):
    X, y = problem
    w, b = logistic.solve(X, y, penalty=penalty, l1_ratio=l1_ratio)
    peer = LogisticRegression(
        solver="saga", C=1 / penalty, l1_ratio=l1_ratio, tol=1e-9, max_iter=100_000
    ).fit(X, y)
    np.testing.assert_allclose(w, peer.coef_[0], atol=1e-5)
    np.testing.assert_allclose(b, peer.intercept_[0], atol=1e-5)
    assert logistic.violation(X, y, w, b, penalty=penalty, l1_ratio=l1_ratio) < 1e-8


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 1.0])
def test_no_neighbour_of_the_solution_is_better(problem, rng, l1_ratio):
    options = {"penalty": 2.0, "l1_ratio": l1_ratio}
    w, b = logistic.solve(*problem, **options)
    best = logistic.objective(*problem, w, b, **options)
    for step in rng.normal(scale=1e-2, size=(50, 6)):
        assert logistic.objective(*problem, w + step[:-1], b + step[-1], **options) > best


def test_a_constant_target_has_the_log_odds_of_one_more_row_of_each_kind(problem):
    w, b = logistic.solve(problem[0], np.ones(60), penalty=1.0, l1_ratio=1.0)
    assert not w.any()
    assert b == np.log(61)
