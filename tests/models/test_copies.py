"""Models that are not fitted, copied or pickled."""

import copy
import pickle

import cloudpickle
import joblib
import numpy as np
import pytest

import ardens
from ardens.models import MODELS
from ardens.models.fitted import _restored


@pytest.mark.parametrize(
    "use",
    [
        lambda m: m.score_samples([[0]]),
        lambda m: m.score([[0]]),
        lambda m: m.conditionals([[0]]),
        lambda m: m.sample(),
        lambda m: m.iter_samples(10),
        lambda m: m.sample_counts(10),
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
    model = small(name, ordering="random", coding="majority").fit(data)
    twin = COPIES[how](model)
    assert same(twin, model)
    assert np.array_equal(twin.score_samples(data), model.score_samples(data))
    assert np.array_equal(twin.ordering_, model.ordering_)
    assert np.array_equal(twin.flipped_, model.flipped_)
    assert model.flipped_.any()
    assert not twin.flipped_.flags.writeable
    assert str(twin.history_) == str(model.history_)


@pytest.mark.parametrize("how", COPIES)
def test_copies_keep_names_epochs_and_variants(small, frame, how):
    model = small("nade", tied=True, activation="tanh", max_epochs=2).fit(frame)
    twin = COPIES[how](model)
    assert twin.feature_names_in_.tolist() == list("abcdefg")
    assert twin.best_epoch_ == model.best_epoch_ > 0
    assert np.array_equal(twin.score_samples(frame), model.score_samples(frame))


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


def test_what_a_warm_start_goes_on_from_shares_nothing_with_the_fitted_model(small, data):
    model = small("nade", warm_start=True).fit(data)
    fitted = model._state()
    assert not np.shares_memory(fitted.params, fitted.training.best)
    before = fitted.params.copy()
    model.fit(data)
    np.testing.assert_array_equal(fitted.params, before)
