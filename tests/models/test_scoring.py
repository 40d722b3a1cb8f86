"""What every model promises at its public door, over the registry of models."""

import copy
import io
import pickle
import threading
import time
import warnings

import cloudpickle
import joblib
import numpy as np
import pytest

import ardens
from ardens import optim
from ardens.models import MODELS
from ardens.models.fitted import _restored
from helpers.first_principles import all_vectors
from helpers.models import D, N
from helpers.parameters import shapes

COUNTS = {
    "tabular": 2**N - 1,
    "fvsbn": N * (N + 1) // 2,
    "mlp": N * (N - 1) * D // 2 + 2 * N * D + N,
    "nade": 2 * N * D + D + N,
}


# Scoring


def test_log_probabilities_are_nats_per_row(name, random_model, data):
    model = random_model(name)
    result = model.score_samples(data)
    assert result.dtype == np.float64
    assert result.shape == (len(data),)
    assert (result < 0).all()
    assert np.array_equal(model.log_prob(data), result)


def test_score_is_the_mean(name, random_model, data):
    model = random_model(name)
    assert model.score(data) == np.mean(model.score_samples(data))
    assert isinstance(model.score(data), float)


def test_nats_per_feature_sum_to_nats_per_row(name, random_model, data):
    model = random_model(name)
    terms = model.log_prob_per_feature(data)
    assert terms.shape == data.shape
    np.testing.assert_allclose(terms.sum(axis=1), model.score_samples(data), rtol=1e-6)


def test_conditionals_are_the_probabilities_behind_the_terms(name, random_model, data):
    model = random_model(name)
    p = model.conditionals(data)
    assert p.shape == data.shape
    expected = np.log(np.where(data == 1, p, 1 - p))
    np.testing.assert_allclose(model.log_prob_per_feature(data), expected, rtol=1e-4, atol=1e-6)


def test_bits_per_dimension_rescale_the_score(name, random_model, data):
    model = random_model(name)
    assert model.bits_per_dimension(data) == -model.score(data) / (N * np.log(2))


def test_gradients_are_named_and_shaped_as_parameters(name, random_model, data):
    model = random_model(name)
    value, gradients = model.value_and_grad(data)
    np.testing.assert_allclose(value, model.score(data), rtol=1e-6)
    shapes = {key: array.shape for key, array in model.parameters().items()}
    assert {key: array.shape for key, array in gradients.items()} == shapes
    assert all(array.dtype == np.float32 for array in gradients.values())


def test_gradients_are_the_slopes_of_the_score(name, random_model, data):
    model, step = random_model(name), 0.01
    _, gradients = model.value_and_grad(data)
    for key, gradient in gradients.items():
        place = np.unravel_index(np.argmax(np.abs(gradient)), gradient.shape)
        scores = []
        for sign in (1, -1):
            moved = {k: v.copy() for k, v in model.parameters().items()}
            moved[key][place] += sign * step
            scores.append(type(model).from_parameters(**moved).score(data))
        slope = (scores[0] - scores[1]) / (2 * step)
        np.testing.assert_allclose(gradient[place], slope, rtol=1e-2)


def test_empty_data_gives_empty_results(name, random_model):
    model, nothing = random_model(name), np.zeros((0, N))
    assert model.score_samples(nothing).shape == (0,)
    assert model.conditionals(nothing).shape == (0, N)
    assert model.log_prob_per_feature(nothing).shape == (0, N)
    assert model.sample(0).shape == (0, N)


@pytest.mark.parametrize("method", ["score", "bits_per_dimension", "value_and_grad", "fit"])
def test_a_mean_needs_a_row(name, random_model, method):
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        getattr(random_model(name), method)(np.zeros((0, N)))


@pytest.mark.parametrize(
    "method",
    ["score_samples", "score", "conditionals", "log_prob_per_feature", "value_and_grad"],
)
def test_bad_rows_are_refused(name, random_model, data, method):
    call = getattr(random_model(name), method)
    with pytest.raises(ValueError, match=f"X has 6 features, but .* is expecting {N} features"):
        call(data[:, 1:])
    with pytest.raises(ValueError, match="found 2 at row 0, column 3"):
        call(np.where(np.arange(N) == 3, 2, data[:1]))


def test_binarize_counts_when_scoring_too(name, random_model, data):
    model = random_model(name)
    expected = model.score_samples(data)
    model.set_params(binarize=0.5)
    assert np.array_equal(model.score_samples(data * 0.7), expected)


def test_memory_layout_does_not_change_a_bit(name, random_model, data):
    model = random_model(name)
    expected = model.score_samples(data)
    for X in (np.asfortranarray(data), data.astype(">f8"), data[::-1][::-1], data.tolist()):
        assert np.array_equal(model.score_samples(X), expected)


