"""Models of tables in files: what is read is what was written, and nothing else is believed."""

from random import Random

import numpy as np
import pandas as pd
import pytest

import ardens
from helpers.damage import damaged
from helpers.files import refused
from helpers.model_files import redescribed

pytestmark = pytest.mark.filterwarnings("ignore:columns that are functions")


def test_a_model_that_is_read_is_the_one_that_was_written(fitted, mixed, path):
    X = pd.DataFrame(mixed)
    X["interval"] = pd.cut(X["size"], 4)
    X["zone"] = pd.to_datetime(X["day"]).dt.tz_localize("Europe/Rome")
    X["text"] = X["day"].astype(str)
    model = fitted(X, missing=("?",), columns={"children": "integer"})
    model.save(path)
    copy = ardens.load(path)
    np.testing.assert_array_equal(copy.score_samples(X), model.score_samples(X))
    pd.testing.assert_frame_equal(copy.sample(30, random_state=0), model.sample(30, random_state=0))
    assert copy.columns_ == model.columns_
    assert repr(copy.get_params(deep=False)) == repr(model.get_params(deep=False))


def test_mixtures_and_constants_are_written_too(mixed, path):
    members = ardens.NADE(4, max_epochs=1, random_state=0)
    for estimator, X in ((ardens.Mixture(members, n_members=2), mixed), (None, {"a": [1, 1]})):
        model = ardens.TableModel(estimator, random_state=0).fit(X)
        ardens.save(model, path)
        np.testing.assert_array_equal(ardens.load(path).score_samples(X), model.score_samples(X))


def test_values_that_have_no_words_are_named(fitted, path):
    model = fitted({"a": np.array([(1, 2), (3, 4), None] * 10 + [None], object)[:30]})
    with pytest.raises(TypeError, match="no words for \\(1, 2\\), a tuple"):
        model.save(path)


@pytest.fixture
def content(fitted, rng, path):
    X = {"a": rng.choice(["x", "y", "z"], 60), "k": rng.poisson(50, 60), "r": rng.random(60)}
    fitted(X).save(path)
    return path.read_bytes()


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda told: told.update(package="os"), "the table is of 'os'"),
        (lambda told: told.update(names=["a", "a", "r"]), "names of the table's columns"),
        (lambda told: told.update(names=["a"]), "one dtype for each"),
        (lambda told: told.update(columns=[]), "describe each of its columns"),
        (lambda told: told["columns"][0].update(kind="ignore"), "of the kind 'ignore'"),
        (lambda told: told["columns"][0].update(code="digits1"), "code 'digits1'"),
        (lambda told: told["columns"][0].update(missing=-1), "less than no missing"),
        (lambda told: told["columns"][0]["values"]["mass"].pop(), "not what was counted"),
        (lambda told: told["columns"][0]["values"].update(levels=[1, [2], 3]), "is a list"),
        (lambda told: told["columns"][0]["values"].update(levels=[{"os": 1}] * 3), "kind 'os'"),
        (lambda told: told["columns"][1]["values"]["low"].reverse(), "not in order"),
        (lambda told: told["columns"][1]["values"]["leaf"].reverse(), "not in order"),
        (lambda told: told["columns"][1]["values"].update(grid=[0, 0, None, False]), "a grid"),
        (lambda told: told["columns"][1]["values"].update(mass=[10**400]), "too large"),
        (lambda told: told["columns"][2]["values"].update(scale=[0, 1]), "not in order"),
        (lambda told: told["columns"][2]["values"].update(whole=1), "neither whole nor not"),
        (lambda told: told.update(units=[[[0], []], [[1], []]]), "not of all its columns"),
        (lambda told: told.update(units=[[[0, 1], []], [[2], []]]), "functions of the table"),
        (lambda told: told.update(units=[[[0, 1], [[0]]], [[2], []]]), "a function of the table"),
        (lambda told: told.update(markers=1), "values of the table are missing"),
    ],
)
def test_a_hostile_table_is_refused(content, path, edit, words):
    refused(path, redescribed(content, edit, "table"), words)


def test_damaged_files_are_refused_or_work(content, path):
    accepted = 0
    for seed in range(200):
        path.write_bytes(damaged(Random(seed), content))
        try:
            model = ardens.load(path)
        except ardens.FormatError:
            continue
        accepted += 1
        assert len(model.sample(2, random_state=0)) == len(model.columns_)
    assert 5 < accepted < 150


def test_a_table_and_a_model_of_other_bits_are_refused(content, path):
    def one_bit_less(told):
        told["columns"][0]["values"].update(levels=["x", "y"], mass=[30, 30])

    refused(path, redescribed(content, one_bit_less, "table"), "different codes")
