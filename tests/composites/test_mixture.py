"""A mixture as an estimator: its options, its columns, and what is refused."""

import copy
import pickle

import numpy as np
import pytest

import ardens
from ardens import NADE, Mixture, Tabular


def test_a_mixture_is_copied_and_pickled(mixture, data):
    for twin in (copy.deepcopy(mixture), pickle.loads(pickle.dumps(mixture))):
        assert np.array_equal(twin.score_samples(data), mixture.score_samples(data))


def test_options_of_the_estimator_are_reached_by_name(quick):
    mixture = quick().set_params(estimator__n_hidden=9, n_members=2)
    assert mixture.get_params()["estimator__n_hidden"] == 9
    assert mixture.n_members == 2


def test_options_of_an_estimator_that_is_not_there_are_refused():
    mixture = Mixture()
    with pytest.raises(ValueError, match=r"estimator__n_hidden needs .* estimator=NADE\(\)"):
        mixture.set_params(n_members=2, estimator__n_hidden=3)
    assert mixture.n_members == 8
    mixture.set_params(estimator=NADE(), estimator__n_hidden=3)
    assert mixture.estimator.n_hidden == 3


def test_a_threshold_of_the_mixture_makes_rows_binary(quick, data):
    real = np.where(data == 1, 0.9, 0.1)
    mixture = quick(binarize=0.5).fit(real)
    assert mixture.score(real) == quick().fit(data).score(data)
    members = [Tabular(binarize=0.5, alpha=k).fit(real) for k in (1, 2)]
    assert Mixture.from_models(members).binarize == 0.5


def test_names_of_columns_are_compared(quick, frame):
    mixture = quick().fit(frame)
    assert mixture.feature_names_in_.tolist() == list("abcdefg")
    with pytest.raises(ValueError, match="same order"):
        mixture.score_samples(frame[list("bacdefg")])


def test_an_unfitted_mixture_says_so():
    for use in (Mixture().score_samples, Mixture().sample, Mixture().fit_weights):
        with pytest.raises(ardens.NotFittedError, match="this Mixture is not fitted yet"):
            use([[0, 1]] if use.__name__ != "sample" else 1)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"n_members": 0}, ValueError, "n_members must be an integer of at least 1; got 0"),
        ({"n_members": 2.0}, TypeError, "n_members must be an integer"),
        ({"n_members": 1025}, ValueError, "n_members must be at most 1024"),
        ({"orderings": "reverse"}, ValueError, "ordering must be None, a perm.* got 'reverse'"),
        ({"orderings": [None]}, ValueError, "sequence of n_members=3 orderings; got 1 of them"),
        ({"orderings": 5}, TypeError, "sequence of n_members=3 orderings; got 5"),
        ({"orderings": [[0, 1]] * 3}, ValueError, "ordering must be"),
        ({"orderings": [0, 1, 2]}, ValueError, "ordering must be"),
        ({"weights": "best"}, ValueError, 'weights must be "equal" or "learned"; got .best.'),
        ({"weights": [1, 2, 3]}, ValueError, "weights must be"),
        ({"weights": "learned", "validation_fraction": 0.0}, ValueError, "at least 5 validation"),
        ({"validation_fraction": 1.0}, ValueError, "validation_fraction must be below 1"),
        ({"estimator": "nade"}, TypeError, "estimator must be None or a model"),
        ({"estimator": Mixture()}, TypeError, "not a mixture"),
        ({"estimator": NADE(binarize=0.5)}, ValueError, "binarize must be None"),
        ({"estimator": NADE(n_hidden=0)}, ValueError, "n_hidden must be"),
        ({"verbose": 2}, TypeError, "verbose must be"),
        ({"n_jobs": 0}, ValueError, "n_jobs must be"),
        ({"random_state": -1}, ValueError, "random_state must be"),
    ],
    ids=str,
)
def test_a_wrong_option_is_refused(quick, data, options, error, words):
    with pytest.raises(error, match=words):
        quick(**options).fit(data)


def test_models_that_do_not_fit_together_are_refused(members, random_model, data, frame):
    named = [Tabular().fit(frame), Tabular().fit(frame.rename(columns={"a": "z"}))]
    for models, error, words in (
        ([], ValueError, "models must be 1 … 1024 models; got 0"),
        (members[0], TypeError, "models must be a sequence"),
        ([Mixture.from_models(members)], TypeError, "none a mixture; it has Mixture"),
        (["nade"], TypeError, "it has 'nade'"),
        ([NADE()], ardens.NotFittedError, "not fitted"),
        ([members[0], random_model("nade", n=3)], ValueError, "same number of features"),
        (named, ValueError, "same names of features"),
        ([members[0], Tabular(binarize=0.5).fit(data)], ValueError, "same binarize"),
    ):
        with pytest.raises(error, match=words):
            Mixture.from_models(models)
