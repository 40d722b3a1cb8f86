"""Questions of rows that are known in part, against sums over all rows."""

import datetime
import itertools

import numpy as np
import pandas as pd
import polars as pl
import pytest

VALUES = {"a": ["x", "y", "z"], "b": [False, True], "c": [0, 1, None]}


@pytest.fixture
def model(fitted, rng):
    a = rng.choice(VALUES["a"], 300)
    c = np.array([0, 1, None], object)[rng.integers(0, 3, 300)]
    return fitted(
        {"a": a.tolist(), "b": ((a == "x") ^ (rng.random(300) < 0.2)).tolist(), "c": c.tolist()}
    )


@pytest.fixture
def everything(model):
    """All rows that can be drawn, and their probabilities."""
    rows = list(itertools.product(*VALUES.values()))
    X = {name: [row[k] for row in rows] for k, name in enumerate(VALUES)}
    return pd.DataFrame(X, dtype=object), np.exp(model.score_samples(X))


def test_marginals_are_sums_over_what_is_unknown(model, everything):
    X, p = everything
    unseen = 0.5 / 300.5
    nats = model.log_marginal({"a": ["x", None, "x"], "b": [True, True, None]})
    expected = [
        p[(X["a"] == "x") & (X["b"] == True)].sum() / (1 - unseen),  # noqa: E712
        p[X["b"] == True].sum() / (1 - unseen) ** 2,  # noqa: E712
        p[X["a"] == "x"].sum() / (1 - unseen) ** 2,
    ]
    np.testing.assert_allclose(np.exp(nats), expected, rtol=1e-5)


def test_rows_of_which_all_is_known_have_their_own_probability(model):
    X = {"a": ["x", "y"], "b": [True, False], "c": [0, 1]}
    np.testing.assert_allclose(model.log_marginal(X), model.score_samples(X), rtol=1e-6)


@pytest.mark.parametrize("target", ["a", "b"])
def test_predictions_are_conditional_probabilities(model, everything, target):
    X, p = everything
    other = "b" if target == "a" else "a"
    for value in VALUES[other]:
        predicted = model.predict_proba({other: [value], "c": [1]}, target)
        assert list(predicted) == [str(v) for v in VALUES[target]]
        of = [
            p[(X[other] == value) & (X["c"] == 1) & (X[target] == v)].sum() for v in VALUES[target]
        ]
        got = [predicted[str(v)][0] for v in VALUES[target]]
        np.testing.assert_allclose(got, np.array(of) / sum(of), rtol=1e-5)


def test_that_a_cell_is_missing_is_no_prediction_and_no_completion(model):
    assert list(model.predict_proba({"a": ["x"], "b": [True]}, "c")) == ["0", "1"]
    X = {"a": ["x"] * 500, "b": [True] * 500, "c": [None] * 500}
    assert set(model.impute(X, random_state=0)["c"]) == {0, 1}
    assert model.most_probable({"a": ["x"], "b": [True], "c": [None]})["c"][0] in (0, 1)


def test_the_most_probable_row_is_found(model, everything):
    X, p = everything
    there = p * X["c"].notna().to_numpy()
    for a in VALUES["a"]:
        best = X.loc[np.argmax(there * (X["a"] == a).to_numpy())]
        found = model.most_probable({"a": [a], "b": [None], "c": [None]})
        assert (found["b"][0], found["c"][0]) == (best["b"], best["c"])


def test_draws_given_cells_follow_the_conditional_distribution(model, everything):
    X, p = everything
    drawn = model.sample(4000, given={"b": True}, random_state=0)
    assert set(drawn["b"]) == {True}
    given = (X["b"] == True).to_numpy()  # noqa: E712
    for value in VALUES["a"]:
        expected = p[given & (X["a"] == value).to_numpy()].sum() / p[given].sum()
        assert np.mean(np.array(drawn["a"]) == value) == pytest.approx(expected, abs=0.04)


def test_a_row_is_drawn_for_each_that_is_given(model):
    given = pd.DataFrame({"a": ["x", None, "z"], "b": pd.Series([None, True, False], dtype=object)})
    drawn = model.sample(given=given, random_state=0)
    assert drawn["a"][0] == "x"
    assert drawn["a"][2] == "z"
    assert drawn["b"][1:] == [True, False]
    assert None not in drawn["a"]
    with pytest.raises(ValueError, match="given has 3 rows, one for each that is wanted"):
        model.sample(4, given=given)


def test_rare_combinations_are_drawn_as_fast_as_others(fitted, rng):
    X = {"a": ["x"] * 999 + ["rare"], "b": rng.integers(0, 2, 1000), "n": rng.poisson(40, 1000)}
    drawn = fitted(X).sample(100, given={"a": "rare", "n": 90}, random_state=0)
    assert set(drawn["a"]) == {"rare"}
    assert set(drawn["n"].tolist()) == {90}


def test_what_was_never_seen_may_be_given(model):
    with pytest.warns(UserWarning, match="given has 'never' in the column 'a', which was never"):
        drawn = model.sample(5, given={"a": "never"}, random_state=0)
    assert set(drawn["a"]) == {"never"}


