"""Steps of gradient ascent, over a model small enough to follow by hand."""

import itertools
import math
from dataclasses import dataclass

import numpy as np
import pytest

from ardens.errors import DivergenceError
from ardens.optim import OPTIMIZERS, SGD, Adam
from ardens.reference import optimizers as reference
from ardens.schedules import Constant, InverseTime
from helpers.coins import Coins, N, assert_same, coins, fresh, run, settings, start, train


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_training_ends_at_the_maximum_of_the_likelihood(name):
    X = coins(200)
    how = settings(
        optimizer=OPTIMIZERS[name](),
        schedule=InverseTime(0.1, 0.01),
        max_epochs=60,
        averaging=0.99,
    )
    learned = 1 / (1 + np.exp(-run(how, X).best))
    np.testing.assert_allclose(learned, X.mean(axis=0), atol=0.01)


def test_an_epoch_equals_the_formulas():
    X = coins(25)
    how = settings(optimizer=Adam(), max_epochs=1, weight_decay=0.5, averaging=0.5)
    model = Coins(n_decayed=N)
    state = run(how, X, model=model)
    params = average = m = v = np.zeros(N)
    for t, batch in enumerate(model.batches, start=1):
        grad = batch.mean(axis=0) - 1 / (1 + np.exp(-params))
        params, m, v = reference.adam(params, grad, m, v, t, 0.1, weight_decay=0.5)
        average = reference.ema(average, params, min(0.5, t / (t + 9)))
    # float32 against float64 over three steps of 0.1
    np.testing.assert_allclose(state.params, params, atol=3e-6)
    np.testing.assert_allclose(state.average, average, atol=3e-6)


def test_every_epoch_shows_every_row_once_and_ends_with_a_smaller_batch():
    X = np.unpackbits(np.arange(24, dtype=">u2").view(np.uint8)).reshape(24, N)
    model = Coins()
    run(settings(max_epochs=2), X, model=model)
    assert [len(batch) for batch in model.batches] == [10, 10, 4] * 2
    for epoch in (model.batches[:3], model.batches[3:]):
        shown = np.concatenate(epoch)
        assert np.array_equal(np.unique(shown, axis=0), X)


def test_every_epoch_has_an_order_of_its_own():
    model = Coins()
    run(settings(max_epochs=2), coins(20), model=model)
    assert not np.array_equal(model.batches[0], model.batches[2])


def test_a_batch_larger_than_the_data_is_all_of_it():
    model = Coins()
    run(settings(max_epochs=1, batch_size=1000), coins(7), model=model)
    assert [len(batch) for batch in model.batches] == [7]


def test_inputs_are_not_written_to():
    X, params = coins(20), np.zeros(N, np.float32)
    X.flags.writeable = params.flags.writeable = False
    how = settings()
    train(Coins(), start(params, how, np.random.default_rng(0)), X, X, how)


def test_weight_decay_reaches_only_what_the_model_says_decays():
    X = np.ones((10, N), np.uint8)
    how = settings(weight_decay=5.0, max_epochs=40)
    free, held = (run(how, X, model=Coins(n_decayed=n)).best for n in (0, N))
    assert (held < free).all()


def test_what_is_judged_and_kept_is_the_average():
    X_valid = coins(50, seed=1)
    state = run(settings(averaging=0.9), coins(20), X_valid)
    assert state.history["valid"][-1] == Coins().mean_log_prob(state.average, X_valid)
    assert state.history["valid"][-1] != Coins().mean_log_prob(state.params, X_valid)


def test_what_moves_what_is_averaged_and_what_is_kept_share_no_memory():
    params = np.zeros(N, np.float32)
    state = start(params, settings(averaging=0.9), np.random.default_rng(0))
    arrays = [params, state.params, state.average, state.best]
    assert not any(np.shares_memory(a, b) for a, b in itertools.combinations(arrays, 2))


def test_without_averaging_there_is_no_average():
    state = run(settings(), coins(20))
    assert state.average is None
    assert np.array_equal(state.best, state.params)


