"""Warnings: one for a call of the user, at its line, whatever the call calls."""

import linecache
import warnings

import numpy as np
import pandas as pd
import pytest

import ardens


@pytest.fixture
def rows(data):
    return np.unique(data, axis=0)


@pytest.fixture
def told():
    """All warnings of a test, also those that Python would show once."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        yield told


def place(warning):
    assert warning.filename == __file__
    return linecache.getline(warning.filename, warning.lineno).strip()


@pytest.mark.parametrize("n_jobs", [1, 2])
def test_copies_are_told_once_by_all_members(small, rows, told, n_jobs):
    mixture = ardens.Mixture(small("nade"), n_members=3, n_jobs=n_jobs)
    mixture.fit(rows, X_valid=rows)  # the call
    (one,) = told
    assert "100% of the rows of X_valid are rows of X too" in str(one.message)
    assert place(one).endswith("# the call")
    mixture.fit(rows, X_valid=rows)
    assert len(told) == 2


def test_copies_are_told_once_by_a_model_and_what_it_starts_from(small, rows, told):
    small("nade", direct=True, start="fvsbn").fit(rows, X_valid=rows)  # the call
    assert [place(warning)[-8:] for warning in told] == ["the call"]


@pytest.mark.parametrize("mixture", [False, True])
def test_copies_and_names_are_told_once_by_a_search(small, rows, told, mixture):
    model = ardens.Mixture(small("nade"), n_members=2, n_jobs=2) if mixture else small("nade")
    grid = {"n_members": [1, 2]} if mixture else {"n_hidden": [2, 3, 4]}
    named = pd.DataFrame(rows, columns=list("abcdefg"))
    ardens.tune(model, named, grid, X_valid=rows, factor=2, min_epochs=1)  # the call
    assert [place(warning)[-8:] for warning in told] == ["the call"] * 2
    names, copies = sorted(str(warning.message) for warning in told)[::-1]
    assert names.startswith("X does not have valid feature names, but ")
    assert copies.startswith("100% of the rows")


def test_a_reader_warns_where_it_is_called(tmp_path, told):
    path = tmp_path / "x.csv"
    path.write_text("1,2,3\n0,0.5,1\n")
    ardens.data.read(path, binary=False)  # the call
    assert [place(warning)[-8:] for warning in told] == ["the call"]
