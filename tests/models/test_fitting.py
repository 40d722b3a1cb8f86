"""Learning through the public door: `fit`, `partial_fit`, warm starts, and what ends them early."""

import copy
import pickle
import time

import numpy as np
import pytest

import ardens
from ardens import optim, schedules
from helpers.interrupts import seconds_after_ctrl_c
from helpers.models import N


def test_fit_learns(name, small, data):
    options = {} if name == "tabular" else {"max_epochs": 60, "learning_rate": 0.05}
    model = small(name, **options)
    assert model.fit(data) is model
    # Five free bits of seven; an exclusive or is beyond FVSBN, and 60 epochs are few.
    assert model.score(data) > {"fvsbn": -6.1}.get(name, -5.6 * np.log(2) - 1)
    history = model.history_
    assert set(history) - {"penalty"} == {"epoch", "train", "valid", "learning_rate", "time"}
    assert len({len(column) for column in history.values()}) == 1


def test_fit_is_reproducible(same, name, small, data):
    assert same(small(name).fit(data), small(name).fit(data))


def test_another_seed_gives_other_parameters(same, learned, small, data):
    assert not same(small(learned).fit(data), small(learned, random_state=1).fit(data))


def test_threads_do_not_change_a_bit_of_a_fit(same, learned, small, data, seven_threads):
    one = small(learned, max_epochs=1).fit(data)
    assert same(small(learned, max_epochs=1, n_jobs=7).fit(data), one)


def test_the_form_of_the_data_does_not_change_a_bit_of_a_fit(same, name, small, data):
    one = small(name).fit(data)
    assert same(small(name).fit(np.asfortranarray(data.astype(">i8"))), one)
    assert same(small(name, binarize=2).fit(data * 5.0), one)


def test_fit_never_writes_to_its_input(name, small, data):
    before = data.copy()
    data.flags.writeable = False
    small(name).fit(data, X_valid=data[:20])
    assert np.array_equal(data, before)


@pytest.mark.parametrize(
    "X",
    [np.ones((1, 4)), np.zeros((1, 1)), np.ones((30, 1)), np.zeros((30, 3)), np.eye(3)],
    ids=["one row", "one cell", "one column", "all zero", "three rows"],
)
def test_degenerate_data_can_be_learned(name, small, X):
    model = small(name).fit(X)
    assert np.isfinite(model.score(X))
    assert model.sample(2).shape == (2, X.shape[1])


def test_given_validation_rows_are_judged(name, small, data):
    model = small(name).fit(data[:150], X_valid=data[150:])
    assert np.isfinite(model.history_["valid"]).all()
    best = max(model.history_["valid"])
    np.testing.assert_allclose(model.score(data[150:]), best, rtol=1e-6)


def test_validation_rows_are_split_off(learned, small, data):
    held_out = small(learned).fit(data)
    assert np.isfinite(held_out.history_["valid"]).all()
    everything = small(learned, validation_fraction=0).fit(data)
    assert np.isnan(everything.history_["valid"]).all()
    too_few = small(learned).fit(data[:40])
    assert np.isnan(too_few.history_["valid"]).all()


@pytest.mark.parametrize("fraction", [-0.1, 1, "x", None])
def test_a_wrong_fraction_is_refused(small, data, fraction):
    with pytest.raises((TypeError, ValueError), match="validation_fraction must be"):
        small("nade", validation_fraction=fraction).fit(data)
    with pytest.raises((TypeError, ValueError), match="validation_fraction must be"):
        small("nade", validation_fraction=fraction).fit(data, X_valid=data)


