"""Models of tables from first principles: sums over all rows, draws, and what is unseen."""

import itertools

import numpy as np
import pandas as pd
import pytest

import ardens
from ardens.tables import sampling
from ardens.tables.drawing import uniforms


def every_row(**values):
    """A dictionary of all combinations."""
    rows = list(itertools.product(*values.values()))
    return {name: [row[k] for row in rows] for k, name in enumerate(values)}


@pytest.fixture
def small(rng):
    n = 300
    a = rng.choice(["x", "y", "z"], n)
    return {
        "a": a.tolist(),
        "b": rng.choice([True, False, None], n).tolist(),
        "c": np.where(a == "x", 1, rng.integers(0, 3, n)).tolist(),
    }


def test_probabilities_of_all_rows_sum_to_one_with_missing_and_unseen_ones(fitted, small):
    model = fitted(small)
    X = every_row(a=["x", "y", "z", "never"], b=[True, False, None], c=[0, 1, 2, 99])
    assert np.exp(model.score_samples(X)).sum() < 1
    X["b"] = [7 if value is None else value for value in X["b"]]
    b_unseen = np.exp(model.score_samples(X))[np.array([value == 7 for value in X["b"]])].sum()
    X = every_row(a=["x", "y", "z", "never"], b=[True, False, None], c=[0, 1, 2, 99])
    assert np.exp(model.score_samples(X)).sum() + b_unseen == pytest.approx(1, abs=1e-6)


def test_what_is_unseen_counts_as_half_a_row(fitted):
    model = fitted({"a": ["x"] * 30 + ["y"] * 10})
    assert np.exp(model.score_samples({"a": ["z"]})) == pytest.approx([0.5 / 40.5])


def test_a_missing_cell_of_a_column_that_missed_none_is_unseen(fitted):
    model = fitted({"a": ["x"] * 30 + ["y"] * 10})
    assert np.exp(model.score_samples({"a": [None]})) == pytest.approx([0.5 / 40.5])


def test_integers_have_probabilities_that_sum_to_one(fitted, rng):
    model = fitted({"k": rng.poisson(40, 500), "g": rng.choice(["u", "v"], 500)})
    X = every_row(k=list(range(3000)), g=["u", "v", "never"])
    unseen = 0.5 / 500.5  # of numbers: missing, fractions, what is below zero
    assert np.exp(model.score_samples(X)).sum() == pytest.approx(1 - unseen, abs=1e-5)


@pytest.mark.filterwarnings("ignore:columns that are functions")
def test_columns_sum_to_rows(fitted, mixed):
    model = fitted(mixed)
    columns = model.log_prob_per_column(mixed)
    total = sum(columns[name] for name in mixed)
    np.testing.assert_allclose(total, model.score_samples(mixed), rtol=1e-5, atol=1e-4)


@pytest.mark.filterwarnings("ignore:columns that are functions")
def test_draws_are_of_the_kind_that_came(fitted, mixed):
    X = pd.DataFrame(mixed)
    drawn = fitted(X).sample(50, random_state=0)
    assert (drawn.dtypes == X.dtypes).all()
    assert list(drawn.columns) == list(X.columns)
    assert set(drawn["city"]) <= set(X["city"])
    assert (drawn["children"] >= 0).all()
    assert (drawn["price"] == drawn["price"].round(2)).all()
    np.testing.assert_array_equal(drawn["age"].dropna() % 1, 0)


@pytest.mark.filterwarnings("ignore:columns that are functions")
def test_every_draw_has_a_finite_log_probability(fitted, mixed):
    model = fitted(mixed)
    assert np.isfinite(model.score_samples(model.sample(2000, random_state=0))).all()


