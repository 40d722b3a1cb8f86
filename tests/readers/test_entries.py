"""Files that list what is not 0: SciPy's, svmlight's, and transactions."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import dump_svmlight_file

import ardens
from ardens import data
from ardens.checks.sparse import SparseRows

X = np.array([[0, 1, 0, 1], [1, 0, 0, 0], [0, 1, 1, 1], [1, 0, 0, 1]], np.uint8)
REAL = X * np.array([1.0, 1, 2.5, 1])


@pytest.fixture
def written(tmp_path):
    """A function that writes a text and reads it."""

    def read(text, **how):
        (tmp_path / "x.dat").write_bytes(text if isinstance(text, bytes) else text.encode())
        return data.read(tmp_path / "x.dat", **how)["data"]

    return read


@pytest.mark.parametrize("layout", ["csr", "csc", "coo"])
@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("dtype", [float, np.uint8, bool])
def test_matrices_of_scipy_are_read_sparse(tmp_path, layout, compressed, dtype):
    matrix = sparse.coo_array(X.astype(dtype)).asformat(layout)
    sparse.save_npz(tmp_path / "x.npz", matrix, compressed=compressed)
    found = data.read(tmp_path / "x.npz")["data"]
    assert isinstance(found, SparseRows)
    np.testing.assert_array_equal(found[:], X)
    assert ardens.Tabular().fit(found).score(X) == ardens.Tabular().fit(X).score(X)


def test_other_values_of_a_matrix_are_told_or_read(tmp_path):
    sparse.save_npz(tmp_path / "x.npz", sparse.csc_array(REAL))
    with pytest.raises(ValueError, match=r"x.npz: expected 0 or 1, found 2.5 at row 2, column 2"):
        data.read(tmp_path / "x.npz")
    np.testing.assert_array_equal(data.read(tmp_path / "x.npz", binary=False)["data"], REAL)
    with pytest.raises(ValueError, match="expected 7 columns, as the model has, found 4"):
        data.read(tmp_path / "x.npz", n_features=7)
    with pytest.raises(ValueError, match="expected a column of weights, found a sparse matrix"):
        data.read(tmp_path / "x.npz", weight_column=0)


def test_entries_of_one_cell_are_added(tmp_path):
    halves = (np.full(8, 0.5), (np.tile([0, 1], 4), np.repeat([0, 3], 4) % 4))
    sparse.save_npz(tmp_path / "x.npz", sparse.coo_array(halves, (2, 4)))
    found = data.read(tmp_path / "x.npz")["data"]
    np.testing.assert_array_equal(found[:], [[1, 0, 0, 1], [1, 0, 0, 1]])


WRONG = {
    "indptr": [0, 3, 2, 6, 8],
    "indices": [0, 1, 2, 9, 0, 1, 2, 3],
    "shape": [4, 2],
    "format": np.array(b"bsr"),
    "data": [1.0],
}


@pytest.mark.parametrize("name", WRONG)
def test_damaged_matrices_are_refused(tmp_path, name):
    matrix = sparse.csr_array(X)
    arrays = {
        "format": np.array(b"csr"),
        "shape": np.array(X.shape),
        "data": matrix.data,
        "indices": matrix.indices,
        "indptr": matrix.indptr,
    }
    np.savez(tmp_path / "x.npz", **(arrays | {name: np.asarray(WRONG[name])}))
    with pytest.raises(ValueError, match=r"x\.npz: not a readable \.npz file \(it"):
        data.read(tmp_path / "x.npz")


@pytest.mark.parametrize("zero_based", [False, True])
def test_svmlight_is_read_without_its_labels(tmp_path, zero_based):
    labels = [1, -1, 2.5, 0]
    dump_svmlight_file(
        X.astype(float), labels, str(tmp_path / "x"), zero_based=zero_based, comment="toy data"
    )
    found = data.read(tmp_path / "x")["data"]
    assert isinstance(found, SparseRows)
    np.testing.assert_array_equal(found[:], X)
    dump_svmlight_file(REAL, labels, str(tmp_path / "x"), zero_based=zero_based)
    with pytest.raises(ValueError, match=r"x: expected 0 or 1, found 2.5 at row 2, column 2"):
        data.read(tmp_path / "x")
    np.testing.assert_array_equal(data.read(tmp_path / "x", binary=False)["data"], REAL)


def test_rows_of_svmlight_may_be_empty_and_as_wide_as_the_model(written):
    found = written("+1 2:1\n-1\n1 1:1 3:1 # three\n", n_features=5)
    np.testing.assert_array_equal(found[:], [[0, 1, 0, 0, 0], [0] * 5, [1, 0, 1, 0, 0]])
    with pytest.raises(ValueError, match="expected 2 columns, as the model has, found number 3 in"):
        written("+1 2:1\n-1\n1 1:1 3:1\n", n_features=2)


@pytest.mark.parametrize("text", ["1 2:1 3:x\n1 1:1\n", "a 2:1\n", "1 2:1 3\n"])
def test_what_is_no_svmlight_is_refused(written, text):
    with pytest.raises(ValueError, match=r"x\.dat: "):
        written(text)


@pytest.mark.parametrize("end", ["\n", "\r\n", " \n"])
def test_transactions_are_rows_of_the_items_in_them(written, end):
    found = written(end.join(["3 1", "2", "", "0 3 2", "5"]))
    assert isinstance(found, SparseRows)
    expected = np.zeros((4, 6))
    expected[[0, 0, 1, 2, 2, 2, 3], [3, 1, 2, 0, 3, 2, 5]] = 1
    np.testing.assert_array_equal(found[:], expected)


@pytest.mark.parametrize(
    "text", ["0 1 1\n1 0\n", "0 1\n1\n", "1 2 2\n3\n", "1,2\n3\n", "1 2\n3.5\n"]
)
def test_rows_of_other_numbers_are_no_transactions(written, text):
    with pytest.raises(ValueError, match=r"x\.dat: line \d.*: expected"):
        written(text)
