"""Cells without a value, in files of every format: NaN where they are wanted, else refused."""

import numpy as np
import pytest

from ardens import data
from ardens.readers import cells

NAN = np.nan
X = np.array([[0, NAN, 1], [NAN, NAN, NAN], [1, 1, 0]])


def save(path, array):
    (np.save if path.suffix == ".npy" else np.savez)(path, array)
    return path


@pytest.fixture
def read(tmp_path):
    """A function that reads some text."""

    def run(text, **options):
        (tmp_path / "x.csv").write_text(text)
        return data.read(tmp_path / "x.csv", **options)

    return run


@pytest.mark.parametrize(
    "text",
    [
        "0,,1\n,,\n1,1,0\n",
        "0,,1\r\n,,\r\n1,1,0\r\n",
        " 0 , , 1\n\n\t,\t,\n\n 1, 1, 0",
        "0,NA,1\nna,N/A,<NA>\n1,1,0\n",
        "0, nan ,1\nNaN,NAN,-nan\n1,1,0\n",
        "0,?,1\nNone,null,missing\n1,1,0\n",
        "0 ? 1\n? - NA\n1 1 0\n",
        "0\tnone\t1\nNULL\tMissing\tnan\n1.0\t1e0\t-0\n",
    ],
)
def test_text_says_in_many_ways_that_there_is_no_value(read, text):
    found = read(text, unknown=True)["data"]
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, X)


def test_text_of_which_every_cell_has_a_value_is_what_it_was(read):
    for text in ("0,1\n1,0\n", "0, 1\n1, 0\n"):
        found = read(text, unknown=True)["data"]
        assert found.dtype == np.uint8
        assert found.tolist() == [[0, 1], [1, 0]]


def test_one_column_may_have_words_and_a_blank_line_is_no_row(read):
    np.testing.assert_array_equal(read("1\n\nNA\n0\n", unknown=True)["data"], [[1], [NAN], [0]])


def test_unknown_cells_are_read_in_every_block(read, monkeypatch):
    monkeypatch.setattr(cells, "BLOCK", 100)
    rows = np.random.default_rng(0).choice([0, 1, NAN], (300, 7), p=[0.45, 0.45, 0.1])
    rows[:40] = 0
    text = "\n".join(",".join({0: "0", 1: "1"}.get(x, "") for x in row) for row in rows.tolist())
    np.testing.assert_array_equal(read(text, unknown=True)["data"], rows)


def test_other_numbers_may_have_unknown_cells_among_them(read):
    found = read("0.25,,3\nNA,2,7\n", binary=False, unknown=True)["data"]
    np.testing.assert_array_equal(found, [[0.25, NAN, 3], [NAN, 2, 7]])


@pytest.mark.parametrize("name", ["x.npy", "x.npz"])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble, ">f4"])
def test_an_array_has_nan_where_there_is_no_value(tmp_path, name, dtype):
    found = data.read(save(tmp_path / name, X.astype(dtype)), unknown=True)["data"]
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, X.astype(dtype))


def test_whole_arrays_are_read_as_ever_where_cells_may_be_unknown(tmp_path):
    for dtype in (bool, np.uint8, np.int64):
        whole = np.eye(3, dtype=dtype)
        np.testing.assert_array_equal(
            data.read(save(tmp_path / "x.npy", whole), unknown=True)["data"], whole
        )


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("0,,1\n1,0,1\n", r"line 1, column 2: expected 0 or 1, found nothing"),
        ("0,1\n1,NA\n", r"line 2, column 2: expected 0 or 1, found 'NA'"),
        ("0 1\n1 <NA>\n", r"line 2, column 2: expected 0 or 1, found '<NA>'"),
        ("NA,?\n1,0\n", r"line 1, column 1: expected 0 or 1, found 'NA'"),
    ],
)
def test_text_is_refused_where_unknown_cells_are_not_asked_for(read, text, place):
    advice = r"; fill or drop missing values first, or .* data\.read\(\.\.\., unknown=True\)"
    with pytest.raises(ValueError, match=place + advice):
        read(text)


@pytest.mark.parametrize("name", ["x.npy", "x.npz"])
def test_arrays_are_refused_where_unknown_cells_are_not_asked_for(tmp_path, name):
    with pytest.raises(ValueError, match=r"found nan at row 0, column 1; fill .*unknown=True"):
        data.read(save(tmp_path / name, X))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("0,,2\n", r"line 1, column 3: expected 0 or 1, found '2'"),
        ("0,,inf\n", r"line 1, column 3: expected 0 or 1, found 'inf'"),
        (",,\n0,1,x\n", r"line 2, column 3: expected 0 or 1, found 'x'"),
        ("0,,1\n0,1\n", r"line 2: expected 3 columns as in line 1, found 2"),
        ("0,1\n0,1,\n", r"line 2: expected 2 columns as in line 1, found 3"),
        (",0,1,2\n0,1,,0\n", r"line 1, column 1: .*is this a header line, over an index"),
        ("0,1,2,3\n0,1,,0\n", r"line 1, column 3: .*these look like column numbers"),
        ("?,?\n0,nane\n", r"line 2, column 2: .*found 'nane'"),
        ("\n \n", "expected rows of 0 and 1, found no rows"),
    ],
)
def test_what_is_no_value_and_not_unknown_is_refused_with_its_place(read, text, words):
    with pytest.raises(ValueError, match=rf"x\.csv: {words}"):
        read(text, unknown=True)


def test_numbers_of_columns_above_rows_with_unknown_cells_are_refused(tmp_path, read):
    rows = np.vstack([[0, 1, 2], X])
    with pytest.raises(ValueError, match="found column numbers at row 0, above rows of 0 and 1"):
        data.read(save(tmp_path / "x.npy", rows), binary=False, unknown=True)
    with pytest.raises(ValueError, match="found column numbers at line 1, above rows of 0 and 1"):
        read("0,1,2\n0,,1\n", binary=False, unknown=True)


def test_a_value_beside_nan_that_is_no_bit_is_refused_in_arrays(tmp_path):
    rows = X.copy()
    rows[2, 0] = 0.5
    with pytest.raises(ValueError, match=r"expected 0 or 1, found 0\.5 at row 2, column 0"):
        data.read(save(tmp_path / "x.npy", rows), unknown=True)


def test_weights_are_never_unknown(tmp_path, read):
    found = read("0,,2.5\n1,NA,3\n", unknown=True, weight_column=-1)
    np.testing.assert_array_equal(found["data"], [[0, NAN], [1, NAN]])
    assert found["data_weight"].tolist() == [2.5, 3]
    found = read("0,1,2.5\n", unknown=True, weight_column=-1)
    assert found["data"].dtype == np.uint8
    with pytest.raises(ValueError, match=r"line 2, column 3: expected a weight, .*found nothing"):
        read("0,,2.5\n1,NA,\n", unknown=True, weight_column=-1)
    with pytest.raises(ValueError, match=r"expected a weight.*found nan at row 0, column 1"):
        data.read(save(tmp_path / "x.npy", X), unknown=True, weight_column=1)
