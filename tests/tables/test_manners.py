"""scikit-learn's manners: options, clones, pipelines, searches, seeds."""

import pickle

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

import ardens


@pytest.fixture
def frame(rng):
    a = rng.choice(["x", "y"], 90)
    return pd.DataFrame({"a": a, "k": rng.poisson(9, 90) + 5 * (a == "x")})


@pytest.fixture
def quick():
    return ardens.TableModel(ardens.NADE(4, max_epochs=2), missing=("?",), random_state=0)


def test_clones_have_the_options_and_nothing_learned(quick, frame):
    copy = clone(quick.fit(frame))
    assert repr(copy) == repr(quick)
    assert copy.estimator is not quick.estimator
    with pytest.raises(ardens.NotFittedError):
        copy.sample()


def test_options_of_the_estimator_are_reached(quick):
    quick.set_params(estimator__n_hidden=7, missing=None)
    assert quick.estimator.n_hidden == 7
    assert quick.get_params()["estimator__n_hidden"] == 7


def test_pipelines_and_searches_work(quick, frame):
    pipe = make_pipeline(FunctionTransformer(lambda X: X.assign(k=X["k"] * 2)), quick)
    assert np.isfinite(pipe.fit(frame).score(frame))
    search = GridSearchCV(quick, {"estimator__n_hidden": [2, 4]}, cv=2).fit(frame)
    assert search.best_params_["estimator__n_hidden"] in (2, 4)


def test_a_fit_is_a_function_of_its_seed(quick, frame):
    nats = [
        clone(quick).set_params(random_state=s).fit(frame).score_samples(frame) for s in (0, 0, 1)
    ]
    np.testing.assert_array_equal(nats[0], nats[1])
    assert (nats[0] != nats[2]).any()


def test_fit_leaves_options_and_data_as_they_were(quick, frame):
    before = frame.copy()
    options = repr(quick)
    quick.fit(frame, X_valid=frame)
    assert repr(quick) == options
    assert quick.estimator.codes is None
    pd.testing.assert_frame_equal(frame, before)


def test_what_was_learned_is_told(quick, frame):
    quick.fit(frame)
    assert quick.n_features_in_ == 2
    assert quick.feature_names_in_.tolist() == ["a", "k"]
    assert isinstance(quick.estimator_, ardens.NADE)
    assert quick.n_parameters_ == quick.estimator_.n_parameters_
    assert len(quick.history_["epoch"]) == 2
    assert repr(quick.columns_).splitlines()[0].split() == [
        "column",
        "kind",
        "leaves",
        "bits",
        "noticed",
    ]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"estimator": 3}, TypeError, "estimator must be None or a model of this package"),
        ({"columns": ["a"]}, TypeError, "columns must be None or a dictionary"),
        ({"missing": "?"}, TypeError, "missing must be None or a tuple"),
        ({"n_jobs": 0}, ValueError, "n_jobs"),
    ],
)
def test_wrong_options_are_refused_by_fit(frame, options, error, message):
    model = ardens.TableModel(**options)
    with pytest.raises(error, match=message):
        model.fit(frame)


def test_a_pickled_model_is_the_same(quick, frame):
    copy = pickle.loads(pickle.dumps(quick.fit(frame)))
    np.testing.assert_array_equal(copy.score_samples(frame), quick.score_samples(frame))
    pd.testing.assert_frame_equal(copy.sample(9, random_state=1), quick.sample(9, random_state=1))


def test_no_rows_have_no_answers(quick, frame):
    none = frame.iloc[:0]
    quick.fit(frame)
    assert quick.score_samples(none).shape == (0,)
    assert quick.sample(0).shape == (0, 2)
    assert quick.impute(none).shape == quick.most_probable(none).shape == (0, 2)
    assert quick.cell_surprise(none).shape == quick.predict_proba(none, "a").shape == (0, 2)
