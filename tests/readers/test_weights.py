"""A column of weights in a file: neither a cell of 0 and 1, nor a number of a column."""

import warnings

import numpy as np
import pytest

from ardens import data

ROWS = [[1, 0], [1, 1], [0, 1]]


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "rows.csv"
        path.write_text(text)
        return path

    return write


@pytest.mark.parametrize("text", ["0,1,2\n1,0,1\n1,1,1\n", "0,1,2\n1,0,3\n"])
@pytest.mark.parametrize("array", [False, True])
def test_a_weight_is_no_number_of_a_column(written, text, array):
    path = written(text)
    if array:
        table = np.loadtxt(path, delimiter=",")
        path = path.with_suffix(".npy")
        np.save(path, table)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore" if "0,3" in text else "error")
        read = data.read(path, binary=False, weight_column=-1)
    assert read["data"][0].tolist() == [0, 1]


def test_numbers_of_columns_are_refused_beside_weights_too(written):
    with pytest.raises(ValueError, match="expected a row, found column numbers at line 1"):
        data.read(written("7,2,3,4\n1,0,1,1\n1,1,1,0\n"), binary=False, weight_column=0)


def test_a_header_may_begin_with_a_blank(written):
    read = data.read(written("\n a,b,count\n1,0,2\n1,1,1\n0,1,5\n"), weight_column="count")
    assert read["data"].tolist() == ROWS
    with pytest.raises(ValueError, match="line 4, column 2"):
        data.read(written("\n a,b,count\n1,0,2\n1,7,1\n"), weight_column="count")


def test_a_width_is_told_with_the_column_of_weights(written):
    with pytest.raises(
        ValueError, match=r"expected 4 columns: one of weights and 3, as .* found 3"
    ):
        data.read(written("1,0,2\n"), weight_column=-1, n_features=3)


@pytest.mark.parametrize("cell", ["x", "-1", "nan", "inf", "-inf"])
@pytest.mark.parametrize("binary", [True, False])
def test_a_cell_of_the_weights_is_told_as_one(written, cell, binary):
    path = written(f"1,0,2\n1,1,{cell}\n")
    expected = "expected a weight, a finite number from 0 on, found"
    with pytest.raises(ValueError, match=rf"{path}: line 2, column 3: {expected} '{cell}'"):
        data.read(path, weight_column=-1, binary=binary)
    if cell != "x":
        array = path.with_suffix(".npy")
        np.save(array, np.loadtxt(path, delimiter=","))
        with pytest.raises(ValueError, match=rf"{array}: {expected} .* at row 1, column 2"):
            data.read(array, weight_column=-1, binary=binary)


def test_weights_of_no_rows_are_none(written):
    path = written("").with_suffix(".npy")
    np.save(path, np.zeros((0, 3)))
    assert data.read(path, weight_column=0)["data_weight"].tolist() == []


def test_a_column_of_weights_has_a_number_or_a_name(written):
    with pytest.raises(TypeError, match="weight_column, where it is no name, must be an integer"):
        data.read(written("1,0,2\n"), weight_column=1.5)
