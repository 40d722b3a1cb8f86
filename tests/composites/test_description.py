"""Files of mixtures: what comes back, and what a damaged one does."""

import json

import numpy as np
import pytest

import ardens
from ardens import optim
from helpers.files import refused
from helpers.model_files import edited, join, redescribed, split


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
    with pytest.raises(ardens.FormatError, match="a mixture, where one model is wanted"):
        small("nade").fit(data, checkpoint=path, resume=True)
