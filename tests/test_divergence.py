"""Kullback–Leibler divergences against sums written out, and estimates against the exact value."""

import copy
import math
import pickle

import numpy as np
import pytest

import ardens
from ardens import divergence
from ardens.models.fitted import Fitted
from helpers.first_principles import all_vectors
from helpers.models import ORDERING, N


def by_enumeration(p, q):
    rows = all_vectors(N)
    log_p, log_q = p.score_samples(rows), q.score_samples(rows)
    return float(np.sum(np.exp(log_p) * (log_p - log_q)))


def test_models_are_compared_exactly_in_either_direction(name, random_model):
    p, q = random_model(name, seed=1), random_model("tabular", seed=2)
    for first, second in ((p, q), (q, p)):
        result = ardens.kl_divergence(first, second)
        assert result == pytest.approx(by_enumeration(first, second), rel=1e-9)
        assert result.standard_error == 0


def test_enumeration_goes_through_all_rows_of_twenty_features(random_model):
    p, q = random_model("fvsbn", n=20, seed=1), random_model("fvsbn", n=20, seed=2)
    exact = ardens.kl_divergence(p, q)
    estimate = ardens.kl_divergence(p, q, n_samples=20_000, random_state=0)
    assert abs(estimate - exact) < 5 * estimate.standard_error


def test_a_model_has_no_divergence_from_itself(name, random_model):
    model = random_model(name)
    assert ardens.kl_divergence(model, model) == 0


def test_a_divergence_is_never_negative(random_model):
    model = random_model("nade")
    nearly = {k: v + np.float32(1e-7) for k, v in model.parameters().items()}
    assert ardens.kl_divergence(model, ardens.NADE.from_parameters(**nearly)) >= 0


def test_divergence_from_data_is_the_entropy_less_the_likelihood(name, random_model, data):
    model = random_model(name)
    _, counts = np.unique(data, axis=0, return_counts=True)
    weights = counts / len(data)
    expected = np.sum(weights * np.log(weights)) - model.score(data)
    assert ardens.kl_divergence(data, model) == pytest.approx(expected, rel=1e-9)


def test_data_of_many_features_are_compared_exactly(random_model, rng):
    model = random_model("nade", n=70)
    rows = rng.integers(0, 2, (50, 70))
    result = ardens.kl_divergence(rows, model)
    assert result == pytest.approx(-math.log(50) - model.score(rows))
    assert result.standard_error == 0


def test_a_table_that_counted_the_data_is_the_data(data):
    model = ardens.Tabular(alpha=0).fit(data)
    assert ardens.kl_divergence(data, model) == pytest.approx(0, abs=1e-6)
    assert ardens.kl_divergence(model, data) == pytest.approx(0, abs=1e-6)


def test_what_one_side_excludes_makes_it_infinite(random_model, data):
    assert ardens.kl_divergence(random_model("nade"), data) == math.inf
    unseen = ardens.Tabular(alpha=0).fit(data[:10])
    assert ardens.kl_divergence(data, unseen) == math.inf
    assert ardens.kl_divergence(data, data[:10]) == math.inf
    assert ardens.kl_divergence(data[:10], data) < math.inf


def test_two_sets_of_rows_are_compared():
    result = ardens.kl_divergence([[0, 1], [1, 1]], [[0, 1], [1, 1], [1, 1], [0, 1], [0, 0]])
    assert result == pytest.approx(math.log(0.5 / 0.4))


def test_many_features_are_estimated_with_an_error(random_model):
    p, q = random_model("fvsbn", n=30, seed=1), random_model("fvsbn", n=30, seed=2)
    result = ardens.kl_divergence(p, q, random_state=0)
    assert 0 < result.standard_error < 0.1 * result
    assert result == ardens.kl_divergence(p, q, random_state=0)
    assert result != ardens.kl_divergence(p, q, random_state=1)


