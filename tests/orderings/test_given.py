"""The ordering that puts what will be known first, wherever an ordering is an option."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest

import ardens
from ardens.orderings import chow_liu, given_first

X = np.random.default_rng(0).integers(0, 2, (80, 5), dtype=np.uint8)
X[:, 4] = X[:, 0]
FRAME = pd.DataFrame(X, columns=list("abcde"))


def quick(name, **options):
    made = {
        "tabular": lambda: ardens.Tabular(),
        "fvsbn": lambda: ardens.FVSBN(max_epochs=2, random_state=0),
        "mlp": lambda: ardens.MLP(2, max_epochs=2, random_state=0),
        "nade": lambda: ardens.NADE(2, max_epochs=2, random_state=0),
    }
    return made[name]().set_params(**options)


def test_given_columns_come_first_and_make_their_questions_exact(name):
    model = quick(name, ordering=given_first(["d", "b"])).fit(FRAME)
    assert model.ordering_.tolist() == [3, 1, 0, 2, 4]
    asked = pd.DataFrame([[None, 1, None, 0, None]], columns=list("abcde"))
    found = model.reliability(asked, n_particles=1)
    assert found.exact.all()
    assert (model.sample(9, given={"b": 1, "d": 0}, n_particles=1)[:, [1, 3]] == [1, 0]).all()
    by_number = quick(name, ordering=given_first(np.array([3, 1]))).fit(X)
    assert np.array_equal(by_number.score_samples(X), model.score_samples(FRAME))


def test_the_others_may_have_any_order():
    model = quick("fvsbn", ordering=given_first([2, 4], rest="chow-liu")).fit(X, X_valid=X)
    rest = [column for column in chow_liu(X).tolist() if column not in (2, 4)]
    assert model.ordering_.tolist() == [2, 4, *rest]
    drawn = [
        quick("tabular", ordering=given_first([2], "random"), random_state=s).fit(X)
        for s in (0, 1, 2, 0)
    ]
    assert all(one.ordering_[0] == 2 for one in drawn)
    assert len({tuple(one.ordering_.tolist()) for one in drawn}) > 1
    assert np.array_equal(drawn[0].ordering_, drawn[3].ordering_)


def test_members_of_a_mixture_share_their_evidence():
    estimator = quick("nade")
    for orderings in (
        given_first(["c"], "random"),
        [given_first(["c"]), given_first([2], "greedy")],
    ):
        model = ardens.Mixture(estimator, n_members=2, orderings=orderings, random_state=0).fit(
            FRAME
        )
        assert [member.ordering_[0] for member in model.members_] == [2, 2]
    with pytest.raises(
        ValueError, match="given_first has the column 'x', but no column is called so"
    ):
        ardens.Mixture(estimator, n_members=2, orderings=given_first(["x"])).fit(FRAME)


def test_it_is_an_option_as_others_are(tmp_path):
    ordering = given_first(["d", 1], rest="marginal")
    model = quick("nade", ordering=ordering)
    assert "ordering=given_first(['d', 1], rest='marginal')" in repr(model)
    assert copy.deepcopy(ordering) == ordering == pickle.loads(pickle.dumps(ordering))
    model.fit(FRAME).save(tmp_path / "model")
    loaded = ardens.load(tmp_path / "model")
    assert loaded.ordering == ordering
    assert np.array_equal(loaded.ordering_, model.ordering_)
    last = loaded.ordering_
    assert np.array_equal(loaded.partial_fit(FRAME).ordering_, last)


@pytest.mark.parametrize(
    ("columns", "rest", "error", "words"),
    [
        ("abc", None, TypeError, "columns must be a sequence of names or numbers.*; got 'abc'"),
        (3, None, TypeError, "columns must be a sequence of names or numbers.*; got 3"),
        ([1, "a", 1], None, ValueError, "none twice; 1 comes more than once"),
        ([-1], None, ValueError, "a column must be an integer of at least 0; got -1"),
        ([0.5], None, TypeError, "a column must be an integer"),
        ([0], "best", ValueError, "rest must be None or one of \"random\", .*; got 'best'"),
    ],
)
def test_what_is_no_such_ordering_is_refused(columns, rest, error, words):
    with pytest.raises(error, match=words):
        given_first(columns, rest)


@pytest.mark.parametrize(
    ("columns", "data", "words"),
    [
        ([5], X, "a column of given_first must be at most 4; got 5"),
        (["a"], X, "given_first has the column 'a', but the columns have no names"),
        (["a", "x"], FRAME, "given_first has the column 'x', but no column is called so"),
        (["a", 0], FRAME, "0 comes more than once"),
    ],
)
def test_columns_that_are_not_there_are_refused_by_fit(columns, data, words):
    with pytest.raises(ValueError, match=words):
        quick("tabular", ordering=given_first(columns)).fit(data)
