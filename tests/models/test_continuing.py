"""Fits that go on from the last one: `partial_fit` and warm starts."""

import copy
import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from ardens.models import learning
from ardens.training import loop


def test_partial_fit_continues_with_the_memory_of_the_optimizer(same, learned, small, data):
    piecewise = small(learned, validation_fraction=0, averaging=0)
    for _ in range(3):
        assert piecewise.partial_fit(data) is piecewise
    stochastic = {"solver": "stochastic"} if learned == "fvsbn" else {}
    options = {"validation_fraction": 0, "averaging": 0, "max_epochs": 3} | stochastic
    whole = small(learned, **options).fit(data)
    assert same(piecewise, whole)
    assert piecewise.history_["epoch"] == [1, 2, 3]


def test_partial_fit_goes_on_from_a_fit(learned, small, data):
    model = small(learned, max_epochs=10, learning_rate=0.02).fit(data)
    before = model.score(data)
    assert model.partial_fit(data).score(data) > before


@pytest.mark.parametrize("warm_start", [False, True])
def test_the_history_goes_on(learned, small, data, warm_start):
    model = small(learned, warm_start=warm_start).fit(data)
    first = model.history_
    model.partial_fit(data)
    assert model.history_["epoch"] == [1, 2, 3, 4]
    assert model.history_["train"][:3] == first["train"]
    assert model.history_["time"] == sorted(model.history_["time"])
    assert model.best_epoch_ == 4
    model.set_params(warm_start=True).fit(data)
    assert model.history_["epoch"] == [1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("how", ["warm_start", "partial_fit"])
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"n_hidden": 9}, r".* of the last fit, \('nade', 7, 5\); got \('nade', 7, 9\)"),
        ({"tied": True}, r".*\('nade', 7, 5\); got \('nade-tied', 7, 5\)"),
        ({"ordering": range(7)[::-1]}, r"ordering of the last fit, \[0, 1, 2.*; got range"),
    ],
)
def test_who_goes_on_must_not_have_changed_the_model(same, small, data, how, changed, words):
    model = small("nade", warm_start=True).fit(data)
    before = copy.copy(model)
    model.set_params(**changed)
    with pytest.raises(ValueError, match=f"{how} needs the {words}"):
        model.fit(data) if how == "warm_start" else model.partial_fit(data)
    assert same(model, before)


def test_partial_fit_follows_changed_options(small, data):
    model = small("nade").partial_fit(data)
    for changed in ({"optimizer": "sgd"}, {"averaging": 0}, {"averaging": 0.5}):
        model.set_params(**changed).partial_fit(data)
    assert np.isfinite(model.score(data))
    assert len(model.history_["epoch"]) == 4


def test_an_optimizer_that_was_changed_is_taken_up(small, data):
    options = {"batch_size": len(data), "averaging": 0}
    model = small("nade", **options).partial_fit(data)
    fresh = type(model).from_parameters(**model.parameters())
    fresh.set_params(**options, random_state=0)
    for one in (model, fresh):
        one.set_params(optimizer="sgd").partial_fit(data)
    for key, value in fresh.parameters().items():
        np.testing.assert_allclose(model.parameters()[key], value, atol=1e-6)


def test_an_average_begins_and_ends_when_it_is_wanted(same, small, data):
    options = {"batch_size": len(data), "learning_rate": 0.05}
    plain = small("nade", averaging=0, **options).partial_fit(data)
    begun = copy.copy(plain).set_params(averaging=0.9).partial_fit(data)
    plain.partial_fit(data)
    assert not same(begun, plain)  # which has what the steps left, without the mean of them
    begun.set_params(averaging=0).partial_fit(data)
    assert same(begun, plain.partial_fit(data))


@pytest.mark.parametrize("learned", ["mlp", "nade"])
def test_a_warm_start_goes_on_with_the_memory_of_the_optimizer(small, learned, data):
    options = {"validation_fraction": 0, "averaging": 0, "batch_size": len(data)}
    warm = small(learned, max_epochs=1, warm_start=True, **options)
    warm.fit(data).fit(data).fit(data)
    whole = small(learned, max_epochs=3, **options).fit(data)
    for key, value in whole.parameters().items():  # the sums over rows are in another order
        np.testing.assert_allclose(warm.parameters()[key], value, atol=1e-6)


