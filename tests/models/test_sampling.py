"""Samples packed, in blocks, and as counts: over the registry of models."""

import time

import numpy as np
import pytest

import ardens
from ardens import _core
from ardens.models import MODELS, counts
from ardens.models.counts import draw_counts
from helpers.first_principles import check_sample_frequencies, numbers_of
from helpers.models import N, usable
from helpers.parameters import certain_parameters


@pytest.fixture
def reordered(random_model):
    """A function that makes a random model whose columns stand in another order."""

    def make(name, n=N, **options):
        ordering = np.random.default_rng(n).permutation(n)
        return random_model(name, n=n, ordering=ordering, **options)

    return make


def flat_table(n):
    return ardens.Tabular.from_parameters(logits=np.zeros(2**n - 1))


# Packed


@pytest.mark.parametrize("n", [1, 7, 8, 9, 16, 67])
def test_packed_rows_are_those_of_packbits(name, random_model, n):
    model = random_model(name, n=usable(name, n))
    expected, log_prob = model.sample(70, random_state=3, return_log_prob=True)
    packed, same_log_prob = model.sample(70, random_state=3, packed=True, return_log_prob=True)
    assert packed.dtype == np.uint8
    assert np.array_equal(packed, np.packbits(expected, axis=1))
    assert np.array_equal(same_log_prob, log_prob)


@pytest.mark.parametrize("n", [7, 8, 67])
def test_rows_are_in_the_order_of_the_columns_before_they_are_packed(name, reordered, n):
    model = reordered(name, n=usable(name, n))
    in_order = type(model).from_parameters(**model.parameters())
    expected, log_prob = in_order.sample(70, random_state=3, return_log_prob=True)
    X, same_log_prob = model.sample(70, random_state=3, return_log_prob=True)
    assert np.array_equal(X[:, model.ordering_], expected)
    assert np.array_equal(same_log_prob, log_prob)
    packed = model.sample(70, random_state=3, packed=True)
    assert np.array_equal(packed, np.packbits(X, axis=1))


def test_shards_of_a_packed_sample_glue_to_the_whole(name, reordered):
    model = reordered(name, n=11)
    whole = model.sample(90, random_state=3, packed=True)
    pieces = [model.sample(30, random_state=3, start=k, packed=True) for k in (0, 30, 60)]
    assert np.array_equal(np.concatenate(pieces), whole)
    assert model.sample(0, packed=True).shape == (0, 2)


def test_threads_do_not_change_a_bit_of_a_packed_sample(reordered):
    model = reordered("nade", n=67, n_hidden=200).set_params(n_jobs=1)
    alone = model.sample(300, random_state=3, packed=True)
    assert np.array_equal(
        model.set_params(n_jobs=2).sample(300, random_state=3, packed=True), alone
    )


def test_packed_rows_need_an_eighth_of_the_memory(leave_memory, random_model):
    model = random_model("fvsbn", n=64)
    model.sample(1)  # what the model itself needs is looked at once
    leave_memory(10_000)
    assert model.sample(1000, packed=True).shape == (1000, 8)
    for too_much in ({"packed": False}, {"packed": True, "return_log_prob": True}):
        with pytest.raises(MemoryError, match="a sample of 1,000 rows of 64 features needs"):
            model.sample(1000, **too_much)


def test_the_core_refuses_columns_that_are_none(random_model):
    state = random_model("fvsbn")._state()

    def draw(columns, width=N, packed=False):
        X, tables = np.empty((3, width), np.uint8), state.tables(1)
        state.core.sample(state.params, tables, 0, 0, X, None, 1, columns, packed)

    draw(np.arange(N))
    for wrong in (N, -1):
        with pytest.raises(ValueError, match="columns must be features of 0 to 6"):
            draw(np.array([0, 1, 2, 3, 4, 5, wrong]))
    with pytest.raises(ValueError, match=r"columns must have shape \(7\)"):
        draw(np.arange(N - 1))
    with pytest.raises(TypeError, match="columns must be"):
        draw(np.arange(N, dtype=np.int32))
    with pytest.raises(ValueError, match=r"X must have shape \(3, 1\); got \(3, 7\)"):
        draw(None, packed=True)


# In blocks


@pytest.mark.parametrize("batch_size", [1, 7, 40, 100, None])
@pytest.mark.parametrize("packed", [False, True])
def test_blocks_glue_to_the_sample(name, reordered, batch_size, packed):
    model = reordered(name, n=11)
    wanted = {"random_state": 3, "start": 5, "packed": packed, "return_log_prob": True}
    expected = model.sample(40, **wanted)
    blocks = list(model.iter_samples(40, batch_size=batch_size, **wanted))
    assert all(len(X) <= (batch_size or 40) for X, _ in blocks)
    for got, whole in zip(zip(*blocks, strict=True), expected, strict=True):
        assert np.array_equal(np.concatenate(got), whole)


def test_blocks_without_log_probabilities_are_arrays(random_model):
    model = random_model("nade")
    blocks = list(model.iter_samples(10, batch_size=4, random_state=3))
    assert np.array_equal(np.concatenate(blocks), model.sample(10, random_state=3))
    assert list(model.iter_samples(0)) == []


def test_any_number_of_rows_comes_in_blocks_of_some_megabytes(random_model):
    block = next(random_model("fvsbn", n=1000).iter_samples(10**18, packed=True))
    assert 10_000 < len(block) < 20_000


def test_fresh_blocks_have_one_seed(random_model):
    model = random_model("nade")
    first, second = model.iter_samples(40, batch_size=20)
    assert not np.array_equal(first, second)
    generator = np.random.default_rng(0)
    blocks = model.iter_samples(40, batch_size=20, random_state=generator)
    expected = model.sample(40, random_state=np.random.default_rng(0))
    assert np.array_equal(np.concatenate(list(blocks)), expected)


def test_blocks_come_from_the_model_as_it_was(small, data):
    model = small("nade").fit(data)
    expected = model.sample(20, random_state=3)
    blocks = model.iter_samples(20, batch_size=10, random_state=3)
    first = next(blocks)
    model.fit(1 - data)
    assert np.array_equal(np.concatenate([first, next(blocks)]), expected)


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        ({"n_samples": -1}, ValueError, "n_samples must be an integer of at least 0"),
        ({"batch_size": 0}, ValueError, "batch_size must be an integer of at least 1; got 0"),
        ({"batch_size": 1.5}, TypeError, "batch_size must be an integer"),
        ({"batch_size": 2**60, "n_samples": 2**61}, MemoryError, "needs .* GiB"),
        ({"start": 2**64 - 3}, ValueError, r"start \+ n_samples must be at most"),
        ({"random_state": "x"}, TypeError, "random_state must be"),
    ],
)
def test_wrong_arguments_are_refused_before_the_first_block(random_model, wrong, error, words):
    with pytest.raises(error, match=words):
        random_model("nade").iter_samples(**({"n_samples": 10} | wrong))


# As counts


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


def test_an_unfitted_model_draws_no_blocks_and_no_counts(name):
    for draw in (MODELS[name]().iter_samples, MODELS[name]().sample_counts):
        with pytest.raises(ardens.NotFittedError, match="is not fitted yet"):
            draw(10)


def test_distinct_rows_that_would_not_fit_are_refused_at_once():
    model = ardens.FVSBN.from_parameters(W=np.zeros((500, 500)), b=np.zeros(500))
    began = time.perf_counter()
    with pytest.raises(MemoryError, match=r"or more distinct rows of 500 features needs .* GiB"):
        model.sample_counts(2**53)
    assert time.perf_counter() - began < 10


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
