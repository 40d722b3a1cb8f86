"""Rows: what is let in, in which form, and what is refused with which words."""

import decimal
import fractions
import timeit

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from ardens.checks.rows import binary_matrix, feature_names
from helpers.layouts import DTYPES, LAYOUTS

BITS = np.array([[0, 1, 1], [1, 0, 1]], dtype=np.uint8)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.uint8, bool, np.int64, np.float32])
def test_memory_layout_does_not_matter(layout, dtype):
    X = LAYOUTS[layout](BITS.astype(dtype))
    before = np.array(X)
    result = binary_matrix(X)
    assert result.dtype == np.uint8
    assert result.flags.c_contiguous
    assert type(result) is np.ndarray
    assert np.array_equal(result, BITS)
    assert np.array_equal(np.array(X), before)


@pytest.mark.parametrize("dtype", DTYPES)
def test_dtype_does_not_matter(dtype):
    assert np.array_equal(binary_matrix(BITS.astype(dtype)), BITS)


@pytest.mark.parametrize("dtype", ["?", "B", "d"])
def test_broadcast_rows_are_read(dtype):
    X = np.broadcast_to(np.array([0, 1, 1], dtype), (4, 3))
    assert np.array_equal(binary_matrix(X), [[0, 1, 1]] * 4)


def test_memory_maps_are_read(tmp_path):
    np.save(tmp_path / "X.npy", BITS)
    X = np.load(tmp_path / "X.npy", mmap_mode="r")
    assert np.array_equal(binary_matrix(X), BITS)


def test_an_array_of_the_right_form_is_not_copied():
    assert binary_matrix(BITS) is BITS
    assert np.shares_memory(binary_matrix(BITS.view(bool)), BITS)


def test_true_may_be_stored_as_any_byte():
    X = np.array([[0, 255, 2]], np.uint8).view(bool)
    assert np.array_equal(binary_matrix(X), [[0, 1, 1]])


def test_numbers_of_any_type_in_an_object_array_are_read():
    X = np.array([[0, 1.0, True], [np.float32(1), fractions.Fraction(0), decimal.Decimal(1)]], "O")
    assert np.array_equal(binary_matrix(X), [[0, 1, 1], [1, 0, 1]])


@given(hnp.arrays(np.bool_, hnp.array_shapes(min_dims=2, max_dims=2)), st.sampled_from(DTYPES))
def test_any_matrix_of_any_dtype_keeps_its_values(X, dtype):
    assert np.array_equal(binary_matrix(X.astype(dtype)[::-1]), X[::-1])


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int8, np.uint8, object])
def test_binarize_puts_ones_above_the_threshold(dtype):
    X = np.array([[0, 1, 2, 3]], dtype)
    assert np.array_equal(binary_matrix(X, binarize=1), [[0, 0, 1, 1]])
    assert np.array_equal(binary_matrix(X, binarize=-1.0), [[1, 1, 1, 1]])


def test_the_threshold_is_not_rounded_to_the_type_of_the_data():
    just_above = np.array([[0.1]], np.float32)  # 0.1 in single precision is more than 0.1 in double
    assert binary_matrix(just_above, binarize=0.1) == 1


@pytest.mark.parametrize(
    ("value", "found"),
    [(0.5, "0.5"), (2, "2"), (-1, "-1"), (255, "255"), (2**40, "1099511627776"), (256, "256")],
)
def test_the_first_other_value_is_named_with_its_place_and_their_number(value, found):
    X = np.zeros((4, 30))
    X[3, 17] = X[3, 20] = value
    wanted = (
        rf"X must contain only 0 and 1; found {found}(\.0)? at row 3, column 17 \(2 such values\)"
    )
    with pytest.raises(ValueError, match=wanted):
        binary_matrix(X)
    with pytest.raises(ValueError, match=wanted):
        binary_matrix(X.astype(object))


@pytest.mark.parametrize(
    ("dtype", "value"), [("B", 2), ("b", -1), ("i8", 256), ("u8", 2**63), ("i8", 2**40), (">i4", 3)]
)
def test_integers_do_not_wrap(dtype, value):
    X = np.zeros((2, 2), dtype)
    X[1, 0] = value
    with pytest.raises(ValueError, match=f"found {value} at row 1, column 0"):
        binary_matrix(X)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["e", "f", "d", "g", "O"])
@pytest.mark.parametrize("binarize", [None, 0.5])
def test_what_is_not_finite_is_named_with_its_place(value, dtype, binarize):
    X = np.ones((3, 2), dtype)
    X[2, 1] = value
    with pytest.raises(
        ValueError, match=r"NaN or inf.*(nan|inf) at row 2, column 1 \(1 such value"
    ):
        binary_matrix(X, binarize=binarize)


