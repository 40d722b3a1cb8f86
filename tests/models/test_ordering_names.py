"""Orderings by the names of columns, wherever an ordering is an option."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

import ardens
from ardens.checks.options import permutation

NAMES = ["age", "sex", "town", "old"]
LISTED = ["town", "old", "age", "sex"]
NUMBERS = [2, 3, 0, 1]
X = np.random.default_rng(0).integers(0, 2, (80, 4), dtype=np.uint8)
X[:, 3] = X[:, 0]
FRAME = pd.DataFrame(X, columns=NAMES)
QUICK = {
    "tabular": ardens.Tabular(),
    "fvsbn": ardens.FVSBN(max_epochs=2, random_state=0),
    "mlp": ardens.MLP(2, max_epochs=2, random_state=0),
    "nade": ardens.NADE(2, max_epochs=2, random_state=0),
    "nade from fvsbn": ardens.NADE(2, direct=True, start="fvsbn", max_epochs=2, random_state=0),
}
FORMS = {
    "list": list,
    "tuple": tuple,
    "array": np.array,
    "objects": lambda names: np.array(names, object),
    "index": pd.Index,
    "series": pd.Series,
}


def made(name, **options):
    return copy.deepcopy(QUICK[name]).set_params(**options)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", QUICK)
def test_names_are_the_numbers_of_their_columns(name, form, tmp_path):
    by_name = made(name, ordering=FORMS[form](LISTED)).fit(FRAME)
    by_number = made(name, ordering=NUMBERS).fit(FRAME)
    assert by_name.ordering_.tolist() == NUMBERS
    assert np.array_equal(by_name.score_samples(FRAME), by_number.score_samples(FRAME))
    by_name.save(tmp_path / "m")
    loaded = ardens.load(tmp_path / "m")
    assert list(loaded.ordering) == LISTED
    assert loaded.ordering_.tolist() == NUMBERS
    assert np.array_equal(loaded.fit(FRAME).ordering_, by_name.ordering_)
    for twin in (copy.deepcopy(by_name), pickle.loads(pickle.dumps(by_name))):
        assert np.array_equal(twin.score_samples(FRAME), by_name.score_samples(FRAME))


WRONG = {
    "too few": (LISTED[:3], ValueError, r"or of the names of the columns; got 3 names for 4 col"),
    "too many": ([*LISTED, "age"], ValueError, "got 5 names for 4 columns"),
    "twice": (["age", "sex", "age", "old"], ValueError, "it has 'age' more than once"),
    "unknown": (["age", "sex", "Town", "old"], ValueError, "it has 'Town', which no column is c"),
    "mixed": (["age", "sex", "town", 3], TypeError, "ordering must be None, a name or a permut"),
    "a set": (set(LISTED), TypeError, "ordering must be None, a name or a permutation"),
    "nested": ([LISTED], TypeError, "ordering must be None, a name or a permutation"),
    "one": ("age", ValueError, "must be None, a permutation or one of"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_names_are_refused_before_the_model_is_changed(case):
    ordering, error, words = WRONG[case]
    for name in QUICK:
        model = made(name).fit(FRAME)
        before = model.score_samples(FRAME)
        with pytest.raises(error, match=words):
            model.set_params(ordering=ordering).fit(FRAME)
        assert np.array_equal(model.score_samples(FRAME), before)


def test_names_are_refused_where_the_columns_have_none():
    words = r"got names, \['town', .*but the columns have none: give a data frame, or the numbers"
    for name in QUICK:
        with pytest.raises(ValueError, match=words):
            made(name, ordering=LISTED).fit(X)
    with pytest.raises(ValueError, match=words):
        ardens.FVSBN.from_parameters(W=np.zeros((4, 4)), b=np.zeros(4), ordering=LISTED)
    with pytest.raises(ValueError, match=words):
        ardens.Mixture(made("fvsbn"), 2, [LISTED, None], random_state=0).fit(X)


@pytest.mark.parametrize("name", ["fvsbn", "mlp", "nade"])
def test_a_warm_start_and_partial_fit_go_on_in_the_order_of_the_names(name):
    options = {"solver": "stochastic"} if name == "fvsbn" else {}
    by_name = made(name, ordering=LISTED, warm_start=True, **options).fit(FRAME).fit(FRAME)
    by_number = made(name, ordering=NUMBERS, warm_start=True, **options).fit(FRAME).fit(FRAME)
    assert np.array_equal(by_name.score_samples(FRAME), by_number.score_samples(FRAME))
    by_name.partial_fit(FRAME)
    by_number.partial_fit(FRAME)
    assert np.array_equal(by_name.score_samples(FRAME), by_number.score_samples(FRAME))
    for call in (by_name.fit, by_name.partial_fit):
        by_name.set_params(ordering=NAMES)
        with pytest.raises(ValueError, match=r"ordering of the last fit, \['town', 'old', .*; got"):
            call(FRAME)


def test_a_run_is_resumed_with_its_names_in_any_form(tmp_path):
    path = tmp_path / "c"
    run = made("nade", ordering=LISTED, max_epochs=3)
    run.set_params(callbacks=[lambda event: event.stop()]).fit(FRAME, checkpoint=path)
    again = made("nade", ordering=np.array(LISTED), max_epochs=3)
    whole = made("nade", ordering=LISTED, max_epochs=3).fit(FRAME)
    again.fit(FRAME, checkpoint=path, resume=True)
    assert np.array_equal(again.score_samples(FRAME), whole.score_samples(FRAME))
    other = made("nade", ordering=NAMES, max_epochs=3)
    with pytest.raises(ValueError, match="ordering was"):
        other.fit(FRAME, checkpoint=path, resume=True)


def test_members_of_a_mixture_take_names(tmp_path):
    orderings = [LISTED, None, np.array(NAMES[::-1]), "marginal"]
    mixture = ardens.Mixture(made("fvsbn"), 4, orderings, random_state=0).fit(FRAME)
    found = [member.ordering_.tolist() for member in mixture.members_[:3]]
    assert found == [NUMBERS, [0, 1, 2, 3], [3, 2, 1, 0]]
    shared = ardens.Mixture(made("fvsbn", ordering=LISTED), 2, None, random_state=0).fit(FRAME)
    assert [member.ordering_.tolist() for member in shared.members_] == [NUMBERS] * 2
    for model in (mixture, shared):
        model.save(tmp_path / "m")
        loaded = ardens.load(tmp_path / "m")
        assert np.array_equal(loaded.score_samples(FRAME), model.score_samples(FRAME))
        loaded.fit(FRAME)
    with pytest.raises(ValueError, match="it has 'Town', which no column is called"):
        ardens.Mixture(made("fvsbn", ordering=[*LISTED[1:], "Town"]), 2, None).fit(FRAME)


def test_a_search_takes_names():
    grid = {"ordering": [LISTED], "l1_ratio": [1.0, 0.5]}
    found = ardens.tune(made("fvsbn"), FRAME, grid, random_state=0)
    assert [trial.params["ordering"] for trial in found.trials] == [LISTED] * 2
    assert found.estimator.ordering_.tolist() == NUMBERS


def test_a_permutation_of_names_is_read_only_and_of_numbers():
    result = permutation(LISTED, 4, NAMES)
    assert result.tolist() == NUMBERS
    assert result.dtype == np.intp
    assert not result.flags.writeable
