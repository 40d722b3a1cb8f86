"""Files: what comes back, what a failed write leaves, and what a damaged file does."""

import json
import os
import pickle
import re

import numpy as np
import pytest
from safetensors.numpy import load as read_tensors

import ardens
from ardens import optim, schedules
from ardens.models import MODELS
from ardens.training import COLUMNS
from helpers.files import refused
from helpers.model_files import edited, join, redescribed, split
from helpers.models import ORDERING

# What comes back


def test_a_loaded_model_equals_the_saved_one(name, small, data, path):
    model = small(name, ordering=ORDERING.tolist(), binarize=0.5).fit(data)
    model.save(path)
    loaded = ardens.load(path)
    assert type(loaded) is type(model)
    assert loaded.get_params() == model.get_params()
    assert loaded.ordering_.tolist() == ORDERING.tolist()
    assert str(loaded.history_) == str(model.history_)
    assert loaded.best_epoch_ == model.best_epoch_ > 0
    for key, values in model.parameters().items():
        assert loaded.parameters()[key].tobytes() == values.tobytes()
    assert np.array_equal(loaded.score_samples(data), model.score_samples(data))
    assert np.array_equal(loaded.sample(9, random_state=1), model.sample(9, random_state=1))


def test_a_model_without_training_can_be_saved(name, random_model, path):
    ardens.save(random_model(name), str(path))
    assert ardens.load(str(path)).history_ == {}


def test_certainties_and_impossible_rows_are_kept(path):
    model = ardens.Tabular(alpha=0).fit([[0, 1], [0, 1]], X_valid=[[1, 1]])
    model.save(path)
    loaded = ardens.load(path)
    assert loaded.history_["valid"] == [-np.inf]
    assert loaded.score_samples([[0, 1], [1, 1]]).tolist() == [0, -np.inf]


def test_names_of_columns_are_kept(small, frame, path):
    names = [f"säule {i}" for i in range(7)]
    small("fvsbn").fit(frame.set_axis(names, axis=1)).save(path)
    assert ardens.load(path).feature_names_in_.tolist() == names


@pytest.mark.parametrize(
    "options",
    [
        {"optimizer": optim.SGD(momentum=0.5, nesterov=True)},
        {"optimizer": optim.Adam(beta1=0.8)},
        {"learning_rate": schedules.WarmUp(schedules.Cosine(0.1, steps=50), steps=4)},
        {"learning_rate": 0.1 + 0.2},
        {"ordering": "random", "warm_start": True, "averaging": 0.5, "patience": 3},
        {"random_state": 2**64 - 1},
    ],
    ids=str,
)
def test_settings_come_back(small, data, path, options):
    model = small("nade", **options).fit(data)
    model.save(path)
    assert ardens.load(path).get_params() == model.get_params()


def test_arrays_come_back_as_arrays_and_numpy_numbers_as_plain_ones(small, data, path):
    model = small("fvsbn", ordering=np.arange(7)[::-1], batch_size=np.int64(20)).fit(data)
    model.save(path)
    loaded = ardens.load(path)
    assert isinstance(loaded.ordering, np.ndarray)
    assert loaded.ordering.tolist() == [6, 5, 4, 3, 2, 1, 0]
    assert loaded.batch_size == 20


def test_settings_that_json_cannot_hold_come_back_as_defaults(small, data, path):
    model = small(
        "fvsbn",
        callbacks=[print],
        learning_rate=lambda step: 0.01,
        random_state=np.random.default_rng(0),
        batch_size=30,
    )
    model.set_params(callbacks=[lambda event: None]).fit(data).save(path)
    loaded = ardens.load(path)
    assert (loaded.callbacks, loaded.learning_rate, loaded.random_state) == (None, None, None)
    assert loaded.batch_size == 30


def test_a_file_is_plain_safetensors_with_the_documented_words(random_model, path):
    model = random_model("mlp")
    model.save(path)
    tensors = read_tensors(path.read_bytes())
    assert tensors.keys() == model.parameters().keys()
    for key, values in model.parameters().items():
        assert np.array_equal(tensors[key], values)
    metadata = split(path.read_bytes())[0]["__metadata__"]
    assert metadata.keys() == {"format", "format_version", "ardens_version", "model"}
    description = json.loads(metadata["model"])
    assert description["class"] == "mlp"
    assert description["sampling_stream"] == 1


