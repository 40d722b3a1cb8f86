"""A run of training: what it keeps, how it goes on, and what it tells of its epochs."""

import copy
import math
import pickle
from dataclasses import dataclass, replace
from typing import ClassVar, final

import numpy as np
import pytest

from ardens.checks.weights import Table
from ardens.columns import Columns
from ardens.errors import DivergenceError
from ardens.schedules import Constant, InverseTime
from ardens.training.ascent import GradientAscent
from ardens.training.loop import Run
from ardens.training.solver import Solver
from ardens.training.state import Figures
from helpers.coins import Coins, N, assert_same, coins, fresh, run, settings, train

# What is kept


def test_early_stopping_keeps_the_parameters_with_the_best_validation_likelihood():
    X, X_valid = np.ones((20, N), np.uint8), coins(500, 0.8)
    state = run(settings(max_epochs=100), X, X_valid)
    valid = state.history["valid"]
    assert state.epoch == state.best_epoch + 3 < 100
    assert state.best_epoch == 1 + np.argmax(valid)
    assert state.best_valid == max(valid) == Coins().mean_log_prob(state.best, X_valid)
    assert not np.array_equal(state.best, state.params)


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


# Callbacks


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


def test_callbacks_are_given_the_parameters_that_are_judged():
    X_valid, told = coins(40, seed=1), []

    def judge(event):
        told.append(Coins().mean_log_prob(event.params, X_valid))

    state = run(settings(averaging=0.9), coins(20), X_valid, callbacks=[judge])
    assert told == state.history["valid"]


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


# What is waited for


def test_gains_that_rounding_may_have_made_do_not_renew_patience():
    state = run(settings(schedule=Constant(1e-10), max_epochs=99), coins(200), coins(500, seed=1))
    assert np.diff(state.history["valid"]).min() > 0
    assert (state.epoch, state.best_epoch) == (3, 3)


def test_gains_that_add_up_to_what_the_rows_can_tell_renew_patience():
    how = settings(schedule=Constant(0.0003), max_epochs=12)
    state = run(how, coins(200), coins(500, seed=1))
    valid = state.history["valid"]
    assert state.epoch == 12
    spread = np.std(Coins().log_prob(state.params, coins(500, seed=1))) / np.sqrt(500)
    assert valid[0] - valid[1] < spread


@final
@dataclass(frozen=True, kw_only=True)
class Script(Solver):
    """Epochs that leave the given log-odds, the same for every column."""

    begins: ClassVar[bool] = False
    odds: tuple[float, ...]

    def epochs(self, model, X, until):
        def run_epoch(state):
            state.params[:] = self.odds[state.epoch]
            return Figures(0.0)

        return run_epoch

    def finish(self, model, X, held_out, state):
        pass


@pytest.mark.parametrize(
    ("odds", "ends"),
    [
        ((0.0, 0.0, 0.0, 0.0, -0.8, -0.8, -0.8, -0.8), 7),  # nothing, a gain, and two epochs more
        ((0.0, 0.9, 0.9, -0.8, -0.8), 3),  # losses are waited for
        ((-0.8, -0.8, -0.8, 0.0), 4),  # as long as nothing is gained, nothing is waited for
    ],
)
def test_epochs_before_the_first_gain_are_not_waited_for(odds, ends):
    solver = Script(odds=odds, max_epochs=len(odds), patience=2)
    state = solver.start(np.zeros(N, np.float32), np.random.default_rng(0))
    X_valid = coins(500, 0.3)
    Run(Coins(), Columns.of(N), solver, state, Table(coins(9)), Table(X_valid), len(odds)).train()
    assert state.epoch == ends
    assert state.best_epoch == 1 + int(np.argmax(state.history["valid"]))


def test_weighted_judges_judge_and_tell_from_chance_as_repeated_ones():
    X, X_valid = coins(200), coins(60, seed=1)
    times = np.random.default_rng(2).integers(0, 6, 60)
    how = settings(schedule=Constant(0.002), max_epochs=60, patience=2)
    once = run(how, X, X_valid, weights_valid=times)
    often = run(how, X, X_valid.repeat(times, axis=0))
    assert once.epoch == often.epoch < 60
    assert once.history["valid"] == pytest.approx(often.history["valid"], rel=1e-12)
    scaled = run(how, X, X_valid, weights_valid=np.full(60, 2.0**-20))
    assert scaled.epoch == run(how, X, X_valid).epoch


# What ran away


def test_a_first_fit_runs_away_that_needs_more_than_two_bits_a_feature():
    how = settings()
    run = Run(Coins(), Columns.of(N), GradientAscent.by(how), fresh(how), Table(coins(9)), None, 5)
    run.state.history["train"] = [-1.99 * math.log(2) * N]
    run.check_learned()
    run.state.history["train"] = [-2.01 * math.log(2) * N]
    with pytest.raises(DivergenceError, match="more than two bits a feature"):
        run.check_learned()
    replace(run, first=False).check_learned()
    run.X_valid = Table(coins(9))
    with pytest.raises(DivergenceError, match="more than two bits a feature"):
        run.check_learned()
    run.state.best_epoch = 1  # there is something better to keep
    run.check_learned()
