"""Samples of every model: row by row, packed and in blocks."""

import time

import numpy as np
import pytest

from helpers.models import N, usable

# Row by row


def test_samples_come_with_their_log_probabilities(name, random_model):
    model = random_model(name)
    X, log_prob = model.sample(40, random_state=3, return_log_prob=True)
    assert np.array_equal(X, model.sample(40, random_state=3))
    np.testing.assert_allclose(log_prob, model.score_samples(X), rtol=1e-6)


def test_fresh_samples_differ(name, random_model):
    model = random_model(name)
    assert not np.array_equal(model.sample(40), model.sample(40))


def test_the_last_rows_of_the_stream_can_be_drawn(name, random_model):
    model = random_model(name)
    assert model.sample(1, start=2**64 - 1).shape == (1, N)
    with pytest.raises(ValueError, match=r"start \+ n_samples must be at most 2\*\*64"):
        model.sample(2, start=2**64 - 1)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"n_samples": -1}, ValueError, "n_samples must be an integer of at least 0; got -1"),
        ({"n_samples": 1.0}, TypeError, "n_samples must be an integer"),
        ({"n_samples": 2**40}, MemoryError, "needs .* GiB"),
        ({"n_samples": 2**62}, MemoryError, "needs .* GiB"),
        ({"n_samples": 2**70}, ValueError, "n_samples must be at most"),
        ({"start": -1}, ValueError, "start must be an integer of at least 0; got -1"),
        ({"start": 2**64}, ValueError, "start must be at most"),
        ({"random_state": -1}, ValueError, "random_state must be"),
        ({"random_state": "x"}, TypeError, "random_state must be"),
    ],
)
def test_absurd_samples_are_refused_at_once(random_model, options, error, words):
    model = random_model("nade")
    began = time.process_time()
    with pytest.raises(error, match=words):
        model.sample(**options)
    assert time.process_time() - began < 1


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