def test_validation_rows_are_checked(name, small, data):
    with pytest.raises(ValueError, match=r"X_valid has 6 features, but .* is expecting 7"):
        small(name).fit(data, X_valid=data[:, 1:])
    with pytest.raises(ValueError, match="X_valid must contain only 0 and 1"):
        small(name).fit(data, X_valid=data + 1)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_hidden": 0}, "n_hidden must be an integer of at least 1; got 0"),
        ({"n_hidden": 2.0}, "n_hidden must be an integer"),
        ({"batch_size": 0}, "batch_size must be"),
        ({"max_epochs": 0}, "max_epochs must be"),
        ({"patience": 0}, "patience must be"),
        ({"weight_decay": -1}, "weight_decay must be"),
        ({"averaging": 1}, "averaging must be"),
        ({"optimizer": "adagrad"}, "optimizer must be"),
        ({"learning_rate": -1}, "learning_rate must be"),
        ({"n_jobs": 0}, "n_jobs must be"),
        ({"random_state": -1}, "random_state must be"),
        ({"ordering": "reverse"}, "ordering must be"),
        ({"binarize": "x"}, "binarize must be"),
        ({"callbacks": 3}, "callbacks must be"),
        ({"callbacks": [3]}, "callbacks must be"),
        ({"callbacks": iter([print])}, "callbacks must be .*the next fit"),
        ({"warm_start": "no"}, "warm_start must be True or False; got 'no'"),
        ({"verbose": 1}, "verbose must be True or False"),
        ({"coding": "minority"}, "coding must be"),
    ],
    ids=str,
)
def test_wrong_options_are_refused_by_fit_and_leave_the_model_as_it_was(
    small, data, options, words
):
    model = small("nade").fit(data)
    before = model.parameters()
    model.set_params(**options)
    with pytest.raises((TypeError, ValueError), match=words):
        model.fit(data)
    after = model.parameters()
    assert all(np.shares_memory(after[key], before[key]) for key in before)


@pytest.mark.parametrize("n_hidden", [2**31, 2**40, 2**62])
@pytest.mark.parametrize("model", [ardens.NADE, ardens.MLP])
def test_absurd_sizes_are_refused_at_once(data, model, n_hidden):
    began = time.perf_counter()
    with pytest.raises((MemoryError, ValueError), match="n_hidden"):
        model(n_hidden).fit(data)
    assert time.perf_counter() - began < 1


def test_all_arrays_of_a_fit_are_counted_before_any_is_made(data, leave_memory, monkeypatch):
    leave_memory(10**6)
    monkeypatch.setattr(ardens.NADE, "_initialize", lambda *_: pytest.fail("drawn"))
    with pytest.raises(MemoryError, match=r"fitting 75,007 parameters .*n_hidden=5000\) needs"):
        ardens.NADE(5000).fit(data)  # 0.3 MB of parameters


@pytest.mark.parametrize("go_on", ["fit", "partial_fit", "score_samples"])
def test_memory_is_asked_for_where_a_model_is_there_already(data, leave_memory, go_on):
    quick = {"max_epochs": 1, "warm_start": True, "learning_rate": 1e-5}
    model = ardens.NADE(5000, **quick).fit(data[:20])
    leave_memory(490_000)
    with pytest.raises(MemoryError, match=r"75,007 parameters.* needs"):
        getattr(model, go_on)(data)


def test_bad_data_leave_the_model_as_it_was(name, small, data):
    model = small(name).fit(data)
    before = model.parameters()
    with pytest.raises(ValueError, match="NaN or inf"):
        model.fit(np.full((5, N), np.nan))
    after = model.parameters()
    assert all(np.shares_memory(after[key], before[key]) for key in before)


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam", optim.SGD(0.5, nesterov=True)])
@pytest.mark.parametrize("rate", [None, 0.01, schedules.InverseTime(0.01, 0.1), lambda step: 0.01])
def test_optimizers_and_rates_can_be_chosen(small, data, optimizer, rate):
    model = small("fvsbn", optimizer=optimizer, learning_rate=rate).fit(data)
    assert model.score(data) > model.history_["train"][0]


def test_callbacks_are_called_after_every_epoch_and_can_stop(small, data):
    seen = []

    def watch(event):
        seen.append((event.epoch, event.valid))
        if event.epoch == 2:
            event.stop()

    model = small("nade", max_epochs=9, callbacks=[watch]).fit(data)
    assert [epoch for epoch, _ in seen] == model.history_["epoch"] == [1, 2]


def test_what_a_callback_raises_comes_out_and_the_best_epoch_stays(small, data):
    class Broken(Exception):
        pass

    def breaks(event):
        if event.epoch == 2:
            raise Broken

    model = small("nade", max_epochs=9, callbacks=[breaks])
    with pytest.raises(Broken):
        model.fit(data)
    assert model.history_["epoch"] == [1, 2]
    assert np.isfinite(model.score(data))