def test_rows_are_scored_independently(name, random_model, data):
    model = random_model(name)
    whole = model.score_samples(data)
    assert np.array_equal(model.score_samples(data[::-1]), whole[::-1])
    assert np.array_equal(np.concatenate([model.score_samples(row[None]) for row in data]), whole)


# Sampling


def test_a_row_of_a_sample_depends_on_its_index_alone(name, random_model):
    model = random_model(name)
    whole = model.sample(40, random_state=3)
    assert whole.dtype == np.uint8
    assert np.array_equal(model.sample(25, random_state=3), whole[:25])
    pieces = [model.sample(10, random_state=3, start=start) for start in (0, 10, 20, 30)]
    assert np.array_equal(np.concatenate(pieces), whole)


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
    began = time.perf_counter()
    with pytest.raises(error, match=words):
        model.sample(**options)
    assert time.perf_counter() - began < 1


# Parameters


def test_parameters_have_the_documented_names_and_shapes(name, random_model):
    model = random_model(name)
    parameters = model.parameters()
    assert {key: array.shape for key, array in parameters.items()} == shapes(name, N, D)
    assert all(array.dtype == np.float32 for array in parameters.values())
    assert model.n_parameters_ == COUNTS[name]
    assert model.n_features_in_ == N


def test_parameters_cannot_be_written_to(name, random_model):
    for array in random_model(name).parameters().values():
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
        with pytest.raises(ValueError, match="cannot set WRITEABLE"):
            array.flags.writeable = True


def test_a_model_takes_back_its_parameters(same, name, random_model, data):
    model = random_model(name)
    again = type(model).from_parameters(**model.parameters())
    assert same(again, model)
    assert again.history_ == {}
    assert np.array_equal(again.score_samples(data), model.score_samples(data))


@pytest.mark.parametrize("n", [1, 2])
def test_models_can_be_tiny(name, random_model, n):
    model = random_model(name, n=n, n_hidden=1)
    rows = all_vectors(n)
    assert np.exp(model.score_samples(rows)).sum() == pytest.approx(1)
    assert model.sample(3).shape == (3, n)
    assert model.value_and_grad(rows)[0] == pytest.approx(model.score(rows))


WRONG = [
    ("nade", {"W": None}, TypeError, "NADE needs the parameter 'W'"),
    ("nade", {"U": [0]}, TypeError, r"NADE has the parameters \['W', 'c', 'V', 'b'\]; got 'U'"),
    ("nade", {"c": np.zeros(D + 1)}, ValueError, rf"W must have shape \({D + 1}, {N}\)"),
    ("nade", {"b": np.zeros((1, N))}, ValueError, "b must have 1 dimension"),
    ("nade", {"b": np.zeros(0)}, ValueError, "n_features must be at least 1"),
    ("nade", {"b": ["x"] * N}, TypeError, "b must be an array of real numbers"),
    ("nade", {"b": np.zeros(N) * 1j}, TypeError, "b must be an array of real numbers"),
    ("nade", {"b": [[0], [0, 1]]}, ValueError, "b must be an array of numbers"),
    ("nade", {"b": np.full(N, np.nan)}, ValueError, "b must be finite"),
    ("nade", {"V": np.full((N, D), 1e39)}, ValueError, "V must be finite; .*overflows float32"),
    ("fvsbn", {"W": np.eye(N)}, ValueError, r"W must be 0 on and above .* it is 1 at \[0, 0\]"),
    ("fvsbn", {"b": np.zeros(10**6)}, ValueError, "W must have shape"),
    ("mlp", {"A": np.zeros((3, D))}, ValueError, "A must have shape"),
    ("tabular", {"logits": np.zeros(6)}, ValueError, r"2\*\*n - 1 entries; got 6"),
    ("tabular", {"logits": np.zeros(0)}, ValueError, r"2\*\*n - 1 entries; got 0"),
    ("tabular", {"logits": np.full(127, np.nan)}, ValueError, "logits must be numbers"),
    ("tabular", {"logits": np.zeros(2**21 - 1)}, ValueError, "at most 20 features"),
]


@pytest.mark.parametrize(("model", "wrong", "error", "words"), WRONG)
def test_wrong_parameters_are_refused(random_model, model, wrong, error, words):
    parameters = {**random_model(model).parameters(), **wrong}
    with pytest.raises(error, match=words):
        MODELS[model].from_parameters(**{k: v for k, v in parameters.items() if v is not None})


def test_certainty_is_allowed_in_a_table():
    model = ardens.Tabular.from_parameters(logits=[np.inf, 0, -np.inf])
    assert model.conditionals([[1, 0]]).tolist() == [[1, 0]]
    assert model.score_samples([[1, 0], [0, 0]]).tolist() == [0, -np.inf]