def test_a_changed_option_does_not_change_the_size_of_a_saved_model(small, data, path):
    model = small("nade").fit(data).set_params(n_hidden=999)
    model.save(path)
    loaded = ardens.load(path)
    assert loaded.n_hidden == 5
    assert loaded.n_parameters_ == model.n_parameters_
    assert np.array_equal(loaded.score_samples(data), model.score_samples(data))


def test_a_wrong_option_is_not_saved(small, data, path):
    with pytest.raises(TypeError, match="n_jobs must be"):
        small("nade").fit(data).set_params(n_jobs="x").save(path)
    assert not path.exists()


def test_what_is_no_model_is_not_saved(path):
    with pytest.raises(TypeError, match="model must be a model of this package"):
        ardens.save({"W": 1}, path)
    with pytest.raises(ardens.NotFittedError):
        ardens.save(ardens.NADE(), path)
    assert not path.exists()


def test_paths_need_not_be_ascii(random_model, tmp_path):
    path = tmp_path / "модель ü.safetensors"
    random_model("fvsbn").save(path)
    assert isinstance(ardens.load(path), ardens.FVSBN)


# What a damaged file does


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 100, -1, -4])
def test_a_file_that_is_cut_off_is_refused(saved, path, length):
    refused(path, saved[:length], "not a model file")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff" * 64, "no safetensors file"),
        ((1 << 30).to_bytes(8, "little") + b"{}", "no safetensors file"),
        (join(b"[]"), "not a JSON object"),
        (join(b"{"), "not JSON"),
        (join(b"\xff\xfe\xfd"), "not JSON"),
        (join(b"[" * 100_000), "not JSON"),
        (join(b'{"a":' * 100_000), "not JSON"),
        (join(b'{"a":1' + b"0" * 10_000 + b"}"), "not JSON"),
        (join(b'{"a": -Infinity}'), "has -Infinity, which is not JSON"),
        (join({}), "no model of ardens"),
        (join({"__metadata__": {"format": "pt"}}), "no model of ardens"),
        (join({"__metadata__": "ardens"}), "no model of ardens"),
        (join(b'{"__metadata__": {"format": "ardens", "format": "ardens"}}'), "a key twice"),
        (pickle.dumps({}), "no safetensors file"),
        (b"PK\x03\x04" + b"\0" * 50, "no safetensors file"),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else value,
)
def test_a_foreign_file_is_refused(path, content, words):
    refused(path, content, words)


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("2", r"needs a newer ardens: it has format 2, written by version 9\.9"),
        ("9" * 5000, "needs a newer ardens"),
        ("-1", "format version is '-1'"),
        ("1.5", "format version"),
        ("²", "format version"),
        (None, "format version"),
    ],
)
def test_a_newer_or_unknown_version_is_refused(saved, path, version, words):
    changes = {"format_version": version, "ardens_version": "9.9"}
    refused(path, edited(saved, lambda header: header["__metadata__"].update(changes)), words)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"class": "os.system"}, "class 'os.system' is not one of tabular, fvsbn, mlp, nade"),
        ({"class": "../nade"}, "class"),
        ({"class": ["nade"]}, "class"),
        ({"class": "fvsbn"}, "tensors"),
        ({"n_features": 10**9}, "shape"),
        ({"n_features": 10**30}, "n_features and n_hidden"),
        ({"n_features": 3.0}, "n_features and n_hidden"),
        ({"n_features": True}, "n_features and n_hidden"),
        ({"n_features": -3}, "n_features and n_hidden"),
        ({"n_features": 0}, "n_features must be at least 1"),
        ({"n_hidden": 10**9}, "shape"),
        ({"n_hidden": 2**31}, "n_features and n_hidden"),
        ({"n_hidden": None}, "n_features and n_hidden"),
        ({"settings": None}, "settings"),
        ({"settings": {"__class__": 1}}, "unexpected keyword"),
        ({"settings": {"_fitted": 1}}, "unexpected keyword"),
        ({"settings": {"optimizer": {"optimizer": "os", "settings": {}}}}, "no setting"),
        ({"settings": {"optimizer": {"optimizer": "sgd", "settings": {"x": 1}}}}, "unexpected"),
        ({"settings": {"optimizer": {"optimizer": "sgd", "settings": 1}}}, "settings"),
        ({"settings": {"ordering": {"a": 1}}}, "no setting"),
        ({"settings": {"ordering": {"array": 1}}}, "no setting"),
        ({"settings": {"ordering": {"array": [[0], 1]}}}, "not a model file"),
        ({"settings": {"ordering": "garbage"}}, "ordering must be"),
        ({"settings": {"n_jobs": "x"}}, "n_jobs must be"),
        ({"settings": {"binarize": "a"}}, "binarize must be"),
        ({"settings": {"random_state": "a"}}, "random_state must be"),
        ({"settings": {"n_hidden": 99}}, "n_hidden=99, the parameters those of nade with 2"),
        ({"best_epoch": 1}, "best_epoch"),
        ({"best_epoch": None}, "best_epoch"),
        ({"ordering": None}, "ordering"),
        ({"ordering": [0, 1]}, "ordering"),
        ({"ordering": [0, 1, 1]}, "ordering"),
        ({"ordering": [0, 1, 10**40]}, "ordering"),
        ({"ordering": [[[[]]]]}, "ordering"),
        ({"feature_names": "abc"}, "feature_names"),
        ({"feature_names": ["a", "b", 3]}, "feature_names"),
        ({"feature_names": ["a", "b"]}, "feature_names"),
        ({"feature_names": ["a", "b", "a"]}, "feature_names"),
        ({"history": []}, "history"),
        ({"history": {"train": 1}}, "history"),
        ({"history": {"train": ["x"]}}, "history"),
        ({"history": {"train": [[1]]}}, "history"),
        ({"history": {"train": [True]}}, "history"),
        ({"history": {"epoch": [1]}}, "history has the columns"),
        ({"history": {key: [1] for key in COLUMNS} | {"valid": []}}, "different lengths"),
        ({"history": {key: [2] for key in COLUMNS}}, "count epochs from 1"),
        ({"sampling_stream": 2}, "sampling stream 2"),
        ({"sampling_stream": None}, "sampling stream"),
    ],
    ids=str,
)
def test_a_hostile_description_is_refused(saved, path, changes, words):
    refused(path, redescribed(saved, lambda told: told.update(changes)), words)


