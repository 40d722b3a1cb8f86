"""The public door: what is let in, in which form, and what is refused with which words."""

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

from ardens.checks import machine, options
from ardens.checks.rows import binary_matrix, feature_names

BITS = np.array([[0, 1, 1], [1, 0, 1]], dtype=np.uint8)


def misaligned(X):
    room = np.zeros(X.size * 8 + 1, np.uint8)
    out = room[1:].view(np.float64).reshape(X.shape)
    out[...] = X
    return out


def with_gaps(X):
    room = np.zeros((2 * X.shape[0], 3 * X.shape[1]), X.dtype)
    room[::2, ::3] = X
    return room[::2, ::3]


def read_only(X):
    X = X.copy()
    X.flags.writeable = False
    return X


LAYOUTS = {
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "strided": with_gaps,
    "reversed": lambda X: X[::-1, ::-1].copy()[::-1, ::-1],
    "transposed": lambda X: X.T.copy().T,
    "read-only": read_only,
    "misaligned": misaligned,
    "matrix": lambda X: X.view(np.matrix),
    "masked, no cell": lambda X: np.ma.array(X),
    "list": lambda X: X.tolist(),
    "tuple of rows": tuple,
    "data frame": pd.DataFrame,
}
DTYPES = [*"?bBhHiIlLqQefdgO", ">i4", ">f8", ">u2", "<f2"]


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
        "(missing value|NaN).*row 1, column 0",
    ),
    "masked cells": (
        np.ma.array(BITS, mask=BITS),
        ValueError,
        r"masked cells: row 0, column 1 \(4",
    ),
    "masked rows": ([np.ma.array([0, 1], mask=[1, 0])], ValueError, "masks would be lost"),
    "sparse": (sparse.csr_array(BITS), TypeError, r"X is sparse.*X\.toarray\(\)"),
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


@pytest.mark.parametrize("value", [1.0, "1", None, True, np.True_, [1], np.float64(2)])
def test_a_size_is_an_integer(value):
    with pytest.raises(TypeError, match="n_hidden must be an integer of at least 1"):
        options.whole_number(value, "n_hidden", minimum=1)


@pytest.mark.parametrize("value", [0, -1, -(2**100), 2**63, 2**200])
def test_a_size_has_a_range(value):
    with pytest.raises(ValueError, match="n_hidden must be"):
        options.whole_number(value, "n_hidden", minimum=1)


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3), np.array(3)])
def test_any_integer_is_a_size(value):
    assert options.whole_number(value, "n") == 3


SEEDS = [0, 2**64 - 1, np.int64(5), np.random.SeedSequence(1), np.random.RandomState(1)]
SEEDS += [np.random.default_rng(1), np.random.PCG64(1)]


@pytest.mark.parametrize("random_state", [None, *SEEDS], ids=lambda s: type(s).__name__)
def test_a_seed_has_64_bits(random_state):
    assert 0 <= options.seed_from(random_state) < 2**64


def test_limits_are_told_as_people_write_them():
    with pytest.raises(ValueError, match=r"random_state must be at most 2\*\*64 - 1; got 1844"):
        options.seed_from(2**64)
    with pytest.raises(TypeError, match=r"n_jobs must be an integer; got 2\.5"):
        machine.thread_count(2.5)


@pytest.mark.parametrize("random_state", [-1, 2**64, 2**200, "0", 1.5, True, [1]])
def test_other_seeds_are_refused(random_state):
    with pytest.raises((TypeError, ValueError), match="random_state must be"):
        options.seed_from(random_state)


def test_a_generator_gives_a_seed_by_one_draw():
    ours, theirs = np.random.default_rng(3), np.random.default_rng(3)
    assert options.seed_from(ours) == theirs.bit_generator.random_raw()
    assert ours.bit_generator.state == theirs.bit_generator.state


def test_a_seed_sequence_gives_the_same_seed_every_time():
    sequence = np.random.SeedSequence(5)
    assert options.seed_from(sequence) == options.seed_from(sequence)


def test_fresh_seeds_differ():
    assert options.seed_from(None) != options.seed_from(None)


@pytest.mark.parametrize(
    ("n_jobs", "threads"),
    [(1, 1), (3, 3), (4, 4), (5, 4), (10**6, 4), (-1, 4), (-2, 3), (-4, 1), (-(10**9), 1)],
)
def test_n_jobs_follows_the_rules_of_scikit_learn(monkeypatch, n_jobs, threads):
    monkeypatch.setattr(machine, "_cpus", lambda: 4)
    assert machine.thread_count(n_jobs) == threads


def test_n_jobs_none_is_the_default_of_the_core(monkeypatch):
    monkeypatch.setattr(machine, "max_threads", lambda: 3)
    assert machine.thread_count(None) == 3


@pytest.mark.parametrize("n_jobs", [0, 2.5, "x", True])
def test_other_n_jobs_are_refused(n_jobs):
    with pytest.raises((TypeError, ValueError), match="n_jobs must be"):
        machine.thread_count(n_jobs)


def test_an_ordering_is_copied_and_read_only():
    mine = np.array([2, 0, 1])
    result = options.permutation(mine, 3)
    mine[0] = 0
    assert result.tolist() == [2, 0, 1]
    assert not result.flags.writeable


@pytest.mark.parametrize(
    ("ordering", "error", "words"),
    [
        ([0, 1], ValueError, r"array of shape \(2,\)"),
        ([[0, 1, 2]], ValueError, r"array of shape \(1, 3\)"),
        ([0, 1, 3], ValueError, "it has 3"),
        ([0, 1, -1], ValueError, "it has -1"),
        ([0, 1, 1], ValueError, "it has 1 more than once"),
        ([0.0, 1.0, 2.0], TypeError, "got"),
        ([True, False, True], TypeError, "got"),
        ([0, 1, 2**70], TypeError, "got"),
        ("abc", TypeError, "got 'abc'"),
        ([0, [1], 2], TypeError, "got"),
    ],
)
def test_what_is_no_permutation_is_refused(ordering, error, words):
    with pytest.raises(error, match=f"ordering must be None, a name or a permutation.*{words}"):
        options.permutation(ordering, 3)


def test_more_memory_than_the_machine_has_is_refused():
    machine.check_memory(2**20, "a trifle")
    with pytest.raises(MemoryError, match=r"a monster needs .* GiB; this machine has"):
        machine.check_memory(2**60, "a monster")
