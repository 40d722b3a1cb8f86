"""Searches over rows that have weights."""

import numpy as np
import pytest

import ardens


@pytest.fixture
def times(data):
    return np.random.default_rng(3).integers(0, 5, len(data))


def nats(found):
    return [trial.nats for trial in found.trials]


@pytest.mark.parametrize("judged", [False, True], ids=["split", "X_valid"])
def test_a_search_over_weighted_rows_is_that_over_repeated_ones(data, times, judged):
    valid, often = data[:50], times[:50]
    once = {"X_valid": valid, "sample_weight_valid": often} if judged else {}
    again = {"X_valid": valid.repeat(often, axis=0)} if judged else {}
    for model in (ardens.Tabular(), ardens.FVSBN()):
        one = ardens.tune(model, data, random_state=0, sample_weight=times, **once)
        other = ardens.tune(model, data.repeat(times, axis=0), random_state=0, **again)
        assert [trial.params for trial in one.trials] == [trial.params for trial in other.trials]
        np.testing.assert_allclose(nats(one), nats(other), rtol=1e-7)


def test_gradient_steps_of_a_search_know_the_weights(small, data, times):
    model = small("nade", max_epochs=4, batch_size=10**6)
    grid = {"learning_rate": [0.01, 0.1]}
    one = ardens.tune(model, data, grid, random_state=0, sample_weight=times)
    other = ardens.tune(model, data.repeat(times, axis=0), grid, random_state=0)
    np.testing.assert_allclose(nats(one), nats(other), rtol=1e-5)


def test_frames_keep_their_names_and_rows_of_weight_zero_are_absent(small, frame, times):
    grid = {"alpha": [0.1, 10.0]}
    found = ardens.tune(ardens.Tabular(), frame, grid, random_state=0, sample_weight=times)
    assert found.estimator.feature_names_in_.tolist() == list("abcdefg")
    there = times > 0
    other = ardens.tune(
        ardens.Tabular(), frame[there], grid, random_state=0, sample_weight=times[there]
    )
    assert nats(found) == nats(other)


def test_wrong_weights_are_refused(data):
    with pytest.raises(ValueError, match="sample_weight must be 200"):
        ardens.tune(ardens.Tabular(), data, sample_weight=[1.0])
    with pytest.raises(ValueError, match="sample_weight_valid needs X_valid"):
        ardens.tune(ardens.Tabular(), data, sample_weight_valid=[1.0])
