"""Where a bad value stands: columns that have names are called by them, everywhere."""

import decimal

import numpy as np
import pandas as pd
import pytest

import ardens
from ardens.checks.rows import binary_matrix

NAMES = ["age", "sex", "town"]
X = np.array([[0, 1, 0], [1, 1, 0], [1, 0, 1], [0, 0, 1]] * 10)


def framed(value, row=3, column=1, dtype=object):
    frame = pd.DataFrame(X.astype(dtype), columns=NAMES)
    values = frame[NAMES[column]].tolist()
    values[row] = value
    frame[NAMES[column]] = pd.Series(values, dtype=dtype)
    return frame


NUMBERS = [
    (2, int, ValueError, r'found 2 at row 3, column "sex" \(1 such value\)'),
    (2, np.uint8, ValueError, r'found 2 at row 3, column "sex" \(1 such value\)'),
    (0.5, float, ValueError, r'found 0\.5 at row 3, column "sex"'),
]
OTHERS = [
    (np.nan, float, ValueError, r'NaN or inf.* nan at row 3, column "sex"'),
    (-np.inf, float, ValueError, r'NaN or inf.* -inf at row 3, column "sex"'),
    (None, object, ValueError, r'missing value \(None.* at row 3, column "sex"'),
    (1j, object, ValueError, r'Complex data.* at row 3, column "sex"'),
    ("m", object, TypeError, r"X holds 'm' at row 3, column \"sex\"; .*; code categories as 0"),
    (b"m", object, TypeError, r"X holds b'm' at row 3, column \"sex\"; .*; code categories"),
    ({}, object, TypeError, r'X holds {} at row 3, column "sex"; .*every cell a number$'),
    (decimal.Decimal("sNaN"), object, ValueError, r'sNaN at row 3, column "sex"'),
]


@pytest.mark.parametrize(("value", "dtype", "error", "words"), NUMBERS + OTHERS, ids=str)
def test_a_column_of_a_frame_is_called_by_its_name(value, dtype, error, words):
    with pytest.raises(error, match=words):
        binary_matrix(framed(value, dtype=dtype))


@pytest.mark.parametrize(("value", "dtype", "error", "words"), OTHERS, ids=str)
def test_it_is_so_where_any_numbers_are_taken(value, dtype, error, words):
    with pytest.raises(error, match=words):
        binary_matrix(framed(value, dtype=dtype), binarize=0.5)


def test_a_column_without_a_name_is_called_by_its_number():
    with pytest.raises(ValueError, match="row 3, column 1 "):
        binary_matrix(framed(2).to_numpy())
    frame = framed(2)
    frame.columns = ["age", 1, "town"]
    with pytest.raises(ValueError, match="row 3, column 1 "):
        binary_matrix(frame)
    frame.columns = ["a", "b" * 99, "c"]
    with pytest.raises(ValueError, match=r'row 3, column "b{40}" '):
        binary_matrix(frame)


def test_all_columns_of_text_are_listed():
    frame = framed("m")
    with pytest.raises(TypeError, match=r"get_dummies does\)$"):
        binary_matrix(frame)
    frame["town"] = "Ulm"
    with pytest.raises(TypeError, match=r'; text is in column "sex", column "town"$'):
        binary_matrix(frame)
    wide = pd.DataFrame([["a"] * 9], columns=list("abcdefghi"))
    with pytest.raises(TypeError, match=r'column "a", column "b", .*column "e", …$'):
        binary_matrix(wide)


@pytest.mark.parametrize("dtype", ["U1", "S1"])
def test_an_array_of_text_is_told_what_to_do(dtype):
    with pytest.raises(TypeError, match=r"got dtype .*; code categories as 0 and 1 first"):
        binary_matrix(np.array([["m", "f"]], dtype))


def test_categories_of_pandas_are_text():
    frame = pd.DataFrame({"sex": pd.Categorical(["m", "f"]), "old": [0, 1]})
    with pytest.raises(TypeError, match=r"X holds 'm' at row 0, column \"sex\".*code categories"):
        binary_matrix(frame)
    assert binary_matrix(pd.get_dummies(frame)).shape == (2, 3)


def test_masked_cells_are_named_and_masks_of_other_shapes_are_shapes():
    with pytest.raises(ValueError, match="masked cells: row 0, column 1"):
        binary_matrix(np.ma.array([[0, 1]], mask=[[0, 1]]))
    with pytest.raises(ValueError, match="Reshape your data"):
        binary_matrix(np.ma.array([0, 1], mask=[0, 1]))


ESTIMATORS = {
    "tabular": ardens.Tabular(),
    "fvsbn": ardens.FVSBN(max_epochs=1, random_state=0),
    "nade": ardens.NADE(2, max_epochs=1, random_state=0),
    "mlp": ardens.MLP(2, max_epochs=1, random_state=0),
    "mixture": ardens.Mixture(ardens.FVSBN(max_epochs=1), 2, random_state=0),
}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_model_names_columns_in_whatever_it_is_asked(name):
    good, bad = pd.DataFrame(X, columns=NAMES), framed(7, dtype=int)
    model, wanted = ESTIMATORS[name], r'found 7 at row 3, column "sex"'
    for call in (
        lambda: model.fit(bad),
        lambda: model.fit(good, X_valid=bad),
        lambda: model.fit(good).score(bad),
        lambda: model.fit(good).score_samples(bad),
        lambda: model.fit(good).bits_per_dimension(bad),
    ):
        with pytest.raises(ValueError, match=wanted):
            call()
    if name not in ("tabular", "mixture"):
        with pytest.raises(ValueError, match=wanted):
            model.fit(good).partial_fit(bad)
    with (
        pytest.warns(UserWarning, match="does not have valid feature names"),
        pytest.raises(ValueError, match=wanted),
    ):
        model.fit(good).score(bad.to_numpy())


def test_searches_orderings_and_divergences_name_columns():
    good, bad = pd.DataFrame(X, columns=NAMES), framed(7, dtype=int)
    wanted = r'found 7 at row \d+, column "sex"'
    for call in (
        lambda: ardens.tune(ardens.FVSBN(max_epochs=1), bad, random_state=0),
        lambda: ardens.tune(ardens.FVSBN(max_epochs=1), good, X_valid=bad, random_state=0),
        lambda: ardens.orderings.chow_liu(bad),
        lambda: ardens.orderings.marginal(bad),
        lambda: ardens.kl_divergence(bad, good),
        lambda: ardens.Mixture.from_models([ardens.Tabular().fit(good)]).fit_weights(bad),
    ):
        with pytest.raises(ValueError, match=wanted):
            call()