def test_descriptions_that_are_no_json_are_refused(saved, path):
    for text, words in (
        ("[" * 100_000, "not JSON"),
        ('{"class": NaN}', "not a model file"),
        ("[]", "not a JSON object"),
        (None, "not a model file"),
    ):
        content = edited(saved, lambda header, text=text: header["__metadata__"].update(model=text))
        refused(path, content, words)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda h: h.pop("W"), "tensors"),
        (lambda h: h.update(X=h["W"]), "tensors"),
        (lambda h: h["W"].update(dtype="F64"), "not of float32"),
        (lambda h: h["W"].update(dtype="I32"), "not of float32"),
        (lambda h: h["W"].update(shape=[3, 2]), "not of shape"),
        (lambda h: h["W"].update(shape=[6]), "not of shape"),
        (lambda h: h["W"].update(shape=[2**62, 2**62]), "not of shape"),
        (lambda h: h["W"].update(data_offsets=[0, 2**60]), "not a model file"),
        (lambda h: h["W"].update(data_offsets=h["V"]["data_offsets"]), "not a model file"),
        (lambda h: h["W"].update(data_offsets="x"), "not a model file"),
        (lambda h: h.update(W=None), "not of float32"),
    ],
)
def test_a_hostile_table_of_tensors_is_refused(saved, path, edit, words):
    refused(path, edited(saved, edit), words)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_parameters_that_are_not_finite_are_refused(saved, path, value):
    refused(path, saved[:-4] + np.float32(value).tobytes(), "must be finite")


def test_more_bytes_than_parameters_are_refused(saved, path):
    refused(path, saved + b"\0", "bytes of parameters")


def test_weights_on_the_diagonal_of_a_file_are_refused(random_model, path):
    random_model("fvsbn", n=3).save(path)
    header, tensors = split(path.read_bytes())
    tensors = bytearray(tensors)
    begin = header["W"]["data_offsets"][0]
    tensors[begin : begin + 4] = np.float32(1).tobytes()
    refused(path, join(header, bytes(tensors)), "W must be 0 on and above the diagonal")