@pytest.mark.parametrize("threads", [2, 7])
def test_bits_do_not_depend_on_threads(threads):
    size = 100_000
    how = settings(max_epochs=2, averaging=0.9, weight_decay=0.1)
    one = run(how, coins(20), model=Coins(n_decayed=size, size=size))
    many = run(how, coins(20), model=Coins(n_decayed=size, size=size), threads=threads)
    assert_same(one, many)


def test_a_schedule_that_answers_nonsense_is_an_error_with_the_step():
    how = settings(schedule=lambda step: 0.1 if step < 3 else math.nan)
    with pytest.raises(ValueError, match="returned nan at step 3"):
        run(how, coins(20))


# Divergence


@dataclass
class Failing(Coins):
    """Coins that go wrong at a call of their own choice."""

    at: int = 0
    gradient: float = 0.0
    value: float | None = None
    valid: float | None = None

    def value_and_grad(self, params, X, grad, weights=None):
        nats = super().value_and_grad(params, X, grad, weights)
        if len(self.batches) == self.at:
            grad[3] += self.gradient
            return nats if self.value is None else self.value
        return nats

    def log_prob(self, params, X):
        failed = self.valid is not None and len(self.batches) >= self.at
        return np.full(len(X), self.valid) if failed else super().log_prob(params, X)


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        ({"value": math.nan}, "the log-likelihood of a batch is nan"),
        ({"value": -math.inf}, "the log-likelihood of a batch is -inf"),
        ({"gradient": math.inf}, "a parameter is not finite"),
        ({"valid": -math.inf}, "the log-likelihood of the validation rows is -inf"),
    ],
    ids=str,
)
@pytest.mark.parametrize("averaging", [0.0, 0.9])
def test_divergence_names_the_epoch_and_leaves_the_last_good_parameters(
    failure, message, averaging
):
    X, X_valid = coins(20), coins(20, seed=1)
    how = settings(optimizer=SGD(), averaging=averaging)
    good = run(settings(optimizer=SGD(), averaging=averaging, max_epochs=2), X, X_valid)
    state = fresh(how)
    with np.errstate(all="ignore"), pytest.raises(DivergenceError, match=message) as caught:
        train(Failing(at=6, **failure), state, X, X_valid, how)
    assert caught.value.epoch == 3
    assert "epoch 3" in str(caught.value)
    assert np.array_equal(state.best, good.best)
    assert len(state.history["epoch"]) == 2


def test_the_gradient_of_a_weighted_batch_is_expected_to_be_that_of_repeated_rows():
    X, times = coins(25), np.random.default_rng(1).integers(0, 5, 25)
    model, gradients = Coins(), []
    recorded = Coins.value_and_grad

    class Recording(Coins):
        def value_and_grad(self, params, X, grad, weights=None):
            nats = recorded(self, params, X, grad, weights)
            gradients.append((len(X), nats, grad.copy()))
            return nats

    how = settings(schedule=Constant(0.0), max_epochs=1)
    state = run(how, X, weights=times, model=Recording())
    sizes, nats, grads = zip(*gradients, strict=True)
    expected = np.empty(N, np.float32)
    value = model.value_and_grad(state.params, X.repeat(times, axis=0), expected)
    assert len(sizes) > 1
    np.testing.assert_allclose(np.average(grads, axis=0, weights=sizes), expected, atol=1e-7)
    assert np.average(nats, weights=sizes) == pytest.approx(value, rel=1e-12)
    assert state.history["train"] == pytest.approx([value], rel=1e-12)


def test_what_all_weights_are_multiplied_by_changes_no_step():
    X, times = coins(25), np.random.default_rng(1).integers(1, 5, 25)
    one = run(settings(), X, weights=times)
    for scale in (2.0**-20, 2.0**9):
        assert_same(run(settings(), X, weights=times * scale), one)
    assert_same(run(settings(), X, weights=np.ones(25)), run(settings(), X))