def test_known_cells_stay_and_completions_depend_on_their_number_alone(fitted, mixed, rng):
    X = pd.DataFrame(mixed).drop(columns="country")
    model = fitted(X)
    hidden = X.sample(20, random_state=0).mask(rng.random((20, X.shape[1])) < 0.4)
    whole = model.impute(hidden, random_state=1, n_particles=32)
    assert (whole.index == hidden.index).all()
    assert not whole.drop(columns="age").isna().any(axis=None)
    for name in hidden:
        known = hidden[name].notna()
        assert (whole[name][known] == hidden[name][known]).all()
    part = model.impute(hidden.iloc[15:], random_state=1, start=15, n_particles=32)
    pd.testing.assert_frame_equal(whole.iloc[15:], part)


@pytest.mark.filterwarnings("ignore:columns that are functions")
def test_a_function_tells_what_is_given(fitted, mixed):
    model = fitted(mixed)
    drawn = model.sample(200, given={"country": "NO"}, random_state=0)
    assert set(drawn["city"]) == {"Oslo"}
    assert model.impute({"city": ["Rome"], "country": [None]}, random_state=0)["country"] == ["IT"]
    with pytest.raises(ValueError, match="contradicts itself"):
        model.sample(given={"city": "Rome", "country": "NO"})


def test_bins_are_predicted_as_intervals(fitted, rng):
    X = {"n": rng.integers(0, 10**6, 2000), "b": rng.integers(0, 2, 2000)}
    predicted = fitted(X).predict_proba(pl.DataFrame({"b": [0, 1]}), "n")
    assert isinstance(predicted, pl.DataFrame)
    assert all(name.startswith("[") for name in predicted.columns)
    np.testing.assert_allclose(predicted.to_numpy().sum(axis=1), 1)


def test_unknown_columns_are_refused(model):
    with pytest.raises(ValueError, match="target must be a column that was learned, of 'a', 'b'"):
        model.predict_proba({"a": ["x"]}, "z")
    with pytest.raises(ValueError, match="given has the column 'z', which was not learned"):
        model.sample(given={"z": 1})


def test_other_kinds_of_values_are_refused(fitted, rng):
    model = fitted(
        {"n": rng.poisson(50, 300), "day": np.datetime64("2024-01-01") + rng.integers(0, 90, 300)}
    )
    with pytest.raises(TypeError, match="in the column \"n\" numbers are wanted; got 'many'"):
        model.score_samples({"n": ["many"], "day": [np.datetime64("2024-01-01")]})
    with pytest.raises(TypeError, match='in the column "day" times are wanted; got numbers'):
        model.score_samples({"n": [3], "day": [3]})


def test_what_a_column_cannot_hold_is_not_given(fitted, rng):
    frame = pd.DataFrame(
        {
            "b": rng.random(200) < 0.5,
            "n": rng.poisson(50, 200),
            "c": pd.Categorical(rng.choice(["x", "y"], 200)),
            "s": rng.choice(["u", "v"], 200),
            "d": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 90, 200), "D"),
            "z": pd.date_range("2020-01-01", periods=200, freq="D", tz="Europe/Oslo"),
        }
    )
    model = fitted(frame)
    for given, said in (
        ({"b": "True"}, "'True' in the column \"b\", which has values such as False"),
        ({"b": 1}, '1 in the column "b", which has values such as False'),
        ({"n": 2.5}, '2.5 in the column "n", which has whole numbers'),
        ({"c": "zzz"}, "'zzz' in the column \"c\", which has its categories alone"),
        ({"s": 5}, "5 in the column \"s\", which has values such as 'u'"),
    ):
        with pytest.raises(ValueError, match=said):
            model.sample(3, given=given)
    for day in (pd.Timestamp("2020-02-01"), datetime.datetime(2020, 2, 1)):
        drawn = model.sample(3, given={"d": day, "n": 51.0, "c": None}, random_state=0)
        assert (drawn["d"] == pd.Timestamp("2020-02-01")).all()
        assert (drawn["n"] == 51).all()
    noon = pd.Timestamp("2020-03-01 12:00", tz="UTC")
    for time in (noon, noon.to_pydatetime()):
        assert (model.sample(2, given={"z": time}, random_state=0)["z"] == noon).all()


def test_whole_rows_of_chains_have_the_probability_of_scores(fitted, rng):
    city = rng.choice(["Oslo", "Rome", "Pisa"], 400)
    with pytest.warns(UserWarning, match="functions of others"):
        model = fitted({"city": city, "country": np.where(city == "Oslo", "NO", "IT")})
    X = {"city": ["Oslo", "Oslo", "YY", "Rome"], "country": ["NO", "XX", "XX", "NO"]}
    np.testing.assert_array_equal(model.log_marginal(X), model.score_samples(X))
    with pytest.warns(UserWarning, match="functions of others"):
        three = fitted(
            {
                "v": rng.choice(["a", "b"], 400),
                "city": city,
                "country": np.where(city == "Oslo", "NO", "IT"),
            }
        )
    with pytest.raises(ValueError, match="row 1 of X contradicts itself"):
        three.predict_proba({"city": ["Oslo", "Rome"], "country": ["NO", "NO"]}, "v")


def test_rows_that_are_given_the_same_do_not_repeat_each_other(fitted, rng):
    x = rng.choice(list("abcdefgh"), (600, 4))
    model = fitted(
        {**{f"x{k}": x[:, k] for k in range(4)}, "last": (x[:, 0] == "a") ^ (x[:, 1] == "b")}
    )
    drawn = pd.DataFrame(model.sample(40, given={"last": True}, random_state=0))
    assert len(drawn.drop_duplicates()) > 30
    whole = model.sample(40, given={"last": True}, random_state=0)
    part = model.sample(7, given={"last": True}, random_state=0, start=20)
    assert (part["x1"] == whole["x1"][20:27]).all()
