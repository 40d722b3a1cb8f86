"""Surprise of cells: what the definition says, by enumeration."""

import itertools

import numpy as np
import pytest

VALUES = {"a": ["x", "y", "z"], "b": [False, True], "c": [0, 1, 2]}


@pytest.fixture
def model(fitted, rng):
    a = rng.choice(VALUES["a"], 300)
    return fitted({"a": a, "b": (a == "x") ^ (rng.random(300) < 0.1), "c": rng.integers(0, 3, 300)})


def score(model, row):
    return model.score_samples({name: [value] for name, value in row.items()})[0]


def test_surprise_is_that_of_a_cell_given_all_others(model):
    rows = [dict(zip(VALUES, row, strict=True)) for row in itertools.product(*VALUES.values())]
    X = {name: [row[name] for row in rows] for name in VALUES}
    surprise = model.cell_surprise(X)
    for k, row in enumerate(rows):
        for name, values in VALUES.items():
            unseen = 99 if name == "c" else "never"
            others = [score(model, row | {name: value}) for value in [*values, unseen]]
            expected = np.logaddexp.reduce(others) - score(model, row)
            assert surprise[name][k] == pytest.approx(expected, abs=1e-5)


def test_what_is_unseen_is_surprising_and_counts_in_other_cells(model):
    surprise = model.cell_surprise({"a": ["never"], "b": [True], "c": [0]})
    assert surprise["a"] > 5
    others = [score(model, {"a": "never", "b": True, "c": c}) for c in [0, 1, 2, 99]]
    assert surprise["c"] == pytest.approx(np.logaddexp.reduce(others) - others[0], abs=1e-5)


@pytest.mark.filterwarnings("ignore:columns that are functions")
def test_what_others_tell_is_no_surprise_and_what_they_rule_out_an_infinite_one(fitted, rng):
    city = rng.choice(["Rome", "Pisa", "Bonn"], 300)
    country = np.where(city == "Bonn", "DE", "IT")
    model = fitted({"city": city, "country": country, "c": rng.integers(0, 3, 300)})
    X = {"city": ["Rome", "Bonn", "new", "Rome"], "country": ["IT", "DE", "IT", "DE"], "c": [0] * 4}
    surprise = model.cell_surprise(X)
    assert surprise["country"].tolist()[:2] == [0, 0]
    assert surprise["country"][3] == np.inf
    assert surprise["city"][0] == pytest.approx(np.log(2), abs=0.4)
    assert 0 < surprise["city"][1] < 0.01
    assert surprise["city"][2] > 4
    assert 0 < surprise["country"][2] < np.inf
    assert surprise["city"][3] == np.inf


def test_a_constant_is_no_surprise(fitted):
    model = fitted({"a": ["x"] * 100, "b": [0, 1] * 50})
    surprise = model.cell_surprise({"a": ["x", "y"], "b": [0, 0]})["a"]
    assert surprise == pytest.approx([-np.log1p(-0.5 / 100.5), -np.log(0.5 / 100.5)], abs=1e-6)


def test_what_lies_beyond_all_that_was_seen_is_more_surprising(fitted, rng):
    model = fitted({"x": rng.normal(50, 5, 900).round(1)})
    usual, far, further = model.cell_surprise({"x": [50.0, 500.0, 1e9]})["x"]
    assert far == further > usual + 2