def test_an_estimate_is_of_one_sample_of_ten_thousand_by_default(random_model, monkeypatch):
    p, q = random_model("fvsbn", n=30, seed=1), random_model("fvsbn", n=30, seed=2)
    whole = ardens.kl_divergence(p, q, n_samples=10_000, random_state=0)
    X, log_p = p.sample(10_000, random_state=0, return_log_prob=True)
    assert whole == pytest.approx(np.mean(log_p - q.score_samples(X)), rel=1e-9)
    assert whole == ardens.kl_divergence(p, q, random_state=0)
    monkeypatch.setattr(divergence, "_CHUNK", 3000)
    pieces = ardens.kl_divergence(p, q, random_state=0)
    assert (pieces, pieces.standard_error) == (whole, whole.standard_error)


def test_an_estimate_agrees_with_the_exact_value(name, random_model):
    p, q = random_model(name, seed=1), random_model(name, seed=2)
    estimate = ardens.kl_divergence(p, q, n_samples=40_000, random_state=0)
    assert abs(estimate - by_enumeration(p, q)) < 5 * estimate.standard_error


def test_a_draw_that_the_other_excludes_proves_infinity(random_model, data):
    result = ardens.kl_divergence(random_model("nade"), data, n_samples=100_000, random_state=0)
    assert result == math.inf
    assert result.standard_error == 0


def test_orderings_do_not_matter(name, random_model):
    p, q = random_model(name, seed=1, ordering=ORDERING), random_model(name, seed=2)
    assert ardens.kl_divergence(p, q) == pytest.approx(by_enumeration(p, q), rel=1e-9)


def test_a_threshold_for_data_does_not_touch_the_rows_of_the_model(random_model):
    p, q = random_model("nade", seed=1), random_model("nade", seed=2)
    expected = ardens.kl_divergence(p, q)
    p.set_params(binarize=3.0)
    q.set_params(binarize=-1.0)
    assert ardens.kl_divergence(p, q) == expected


def test_what_is_no_number_does_not_become_zero(random_model, monkeypatch):
    p, q = random_model("fvsbn", seed=1), random_model("fvsbn", seed=2)
    answers = iter([np.zeros(2**7), np.full(2**7, np.nan)])
    monkeypatch.setattr(Fitted, "log_prob", lambda self, X, threads: next(answers))
    assert np.isnan(ardens.kl_divergence(p, q))


def test_the_result_is_a_float_that_knows_its_error():
    result = ardens.Divergence(0.25, standard_error=0.5)
    assert isinstance(result, float)
    assert result.value == 0.25
    assert type(result.value) is float
    assert repr(result) == "Divergence(0.25, standard_error=0.5)"
    for twin in (copy.deepcopy(result), pickle.loads(pickle.dumps(result))):
        assert (twin, twin.standard_error) == (0.25, 0.5)


@pytest.mark.parametrize(
    ("p", "q", "options", "error", "words"),
    [
        ("model", [[0, 1]], {}, ValueError, "p has 7, q has 2"),
        ("model", "model", {"n_samples": 1}, ValueError, "n_samples must be"),
        ("model", "model", {"n_samples": 2.0}, TypeError, "n_samples must be"),
        ("model", [[0, 0.5]], {}, ValueError, "q must contain only 0 and 1"),
        ([], "model", {}, ValueError, "p must be a 2-d array"),
        (np.zeros((0, 7)), "model", {}, ValueError, r"p has 0 sample\(s\)"),
        ([[0]], [[0]], {"n_samples": 10}, ValueError, "n_samples must be None if p is an array"),
        (ardens.NADE, "model", {}, TypeError, "p must be a fitted model"),
        ("model", None, {}, TypeError, "q must be"),
        (ardens.NADE(), "model", {}, ardens.NotFittedError, "not fitted"),
    ],
)
def test_what_is_no_distribution_is_refused(random_model, p, q, options, error, words):
    p, q = (random_model("nade") if isinstance(side, str) else side for side in (p, q))
    with pytest.raises(error, match=words):
        ardens.kl_divergence(p, q, **options)
