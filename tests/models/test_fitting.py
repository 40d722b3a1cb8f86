"""`fit` of every model: what it learns, and what it refuses."""

import time
import tracemalloc

import numpy as np
import pytest

import ardens
from ardens import optim, schedules
from ardens.training import solver
from helpers.models import D, N
from helpers.parameters import random_parameters
from helpers.references import MODELS
from helpers.threads import check_shared, n_parameters


def test_fit_learns(name, small, data):
    options = {} if name == "tabular" else {"max_epochs": 60, "learning_rate": 0.05}
    model = small(name, **options)
    assert model.fit(data) is model
    # Five free bits of seven; an exclusive or is beyond FVSBN, and 60 epochs are few.
    assert model.score(data) > {"fvsbn": -6.1}.get(name, -5.6 * np.log(2) - 1)
    history = model.history_
    assert set(history) - {"penalty"} == {"epoch", "train", "valid", "learning_rate", "time"}
    assert len({len(column) for column in history.values()}) == 1


@pytest.mark.parametrize(
    ("name", "options", "widths"),
    [
        ("nade", {}, {"W": 1 / np.sqrt(60), "V": 0.1 / np.sqrt(40)}),
        ("nade", {"tied": True}, {"W": 0.1 / np.sqrt(40)}),
        ("nade", {"direct": True}, {"W": 1 / np.sqrt(60), "V": 0.1 / np.sqrt(40), "D": 0}),
        (
            "mlp",
            {},
            {
                "A": 1 / np.sqrt(np.arange(60).repeat(np.arange(60)))[:, None],
                "V": 0.1 / np.sqrt(40),
            },
        ),
        ("fvsbn", {"solver": "stochastic"}, {"W": 0}),
    ],
    ids=str,
)
def test_weights_start_uniform_as_documented_and_biases_at_the_means(rng, name, options, widths):
    X = (rng.random((500, 60)) < 0.3).astype(np.uint8)
    if name != "fvsbn":
        options = options | {"n_hidden": 40}
    model = ardens.models.MODELS[name](**options, learning_rate=0, max_epochs=1, random_state=0)
    start = model.set_params(validation_fraction=0, averaging=0, n_jobs=1).fit(X).parameters()
    ones = X.sum(axis=0) + 1
    np.testing.assert_allclose(start["b"], np.log(ones / (502 - ones)), rtol=1e-6)
    for key, values in start.items():
        if key in widths and np.any(widths[key]):
            parts = values / widths[key]
            assert 0.99 < np.abs(parts).max() < 1.000001
            assert abs(parts.mean()) < 0.05
            assert abs(parts.var() - 1 / 3) < 0.03
        elif key != "b":
            assert not values.any()


def test_sizes_are_the_documented_ones_by_default():
    assert ardens.NADE().get_params()["n_hidden"] == 500
    assert ardens.MLP().get_params()["n_hidden"] == 32
    assert ardens.Mixture().get_params()["n_members"] == 8


def test_fit_is_reproducible(same, name, small, data):
    assert same(small(name).fit(data), small(name).fit(data))


@pytest.mark.parametrize("name", ["mlp", "nade"])
def test_another_seed_gives_other_parameters(same, name, small, data):
    assert not same(small(name).fit(data), small(name, random_state=1).fit(data))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("fvsbn", {"solver": "stochastic"}),
        ("mlp", {"n_hidden": 12_000, "learning_rate": 1e-5}),
        ("nade", {"n_hidden": 30_000, "learning_rate": 1e-5}),
    ],
)
def test_threads_do_not_change_a_bit_of_a_fit(same, small, data, seven_threads, name, options):
    X = np.tile(data, (1, 20)) if name == "fvsbn" else data

    def fit(threads):
        model = small(name, max_epochs=1, batch_size=100, n_jobs=threads, **options)
        return model.fit(X, X_valid=X[:70])

    one = fit(1)
    check_shared(7, 100, n_parameters(one))
    if "n_hidden" in options:  # what is prepared for a step is shared out, too
        check_shared(2, 1, n_parameters(one))
    assert same(fit(7), one)


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


def test_judges_are_made_binary_as_rows_are(small, data):
    plain = small("nade").fit(data[:150], X_valid=data[150:])
    model = small("nade", binarize=2).fit(data[:150] * 3.0, X_valid=data[150:] * 3.0)
    assert model.history_["valid"] == plain.history_["valid"]


def test_the_history_that_is_told_is_a_copy(small, data):
    model = small("nade").fit(data)
    model.history_["train"].clear()
    assert len(model.history_["train"]) == 3