def test_ctrl_c_ends_a_fit_at_once_and_the_best_epoch_stays(small, data):
    model = small("nade", max_epochs=10**6, patience=10**6)
    assert seconds_after_ctrl_c(lambda: model.fit(data), delay=0.3) < 0.2
    assert model.score(data) > model.history_["train"][0]
    model.set_params(max_epochs=1).fit(data)


def test_a_callback_may_fit_the_same_model(same, small, data):
    model = small("nade", max_epochs=1)

    def fits_again(event):
        model.callbacks = None
        model.fit(data[:50])

    model.callbacks = [fits_again]
    model.fit(data)
    assert same(model, small("nade", max_epochs=1).fit(data))


def test_divergence_names_the_epoch_and_leaves_the_model_as_it_was(small, data):
    model = small("fvsbn", solver="stochastic", averaging=0).fit(data)
    before = model.parameters()["W"]
    model.set_params(optimizer=optim.SGD(), learning_rate=1e38, max_epochs=50)
    with pytest.raises(ardens.DivergenceError, match="diverged in epoch 1") as caught:
        model.fit(data)
    assert caught.value.epoch == 1
    assert pickle.loads(pickle.dumps(caught.value)).epoch == 1
    assert np.shares_memory(model.parameters()["W"], before)


@pytest.mark.parametrize("fraction", [0, 0.1])
def test_a_fit_that_runs_away_is_an_error_though_all_is_finite(small, data, fraction):
    model = small("nade", learning_rate=1e4, validation_fraction=fraction)
    with pytest.raises(ardens.DivergenceError, match=r"diverged by epoch 3: .* two bits a feature"):
        model.fit(data)
    with pytest.raises(ardens.NotFittedError):
        model.score(data)


def test_the_epoch_that_is_kept_is_told(small, data):
    model = small("nade", learning_rate=0.0).fit(data)
    assert model.best_epoch_ == 0
    model = small("nade", max_epochs=9).fit(data)
    assert model.best_epoch_ == 1 + np.argmax(model.history_["valid"])


def test_counting_gives_the_frequencies(data):
    model = ardens.Tabular(alpha=0).fit(data)
    rows, counts = np.unique(data, axis=0, return_counts=True)
    np.testing.assert_allclose(model.score_samples(rows), np.log(counts / len(data)), rtol=1e-5)
    unseen = data[:1].copy()
    unseen[0, 5] ^= 1
    assert model.score_samples(unseen) == -np.inf


def test_smoothing_adds_to_every_count():
    model = ardens.Tabular(alpha=0.5).fit([[0, 1], [1, 1], [1, 0]])
    expected = [[2.5 / 4, 1.5 / 2], [2.5 / 4, 1.5 / 3]]
    np.testing.assert_allclose(model.conditionals([[0, 0], [1, 1]]), expected, rtol=1e-6)


@pytest.mark.parametrize("alpha", [1e-17, 1e-300, 1e-3, 1e17, 1e308])
def test_smoothing_of_any_size_leaves_no_row_impossible(alpha):
    model = ardens.Tabular(alpha=alpha).fit([[0], [0]])
    expected = [np.log(1 / (1 + alpha / (2 + alpha))), np.log(alpha) - np.log(2 + alpha)]
    expected[1] -= np.log1p(alpha / (2 + alpha))
    np.testing.assert_allclose(model.score_samples([[0], [1]]), expected, rtol=1e-5, atol=1e-16)


def test_too_many_columns_are_refused_with_what_they_would_need():
    with pytest.raises(ValueError, match=r"21 features would need 2\*\*21 - 1 = 2,097,151 para"):
        ardens.Tabular().fit(np.zeros((2, 21)))
    with pytest.raises(ValueError, match=r"2\*\*784 - 1 parameters"):
        ardens.Tabular().fit(np.zeros((2, 784)))


@pytest.mark.parametrize("alpha", [-1, np.nan, "x", None])
def test_smoothing_is_at_least_zero(alpha):
    with pytest.raises((TypeError, ValueError), match="alpha must be a finite number of at least"):
        ardens.Tabular(alpha=alpha).fit([[0]])


# Going on


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
