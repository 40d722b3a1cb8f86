"""The training loop, over a model small enough to follow by hand."""

import copy
import io
import math
import pickle
import sys
from dataclasses import dataclass, field

import numpy as np
import pytest

from ardens.columns import Columns
from ardens.errors import DivergenceError
from ardens.optim import OPTIMIZERS, SGD, Adam
from ardens.reference import optimizers as reference
from ardens.schedules import Constant, InverseTime
from ardens.training.ascent import GradientAscent
from ardens.training.run import Run
from ardens.training.settings import Settings, settings_for

N = 16


@dataclass
class Coins:
    """Independent coins: the parameters are the log-odds of every column."""

    n_decayed: int = 0
    size: int = N
    batches: list = field(default_factory=list)
    values: list = field(default_factory=list)

    def value_and_grad(self, params, X, grad):
        self.batches.append(X.copy())
        odds = params[:N].astype(np.float64)
        grad[:] = 0.0
        grad[:N] = X.mean(axis=0) - 1 / (1 + np.exp(-odds))
        self.values.append(Coins.mean_log_prob(self, params, X))
        return self.values[-1]

    def mean_log_prob(self, params, X):
        odds = params[:N].astype(np.float64)
        return float((X * odds - np.logaddexp(0, odds)).sum(axis=1).mean())


def coins(rows, probability=0.3, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.random((rows, N)) < probability).astype(np.uint8)


def settings(**options):
    defaults = {"schedule": Constant(0.1), "batch_size": 10, "max_epochs": 5, "patience": 3}
    return Settings(**defaults | options)


def fresh(how, *, size=N, seed=0):
    return start(np.zeros(size, np.float32), how, np.random.default_rng(seed))


def start(params, how, rng):
    """The state before the first epoch."""
    return GradientAscent.by(how).start(params, rng)


def train(model, state, X, X_valid, how, threads=1, **options):
    """Go on to the last epoch of the settings."""
    solver = GradientAscent.by(how, threads)
    Run(model, Columns.of(N), solver, state, X, X_valid, how.max_epochs).train(**options)


def run(how, X, X_valid=None, *, model=None, seed=0, **options):
    model = Coins() if model is None else model
    state = fresh(how, size=model.size, seed=seed)
    train(model, state, X, X_valid, how, **options)
    return state


