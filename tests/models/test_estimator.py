"""scikit-learn's protocol: its own checks, and the tools that build on it."""

import pickle
import warnings

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, KFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import Binarizer
from sklearn.utils.estimator_checks import (
    check_dataframe_column_names_consistency,
    check_estimators_nan_inf,
    check_estimators_partial_fit_n_features,
    parametrize_with_checks,
)
from sklearn.utils.validation import check_is_fitted

import ardens

ESTIMATORS = [
    ardens.Tabular(binarize=0.0),
    ardens.FVSBN(binarize=0.0, max_epochs=3),
    ardens.MLP(n_hidden=3, binarize=0.0, max_epochs=3),
    ardens.NADE(n_hidden=3, binarize=0.0, max_epochs=3),
    ardens.NADE(n_hidden=3, binarize=0.0, max_epochs=3, coding="majority"),
    ardens.Mixture(ardens.Tabular(), n_members=2, binarize=0.0),
    ardens.Mixture(ardens.NADE(n_hidden=3, max_epochs=2), n_members=2, binarize=0.0),
]


def too_wide(estimator):
    """The checks whose data have more columns than a table takes."""
    tabular = isinstance(getattr(estimator, "estimator", estimator), ardens.Tabular)
    checks = [f"check_sample_weight_equivalence_on_{kind}_data" for kind in ("dense", "sparse")]
    return dict.fromkeys(checks, "a table has at most 20 columns") if tabular else {}


with warnings.catch_warnings():
    # scikit-learn warns that its base class is missing: the protocol is met without importing it.
    warnings.filterwarnings("ignore", "Estimator .* does not inherit", UserWarning)
    over_all_checks = parametrize_with_checks(ESTIMATORS, expected_failed_checks=too_wide)


