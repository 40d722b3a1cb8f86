"""Sparse rows are checked as dense ones are, and never stand dense as a whole."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp
from scipy import sparse

from ardens.checks.cells import cell_rows
from ardens.checks.rows import binary_matrix, binary_rows
from ardens.checks.sparse import SparseRows, by_blocks

BITS = np.array([[0, 1, 0, 0], [0, 0, 0, 0], [1, 1, 0, 1], [0, 1, 0, 0]], np.uint8)
FORMATS = ["csr", "csc", "coo", "lil", "dok", "bsr", "dia"]


def twice(X):
    """A matrix some of whose ones are sums of two entries, and some of whose zeros are written."""
    rows, columns = np.nonzero(X)
    values = np.concatenate([np.full(len(rows), 0.5)] * 2 + [[0.0]])
    places = [np.concatenate([at, at, [1]]) for at in (rows, columns)]
    return sparse.coo_array((values, places), X.shape)


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.csr_matrix])
@pytest.mark.parametrize("layout", FORMATS)
@pytest.mark.parametrize("dtype", [np.float64, np.int64, np.uint8, bool])
def test_every_format_and_dtype_of_scipy_is_taken(kind, layout, dtype):
    rows = binary_rows(kind(BITS.astype(dtype)).asformat(layout))
    assert isinstance(rows, SparseRows)
    np.testing.assert_array_equal(rows[:], BITS)
    np.testing.assert_array_equal(binary_matrix(kind(BITS.astype(dtype)).asformat(layout)), BITS)


def row_by_row(X):
    """Such a matrix in the format CSR, its entries in no order."""
    halves = np.tile(sparse.csr_array(X[:, ::-1]).indices.reshape(-1, 1), 2)
    ends = 2 * np.concatenate([[0], np.cumsum(X.sum(axis=1))])
    columns = X.shape[1] - 1 - halves.ravel()
    return sparse.csr_array((np.full(len(columns), 0.5), columns, ends), X.shape)


@pytest.mark.parametrize("make", [twice, row_by_row, lambda X: row_by_row(X.T).T])
def test_entries_of_one_cell_are_added_and_the_matrix_is_left_as_it_was(make):
    X = make(BITS)
    before = X.toarray(), X.nnz
    np.testing.assert_array_equal(before[0], BITS)
    np.testing.assert_array_equal(binary_rows(X)[:], BITS)
    np.testing.assert_array_equal(X.toarray(), before[0])
    assert X.nnz == before[1]


@pytest.mark.parametrize(
    "dtype", ["Sparse[uint8, 0]", "Sparse[bool, False]", pd.SparseDtype(float, 0.0)]
)
def test_sparse_frames_of_pandas_stay_sparse(dtype):
    X = pd.DataFrame(BITS, columns=list("abcd")).astype(dtype)
    rows = binary_rows(X)
    assert isinstance(rows, SparseRows)
    np.testing.assert_array_equal(rows[:], BITS)


def test_a_frame_whose_usual_value_is_one_is_taken_too():
    X = pd.DataFrame(BITS).astype(pd.SparseDtype("uint8", 1))
    np.testing.assert_array_equal(binary_rows(X), BITS)


@pytest.mark.parametrize(("value", "words"), [(2.0, "found 2.0"), (np.nan, "NaN or inf.*nan")])
@pytest.mark.parametrize("layout", ["csr", "csc", "coo"])
def test_the_first_other_value_is_named_with_its_place_and_their_number(value, words, layout):
    X = BITS.astype(float)
    X[2, 3] = X[3, 1] = value
    with pytest.raises(ValueError, match=rf"{words} at row 2, column 3 \(2 such values\)"):
        binary_rows(sparse.csr_array(X).asformat(layout))


def test_columns_of_a_frame_are_called_by_their_names():
    X = pd.DataFrame(BITS * 3.0, columns=list("abcd")).astype(pd.SparseDtype(float, 0.0))
    with pytest.raises(ValueError, match=r'found 3\.0 at row 0, column "b"'):
        binary_rows(X)


def test_what_is_no_number_or_of_another_width_is_refused():
    with pytest.raises(ValueError, match="Complex data"):
        binary_rows(sparse.csr_array(BITS * 1j))
    with pytest.raises(ValueError, match="X has 4 features, but NADE is expecting 5"):
        binary_rows(sparse.csr_array(BITS), n_features=5, model="NADE")
    with pytest.raises(ValueError, match=r"0 sample\(s\)"):
        binary_rows(sparse.csr_array((0, 4)), allow_empty=False)


@pytest.mark.parametrize("threshold", [-1.0, 0.0, 1.5])
def test_a_threshold_counts_what_is_not_written_as_zero(threshold):
    X = BITS * 2.0 - 3 * (BITS[::-1] > BITS)
    rows = binary_rows(sparse.csr_array(X), binarize=threshold)
    np.testing.assert_array_equal(np.asarray(rows), threshold < X)


@pytest.mark.parametrize("threshold", [-1.0, 0.5, 1.0])
def test_rows_that_are_held_sparse_are_numbers_too(threshold):
    rows = binary_rows(SparseRows.of(BITS), binarize=threshold)
    np.testing.assert_array_equal(np.asarray(rows), threshold < BITS)


def test_cells_are_sparse_where_all_of_them_are_known():
    X = sparse.csr_array(BITS * 1.0)
    assert isinstance(cell_rows(X), SparseRows)
    X.data[1] = np.nan
    np.testing.assert_array_equal(cell_rows(X)[2], [2, 1, 0, 1])


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=2, max_dims=2), elements={"max_value": 1}))
def test_what_arrays_of_rows_do_is_done_alike(X):
    rows, numbers = SparseRows.of(X), np.arange(len(X))[::-1].repeat(2)
    n = X.shape[1]
    positions, flipped = np.arange(n)[::-1], np.arange(n, dtype=np.uint8) % 2
    moved = rows.moved(positions, flipped)
    wanted = X[:, ::-1] ^ flipped
    for some, dense in ((rows, X), (moved, wanted)):
        assert some.shape == dense.shape
        np.testing.assert_array_equal(some[:], dense)
        np.testing.assert_array_equal(some[1:3], dense[1:3])
        np.testing.assert_array_equal(some.take(numbers)[:], dense[numbers])
        np.testing.assert_array_equal(some.ones(), dense.sum(axis=0))
        joined = some.followed_by(some.take(numbers))
        np.testing.assert_array_equal(joined[:], np.concatenate([dense, dense[numbers]]))


def test_work_is_done_a_block_at_a_time(monkeypatch):
    monkeypatch.setattr("ardens.checks.sparse._BLOCK", 8)
    seen = []

    def work(rows):
        seen.append(len(rows))
        return rows.sum(axis=1, dtype=float)

    np.testing.assert_array_equal(by_blocks(SparseRows.of(BITS), work), BITS.sum(axis=1))
    assert seen == [2, 2]
    assert len(by_blocks(SparseRows.of(BITS[:0]), work)) == 0