REFUSED = {
    "None": (None, TypeError, "got None"),
    "scalar": (1, ValueError, "a single value.*Reshape your data"),
    "string": ("abc", TypeError, "X must be a 2-d array of 0 and 1; got a str"),
    "dict": ({"a": [0]}, TypeError, "got a dict"),
    "set": ({0, 1}, TypeError, "got a set"),
    "generator": ((row for row in BITS), TypeError, "got a generator"),
    "signalling NaN": (np.array([[0, decimal.Decimal("sNaN")]], "O"), ValueError, "NaN.*column 1"),
    "one dimension": ([0, 1], ValueError, r"1-d array of shape \(2,\).*Reshape your data"),
    "three dimensions": (np.zeros((1, 2, 3)), ValueError, r"2-d array.*\(1, 2, 3\)"),
    "ragged": ([[0], [0, 1]], ValueError, "X must be a 2-d array.*inhomogeneous"),
    "no column": (np.zeros((3, 0)), ValueError, r"0 feature\(s\) \(shape=\(3, 0\)\)"),
    "complex": (BITS + 0j, ValueError, "Complex data not supported: X has dtype complex128"),
    "strings": ([["0", "1"]], TypeError, "X must be a numeric array.*got dtype <U1"),
    "bytes": (np.array([[b"0"]]), TypeError, "got dtype"),
    "dates": (np.zeros((1, 1), "M8[s]"), TypeError, r"got dtype datetime64\[s\]"),
    "time spans": (np.zeros((1, 1), "m8[s]"), TypeError, "got dtype timedelta64"),
    "records": (np.zeros((2, 2), "i4,i4"), TypeError, "got dtype"),
    "None inside": ([[0, None]], ValueError, "missing value.*row 0, column 1"),
    "strings as objects": (np.array([[0, "1"]], "O"), TypeError, "X holds '1' at row 0, column 1"),
    "dicts": (np.array([[{}, 1]], "O"), TypeError, "argument must be .* string.* number"),
    "complex objects": (np.array([[1, 1j]], "O"), ValueError, "Complex data.*row 0, column 1"),
    "tiny fraction": (
        np.array([[fractions.Fraction(1, 10**400)]], "O"),
        ValueError,
        "X must contain only 0 and 1; found 1/1000",
    ),
    "missing in a frame": (
        pd.DataFrame({"a": pd.array([1, None], dtype="Int64")}),
        ValueError,
        '(missing value|NaN).*row 1, column "a"',
    ),
    "masked cells": (
        np.ma.array(BITS, mask=BITS),
        ValueError,
        r"masked cells: row 0, column 1 \(4",
    ),
    "masked rows": ([np.ma.array([0, 1], mask=[1, 0])], ValueError, "masks would be lost"),
    "sparse, of one dimension": (sparse.coo_array([0, 1]), ValueError, r"1-d array of shape"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_no_matrix_of_bits_is_refused(case):
    X, error, words = REFUSED[case]
    with pytest.raises(error, match=words):
        binary_matrix(X)
    with pytest.raises((TypeError, ValueError), match=r"X|binarize|Complex"):
        binary_matrix(X, binarize=0.5 if case != "tiny fraction" else "x")


def test_the_number_of_columns_is_compared():
    with pytest.raises(ValueError, match="X has 3 features, but NADE is expecting 4 features"):
        binary_matrix(BITS, n_features=4, model="NADE")


def test_rows_may_be_wanted():
    empty = np.zeros((0, 3))
    assert binary_matrix(empty).shape == (0, 3)
    with pytest.raises(ValueError, match=r"X_valid has 0 sample\(s\)"):
        binary_matrix(empty, name="X_valid", allow_empty=False)


@pytest.mark.parametrize("binarize", [True, "0.5", float("nan"), float("inf"), 10**400])
def test_a_threshold_is_a_finite_number(binarize):
    with pytest.raises((TypeError, ValueError), match="binarize must be a finite number"):
        binary_matrix(BITS, binarize=binarize)


def test_checking_a_small_array_takes_microseconds():
    row = np.zeros((1, 16), np.uint8)
    best = min(timeit.repeat(lambda: binary_matrix(row), number=2000, repeat=10)) / 2000
    assert best < 10e-6  # about 1 on an idle machine


def test_names_are_read_off_a_frame_only_if_all_are_strings():
    assert feature_names(BITS) is None
    assert feature_names(pd.DataFrame(BITS)) is None
    assert feature_names(pd.DataFrame(BITS, columns=list("abc"))).tolist() == ["a", "b", "c"]
    with pytest.raises(TypeError, match="string names"):
        feature_names(pd.DataFrame(BITS, columns=["a", "b", 3]))
    with pytest.raises(ValueError, match="must be unique; 'a' comes more than once"):
        feature_names(pd.DataFrame(BITS, columns=["a", "b", "a"]))