def test_a_warm_start_that_gains_nothing_keeps_what_was_best(same, small, data):
    model = small("nade", warm_start=True).fit(data, X_valid=data[:40])
    before = copy.copy(model)
    model.set_params(optimizer="sgd", learning_rate=0.0).fit(data, X_valid=data[:40])
    assert same(model, before)
    assert model.best_epoch_ == before.best_epoch_ > 0
    assert model.history_["epoch"] == [1, 2, 3, 4, 5, 6]
    assert before.history_["epoch"] == [1, 2, 3]


@pytest.mark.parametrize("how", ["fit", "partial_fit"])
def test_time_goes_on_counting(small, data, monkeypatch, how):
    clock = SimpleNamespace(perf_counter=itertools.count(0.0).__next__)
    monkeypatch.setattr(loop, "time", clock)  # which tells how often it was asked
    model = small("nade", warm_start=True, max_epochs=2).fit(data)
    getattr(model, how)(data)
    assert model.history_["time"] == model.history_["epoch"]


def test_a_warm_start_takes_the_names_that_it_is_given(small, frame):
    model = small("nade", warm_start=True).fit(frame)
    model.fit(frame.rename(columns={"a": "z"}))
    assert model.feature_names_in_.tolist() == list("zbcdefg")


def test_partial_fit_tells_callbacks_and_checks_options(small, data):
    seen = []
    model = small("nade", callbacks=[seen.append]).partial_fit(data).partial_fit(data)
    assert [event.epoch for event in seen] == [event.max_epochs for event in seen] == [1, 2]
    with pytest.raises(ValueError, match="coding must be"):
        model.set_params(coding="minority").partial_fit(data)


def test_partial_fit_checks_the_number_of_columns(learned, small, data):
    model = small(learned).partial_fit(data)
    with pytest.raises(ValueError, match="X has 6 features"):
        model.partial_fit(data[:, 1:])


def test_a_copy_does_not_share_the_memory_of_the_optimizer(same, small, data):
    model = small("nade").partial_fit(data)
    twin, deep = copy.copy(model), copy.deepcopy(model)
    model.partial_fit(data)
    assert same(twin.partial_fit(data), model)
    assert same(deep.partial_fit(data), model)


def test_a_warm_start_goes_on_from_the_last_fit(learned, small, data):
    model = small(learned, max_epochs=1, warm_start=True, validation_fraction=0)
    scores = [model.fit(data).score(data) for _ in range(8)]
    assert scores[-1] > scores[0]
    cold = small(learned, max_epochs=1, validation_fraction=0)
    assert cold.fit(data).score(data) == cold.fit(data).score(data) == scores[0]


def test_a_warm_start_needs_the_same_sizes(small, data):
    model = small("nade", warm_start=True).fit(data)
    with pytest.raises(ValueError, match=r"warm_start needs .*, 7, 5\); got .*, 6, 5\)"):
        model.fit(data[:, 1:])
    with pytest.raises(ValueError, match=r"warm_start needs .*, 7, 5\); got .*, 7, 6\)"):
        model.set_params(n_hidden=6).fit(data)


@pytest.mark.parametrize("random_state", [None, 0, np.random.default_rng(0)], ids=repr)
def test_rows_held_out_stay_the_same_whenever_a_fit_goes_on(small, random_state, monkeypatch):
    X = np.random.default_rng(0).integers(0, 2, (300, 12), dtype=np.uint8)
    held, hold_out = [], learning.hold_out

    def watched(*args):
        learned, judges = hold_out(*args)
        held.append(judges.rows.tobytes())
        return learned, judges

    monkeypatch.setattr(learning, "hold_out", watched)
    model = small("nade", random_state=random_state, warm_start=True)
    model.fit(X).fit(X).partial_fit(X).fit(X)
    assert len(held) == 3
    assert len(set(held)) == 1
    small("nade", random_state=1).fit(X)
    assert len(set(held)) == 2
