"""Scores of every model: log-probabilities, conditionals and gradients."""

import threading

import numpy as np
import pytest

from helpers.first_principles import all_vectors
from helpers.models import N


def test_log_probabilities_are_nats_per_row(name, random_model, data):
    model = random_model(name)
    result = model.score_samples(data)
    assert result.dtype == np.float64
    assert result.shape == (len(data),)
    assert (result < 0).all()
    assert np.array_equal(model.log_prob(data), result)


def test_score_is_the_mean(name, random_model, data):
    model = random_model(name)
    assert model.score(data) == np.mean(model.score_samples(data))
    assert isinstance(model.score(data), float)


def test_nats_per_feature_sum_to_nats_per_row(name, random_model, data):
    model = random_model(name)
    terms = model.log_prob_per_feature(data)
    assert terms.shape == data.shape
    np.testing.assert_allclose(terms.sum(axis=1), model.score_samples(data), rtol=1e-6)


def test_conditionals_are_the_probabilities_behind_the_terms(name, random_model, data):
    model = random_model(name)
    p = model.conditionals(data)
    assert p.shape == data.shape
    expected = np.log(np.where(data == 1, p, 1 - p))
    np.testing.assert_allclose(model.log_prob_per_feature(data), expected, rtol=1e-4, atol=1e-6)


def test_bits_per_dimension_rescale_the_score(name, random_model, data):
    model = random_model(name)
    assert model.bits_per_dimension(data) == -model.score(data) / (N * np.log(2))


def test_gradients_are_named_and_shaped_as_parameters(name, random_model, data):
    model = random_model(name)
    value, gradients = model.value_and_grad(data)
    np.testing.assert_allclose(value, model.score(data), rtol=1e-6)
    shapes = {key: array.shape for key, array in model.parameters().items()}
    assert {key: array.shape for key, array in gradients.items()} == shapes
    assert all(array.dtype == np.float32 for array in gradients.values())


def test_gradients_are_the_slopes_of_the_score(name, random_model, data):
    model, step = random_model(name), 0.01
    _, gradients = model.value_and_grad(data)
    for key, gradient in gradients.items():
        place = np.unravel_index(np.argmax(np.abs(gradient)), gradient.shape)
        scores = []
        for sign in (1, -1):
            moved = {k: v.copy() for k, v in model.parameters().items()}
            moved[key][place] += sign * step
            scores.append(type(model).from_parameters(**moved).score(data))
        slope = (scores[0] - scores[1]) / (2 * step)
        np.testing.assert_allclose(gradient[place], slope, rtol=1e-2)


def test_empty_data_gives_empty_results(name, random_model):
    model, nothing = random_model(name), np.zeros((0, N))
    assert model.score_samples(nothing).shape == (0,)
    assert model.conditionals(nothing).shape == (0, N)
    assert model.log_prob_per_feature(nothing).shape == (0, N)
    assert model.sample(0).shape == (0, N)


@pytest.mark.parametrize("method", ["score", "bits_per_dimension", "value_and_grad", "fit"])
def test_a_mean_needs_a_row(name, random_model, method):
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        getattr(random_model(name), method)(np.zeros((0, N)))


@pytest.mark.parametrize(
    "method",
    ["score_samples", "score", "conditionals", "log_prob_per_feature", "value_and_grad"],
)
def test_bad_rows_are_refused(name, random_model, data, method):
    call = getattr(random_model(name), method)
    with pytest.raises(ValueError, match=f"X has 6 features, but .* is expecting {N} features"):
        call(data[:, 1:])
    with pytest.raises(ValueError, match="found 2 at row 0, column 3"):
        call(np.where(np.arange(N) == 3, 2, data[:1]))


def test_binarize_counts_when_scoring_too(name, random_model, data):
    model = random_model(name)
    expected = model.score_samples(data)
    model.set_params(binarize=0.5)
    assert np.array_equal(model.score_samples(data * 0.7), expected)


@pytest.mark.parametrize("n", [1, 2])
def test_models_can_be_tiny(name, random_model, n):
    model = random_model(name, n=n, n_hidden=1)
    rows = all_vectors(n)
    assert np.exp(model.score_samples(rows)).sum() == pytest.approx(1)
    assert model.sample(3).shape == (3, n)
    assert model.value_and_grad(rows)[0] == pytest.approx(model.score(rows))


# Many threads


def test_scoring_while_fitting_sees_the_old_model_or_the_new(small, data):
    model = small("nade", max_epochs=1)
    seen, done = [], threading.Event()
    first = model.fit(data).score(data)

    def watch():
        while not done.is_set():
            seen.append(model.score(data))

    watcher = threading.Thread(target=watch)
    watcher.start()
    scores = {first}
    for seed in range(20):
        scores.add(model.set_params(random_state=seed).fit(data).score(data))
    done.set()
    watcher.join()
    assert set(seen) <= scores


def test_many_threads_get_the_same_bits(name, random_model, data):
    model = random_model(name)
    expected, results = model.score_samples(data), []
    callers = [
        threading.Thread(target=lambda: results.append(model.score_samples(data)))
        for _ in range(16)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(results) == 16
    assert all(np.array_equal(result, expected) for result in results)