@pytest.mark.filterwarnings("ignore:columns that are functions")
def test_rows_depend_on_their_number_alone(fitted, mixed):
    model = fitted(pd.DataFrame(mixed))
    whole = model.sample(20, random_state=3)
    part = model.sample(7, random_state=3, start=13)
    pd.testing.assert_frame_equal(whole.iloc[13:].reset_index(drop=True), part)
    blocks = pd.concat(model.iter_samples(20, random_state=3, batch_size=6), ignore_index=True)
    pd.testing.assert_frame_equal(whole, blocks)


def test_functions_of_columns_are_said_and_kept(mixed):
    model = ardens.TableModel(ardens.NADE(8, max_epochs=1, random_state=0))
    with pytest.warns(UserWarning, match='drawn so: "country" of "city"'):
        model.fit(mixed)
    drawn = model.sample(1000, random_state=0)
    pairs = set(zip(drawn["city"].tolist(), drawn["country"].tolist(), strict=True))
    assert pairs <= set(zip(mixed["city"].tolist(), mixed["country"].tolist(), strict=True))
    assert model.columns_["country"].notes == "a function of city"
    wrong = {name: column[:1] for name, column in mixed.items()} | {"city": ["Oslo"]}
    wrong["country"] = ["IT"]
    assert model.score_samples(wrong) == [-np.inf]


def test_weights_count_as_rows_and_zeros_as_none(fitted):
    X = {"a": ["x"] * 30 + ["y"] * 10 + ["gone"]}
    weights = np.array([1.0] * 30 + [2.0] * 10 + [0.0])
    model = ardens.TableModel(ardens.NADE(4, max_epochs=1, random_state=0))
    model.fit(X, sample_weight=weights)
    assert np.exp(model.score_samples({"a": ["gone"]})) == pytest.approx([0.5 / 50.5])


def test_constants_cost_nothing(fitted):
    model = fitted({"a": ["x"] * 50, "b": [1.5] * 50, "c": [None] * 50})
    assert model.estimator_ is None
    assert model.sample(2, random_state=0) == {"a": ["x"] * 2, "b": [1.5] * 2, "c": [None] * 2}
    assert np.isfinite(model.score_samples({"a": ["x"], "b": [1.5], "c": [None]})).all()


def test_one_row_is_learned(fitted):
    model = fitted({"a": ["x"], "b": [3]})
    assert model.sample(1, random_state=0)["a"] == ["x"]


@pytest.mark.parametrize(
    ("column", "what"),
    [
        (list(range(100)), "identifiers: 100 different integers, from 0 to 99"),
        ([f"name {k}" for k in range(100)], "names or identifiers: 100 distinct values"),
        ([f"this is the text number {k}" for k in range(100)], "free text: 100 distinct values"),
    ],
)
def test_what_cannot_be_learned_is_refused_with_advice(fitted, column, what):
    X = {"id": column, "a": [0, 1] * 50}
    with pytest.raises(ValueError, match=f'"id" has {what}.*columns={{\'id\': "ignore"}}'):
        fitted(X)
    assert list(fitted(X, columns={"id": "ignore"}).sample(3)) == ["a"]
    anew = fitted(X, columns={"id": "anew"}).sample(3)["id"]
    assert not set(anew) & set(column)
    assert len(set(anew)) == 3


def test_markers_that_were_not_named_are_said(fitted):
    with pytest.warns(UserWarning, match="the value '\\?', which may mean that a cell is missing"):
        fitted({"a": ["x", "?"] * 20})
    assert fitted({"a": ["x", "?"] * 20}, missing=("?",)).columns_["a"].notes == "50.0% missing"


def test_an_unfitted_model_says_so():
    with pytest.raises(ardens.NotFittedError, match="call fit"):
        ardens.TableModel().sample()


def test_a_missing_number_has_its_part_whatever_stands_in_its_place(fitted, rng):
    X = {"r": np.where(rng.random(600) < 0.3, np.nan, 1e-9 * rng.random(600))}
    part = np.isnan(X["r"]).mean()
    assert np.exp(fitted(X).score_samples({"r": [np.nan]})) == pytest.approx([part], abs=0.1)


