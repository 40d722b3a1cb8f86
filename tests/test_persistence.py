"""Files of models: what comes back, and what is not written."""

import numpy as np
import pytest

import ardens
from ardens import optim, schedules
from ardens.models import MODELS
from helpers.models import ORDERING


def test_a_loaded_model_equals_the_saved_one(name, small, data, path):
    options = {"ordering": ORDERING.tolist(), "coding": "majority", "binarize": 0.5}
    model = small(name, **options).fit(data)
    model.save(path)
    loaded = ardens.load(path)
    assert type(loaded) is type(model)
    assert loaded.get_params() == model.get_params()
    assert loaded.ordering_.tolist() == ORDERING.tolist()
    assert loaded.flipped_.tolist() == model.flipped_.tolist()
    assert model.flipped_.any()
    assert str(loaded.history_) == str(model.history_)
    assert loaded.best_epoch_ == model.best_epoch_ > 0
    for key, values in model.parameters().items():
        assert loaded.parameters()[key].tobytes() == values.tobytes()
    assert np.array_equal(loaded.score_samples(data), model.score_samples(data))
    assert np.array_equal(loaded.conditionals(data), model.conditionals(data))
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


def test_every_model_is_in_the_registry_once():
    assert {cls.__name__.lower(): cls for cls in MODELS.values()} == MODELS