@pytest.mark.parametrize("depth", [300, 600, 900, 980])
def test_a_description_that_is_nested_too_deep_is_refused(saved, path, depth):
    nested = '{"callbacks": ' + "[" * depth + "]" * depth + "}"

    def nest(header):
        words = header["__metadata__"]
        words["model"] = re.sub(r'(?<="settings":)\{.*?\}', nested, words["model"])

    refused(path, edited(saved, nest), "nested too deep|not JSON|callbacks must be")


def test_a_refusal_does_not_quote_the_whole_file(saved, path):
    path.write_bytes(redescribed(saved, lambda told: told.update({"class": "x" * 100_000})))
    with pytest.raises(ardens.FormatError) as caught:
        ardens.load(path)
    assert len(str(caught.value)) < 1000


# Mixtures


@pytest.fixture
def mixed(random_model, path):
    """The bytes of a small file of a mixture of two."""
    models = [random_model("nade", n=3, n_hidden=2, ordering=[2, 0, 1]), random_model("mlp", n=3)]
    ardens.Mixture.from_models(models, weights=[0.25, 0.75]).save(path)
    return path.read_bytes()


@pytest.mark.parametrize("weights", ["equal", "learned"])
def test_a_loaded_mixture_equals_the_saved_one(small, data, path, weights):
    model = ardens.Mixture(
        small("nade", optimizer=optim.SGD(), random_state=None),
        n_members=3,
        orderings=["greedy", None, np.arange(7)[::-1]],
        weights=weights,
        random_state=4,
    ).fit(data)
    model.save(path)
    loaded = ardens.load(path)
    assert str(loaded) == str(model)
    assert loaded.history_ == model.history_
    assert loaded.weights_.tobytes() == model.weights_.tobytes()
    for member, original in zip(loaded.members_, model.members_, strict=True):
        assert str(member.get_params()) == str(original.get_params())
        assert str(member.history_) == str(original.history_)
    assert np.array_equal(loaded.score_samples(data), model.score_samples(data))
    assert np.array_equal(loaded.sample(9, random_state=1), model.sample(9, random_state=1))


def test_a_mixture_of_any_models_is_kept(name, random_model, path, data, frame):
    named = ardens.Tabular(binarize=0.5).fit(frame)
    other = random_model(name).set_params(binarize=0.5)
    model = ardens.Mixture.from_models([other, named], [1, 0])
    model.save(path)
    loaded = ardens.load(path)
    assert (loaded.binarize, loaded.feature_names_in_.tolist()) == (0.5, list("abcdefg"))
    loaded, model = loaded.members_, model.members_
    assert [type(member) for member in loaded] == [type(member) for member in model]
    assert np.array_equal(loaded[0].score_samples(data), model[0].score_samples(data))