def test_numbers_below_zero_are_unseen_where_none_was(fitted, rng):
    model = fitted({"k": rng.integers(5, 1000, 500)})
    assert np.exp(model.score_samples({"k": [-1]})) == pytest.approx([0.5 / 500.5], rel=0.01)
    assert model.score_samples({"k": [0]}) > -50
    below = fitted({"k": rng.integers(-5, 1000, 500)}).score_samples({"k": [-6]})
    assert np.exp(below) != pytest.approx([0.5 / 500.5], rel=0.01)


def test_multiples_stay_multiples(fitted, rng):
    model = fitted({"k": 7 + 25 * rng.integers(0, 4000, 500)})
    assert model.columns_["k"].notes == "multiples of 25"
    assert (model.sample(500, random_state=0)["k"] % 25 == 7).all()
    assert np.exp(model.score_samples({"k": [33]})) == pytest.approx([0.5 / 500.5], rel=0.01)


def test_uniforms_depend_on_seed_column_and_row_alone():
    whole = uniforms(3, 0, 0, 20)
    np.testing.assert_array_equal(uniforms(3, 0, 13, 7), whole[13:])
    for seed, column in ((3, 1), (4, 0)):
        assert not np.isin(uniforms(seed, column, 0, 20), whole).any()
    large = [uniforms(seed, 0, 0, 20) for seed in (2**63, 2**63 + 5, 2**64 - 1, 0)]
    assert len(np.unique(large)) == 80


def test_rows_are_the_same_in_small_blocks(fitted, mixed, monkeypatch):
    model = fitted(pd.DataFrame(mixed).drop(columns="country"))
    whole = model.sample(40, random_state=3)
    monkeypatch.setattr(sampling, "_BLOCK", 64)
    pd.testing.assert_frame_equal(model.sample(40, random_state=3), whole)


def test_columns_that_lack_are_named(fitted):
    model = fitted({"a": [0, 1] * 20, "b": [1, 2] * 20})
    with pytest.raises(ValueError, match="X lacks columns that were there in fit: 'b'"):
        model.score_samples({"a": [0]})


def test_kinds_may_be_wanted(fitted, rng):
    X = {"k": rng.integers(0, 5, 300), "s": ["a", "b", "c"] * 100}
    assert fitted(X).columns_["k"].kind == "category"
    assert fitted(X, columns={"k": "integer"}).columns_["k"].kind == "integer"
    with pytest.raises(ValueError, match='"number" in the column "s"'):
        fitted(X, columns={"s": "number"})
    with pytest.raises(ValueError, match='"date" in the column "s"'):
        fitted(X, columns={"s": "date"})
    with pytest.raises(ValueError, match='"boolean" in the column "s", which has 3 distinct'):
        fitted(X, columns={"s": "boolean"})
    with pytest.raises(ValueError, match="columns names 'z'"):
        fitted(X, columns={"z": "number"})
    with pytest.raises(ValueError, match="got 'real' for 's'"):
        fitted(X, columns={"s": "real"})


def test_rows_that_were_not_seen_do_not_judge(rng):
    a = rng.choice(["x", "y"], 300)
    X = {"a": a, "b": rng.choice(["u", "v"], 300)}
    unseen = {"a": np.full(50, "q"), "b": X["b"][:50]}
    some = {name: column[:80] for name, column in X.items()}
    both = {name: np.concatenate([some[name], unseen[name]]) for name in X}
    nats = [
        ardens.TableModel(ardens.NADE(3, max_epochs=2), random_state=0)
        .fit(X, X_valid=judges)
        .history_["valid"]
        for judges in (some, both)
    ]
    assert nats[0] == nats[1]


def test_truth_values_may_be_0_and_1(fitted, rng):
    model = fitted({"b": rng.random(300) < 0.7})
    np.testing.assert_array_equal(
        model.score_samples({"b": [0, 1]}), model.score_samples({"b": [False, True]})
    )