@over_all_checks
def test_passes_the_check_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
@pytest.mark.parametrize(
    "check",
    [
        check_dataframe_column_names_consistency,
        check_estimators_partial_fit_n_features,
        check_estimators_nan_inf,
    ],
)
def test_passes_checks_that_scikit_learn_keeps_for_its_own_estimators(estimator, check):
    check(type(estimator).__name__, estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_unfitted_models_raise_what_scikit_learn_raises(estimator):
    with pytest.raises(NotFittedError) as caught:
        clone(estimator).score_samples([[0]])
    assert isinstance(caught.value, ardens.NotFittedError)
    again = pickle.loads(pickle.dumps(caught.value))
    assert isinstance(again, NotFittedError)
    assert str(again) == str(caught.value)


def test_check_is_fitted_understands_models_that_were_not_fitted_but_made(random_model):
    check_is_fitted(random_model("nade"))
    check_is_fitted(random_model("nade"), "n_features_in_")


def test_a_clone_has_the_settings_and_nothing_else(name, small, data):
    model = small(name, ordering="random", coding="majority").fit(data)
    twin = clone(model)
    assert twin.get_params() == model.get_params()
    assert not hasattr(twin, "n_features_in_")
    assert not hasattr(twin, "flipped_")
    assert np.array_equal(twin.fit(data).score_samples(data), model.score_samples(data))


def test_settings_are_read_and_changed_by_name(name, small):
    model = small(name)
    assert list(model.get_params()) == sorted(model.get_params())
    assert model.set_params(n_jobs=2).get_params()["n_jobs"] == 2
    with pytest.raises(ValueError, match="Invalid parameter 'hidden' for estimator"):
        model.set_params(n_jobs=3, hidden=4)
    assert model.n_jobs == 2


def test_settings_are_shown_where_they_are_not_the_defaults():
    assert repr(ardens.NADE()) == "NADE()"
    assert repr(ardens.NADE(10, random_state=0)) == "NADE(random_state=0, n_hidden=10)"
    assert repr(ardens.Tabular(alpha=1)) == "Tabular(alpha=1)"
    text = repr(ardens.FVSBN(ordering=np.arange(1000), optimizer=ardens.optim.SGD()))
    assert text.startswith("FVSBN(ordering=array([")
    assert "optimizer=SGD(momentum=0.9, nesterov=False)" in text
    assert len(text) < 400


def test_the_number_of_hidden_units_comes_first():
    assert ardens.NADE(7).n_hidden == ardens.MLP(7).n_hidden == 7
    with pytest.raises(TypeError, match="positional argument"):
        ardens.NADE(7, 8)


def test_a_model_ends_a_pipeline(name, small, data):
    pipeline = make_pipeline(Binarizer(threshold=0.5), small(name)).fit(data * 0.9)
    assert pipeline.score(data) == small(name).fit(data).score(data)
    assert pipeline.score_samples(data).shape == (200,)


def test_grids_are_searched_by_held_out_nats(data):
    search = GridSearchCV(ardens.Tabular(), {"alpha": [1e-3, 0.5, 1e3]}, cv=3).fit(data)
    scores = [
        cross_val_score(ardens.Tabular(alpha=alpha), data, cv=3).mean()
        for alpha in (1e-3, 0.5, 1e3)
    ]
    assert search.best_params_ == {"alpha": 0.5}
    assert search.best_score_ == max(scores)
    assert search.best_estimator_.score(data) == search.score(data)


def test_weights_are_passed_on_where_they_are_asked_for(data, rng):
    weights, folds = rng.integers(1, 9, len(data)).astype(float), KFold(3)
    grid, scores = {"alpha": [0.5, 5.0]}, []
    for alpha in grid["alpha"]:
        model = ardens.Tabular(alpha=alpha)
        for here, there in folds.split(data):
            model.fit(data[here], sample_weight=weights[here])
            scores.append(model.score(data[there], sample_weight=weights[there]))
    with config_context(enable_metadata_routing=True):
        asked = ardens.Tabular().set_fit_request(sample_weight=True)
        asked = clone(asked.set_score_request(sample_weight="worth"))
        search = GridSearchCV(asked, grid, cv=folds).fit(data, sample_weight=weights, worth=weights)
        found = search.cv_results_["mean_test_score"]
        assert found == pytest.approx(np.reshape(scores, (2, 3)).mean(axis=1), rel=1e-12)
        with pytest.raises(ValueError, match=r"sample_weight.* not explicitly set"):
            GridSearchCV(ardens.Tabular(), grid).fit(data, sample_weight=weights)
        asked.set_score_request(sample_weight=True)
        pipeline = make_pipeline(Binarizer(), asked).fit(data, sample_weight=weights)
        expected = ardens.Tabular().fit(data, sample_weight=weights)
        found = pipeline.score(data, sample_weight=weights)
        assert found == expected.score(data, sample_weight=weights)


@pytest.mark.parametrize("estimator", ESTIMATORS, ids=lambda e: type(e).__name__)
def test_what_may_be_asked_for_are_the_arguments(estimator):
    routing = clone(estimator).get_metadata_routing()
    weights = {"sample_weight", "sample_weight_valid", "X_valid"}
    learned = {"checkpoint", "resume"} if hasattr(estimator, "callbacks") else set()
    assert routing.fit.requests.keys() == weights | learned
    assert routing.score.requests.keys() == {"sample_weight"}
    assert set(routing.fit.requests.values()) == {None}
    steps = hasattr(estimator, "partial_fit")
    assert steps == hasattr(estimator, "set_partial_fit_request")
    assert routing.partial_fit.requests.keys() == ({"sample_weight"} if steps else set())
    with pytest.raises(TypeError, match="score has the arguments sample_weight; got 'wieght'"):
        clone(estimator).set_score_request(wieght=True)
    if steps:
        asked = clone(estimator).set_partial_fit_request(sample_weight=True)
        assert asked.get_metadata_routing().partial_fit.requests == {"sample_weight": True}


def test_grids_of_learned_models_run_in_processes(small, data):
    grid = {"n_hidden": [2, 4], "optimizer": ["adam", ardens.optim.SGD()]}
    search = GridSearchCV(small("nade", max_epochs=2), grid, cv=2, n_jobs=2).fit(data)
    assert np.isfinite(search.cv_results_["mean_test_score"]).all()


def test_names_of_columns_are_compared(small, data, frame):
    model = small("fvsbn").fit(frame, X_valid=frame[:20])
    assert model.feature_names_in_.tolist() == list("abcdefg")
    with pytest.raises(ValueError, match="must be in the same order as they were in fit"):
        model.score_samples(frame[list("bacdefg")])
    with pytest.raises(ValueError, match=r"unseen at fit time:\n- x\n.*now missing:\n- a\n"):
        model.partial_fit(frame.rename(columns={"a": "x"}))
    with pytest.raises(ValueError, match="same order"):
        model.fit(frame, X_valid=frame[list("bacdefg")])
    with pytest.warns(UserWarning, match="X does not have valid feature names, but FVSBN") as seen:
        model.score_samples(data)
    assert seen[0].filename == __file__
    with pytest.warns(UserWarning, match="X has feature names, but FVSBN was fitted without"):
        model.fit(data).score_samples(frame)
    assert not hasattr(model, "feature_names_in_")
