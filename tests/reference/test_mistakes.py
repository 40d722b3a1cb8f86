"""Mistakes found in implementations of these models: each is made here, and must be caught.

Every test runs one check twice, on the reference (it passes) and on the mistake (it fails).
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ardens.reference import MODELS, bernoulli, mixture, nade
from ardens.reference.bernoulli import sigmoid
from ardens.reference.philox import uniforms
from helpers.first_principles import (
    all_vectors,
    check_autoregressive,
    check_certain,
    check_log_prob_is_bernoulli_sum,
    check_mixture_of_densities,
    check_sample_frequencies,
    check_sample_is_ancestral,
    check_sampling_costs_what_scoring_costs,
    check_sums_to_one,
)
from helpers.parameters import certain_parameters, random_parameters

Array = NDArray[Any]
N_FEATURES = 6
ALL = all_vectors(N_FEATURES)
LEARNED = ["fvsbn", "mlp", "nade"]


@pytest.fixture(params=MODELS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def parameters(name: str) -> dict[str, Array]:
    return random_parameters(name, N_FEATURES, 4, np.random.default_rng(1), scale=1.5)


def bound(name: str, function: str, params: dict[str, Array]) -> Any:
    return partial(getattr(MODELS[name], function), **params)


def assert_caught(check: Callable[..., None], *mistaken: Any, **options: Any) -> None:
    with pytest.raises(AssertionError):
        check(*mistaken, **options)


def test_loss_with_logits_applied_to_probabilities(name: str) -> None:
    conditionals = bound(name, "conditionals", parameters(name))

    def log_prob_of_probabilities(X: Array) -> Array:
        return bernoulli.log_prob(X, conditionals(X))

    # It sums to one, it even trains: only its own conditionals give it away.
    check_sums_to_one(log_prob_of_probabilities, N_FEATURES)
    check = check_log_prob_is_bernoulli_sum
    check(bound(name, "log_prob", parameters(name)), conditionals, ALL)
    assert_caught(check, log_prob_of_probabilities, conditionals, ALL)


@pytest.mark.parametrize("own_weight", [2.0, -1e-3])
def test_mask_that_lets_a_conditional_see_its_own_bit(own_weight: float) -> None:
    params = parameters("fvsbn")
    W = params["W"] + own_weight * np.eye(N_FEATURES)

    def conditionals_up_to_i(X: Array) -> Array:
        return sigmoid(X @ W.T + params["b"])

    def log_prob_up_to_i(X: Array) -> Array:
        return bernoulli.log_prob(X, X @ W.T + params["b"])

    check_autoregressive(bound("fvsbn", "conditionals", params), ALL)
    assert_caught(check_autoregressive, conditionals_up_to_i, ALL)
    assert_caught(check_sums_to_one, log_prob_up_to_i, N_FEATURES)


def test_reference_never_reads_a_weight_on_or_above_the_diagonal() -> None:
    params = parameters("fvsbn")
    log_prob, sample = MODELS["fvsbn"].log_prob, MODELS["fvsbn"].sample
    full = params | {"W": params["W"] + np.triu(np.full((N_FEATURES, N_FEATURES), 7.0))}
    np.testing.assert_array_equal(log_prob(ALL, **full), log_prob(ALL, **params))
    np.testing.assert_array_equal(sample(99, 1, **full), sample(99, 1, **params))


def test_sampler_that_adds_the_old_value_of_a_bit_before_drawing_it() -> None:
    params = parameters("nade")
    W, c, V, b = (params[key] for key in "WcVb")
    n_samples, seed = 20_000, 5
    U = uniforms(seed, 0, n_samples, N_FEATURES)
    X = np.zeros((n_samples, N_FEATURES), dtype=np.uint8)
    a = np.tile(c, (n_samples, 1))
    for i in range(N_FEATURES):
        a += X[:, i, None] * W[:, i]  # X[:, i] is still 0
        X[:, i] = U[:, i] < sigmoid(sigmoid(a) @ V[i] + b[i])

    right = nade.sample(n_samples, seed, W=W, c=c, V=V, b=b)
    log_prob, conditionals = (bound("nade", f, params) for f in ("log_prob", "conditionals"))
    check_sample_frequencies(right, log_prob)
    assert_caught(check_sample_frequencies, X, log_prob)
    check_sample_is_ancestral(right, conditionals, U)
    assert_caught(check_sample_is_ancestral, X, conditionals, U)


def test_ensemble_of_orderings_that_averages_logits(name: str) -> None:
    rng = np.random.default_rng(12)
    orderings = [rng.permutation(N_FEATURES) for _ in range(3)]
    params = [random_parameters(name, N_FEATURES, 4, rng, scale=1.5) for _ in orderings]
    model = MODELS[name]

    def member(ordering: Array, params: dict[str, Array]) -> Callable[[Array], Array]:
        return lambda X: np.asarray(model.log_prob(X[:, ordering], **params))

    members = [member(o, p) for o, p in zip(orderings, params, strict=True)]

    def mixture_of_densities(X: Array) -> Array:
        return mixture.log_prob(np.array([density(X) for density in members]))

    def mean_of_logits(X: Array) -> Array:
        logits = [
            model.logits(X[:, o], **p)[:, np.argsort(o)]
            for o, p in zip(orderings, params, strict=True)
        ]
        return bernoulli.log_prob(X, np.mean(logits, axis=0))

    check_mixture_of_densities(mixture_of_densities, members, N_FEATURES)
    assert_caught(check_mixture_of_densities, mean_of_logits, members, N_FEATURES)


def test_mixture_weights_count_and_members_may_rule_rows_out() -> None:
    members = np.log([[0.5, 0.25, 0.25], [0.125, 0.875, 0.0000001]])
    members[1, 2] = -np.inf
    p = np.exp(mixture.log_prob(members, weights=np.array([0.75, 0.25])))
    np.testing.assert_allclose(p, [0.40625, 0.40625, 0.1875], rtol=1e-14)
    assert mixture.log_prob(np.full((2, 1), -np.inf)) == -np.inf


def clamped(p: Array) -> Array:
    return np.clip(p, 0.00005, 0.99995)


@pytest.mark.parametrize(
    "log_prob",
    [
        lambda X, p: np.log(np.where(X == 1, clamped(p), 1 - clamped(p))).sum(axis=1),
        lambda X, p: np.log(np.where(X == 1, p, 1 - p) + 1e-12).sum(axis=1),
    ],
    ids=["clamped", "plus epsilon"],
)
def test_probabilities_kept_away_from_zero_and_one(
    name: str, log_prob: Callable[[Array, Array], Array]
) -> None:
    bits = np.array([1, 0, 0, 1, 1])
    params = certain_parameters(name, bits, n_hidden=3, size=1e4)
    conditionals = bound(name, "conditionals", params)
    check_certain(bound(name, "log_prob", params), conditionals, bits, size=1e4)

    def log_prob_for_robustness(X: Array) -> Array:
        return log_prob(X, conditionals(X))

    assert_caught(check_certain, log_prob_for_robustness, conditionals, bits, size=1e4)


def test_density_that_no_longer_sums_to_one_for_robustness() -> None:
    logits = np.full(2**N_FEATURES - 1, 12.0)
    tabular = MODELS["tabular"]

    def log_prob_clamped_for_zeros_only(X: Array) -> Array:
        p = tabular.conditionals(X, logits=logits)
        return np.asarray(np.log(np.where(X == 1, p, 1 - clamped(p))).sum(axis=1))

    check_sums_to_one(partial(tabular.log_prob, logits=logits), N_FEATURES)
    assert_caught(check_sums_to_one, log_prob_clamped_for_zeros_only, N_FEATURES)


def test_unguarded_log_of_one_plus_exp(name: str) -> None:
    bits = np.array([1, 0, 0, 1, 1])
    params = certain_parameters(name, bits, n_hidden=3, size=1e4)
    log_prob, logits, conditionals = (
        bound(name, f, params) for f in ("log_prob", "logits", "conditionals")
    )

    def log_prob_unguarded(X: Array) -> Array:
        t = logits(X)
        with np.errstate(over="ignore"):
            return np.asarray((X * t - np.log(1 + np.exp(t))).sum(axis=1))

    check_certain(log_prob, conditionals, bits, size=1e4)
    assert_caught(check_certain, log_prob_unguarded, conditionals, bits, size=1e4)


class Counted(np.ndarray):
    """An array that counts the elementary operations of the arithmetic it takes part in."""

    operations = 0

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        plain = [np.asarray(x) for x in inputs]
        result = getattr(ufunc, method)(*plain, **kwargs)
        terms = plain[0].shape[-1] if ufunc is np.matmul else 1
        Counted.operations += np.size(result) * terms
        return result.view(Counted) if isinstance(result, np.ndarray) else result


def operations(function: Callable[..., Any], *args: Any, **params: Array) -> int:
    Counted.operations = 0
    function(*args, **{key: p.view(Counted) for key, p in params.items()})
    return Counted.operations


def sample_nade_from_the_start_at_each_step(
    n_samples: int, seed: int, *, W: Array, c: Array, V: Array, b: Array
) -> NDArray[np.uint8]:
    U = uniforms(seed, 0, n_samples, b.size)
    X = np.zeros(U.shape)
    for i in range(b.size):
        h = sigmoid(c + X[:, :i] @ W[:, :i].T)
        X[:, i] = U[:, i] < sigmoid(b[i] + h @ V[i])
    return X.astype(np.uint8)


@pytest.mark.parametrize("name", LEARNED)
def test_sampling_does_the_work_of_one_pass(name: str) -> None:
    params = random_parameters(name, 40, 8, np.random.default_rng(1))
    sampling = operations(MODELS[name].sample, 10, 0, **params)
    scoring = operations(MODELS[name].log_prob, np.zeros((10, 40)), **params)
    check_sampling_costs_what_scoring_costs(sampling, scoring, factor=1.1)


def test_sampler_that_recomputes_the_prefix_at_each_step() -> None:
    params = random_parameters("nade", 40, 8, np.random.default_rng(1))
    slow = operations(sample_nade_from_the_start_at_each_step, 10, 0, **params)
    scoring = operations(nade.log_prob, np.zeros((10, 40)), **params)
    right = MODELS["nade"].sample(10, 0, **params)
    np.testing.assert_array_equal(sample_nade_from_the_start_at_each_step(10, 0, **params), right)
    assert_caught(check_sampling_costs_what_scoring_costs, slow, scoring, factor=2)
