"""Rows that have weights: whole numbers are as many copies of a row."""

import math

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Binarizer

import ardens


@pytest.fixture(params=[5, 15], ids=["few", "many"])
def times(data, request):
    """How often each row comes, for some not at all; so that rows judge in turn, or a part does."""
    return np.random.default_rng(3).integers(0, request.param, len(data))


@pytest.fixture
def repeated(data, times):
    return data.repeat(times, axis=0)


def test_a_score_of_weighted_rows_is_that_of_repeated_ones(name, random_model, data, times):
    model = random_model(name)
    expected = model.score(data.repeat(times, axis=0))
    assert model.score(data, sample_weight=times) == pytest.approx(expected, rel=1e-14)
    assert model.score(data, None, 2.5) == pytest.approx(model.score(data), rel=1e-14)
    bits = model.bits_per_dimension(data.repeat(times, axis=0))
    assert model.bits_per_dimension(data, times) == pytest.approx(bits, rel=1e-14)


def test_a_row_of_weight_zero_is_not_scored():
    sure = ardens.Tabular(alpha=0).fit([[1]])
    assert sure.score([[1], [0]]) == -math.inf
    assert sure.score([[1], [0]], sample_weight=[1, 0]) == 0


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"alpha": 0},
        {"coding": "majority"},
        {"ordering": "marginal"},
        {"ordering": "chow-liu"},
        {"ordering": "greedy"},
    ],
    ids=str,
)
def test_counting_weighted_rows_gives_the_bits_of_repeated_ones(
    data, repeated, times, same, options
):
    valid = {"X_valid": data[:50], "sample_weight_valid": times[:50]}
    one = ardens.Tabular(**options).fit(data, sample_weight=times, **valid)
    other = ardens.Tabular(**options).fit(repeated, X_valid=data[:50].repeat(times[:50], axis=0))
    assert same(one, other)
    assert np.array_equal(one.ordering_, other.ordering_)
    assert np.array_equal(one.flipped_, other.flipped_)
    for figure in ("train", "valid"):
        assert one.history_[figure] == pytest.approx(other.history_[figure], rel=1e-14)


def test_counting_does_not_depend_on_the_order_of_rows_of_any_weights(data, rng, same):
    weights = rng.pareto(1, len(data))
    order = rng.permutation(len(data))
    one, other = (
        ardens.Tabular(alpha=0).fit(data[some], sample_weight=weights[some])
        for some in (slice(None), order)
    )
    assert same(one, other)
    assert np.isfinite(one.score(data))


def test_wrong_weights_are_refused_before_anything_changes(name, small, data):
    model = small(name)
    with pytest.raises(ValueError, match="sample_weight must be 200 finite"):
        model.fit(data, sample_weight=[1, 2])
    with pytest.raises(ValueError, match="sample_weight_valid must be 9 finite"):
        model.fit(data, X_valid=data[:9], sample_weight_valid=np.full(9, -1))
    with pytest.raises(ValueError, match="sample_weight_valid needs X_valid"):
        model.fit(data, sample_weight_valid=np.ones(9))
    assert not hasattr(model, "n_features_in_")
    with pytest.raises(TypeError, match="sample_weight must be"):
        model.fit(data[:10]).score(data, sample_weight="many")


@pytest.mark.parametrize("options", [{}, {"penalty": 0.5}, {"l1_ratio": 0.3, "coding": "majority"}])
def test_the_convex_solver_gives_weighted_rows_the_bits_of_repeated_ones(
    data, repeated, times, same, options
):
    one = ardens.FVSBN(random_state=0, **options).fit(data, sample_weight=times)
    other = ardens.FVSBN(random_state=0, **options).fit(repeated)
    assert one.history_["penalty"] == other.history_["penalty"]
    assert one.best_epoch_ == other.best_epoch_
    assert same(one, other)


@pytest.mark.parametrize("judged", [False, True], ids=["split", "X_valid"])
def test_a_whole_gradient_of_weighted_rows_is_that_of_repeated_ones(
    learned, small, data, repeated, times, judged
):
    options = {"batch_size": 10**6, "max_epochs": 8, "averaging": 0.5, "learning_rate": 0.02}
    options |= {"solver": "stochastic"} if learned == "fvsbn" else {}
    valid, often = data[:60], times[:60]
    once = {"X_valid": valid, "sample_weight_valid": often} if judged else {}
    model = small(learned, **options).fit(data, sample_weight=times, **once)
    again = {"X_valid": valid.repeat(often, axis=0)} if judged else {}
    other = small(learned, **options).fit(repeated, **again)
    for figure in ("train", "valid"):
        np.testing.assert_allclose(model.history_[figure], other.history_[figure], rtol=1e-5)
    for name, values in model.parameters().items():
        np.testing.assert_allclose(values, other.parameters()[name], atol=2e-4, err_msg=name)


def test_rows_of_weight_zero_are_as_if_absent(name, small, data, same, rng):
    order = rng.permutation(230)
    X = np.concatenate([data, 1 - data[:30]])[order]
    weights = np.append(rng.random(200), np.zeros(30))[order]
    there = weights > 0
    options = {"ordering": "greedy", "coding": "majority"}
    model = small(name, **options).fit(X, sample_weight=weights)
    assert same(model, small(name, **options).fit(X[there], sample_weight=weights[there]))


def test_equal_weights_are_none(name, small, data, same):
    model = small(name).fit(data, sample_weight=np.ones(len(data)))
    assert same(model, small(name).fit(data))


def test_partial_fit_takes_weights(learned, small, data, repeated, times):
    options = {"batch_size": 10**6, "learning_rate": 0.02}
    model, other = (small(learned, **options) for _ in range(2))
    for _ in range(3):
        model.partial_fit(data, sample_weight=times)
        other.partial_fit(repeated)
    for name, values in model.parameters().items():
        np.testing.assert_allclose(values, other.parameters()[name], atol=2e-4, err_msg=name)
    with pytest.raises(ValueError, match="sample_weight must be"):
        model.partial_fit(data, sample_weight=times[1:])


def test_a_start_from_an_fvsbn_is_that_of_the_weights(small, data, repeated, times):
    options = {"direct": True, "start": "fvsbn", "learning_rate": 0.0, "max_epochs": 1}
    one = small("nade", **options).fit(data, sample_weight=times)
    other = small("nade", **options).fit(repeated)
    assert np.array_equal(one.parameters()["D"], other.parameters()["D"])


def test_a_pipeline_hands_weights_on(small, data, times, same):
    pipeline = make_pipeline(Binarizer(threshold=0.5), small("nade"))
    pipeline.fit(data * 0.9, nade__sample_weight=times)
    assert same(pipeline["nade"], small("nade").fit(data, sample_weight=times))