# Unfitted, pickled, threaded


@pytest.mark.parametrize(
    "use",
    [
        lambda m: m.score_samples([[0]]),
        lambda m: m.score([[0]]),
        lambda m: m.conditionals([[0]]),
        lambda m: m.sample(),
        lambda m: m.parameters(),
        lambda m: m.value_and_grad([[0]]),
        lambda m: m.save("nowhere"),
        lambda m: m.n_features_in_,
        lambda m: m.history_,
        lambda m: m.ordering_,
        lambda m: m.flipped_,
    ],
)
def test_an_unfitted_model_says_so(name, use):
    with pytest.raises(ardens.NotFittedError, match="is not fitted yet; call fit"):
        use(MODELS[name]())
    assert not hasattr(MODELS[name](), "n_features_in_")


COPIES = {
    "pickle": lambda m: pickle.loads(pickle.dumps(m)),
    "pickle 2": lambda m: pickle.loads(pickle.dumps(m, protocol=2)),
    "cloudpickle": lambda m: pickle.loads(cloudpickle.dumps(m)),
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
}


@pytest.mark.parametrize("how", COPIES)
def test_copies_are_equal(same, name, small, data, how):
    unfitted = COPIES[how](small(name))
    assert unfitted.get_params() == small(name).get_params()
    model = small(name, ordering="random").fit(data)
    twin = COPIES[how](model)
    assert same(twin, model)
    assert np.array_equal(twin.score_samples(data), model.score_samples(data))
    assert np.array_equal(twin.ordering_, model.ordering_)
    assert str(twin.history_) == str(model.history_)


def test_joblib_can_map_a_model_into_memory(name, small, data, tmp_path):
    model = small(name).fit(data)
    joblib.dump(model, tmp_path / "model")
    twin = joblib.load(tmp_path / "model", mmap_mode="r")
    assert np.array_equal(twin.score_samples(data), model.score_samples(data))


def test_a_pickle_of_another_version_warns_and_forgets_what_has_no_names(small, data):
    model = small("nade").partial_fit(data)
    _, (saved,) = model._fitted.__reduce__()
    assert _restored(saved).training is not None
    with pytest.warns(ardens.VersionWarning, match=r"pickled by ardens 0\.0\.1 is read by"):
        restored = _restored(saved | {"version": "0.0.1"})
    assert restored.training is None
    assert restored.best_epoch == 1


def test_scoring_while_fitting_sees_the_old_model_or_the_new(small, data):
    model = small("nade", max_epochs=1)
    seen, done = [], threading.Event()
    first = model.fit(data).score(data)

    def watch():
        while not done.is_set():
            seen.append(model.score(data))

    watcher = threading.Thread(target=watch)
    watcher.start()
    scores = {first}
    for seed in range(20):
        scores.add(model.set_params(random_state=seed).fit(data).score(data))
    done.set()
    watcher.join()
    assert set(seen) <= scores


def test_many_threads_get_the_same_bits(name, random_model, data):
    model = random_model(name)
    expected, results = model.score_samples(data), []
    callers = [
        threading.Thread(target=lambda: results.append(model.score_samples(data)))
        for _ in range(16)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(results) == 16
    assert all(np.array_equal(result, expected) for result in results)


def test_settings_are_shown_where_they_are_not_the_defaults():
    assert repr(ardens.NADE()) == "NADE()"
    assert repr(ardens.NADE(10, random_state=0)) == "NADE(random_state=0, n_hidden=10)"
    assert repr(ardens.Tabular(alpha=1)) == "Tabular(alpha=1)"
    text = repr(ardens.FVSBN(ordering=np.arange(1000), optimizer=optim.SGD()))
    assert text.startswith("FVSBN(ordering=array([")
    assert "optimizer=SGD(momentum=0.9, nesterov=False)" in text
    assert len(text) < 400


def test_the_number_of_hidden_units_comes_first():
    assert ardens.NADE(7).n_hidden == ardens.MLP(7).n_hidden == 7
    with pytest.raises(TypeError, match="positional argument"):
        ardens.NADE(7, 8)


def test_show_config_prints_what_get_config_tells(capsys):
    ardens.show_config()
    text = capsys.readouterr().out
    config = ardens.get_config()
    assert {"version", "level", "levels", "threads", "compiler", "numpy"} <= set(config)
    assert config["version"] == ardens.__version__
    assert all(key in text for key in config)


def test_a_model_can_be_pickled_to_a_stream_in_every_state(name, small):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        pickle.dump(small(name), io.BytesIO())
