"""Rows of which cells are unknown: in which forms, what is given of a draw, and what is refused."""

import decimal

import numpy as np
import pandas as pd
import pytest

from ardens.checks.cells import UNKNOWN, cell_matrix, evidence

NAN = float("nan")
CELLS = np.array([[0, UNKNOWN, 1], [UNKNOWN, UNKNOWN, 1]], np.uint8)
VALUES = [[0, None, 1], [None, None, 1]]
NAMES = np.array(["a", "b", "c"], dtype=object)
HIDDEN = CELLS == UNKNOWN

FORMS = {
    "list": VALUES,
    "NaN": np.array(VALUES, float),
    "half precision": np.array(VALUES, np.float16),
    "Fortran": np.asfortranarray(np.array(VALUES, float)),
    "objects": np.array([[0, pd.NA, True], [pd.NaT, np.float32("nan"), 1.0]], dtype=object),
    "decimals": [[0, decimal.Decimal("NaN"), 1], [None, None, decimal.Decimal(1)]],
    "frame": pd.DataFrame(VALUES, columns=list("abc")),
    "nullable integers": pd.DataFrame(VALUES, columns=list("abc")).astype("Int64"),
    "nullable truth": pd.DataFrame(VALUES, columns=list("abc")).astype("boolean"),
    "masked bytes": np.ma.array(np.where(HIDDEN, 77, CELLS), mask=HIDDEN, dtype=np.uint8),
    "masked numbers": np.ma.array(np.where(HIDDEN, np.inf, CELLS), mask=HIDDEN),
    "masked and NaN": np.ma.array(np.array(VALUES, float), mask=[[0, 1, 0], [0, 0, 0]]),
}


@pytest.mark.parametrize("form", FORMS)
def test_what_is_unknown_is_read_in_any_form(form):
    X = FORMS[form]
    before = X.copy() if hasattr(X, "copy") else None
    cells = cell_matrix(X)
    assert cells.dtype == np.uint8
    assert cells.flags.c_contiguous
    assert np.array_equal(cells, CELLS)
    if isinstance(X, np.ndarray):
        assert repr(X) == repr(before)


def test_rows_without_unknown_cells_are_rows():
    X = np.array([[0, 1]], np.uint8)
    assert cell_matrix(X) is X
    assert np.array_equal(cell_matrix([[True, False]]), [[1, 0]])
    assert cell_matrix(np.zeros((0, 3))).shape == (0, 3)


def test_a_threshold_leaves_unknown_what_is():
    assert np.array_equal(cell_matrix([[0.2, NAN, 7]], binarize=0.5), [[0, UNKNOWN, 1]])


@pytest.mark.parametrize(
    ("X", "error", "words"),
    [
        (np.array([[2, 0]], np.uint8), ValueError, "X must contain only 0 and 1; found 2 at row 0"),
        ([[NAN, 0.5]], ValueError, r"found 0\.5 at row 0, column 1 \(1 such value\)"),
        ([[NAN, np.inf]], ValueError, "NaN or inf.*inf at row 0, column 1"),
        ([[None, "1"]], TypeError, "X holds '1' at row 0, column 1"),
        ([[NAN, 1, 0]], ValueError, "X has 3 features, but NADE is expecting 2 features"),
        ([NAN, 1], ValueError, r"1-d array of shape \(2,\)"),
        (None, TypeError, "got None"),
        (pd.DataFrame({"a": [None], "b": [3]}), ValueError, 'found 3.* at row 0, column "b"'),
        ([np.ma.array([0, 1], mask=[1, 0])], ValueError, "masks would be lost"),
    ],
)
def test_other_values_are_refused_with_their_place(X, error, words):
    with pytest.raises(error, match=words):
        cell_matrix(X, n_features=2, model="NADE")


ROWS = {
    "numbers": {0: 0, np.int64(2): 1},
    "names": {"a": 0, "c": True},
    "both": {"a": 0, 2: 1.0, 1: None},
    "list": [0, None, 1],
    "array": np.array([0, NAN, 1]),
    "one row": [[0, None, 1]],
    "masked": np.ma.array([0, 1, 1], mask=[0, 1, 0]),
    "series": pd.Series([0, None, 1], index=list("abc")),
    "plain series": pd.Series([0, None, 1]),
    "frame": pd.DataFrame([[0, None, 1]], columns=list("abc")),
}


@pytest.mark.parametrize("form", ROWS)
def test_evidence_is_a_dictionary_or_a_row(form):
    assert np.array_equal(evidence(ROWS[form], 3, names=NAMES), CELLS[:1])


def test_no_evidence_is_a_row_that_is_unknown():
    assert np.array_equal(evidence({}, 2), [[UNKNOWN, UNKNOWN]])


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({"d": 1}, ValueError, "given names the column 'd', but no column is called so"),
        ({3: 1}, ValueError, "a column of given must be at most 2; got 3"),
        ({-1: 1}, ValueError, "a column of given must be .* at least 0; got -1"),
        ({1.0: 1}, TypeError, r"a column of given must be an integer.*got 1\.0"),
        ({"b": 1, 1: 1}, ValueError, 'given has column "b" more than once'),
        ({"b": 2}, ValueError, 'given must contain only 0 and 1; found 2 at row 0, column "b"'),
        ({"b": "yes"}, TypeError, "given holds 'yes'"),
        ([0, 1], ValueError, "given has 2 features, but the model is expecting 3 features"),
        ([[0, 1, 1]] * 2, ValueError, "given must be a dictionary .* or one row .*; got 2 rows"),
        ("abc", TypeError, "given must be"),
        (pd.Series([0, 1, 1], index=list("bac")), ValueError, "same order as they were in fit"),
    ],
)
def test_evidence_that_cannot_be_is_refused(given, error, words):
    with pytest.raises(error, match=words):
        evidence(given, 3, names=NAMES)


def test_names_are_of_columns_that_have_some():
    with pytest.raises(ValueError, match="given names the column 'a', but the columns have no"):
        evidence({"a": 1}, 3)
