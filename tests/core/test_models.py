"""The compiled kernels at every level, against first principles and the reference."""

from typing import Any

import numpy as np
import pytest

from ardens.parameters import filled, named_views
from ardens.reference.philox import uniforms
from helpers.core_model import CoreModel, rows
from helpers.first_principles import (
    all_vectors,
    check_autoregressive,
    check_certain,
    check_gradient,
    check_log_prob_is_bernoulli_sum,
    check_rows_depend_on_seed_and_number,
    check_sample_frequencies,
    check_sees_every_predecessor,
    check_sums_to_one,
)
from helpers.models import usable
from helpers.parameters import certain_parameters
from helpers.references import MODELS, check_equals_the_reference

pytestmark = pytest.mark.usefixtures("level")
# Around a block of four features, a register, a padded row; rows spread over the cache.
SIZES = [(1, 1), (3, 15), (4, 16), (5, 17), (15, 31), (16, 32), (17, 33), (70, 48), (123, 128)]


@pytest.fixture(params=MODELS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("n_features", [1, 3, 4, 5, 11])
def test_probabilities_of_all_vectors_sum_to_one(name: str, n_features: int) -> None:
    check_sums_to_one(CoreModel(name, n_features).log_prob, n_features, tolerance=2e-6)


def test_conditional_does_not_move_with_its_own_or_later_bits(name: str) -> None:
    check_autoregressive(CoreModel(name, 7).conditionals, all_vectors(7))


def test_conditional_sees_every_earlier_bit(name: str) -> None:
    check_sees_every_predecessor(CoreModel(name, 7).conditionals, all_vectors(7))


def test_log_prob_is_the_sum_of_bernoulli_terms(name: str) -> None:
    model = CoreModel(name, 9)
    check_log_prob_is_bernoulli_sum(model.log_prob, model.conditionals, all_vectors(9), rtol=2e-6)


@pytest.mark.parametrize("ones", [0.05, 0.5, 0.95])
@pytest.mark.parametrize(("n_features", "n_hidden"), SIZES)
def test_densities_equal_the_reference(
    name: str, n_features: int, n_hidden: int, ones: float
) -> None:
    n_features = usable(name, n_features)
    model, X = CoreModel(name, n_features, n_hidden), rows(37, n_features, ones)
    reference = MODELS[name]
    expected = reference.log_prob(X, **model.params)
    np.testing.assert_allclose(model.log_prob(X), expected, rtol=2e-6, atol=2e-6 * n_features)
    np.testing.assert_allclose(model.log_prob_terms(X).sum(axis=1), model.log_prob(X), rtol=1e-12)
    np.testing.assert_allclose(
        model.conditionals(X), reference.conditionals(X, **model.params), rtol=2e-5, atol=1e-12
    )


@pytest.mark.parametrize("ones", [0.05, 0.5, 0.95])
@pytest.mark.parametrize(("n_features", "n_hidden"), SIZES)
def test_gradients_equal_the_reference(
    name: str, n_features: int, n_hidden: int, ones: float
) -> None:
    n_features = usable(name, n_features)
    model = CoreModel(name, n_features, n_hidden)
    X = rows(151, n_features, ones)  # more than one batch of `backward` or `gradient`
    value, gradient = model.value_and_grad(X)
    expected_value, expected = MODELS[name].value_and_grad(X, **model.params)
    assert value == pytest.approx(expected_value, rel=1e-6, abs=1e-6)
    assert gradient.keys() == expected.keys()
    for key in expected:
        # Of one feature the sum over rows cancels, and rounding is that of what one row adds.
        scale = np.abs(expected[key]).max(initial=1e-3 if n_features > 1 else 1e-2)
        np.testing.assert_allclose(gradient[key], expected[key], rtol=0, atol=5e-6 * scale)


@pytest.mark.usefixtures("seven_threads")
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(
    ("n_features", "n_hidden", "n_rows"),
    [(41, 17, 1), (41, 17, 63), (41, 17, 151), (41, 17, 1100), (5, 2500, 151)],
)
def test_weights_multiply_rows_as_in_the_reference(
    name: str, n_features: int, n_hidden: int, n_rows: int, threads: int
) -> None:
    model = CoreModel(name, usable(name, n_features), n_hidden)
    model.threads = threads
    X = rows(n_rows, model.core.n_features)
    weights = np.random.default_rng(n_rows).exponential(size=n_rows)
    weights[::5] = 0.0
    value, gradient = model.value_and_grad(X, weights)
    expected_value, expected = MODELS[name].value_and_grad(X, weights, **model.params)
    assert value == pytest.approx(expected_value, rel=1e-6)
    for key in expected:
        scale = np.abs(expected[key]).max()
        np.testing.assert_allclose(gradient[key], expected[key], rtol=0, atol=5e-6 * scale)


def test_weights_of_one_change_no_bit(name: str) -> None:
    model = CoreModel(name, usable(name, 17), 33)
    X = rows(151, model.core.n_features)
    value, gradient = model.flat_gradient(X)
    same, again = model.flat_gradient(X, np.ones(151))
    assert value == same
    np.testing.assert_array_equal(gradient, again)


def test_rows_of_weight_zero_count_for_nothing_even_if_they_are_impossible() -> None:
    model = CoreModel("tabular", 3)
    model.flat = np.where(np.arange(model.core.size) == 0, -np.inf, model.flat)
    X = np.array([[0, 0, 1], [1, 0, 1]], np.uint8)
    value, gradient = model.flat_gradient(X, np.array([2.0, 0.0]))
    expected, slopes = model.flat_gradient(X[:1])
    assert model.log_prob(X)[1] == -np.inf
    assert value == expected
    np.testing.assert_array_equal(gradient, slopes)


def test_gradient_leaves_the_padding_at_zero(name: str) -> None:
    model = CoreModel(name, usable(name, 13), 9)
    _, grad = model.flat_gradient(rows(20, model.core.n_features))
    for view in named_views(model.core, grad).values():
        view[...] = 0.0
    assert not grad.any()


def test_gradient_matches_central_differences(name: str) -> None:
    model, X = CoreModel(name, 4, 3), all_vectors(4)

    def value(parameters: Any) -> float:
        return float(MODELS[name].log_prob(X, **parameters).mean())

    params = {key: array.astype(np.float64) for key, array in model.params.items()}
    check_gradient(model.value_and_grad(X)[1], value, params, tolerance=1e-5)


@pytest.mark.parametrize(("n_features", "n_hidden"), SIZES)
def test_samples_follow_the_reference_draw_by_draw(
    name: str, n_features: int, n_hidden: int
) -> None:
    n_features = usable(name, n_features)
    model, seed, start = CoreModel(name, n_features, n_hidden), 2**63 + 11, 2**32 - 20
    X, nats = model.sample_with_log_prob(45, seed, start)
    np.testing.assert_array_equal(nats, model.log_prob(X))
    p = MODELS[name].conditionals(X, **model.params)
    u = uniforms(seed, start, 45, n_features)
    agree = (u < p) == X
    # A uniform number may fall between the float64 and the float32 probability, and only there.
    assert np.all(agree | (np.abs(u - p) < 1e-6))
    assert agree.mean() > 0.999


@pytest.mark.parametrize("n_features", [1, 2, 3, 5, 6, 7])
def test_a_draw_writes_its_rows_alone(name: str, n_features: int) -> None:
    model, room = CoreModel(name, n_features), np.full(71 * n_features, 255, np.uint8)
    X = room[: 70 * n_features].reshape(70, n_features)
    model.core.sample(model.flat, model.tables, 0, 0, X, None, 1)
    assert (X <= 1).all()
    assert (room[X.size :] == 255).all()


def test_sample_frequencies_match_the_probabilities(name: str) -> None:
    model = CoreModel(name, 6)
    check_sample_frequencies(model.sample(40_000, seed=3), model.log_prob)


def test_row_of_a_sample_depends_on_seed_and_number_only(name: str) -> None:
    model = CoreModel(name, 9)
    check_rows_depend_on_seed_and_number(
        lambda n, seed, start=0: model.sample(n, seed, start), seed=5
    )


@pytest.mark.usefixtures("seven_threads")
@pytest.mark.parametrize("threads", [2, 7])
def test_number_of_threads_changes_no_bit(name: str, threads: int) -> None:
    model = CoreModel(name, usable(name, 70), 100)
    X = rows(1100, model.core.n_features)  # more than the MLP takes between two waits
    one = [model.log_prob(X), model.flat_gradient(X)[1], model.sample(300)]
    model.threads = threads
    many = [model.log_prob(X), model.flat_gradient(X)[1], model.sample(300)]
    for a, b in zip(one, many, strict=True):
        np.testing.assert_array_equal(a, b)


def test_result_of_a_row_does_not_depend_on_its_neighbours(name: str) -> None:
    model = CoreModel(name, usable(name, 70), 33)
    X = rows(100, model.core.n_features)
    order = np.random.default_rng(0).permutation(100)
    whole = model.log_prob(X)
    np.testing.assert_array_equal(model.log_prob(X[order]), whole[order])
    np.testing.assert_array_equal([model.log_prob(X[i : i + 1])[0] for i in range(40)], whole[:40])


@pytest.mark.parametrize("size", [800.0, 1e4])
def test_certain_bits_cost_nothing_and_impossible_ones_their_logit(name: str, size: float) -> None:
    bits = np.array([1, 0, 0, 1, 1, 0, 1], np.uint8)
    model = CoreModel(name, 7, 3)
    model.flat = filled(model.core, certain_parameters(name, bits, 3, size))
    check_certain(model.log_prob, model.conditionals, bits, size)
    np.testing.assert_array_equal(model.sample(50), np.tile(bits, (50, 1)))


@pytest.mark.parametrize("n_hidden", [800, 1700])  # slices of different lengths, and equal ones
@pytest.mark.parametrize("name", [name for name in MODELS if name.startswith("nade")])
def test_more_units_than_a_slice_equal_the_reference(name: str, n_hidden: int) -> None:
    check_equals_the_reference(CoreModel(name, 41, n_hidden, scale=0.1), name, rows(150, 41))


@pytest.mark.parametrize("name", ["fvsbn", "nade-direct"])
def test_more_features_than_a_part_equal_the_reference(name: str) -> None:
    check_equals_the_reference(CoreModel(name, 150, scale=0.3), name, rows(60, 150))


def test_many_equal_rows_have_the_gradient_of_one(name: str) -> None:
    model, X = CoreModel(name, 3, 2), np.array([[1, 0, 1]], np.uint8)
    _, one = model.flat_gradient(X)
    _, many = model.flat_gradient(np.repeat(X, 300_000, axis=0))
    # what one float32 sum makes of so many equal terms is off by up to 10^-2
    np.testing.assert_allclose(many, one, rtol=1e-5)


def test_gradient_of_more_rows_than_are_taken_at_once_is_the_mean_over_them(name: str) -> None:
    model, X = CoreModel(name, usable(name, 9)), rows(2300, usable(name, 9))
    nats, gradient = model.flat_gradient(X)
    parts = [model.flat_gradient(part) for part in (X[:1000], X[1000:])]
    share = np.array([1000, 1300]) / 2300
    assert nats == pytest.approx(share @ [value for value, _ in parts], rel=1e-9)
    expected = share @ np.array([slopes for _, slopes in parts])
    # both sides are float32 sums, of up to 2300 terms
    np.testing.assert_allclose(gradient, expected, rtol=0, atol=2e-5 * np.abs(expected).max())


def test_kernels_leave_the_floating_point_mode_as_it_was() -> None:
    model = CoreModel("nade", 41, 5)
    X, tiny = rows(50, 41), np.array([1e-310])
    for threads in (1, 2):
        model.threads = threads
        model.log_prob(X), model.sample(50), model.flat_gradient(X)
        assert (tiny / 2)[0] > 0