def test_validation_rows_are_split_off(learned, small, data):
    held_out = small(learned).fit(np.vstack([data, 1 - data]))
    assert np.isfinite(held_out.history_["valid"]).all()
    everything = small(learned, validation_fraction=0).fit(data)
    assert np.isnan(everything.history_["valid"]).all()
    in_turn = small(learned).fit(data[:40])
    assert np.isfinite(in_turn.history_["valid"]).all()
    one_row = small(learned).fit(data[:1])
    assert np.isnan(one_row.history_["valid"]).all()


def test_the_epoch_that_is_kept_is_told(small, data):
    model = small("nade", learning_rate=0.0).fit(data)
    assert model.best_epoch_ == 0
    model = small("nade", max_epochs=9).fit(data)
    assert model.best_epoch_ == 1 + np.argmax(model.history_["valid"])


@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam", optim.SGD(0.5, nesterov=True)])
@pytest.mark.parametrize("rate", [None, 0.01, schedules.InverseTime(0.01, 0.1), lambda step: 0.01])
def test_optimizers_and_rates_can_be_chosen(small, data, optimizer, rate):
    model = small("fvsbn", optimizer=optimizer, learning_rate=rate).fit(data)
    assert model.score(data) > model.history_["train"][0]


@pytest.mark.parametrize("name", [name for name in MODELS if name != "tabular"])
def test_weights_decay_and_biases_do_not(name, data):
    family, *variant = name.split("-")
    options = {"tied": True} if "tied" in variant else {}
    if {"tanh", "relu"} & {*variant}:
        options["activation"] = variant[0]
    start = random_parameters(name, N, D, np.random.default_rng(0))
    learned = {}
    for decay in (0.0, 0.25):
        model = ardens.models.MODELS[family].from_parameters(**start, **options)
        model.set_params(optimizer=optim.SGD(0.0), learning_rate=0.5, batch_size=len(data))
        model.set_params(weight_decay=decay, averaging=0.0, random_state=0)
        learned[decay] = model.partial_fit(data).parameters()
    for key, without in learned[0.0].items():
        if key in ("b", "c"):
            assert np.array_equal(learned[0.25][key], without)
        else:
            expected = without - 0.5 * 0.25 * start[key]
            np.testing.assert_allclose(learned[0.25][key], expected, atol=1e-6)


# What is refused


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
        ({"verbose": 2}, "verbose must be True or False"),
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


def test_bad_data_leave_the_model_as_it_was(name, small, data):
    model = small(name).fit(data)
    before = model.parameters()
    with pytest.raises(ValueError, match="NaN or inf"):
        model.fit(np.full((5, N), np.nan))
    after = model.parameters()
    assert all(np.shares_memory(after[key], before[key]) for key in before)


@pytest.mark.parametrize("n_hidden", [2**31, 2**40, 2**62])
@pytest.mark.parametrize("model", [ardens.NADE, ardens.MLP])
def test_absurd_sizes_are_refused_at_once(data, model, n_hidden):
    began = time.process_time()
    with pytest.raises((MemoryError, ValueError), match="n_hidden"):
        model(n_hidden).fit(data)
    assert time.process_time() - began < 1


def test_all_arrays_of_a_fit_are_counted_before_any_is_made(data, leave_memory, monkeypatch):
    leave_memory(10**6)
    monkeypatch.setattr(ardens.NADE, "_initialize", lambda *_: pytest.fail("drawn"))
    with pytest.raises(MemoryError, match=r"fitting 75,007 parameters .*n_hidden=5000\) needs"):
        ardens.NADE(5000).fit(data)  # 0.3 MB of parameters


@pytest.mark.parametrize("model", [ardens.NADE, ardens.MLP])
def test_the_memory_that_is_counted_is_about_what_a_fit_takes(data, monkeypatch, model):
    counted = {}
    for how in (("sgd", 0.0), ("adam", 0.0), ("adam", 0.9)):
        asked = []
        monkeypatch.setattr(
            solver, "check_memory", lambda n_bytes, what, a=asked: a.append(n_bytes)
        )
        large = model(20_000, max_epochs=1, learning_rate=1e-6, random_state=0, n_jobs=1)
        large.set_params(optimizer=how[0], averaging=how[1])
        tracemalloc.start()
        large.fit(data[:50], X_valid=data[50:60])
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak <= asked[0] <= 1.6 * peak
        counted[how] = asked[0]
    one = 4 * large._state().core.size
    assert counted["adam", 0.0] - counted["sgd", 0.0] == one
    assert counted["adam", 0.9] - counted["adam", 0.0] == one


@pytest.mark.parametrize("go_on", ["fit", "partial_fit", "score_samples"])
def test_memory_is_asked_for_where_a_model_is_there_already(data, leave_memory, go_on):
    quick = {"max_epochs": 1, "warm_start": True, "learning_rate": 1e-5}
    model = ardens.NADE(5000, **quick).fit(data[:20])
    leave_memory(490_000)
    with pytest.raises(MemoryError, match=r"75,007 parameters.* needs"):
        getattr(model, go_on)(data)
