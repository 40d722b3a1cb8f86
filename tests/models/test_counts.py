"""Samples as counts of distinct rows."""

import time

import numpy as np
import pytest

import ardens
from ardens import _core
from ardens.models import MODELS, counts
from ardens.models.counts import draw_counts
from helpers.first_principles import check_sample_frequencies, numbers_of
from helpers.models import N
from helpers.parameters import certain_parameters


def flat_table(n):
    return ardens.Tabular.from_parameters(logits=np.zeros(2**n - 1))


@pytest.mark.parametrize("n_samples", [1, 2, 100, 5000, 10**6])
def test_counts_are_of_distinct_rows_in_order_and_sum_to_the_draws(name, reordered, n_samples):
    model = reordered(name)
    X, counted = model.sample_counts(n_samples, random_state=3)
    assert (X.dtype, counted.dtype) == (np.uint8, np.int64)
    assert X.shape == (len(counted), N)
    assert counted.sum() == n_samples
    assert counted.min() >= 1
    assert (np.diff(numbers_of(X[:, model.ordering_])) > 0).all()


def test_counts_have_the_frequencies_of_the_model(name, reordered):
    model = reordered(name)
    X, counted = model.sample_counts(10**6, random_state=4)
    check_sample_frequencies(X, model.score_samples, counted)


def test_counts_of_few_draws_have_the_frequencies_of_the_model(name, reordered):
    model = reordered(name)
    draws = [model.sample_counts(60, random_state=seed) for seed in range(200)]
    X, counted = map(np.concatenate, zip(*draws, strict=True))
    check_sample_frequencies(X, model.score_samples, counted)


def test_counts_drawn_singly_and_divided_have_the_frequencies_of_the_model(monkeypatch, reordered):
    model = reordered("nade")
    monkeypatch.setattr(counts, "_FIRST", 20)
    monkeypatch.setattr(counts, "_NEW", 2)
    divide, divided = counts._divide, []

    def watched(fitted, n_samples, *rest):
        divided.append(n_samples)
        return divide(fitted, n_samples, *rest)

    monkeypatch.setattr(counts, "_divide", watched)
    draws = [model.sample_counts(120, random_state=seed) for seed in range(200)]
    X, counted = map(np.concatenate, zip(*draws, strict=True))
    assert len(divided) > 100  # N < 2**n, so rows were drawn singly before
    assert max(divided) <= 100
    check_sample_frequencies(X, model.score_samples, counted)


@pytest.mark.parametrize("model", ["tabular", "nade"])
def test_a_thousand_million_draws_from_16_variables_are_exact(random_model, model):
    model = random_model(model, n=16)
    X, counted = model.sample_counts(10**9, random_state=5)
    assert counted.sum() == 10**9
    check_sample_frequencies(X, model.score_samples, counted)


@pytest.mark.parametrize("shift", [0, 15])
def test_rare_values_come_as_often_as_they_should(shift):
    """Both tails, where the binomial law is drawn by NumPy (2e-12) and where by Poisson's."""
    logits = np.array([28.0 - shift, -27 + shift, 30 - shift])
    model = ardens.Tabular.from_parameters(logits=logits)
    draws = 2**53 if shift == 0 else 10**9
    X, counted = model.sample_counts(draws, random_state=6)
    total = np.zeros(4)
    total[numbers_of(X)] = counted
    p = 1 / (1 + np.exp(-logits))
    q = 1 / (1 + np.exp(logits))
    for drawn, expected in [
        (total[0] + total[1], draws * q[0]),
        (total[1], draws * q[0] * p[1]),
        (total[2], draws * p[0] * q[2]),
    ]:
        assert abs(drawn - expected) <= 5 * np.sqrt(expected) + 1


def test_what_is_certain_comes_always(name):
    bits = np.array([1, 0, 0, 1, 1, 1, 0])
    parameters = certain_parameters(name, bits, 5, 1000.0)
    X, counted = MODELS[name].from_parameters(**parameters).sample_counts(2**53)
    assert X.tolist() == [bits.tolist()]
    assert counted.tolist() == [2**53]


def test_what_is_impossible_never_comes():
    model = ardens.Tabular(alpha=0).fit([[0, 0, 1], [1, 1, 0], [1, 1, 0]])
    X, counted = model.sample_counts(10**12, random_state=0)
    assert X.tolist() == [[0, 0, 1], [1, 1, 0]]
    assert counted[0] == pytest.approx(10**12 / 3, rel=1e-4)