def assert_same(one, other):
    """Compare two states bit for bit, clocks aside."""
    for name in ("params", "best", "average"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    for name in ("epoch", "best_epoch", "best_valid", "waiting"):
        assert getattr(one, name) == getattr(other, name)
    assert one.optimizer.step == other.optimizer.step
    for name, array in one.optimizer.arrays.items():
        assert array.tobytes() == other.optimizer.arrays[name].tobytes()
    assert one.rng.bit_generator.state == other.rng.bit_generator.state
    columns = one.history.keys() - {"time"}
    assert repr([one.history[c] for c in columns]) == repr([other.history[c] for c in columns])


# What is learned


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


# What is kept


def test_early_stopping_keeps_the_parameters_with_the_best_validation_likelihood():
    X, X_valid = np.ones((20, N), np.uint8), coins(500, 0.8)
    state = run(settings(max_epochs=100), X, X_valid)
    valid = state.history["valid"]
    assert state.epoch == state.best_epoch + 3 < 100
    assert state.best_epoch == 1 + np.argmax(valid)
    assert state.best_valid == max(valid) == Coins().mean_log_prob(state.best, X_valid)
    assert not np.array_equal(state.best, state.params)


def test_what_is_judged_and_kept_is_the_average():
    X_valid = coins(50, seed=1)
    state = run(settings(averaging=0.9), coins(20), X_valid)
    assert state.history["valid"][-1] == Coins().mean_log_prob(state.average, X_valid)
    assert state.history["valid"][-1] != Coins().mean_log_prob(state.params, X_valid)


def test_without_averaging_there_is_no_average():
    state = run(settings(), coins(20))
    assert state.average is None
    assert np.array_equal(state.best, state.params)


def test_without_validation_the_last_epoch_is_kept():
    state = run(settings(averaging=0.9), coins(20))
    assert state.epoch == state.best_epoch == 5
    assert np.array_equal(state.best, state.average)
    assert all(math.isnan(value) for value in state.history["valid"])


def test_the_start_is_kept_if_no_epoch_is_better():
    X_valid = np.tile(np.arange(2, dtype=np.uint8), (2, N // 2))  # log-odds of 0 would be best
    X_valid[1] = 1 - X_valid[1]
    state = run(settings(), np.ones((20, N), np.uint8), X_valid)
    assert (state.epoch, state.best_epoch) == (3, 0)
    assert (state.best == 0).all()


def test_history_has_a_row_for_every_epoch():
    model = Coins()
    how = settings(schedule=InverseTime(0.1, 1.0))
    history = run(how, coins(25), coins(9), model=model).history
    assert list(history) == ["epoch", "train", "valid", "learning_rate", "time"]
    assert history["epoch"] == [1, 2, 3, 4, 5]
    assert history["learning_rate"] == [0.1 / (3 * epoch) for epoch in range(1, 6)]
    assert history["time"] == sorted(history["time"])
    values = np.reshape(model.values, (5, 3))
    assert history["train"] == pytest.approx(np.average(values, axis=1, weights=[10, 10, 5]))
    assert len(history["valid"]) == 5


# The same bits


def test_same_seed_same_bits():
    X, X_valid = coins(50), coins(20, seed=1)
    assert_same(run(settings(averaging=0.9), X, X_valid), run(settings(averaging=0.9), X, X_valid))


def test_another_seed_gives_another_order():
    X = coins(50)
    assert not np.array_equal(run(settings(), X, seed=0).best, run(settings(), X, seed=1).best)


@pytest.mark.parametrize("threads", [2, 7])
def test_bits_do_not_depend_on_threads(threads):
    size = 100_000
    how = settings(max_epochs=2, averaging=0.9, weight_decay=0.1)
    one = run(how, coins(20), model=Coins(n_decayed=size, size=size))
    many = run(how, coins(20), model=Coins(n_decayed=size, size=size), threads=threads)
    assert_same(one, many)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda s: pickle.loads(pickle.dumps(s))])
@pytest.mark.parametrize("judged", [True, False])
@pytest.mark.parametrize("epoch", [1, 4, 9])
def test_a_run_that_goes_on_from_a_copy_has_the_bits_of_an_uninterrupted_one(
    duplicate, judged, epoch
):
    X, X_valid = coins(15), coins(40, seed=1) if judged else None
    how = settings(max_epochs=20, patience=8, averaging=0.9, schedule=InverseTime(0.2, 0.01))
    whole, copies = fresh(how), {}

    def keep(event):
        copies[event.epoch] = duplicate(whole)

    train(Coins(), whole, X, X_valid, how, callbacks=[keep])
    assert epoch < whole.epoch
    resumed = copies[epoch]
    train(Coins(), resumed, X, X_valid, how)
    assert_same(resumed, whole)


def test_a_run_that_is_over_stays_as_it_is():
    X, X_valid = np.ones((20, N), np.uint8), coins(500, 0.8)
    how = settings(max_epochs=100)
    state = run(how, X, X_valid)
    before = copy.deepcopy(state)
    train(Coins(), state, X, X_valid, how)
    assert_same(state, before)


def test_a_run_goes_on_when_more_epochs_are_wanted():
    X = coins(30)
    state = run(settings(max_epochs=2, averaging=0.9), X)
    train(Coins(), state, X, None, settings(max_epochs=5, averaging=0.9))
    assert_same(state, run(settings(max_epochs=5, averaging=0.9), X))


def test_unjudged_epochs_after_judged_ones_go_on_from_what_was_kept():
    X, X_valid = np.ones((20, N), np.uint8), coins(500, 0.8)
    state = run(settings(max_epochs=100), X, X_valid)
    kept = state.best.copy()
    how = settings(max_epochs=state.epoch + 1, schedule=Constant(0.0))
    train(Coins(), state, X, None, how)
    assert np.array_equal(state.best, kept)
    assert state.epoch == how.max_epochs


def test_judged_epochs_after_unjudged_ones_must_beat_the_start():
    X, X_valid = np.ones((20, N), np.uint8), coins(500, 0.8)
    state = run(settings(max_epochs=30), X)
    kept = state.best.copy()
    train(Coins(), state, X, X_valid, settings(max_epochs=60))
    assert np.array_equal(state.best, kept)


def test_judged_epochs_after_unjudged_ones_are_kept_if_they_are_better():
    X = coins(100)
    state = run(settings(max_epochs=1), X)
    train(Coins(), state, X, X, settings(max_epochs=2))
    assert state.best_epoch == 2
    assert state.best_valid == state.history["valid"][1]


def test_time_goes_on_counting():
    X = coins(30)
    state = run(settings(max_epochs=2), X)
    state.seconds = 1000.0
    train(Coins(), state, X, None, settings(max_epochs=3))
    assert state.history["time"][2] == state.seconds >= 1000.0


# Divergence


@dataclass
class Failing(Coins):
    """Coins that go wrong at a call of their own choice."""

    at: int = 0
    gradient: float = 0.0
    value: float | None = None
    valid: float | None = None

    def value_and_grad(self, params, X, grad):
        nats = super().value_and_grad(params, X, grad)
        if len(self.batches) == self.at:
            grad[3] += self.gradient
            return nats if self.value is None else self.value
        return nats

    def mean_log_prob(self, params, X):
        failed = self.valid is not None and len(self.batches) >= self.at
        return self.valid if failed else super().mean_log_prob(params, X)


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


def test_a_schedule_that_answers_nonsense_is_an_error_with_the_step():
    how = settings(schedule=lambda step: 0.1 if step < 3 else math.nan)
    with pytest.raises(ValueError, match="returned nan at step 3"):
        run(how, coins(20))


# Callbacks and progress


def test_callbacks_see_every_epoch_in_order():
    seen = []
    state = run(
        settings(),
        coins(20),
        coins(20),
        callbacks=[lambda e: seen.append(("first", e)), lambda e: seen.append(("second", e))],
    )
    assert [name for name, _ in seen] == ["first", "second"] * 5
    events = [event for _, event in seen[::2]]
    for column, values in state.history.items():
        assert [getattr(event, column) for event in events] == values
    assert {event.max_epochs for event in events} == {5}
    assert events[-1].best_epoch == state.best_epoch


def test_a_callback_can_stop_training():
    def after_two(event):
        if event.epoch == 2:
            event.stop()

    state = run(settings(), coins(20), callbacks=[after_two])
    assert state.epoch == len(state.history["epoch"]) == 2


def test_a_callback_cannot_change_the_event_or_the_parameters():
    def meddle(event):
        with pytest.raises(ValueError, match="read-only"):
            event.params[0] = 1.0
        with pytest.raises(AttributeError):
            event.epoch = 7

    run(settings(), coins(20), callbacks=[meddle])


def test_what_a_callback_raises_comes_out_unchanged_and_training_can_go_on():
    error = KeyError("mine")

    def fail(event):
        raise error

    X, how = coins(20), settings()
    state = fresh(how)
    with pytest.raises(KeyError, match="mine") as caught:
        train(Coins(), state, X, None, how, callbacks=[fail])
    assert caught.value is error
    train(Coins(), state, X, None, how)
    assert state.epoch == 5


def test_a_callback_can_train_another_model():
    X, how = coins(20), settings()
    inner = []
    outer = run(how, X, callbacks=[lambda event: inner.append(run(how, X))])
    for state in inner:
        assert np.array_equal(state.best, outer.best)


def test_what_a_callback_returns_is_ignored():
    assert run(settings(), coins(20), callbacks=iter([lambda event: "stop"])).epoch == 5


def test_training_is_silent_by_default(capfd):
    run(settings(), coins(20), coins(20))
    assert capfd.readouterr() == ("", "")


def test_progress_is_a_line_per_epoch_where_there_is_no_terminal(capsys):
    run(settings(max_epochs=2), coins(20), coins(20), verbose=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split(":")[0] for line in err.splitlines()] == ["epoch 1", "epoch 2"]
    assert "valid" in err


class Terminal(io.StringIO):
    """A terminal as far as `isatty` can tell."""

    def isatty(self):
        return True


def test_progress_is_a_bar_on_a_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    run(settings(), coins(20), verbose=True)
    assert "5/5" in sys.stderr.getvalue()
    assert "nats" in sys.stderr.getvalue()
    assert "valid" not in sys.stderr.getvalue()


def test_progress_is_lines_without_tqdm(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    run(settings(max_epochs=1), coins(20), verbose=True)
    assert sys.stderr.getvalue().startswith("epoch 1: train -")


# Settings


@pytest.mark.parametrize("name", ["batch_size", "max_epochs", "patience"])
@pytest.mark.parametrize(
    ("value", "error"), [(0, ValueError), (-1, ValueError), (2.5, TypeError), (True, TypeError)]
)
def test_counts_must_be_integers_of_at_least_one(name, value, error):
    with pytest.raises(error, match=rf"{name} must be an integer of at least 1; got {value}"):
        settings_for(100, validated=True, **{name: value})


@pytest.mark.parametrize(
    ("option", "error"),
    [
        ({"weight_decay": -0.1}, ValueError),
        ({"weight_decay": None}, TypeError),
        ({"averaging": 1.0}, ValueError),
        ({"averaging": "yes"}, TypeError),
        ({"learning_rate": -1.0}, ValueError),
        ({"learning_rate": "fast"}, TypeError),
        ({"optimizer": "newton"}, ValueError),
    ],
    ids=str,
)
def test_bad_options_are_named(option, error):
    with pytest.raises(error, match=f"^{next(iter(option))} must be"):
        settings_for(100, validated=True, **option)


@pytest.mark.parametrize("n_samples", [1, 2, 10, 399, 1400, 50_000, 10**7])
@pytest.mark.parametrize("validated", [True, False])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_defaults_are_valid_for_any_number_of_rows(n_samples, validated, optimizer):
    chosen = settings_for(n_samples, validated=validated, optimizer=optimizer)
    assert chosen.schedule(0) > 0
    assert 10 <= chosen.batch_size <= 100
    assert not validated or chosen.patience < chosen.max_epochs


def test_given_options_are_followed():
    schedule = InverseTime(0.1, 0.5)
    given = {
        "optimizer": SGD(momentum=0.5),
        "batch_size": 7,
        "max_epochs": 3,
        "patience": 2,
        "weight_decay": 0.25,
        "averaging": 0.0,
    }
    chosen = settings_for(1000, validated=True, learning_rate=schedule, **given)
    assert chosen == Settings(schedule=schedule, **given)
