"""Density and gradient of every model of the reference, against the definition."""

from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from helpers.definitions import conditionals_by_definition, log_prob_by_definition
from helpers.first_principles import (
    all_vectors,
    check_autoregressive,
    check_certain,
    check_gradient,
    check_log_prob_is_bernoulli_sum,
    check_sees_every_predecessor,
    check_sums_to_one,
)
from helpers.parameters import certain_parameters, random_parameters
from helpers.references import MODELS

SIZES = [(1, 1), (2, 3), (5, 1), (10, 7)]


@pytest.fixture(params=MODELS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def parameters(name: str, n_features: int = 6, n_hidden: int = 4) -> dict[str, NDArray[Any]]:
    rng = np.random.default_rng([n_features, n_hidden])
    return random_parameters(name, n_features, n_hidden, rng, scale=1.5)


def bound(name: str, function: str, params: dict[str, NDArray[Any]]) -> Any:
    return partial(getattr(MODELS[name], function), **params)


@pytest.mark.parametrize(("n_features", "n_hidden"), SIZES)
def test_probabilities_of_all_vectors_sum_to_one(name: str, n_features: int, n_hidden: int) -> None:
    params = parameters(name, n_features, n_hidden)
    check_sums_to_one(bound(name, "log_prob", params), n_features)


@pytest.mark.parametrize(("n_features", "n_hidden"), SIZES)
def test_conditional_does_not_move_with_its_own_or_later_bits(
    name: str, n_features: int, n_hidden: int
) -> None:
    params = parameters(name, n_features, n_hidden)
    check_autoregressive(bound(name, "conditionals", params), all_vectors(n_features))


def test_conditional_sees_every_earlier_bit(name: str) -> None:
    check_sees_every_predecessor(bound(name, "conditionals", parameters(name)), all_vectors(6))


def test_conditionals_follow_the_definition(name: str) -> None:
    X, params = all_vectors(6), parameters(name)
    np.testing.assert_allclose(
        MODELS[name].conditionals(X, **params),
        conditionals_by_definition(name, X, params),
        rtol=1e-12,
    )


def test_log_prob_follows_the_definition(name: str) -> None:
    X, params = all_vectors(6), parameters(name)
    np.testing.assert_allclose(
        MODELS[name].log_prob(X, **params), log_prob_by_definition(name, X, params), rtol=1e-12
    )


def test_log_prob_is_the_sum_of_its_bernoulli_terms(name: str) -> None:
    params = parameters(name)
    log_prob, conditionals = bound(name, "log_prob", params), bound(name, "conditionals", params)
    check_log_prob_is_bernoulli_sum(log_prob, conditionals, all_vectors(6))


def test_logits_are_the_log_odds_of_the_conditionals(name: str) -> None:
    X, params = all_vectors(6), parameters(name)
    p = MODELS[name].conditionals(X, **params)
    np.testing.assert_allclose(MODELS[name].logits(X, **params), np.log(p / (1 - p)), rtol=1e-10)


def test_logits_of_ten_thousand_cost_ten_thousand_nats_a_bit(name: str) -> None:
    bits = np.array([1, 0, 0, 1, 1])
    params = certain_parameters(name, bits, n_hidden=3, size=1e4)
    log_prob, conditionals = bound(name, "log_prob", params), bound(name, "conditionals", params)
    check_certain(log_prob, conditionals, bits, size=1e4)


def test_gradient_is_finite_at_logits_of_ten_thousand(name: str) -> None:
    params = certain_parameters(name, np.array([1, 0, 0, 1, 1]), n_hidden=3, size=1e4)
    value, grad = MODELS[name].value_and_grad(all_vectors(5), **params)
    assert value == -2.5e4
    assert all(np.isfinite(g).all() for g in grad.values())


@pytest.mark.parametrize(("n_features", "n_hidden"), [(1, 1), (2, 3), (6, 4)])
def test_gradient_matches_central_differences(name: str, n_features: int, n_hidden: int) -> None:
    params = parameters(name, n_features, n_hidden)
    X = np.random.default_rng(3).integers(0, 2, (20, n_features), dtype=np.uint8)

    def mean_log_prob(theta: dict[str, NDArray[Any]]) -> float:
        return float(MODELS[name].log_prob(X, **theta).mean())

    value, grad = MODELS[name].value_and_grad(X, **params)
    assert value == mean_log_prob(params)
    check_gradient(grad, mean_log_prob, params)


def test_whole_weights_are_repetitions_of_rows(name: str) -> None:
    X, params = all_vectors(5)[:20], parameters(name, 5)
    weights = np.random.default_rng(4).integers(0, 4, 20)
    value, grad = MODELS[name].value_and_grad(X, weights, **params)
    repeated, slopes = MODELS[name].value_and_grad(np.repeat(X, weights, axis=0), **params)
    # the mean is one over the rows that are given
    assert value == pytest.approx(repeated * weights.mean(), rel=1e-12)
    for key in params:
        np.testing.assert_allclose(grad[key], slopes[key] * weights.mean(), rtol=0, atol=1e-14)


def test_expected_gradient_is_zero_under_the_model_itself(name: str) -> None:
    params, X = parameters(name, 4), all_vectors(4)
    weights = np.exp(MODELS[name].log_prob(X, **params))
    grads = [MODELS[name].value_and_grad(x[None], **params)[1] for x in X]
    for key in params:
        score = sum(w * grad[key] for w, grad in zip(weights, grads, strict=True))
        np.testing.assert_allclose(score, 0, atol=1e-14)


@pytest.mark.parametrize("dtype", [bool, np.int8, np.uint64, np.float32])
def test_any_dtype_of_the_data_gives_the_same_bits(name: str, dtype: Any) -> None:
    X, params = all_vectors(6), parameters(name)
    for function in ("logits", "conditionals", "log_prob"):
        f = bound(name, function, params)
        np.testing.assert_array_equal(f(X.astype(dtype)), f(X))
    value, grad = MODELS[name].value_and_grad(X.astype(dtype), **params)
    same_value, same_grad = MODELS[name].value_and_grad(X, **params)
    assert value == same_value
    for key in params:
        np.testing.assert_array_equal(grad[key], same_grad[key])


def test_float32_parameters_are_computed_with_in_float64(name: str) -> None:
    X = all_vectors(6)
    single = {key: p.astype(np.float32) for key, p in parameters(name).items()}
    double = {key: p.astype(np.float64) for key, p in single.items()}
    for function in ("logits", "conditionals", "log_prob"):
        f, same = bound(name, function, single), bound(name, function, double)
        assert f(X).dtype == np.float64
        np.testing.assert_allclose(f(X), same(X), rtol=1e-13)
    value, grad = MODELS[name].value_and_grad(X, **single)
    same_value, same_grad = MODELS[name].value_and_grad(X, **double)
    assert value == pytest.approx(same_value, rel=1e-13)
    for key in double:
        assert grad[key].dtype == np.float64
        np.testing.assert_allclose(grad[key], same_grad[key], rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(
        MODELS[name].sample(100, 1, **single), MODELS[name].sample(100, 1, **double)
    )


def test_no_rows_give_no_log_probs(name: str) -> None:
    X = np.zeros((0, 6), dtype=np.uint8)
    assert MODELS[name].log_prob(X, **parameters(name)).shape == (0,)
    assert MODELS[name].conditionals(X, **parameters(name)).shape == (0, 6)