def test_counts_are_the_same_for_a_seed_at_any_number_of_threads(name, reordered):
    model = reordered(name, n=12, n_hidden=100)
    for draws in (1000, 10**7):
        X, counted = model.set_params(n_jobs=1).sample_counts(draws, random_state=3)
        again, counted_again = model.set_params(n_jobs=2).sample_counts(draws, random_state=3)
        assert np.array_equal(again, X)
        assert np.array_equal(counted_again, counted)
        other, counted_other = model.sample_counts(draws, random_state=4)
        assert not (np.array_equal(other, X) and np.array_equal(counted_other, counted))


def test_pieces_of_a_call_do_not_change_the_counts(reordered, monkeypatch):
    model = reordered("nade", n=9)
    X, counted = model.sample_counts(10**6, random_state=3)
    monkeypatch.setattr(counts, "_BLOCK", 8 * 9 * 5)
    again, counted_again = model.sample_counts(10**6, random_state=3)
    assert np.array_equal(again, X)
    assert np.array_equal(counted_again, counted)


@pytest.mark.parametrize("n", [63, 64, 65, 130])
def test_rows_of_many_features_are_counted(random_model, n):
    model = random_model("fvsbn", n=n)
    X, counted = model.sample_counts(300, random_state=3)
    assert np.array_equal(
        np.repeat(X, counted, axis=0), np.unique(model.sample(300, random_state=3), axis=0)
    )


def test_rows_that_repeat_are_divided_though_there_are_many_features():
    model = ardens.FVSBN.from_parameters(
        W=np.tril(np.full((100, 100), 1e3), -1), b=np.r_[np.log(1 / 3), np.full(99, -500.0)]
    )
    X, counted = model.sample_counts(10**9, random_state=0)
    assert X.tolist() == [[0] * 100, [1] * 100]
    assert counted[1] == pytest.approx(10**9 / 4, abs=5 * np.sqrt(10**9 * 3 / 16))


def test_no_draws_are_no_rows(name, random_model):
    X, counted = random_model(name).sample_counts(0)
    assert (X.shape, counted.shape) == ((0, N), (0,))
    assert (X.dtype, counted.dtype) == (np.uint8, np.int64)


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        ({"n_samples": -1}, ValueError, "n_samples must be an integer of at least 0; got -1"),
        ({"n_samples": 1e9}, TypeError, "n_samples must be an integer"),
        ({"n_samples": 2**53 + 1}, ValueError, "n_samples must be at most 9007199254740992"),
        ({"random_state": -1}, ValueError, "random_state must be"),
    ],
)
def test_wrong_numbers_of_draws_are_refused(random_model, wrong, error, words):
    with pytest.raises(error, match=words):
        random_model("nade").sample_counts(**({"n_samples": 10} | wrong))


def test_distinct_rows_that_would_not_fit_are_refused_at_once():
    model = ardens.FVSBN.from_parameters(W=np.zeros((500, 500)), b=np.zeros(500))
    began = time.process_time()
    with pytest.raises(MemoryError, match=r"or more distinct rows of 500 features needs .* GiB"):
        model.sample_counts(2**53)
    assert time.process_time() - began < 10


def test_distinct_prefixes_that_do_not_fit_are_refused(leave_memory):
    leave_memory(10_000)
    with pytest.raises(MemoryError, match="or more distinct rows of 10 features needs"):
        flat_table(10).sample_counts(10**6)


def test_the_cost_of_counts_is_in_the_distinct_rows():
    """Rows scored for each distinct one: it does not grow with the number of draws."""

    class Counting:
        def __init__(self, core):
            self.core, self.scored = core, 0

        def __getattr__(self, key):
            return getattr(self.core, key)

        def log_prob_terms(self, params, tables, X, threads):
            self.scored += len(X)
            return self.core.log_prob_terms(params, tables, X, threads)

    state = flat_table(10)._state()
    for draws in (10**6, 10**12):
        core = Counting(_core.Model("tabular", 10, 0))
        watched = ardens.models.fitted.Fitted(core, state.params, state.columns, {})
        X, _ = draw_counts(watched, draws, 0, 1)
        assert len(X) == 2**10
        assert core.scored == 2**9  # rows that part at the last feature need no score