def test_a_wrong_option_of_a_mixture_is_not_saved(mixed, path):
    model = ardens.load(path)
    path.unlink()
    for wrong in ({"n_jobs": "x"}, {"estimator": 1}, {"weights": "best"}):
        with pytest.raises((TypeError, ValueError), match=next(iter(wrong))):
            ardens.Mixture.from_models(model.members_).set_params(**wrong).save(path)
    with pytest.raises(ardens.NotFittedError):
        ardens.Mixture().save(path)
    assert not path.exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"members": None}, "1 … 1024 members"),
        ({"members": []}, "1 … 1024 members"),
        ({"members": [{}] * 1025}, "1 … 1024 members"),
        ({"members": [1, 2]}, "not described by a JSON object"),
        ({"members": [{"class": "mixture", "members": []}] * 2}, "class 'mixture' is not one of"),
        ({"members": [{"class": "os.system"}] * 2}, "class 'os.system' is not one of"),
        ({"weights": None}, "weights are not a list"),
        ({"weights": [0.5]}, "weights must be None or 2"),
        ({"weights": [1, 1]}, "do not sum to one"),
        ({"weights": [-0.5, 1.5]}, "it has -0.5"),
        ({"weights": ["a", "b"]}, "weights are not a list"),
        ({"weights": [10**400, 1]}, "not a model file"),
        ({"weights": [True, False]}, "weights are not a list"),
        ({"settings": None}, "settings"),
        ({"settings": {"n_members": 3}}, "n_members is 3, there are 2"),
        ({"settings": {"n_members": 2, "_fitted": 1}}, "unexpected keyword"),
        ({"settings": {"n_members": 2, "estimator": 1}}, "multiple values"),
        ({"settings": {"n_members": 2, "orderings": "x"}}, "ordering must be"),
        ({"settings": {"n_members": 2, "orderings": [[0], [0]]}}, "ordering must be"),
        ({"settings": {"n_members": 2, "random_state": "x"}}, "random_state must be"),
        ({"estimator": {"class": "mixture"}}, "estimator is not of a class"),
        ({"estimator": "nade"}, "estimator is not of a class"),
        ({"estimator": {"class": "nade", "settings": {"n_hidden": 0}}}, "n_hidden must be"),
        ({"estimator": {"class": "nade"}}, "settings are not a table"),
        ({"feature_names": ["a"]}, "feature_names"),
        ({"history": {"train": [1]}}, "history of a mixture"),
        ({"history": {"valid": []}}, "history of a mixture"),
        ({"history": {"valid": ["x"]}}, "history"),
        ({"history": None}, "history"),
    ],
    ids=str,
)
def test_a_hostile_description_of_a_mixture_is_refused(mixed, path, changes, words):
    refused(path, redescribed(mixed, lambda told: told.update(changes)), words)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_features": 4}, "not of shape"),
        ({"n_hidden": 10**9}, "not of shape"),
        ({"settings": {"n_hidden": 99}}, "n_hidden=99, the parameters those of nade with 2"),
        ({"ordering": [0, 1]}, "ordering"),
        ({"flipped": [2, 0, 0]}, "flipped"),
        ({"history": {"epoch": [1]}}, "history has the columns"),
        ({"best_epoch": 1}, "best_epoch"),
        ({"sampling_stream": 2}, "sampling stream 2"),
    ],
    ids=str,
)
def test_a_member_of_a_file_is_checked_as_a_model_is(mixed, path, changes, words):
    refused(path, redescribed(mixed, lambda told: told["members"][0].update(changes)), words)


def test_members_of_different_sizes_are_refused(random_model, path):
    files = []
    for n in (3, 4):
        models = [random_model("fvsbn", n=n)]
        ardens.Mixture.from_models(models).save(path)
        files.append(split(path.read_bytes()))
    (header, tensors), (other, more) = files
    description, second = (json.loads(h["__metadata__"]["model"]) for h in (header, other))
    description |= {"members": description["members"] + second["members"], "weights": [0.5, 0.5]}
    header["__metadata__"]["model"] = json.dumps(description)
    for key in "Wb":
        entry = other[f"0.{key}"]
        offsets = [offset + len(tensors) for offset in entry["data_offsets"]]
        header[f"1.{key}"] = entry | {"data_offsets": offsets}
    refused(path, join(header, tensors + more), "different numbers of features")


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda h: h.pop("0.W"), "tensors"),
        (lambda h: h.update(W=h["0.W"]), "no member's"),
        (lambda h: h.update({"2.W": h["0.W"]}), "no member's"),
        (lambda h: h.update({"00.W": h["0.W"]}), "no member's"),
        (lambda h: h["1.A"].update(dtype="F64"), "not of float32"),
        (lambda h: h["0.W"].update(data_offsets=h["0.V"]["data_offsets"]), "not a model file"),
        (lambda h: h["__metadata__"].update(training="{}"), "no checkpoint"),
    ],
)
def test_a_hostile_table_of_a_mixture_is_refused(mixed, path, edit, words):
    refused(path, edited(mixed, edit), words)


def test_a_mixture_is_no_checkpoint(mixed, path, small, data):
    with pytest.raises(ardens.FormatError, match="without what training goes on from"):
        small("nade").fit(data, checkpoint=path, resume=True)


def test_what_cannot_be_read_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        ardens.load(tmp_path / "gone")
    with pytest.raises(IsADirectoryError):
        ardens.load(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ardens.FormatError, match="not a regular file"):
        ardens.load(tmp_path / "pipe")


def test_every_model_is_in_the_registry_once():
    assert {cls.__name__.lower(): cls for cls in MODELS.values()} == MODELS
