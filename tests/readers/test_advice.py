"""What to do about a cell: categories, missing values, indices, headers and other numbers."""

import warnings

import numpy as np
import pandas as pd
import pytest

from ardens import data
from ardens.cli import main

X = np.random.default_rng(0).integers(0, 2, (60, 4), dtype=np.uint8)
ROWS = "0,1,1,0\n1,1,0,0\n1,0,0,1\n"
CATEGORY = "code categories as 0 and 1 first, a column for each value"
MISSING = "fill or drop missing values first"
TRUTH = "write truth values as 1 and 0"
HEADER = "is this a header line"


def write(path, text):
    path.write_text(text, "utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "place", "advice"),
    [
        (ROWS + "1,red,0,1\n", r"line 4, column 2: expected 0 or 1, found 'red'", CATEGORY),
        (ROWS + "1,0,0,yes\n", r"line 4, column 4: .*found 'yes'", TRUTH),
        ("1,red,0,1\n" + ROWS, r"line 1, column 2: .*found 'red'", CATEGORY),
        ("red,big\nblue,big\n", r"line 1, column 1: .*found 'red'", CATEGORY),
        (ROWS + "a,b,c,d\n" + ROWS, r"line 4, column 1: .*found 'a'", HEADER),
        (ROWS + "0,1,2,3\n" + ROWS, r"line 4, column 3: .*found '2'", "look like column numbers"),
        (",0,1,2\n" + ROWS, r"line 1, column 1: .*found nothing", f"{HEADER}, over an index"),
        (",,,\n" + ROWS, r"line 1, column 1: .*found nothing", MISSING),
        (ROWS + "1,,0,1\n", r"line 4, column 2: .*found nothing", MISSING),
        (ROWS + "1,NA,0,1\n", r"line 4, column 2: .*found 'NA'", MISSING),
        (ROWS + "1,0,?,1\n", r"line 4, column 3: .*found '\?'", MISSING),
        (ROWS + "1,0,nan,1\n", r"line 4, column 3: .*found 'nan'", MISSING),
        (ROWS + "1,0,255,1\n", r"line 4, column 3: .*found '255'", "with binarize, numbers above"),
        ("0110\n1001\n", r"line 1, column 1: .*found '0110'", "separated by commas or white"),
        ("0,1,0\n1,1,1\n2,0,0\n", r"line 3, column 1: .*found '2'", "column 1 counts the rows"),
        ("1,1,0\n2,1,1\n3,0,0\n", r"line 2, column 1: .*found '2'", "column 1 counts the rows"),
        ("1,1,0\n3,1,1\n", r"line 2, column 1: .*found '3'", "with binarize"),
        ("0,1,2,3\n" + ROWS, r"line 1, column 3: .*found '2'", "look like column numbers"),
        ("1,2,3,4\n" + ROWS, r"line 1, column 2: .*found '2'", "look like column numbers"),
        ("1990,2000,2005,2010\n" + ROWS, r"line 1, column 1: .*'1990'", "look like column numbers"),
        ("1,2,5,9\n0,1,2,3\n" + ROWS, r"line 1, column 2: .*found '2'", "with binarize"),
        ("\n0,1,2,3\n" + ROWS, r"line 2, column 3: .*found '2'", "look like column numbers"),
    ],
)
def test_a_cell_is_told_with_its_place_and_what_to_do(tmp_path, text, place, advice):
    with pytest.raises(ValueError, match=f"x.csv: {place}.*; .*{advice}"):
        data.read(write(tmp_path / "x.csv", text))


@pytest.mark.parametrize("name", ["x.csv", "x.npy", "x.npz"])
@pytest.mark.parametrize("header", [[0, 1, 2, 3], [1, 2, 3, 4], [0, 3, 10, 11]], ids=str)
def test_column_numbers_above_rows_of_0_and_1_are_refused_where_any_number_is_read(
    tmp_path, name, header
):
    with_header = np.vstack([header, X])
    path = tmp_path / name
    if name == "x.csv":
        np.savetxt(path, with_header, fmt="%d", delimiter=",")
    else:
        (np.save if name == "x.npy" else np.savez)(path, with_header)
    place = "line 1" if name == "x.csv" else "row 0"
    wanted = (
        f"{name}.*expected a row, found column numbers at {place}, above rows of 0 and 1: is it"
    )
    with pytest.raises(ValueError, match=wanted):
        data.read(path, binary=False)
    with pytest.raises(ValueError, match="these look like column numbers: is it a header"):
        data.read(path)


def test_column_numbers_above_other_numbers_are_a_warning(tmp_path, capsys):
    frame = pd.DataFrame(np.random.default_rng(0).random((60, 5)).round(3))
    frame.to_csv(tmp_path / "x.csv", index=False)
    with pytest.warns(UserWarning, match=r"x\.csv: line 1 looks like column numbers, and is read"):
        read = data.read(tmp_path / "x.csv", binary=False)["data"]
    assert read.shape == (61, 5)
    arguments = ["fit", str(tmp_path / "x.csv"), "--binarize", "0.5", "--model", "fvsbn"]
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        assert main([*arguments, "--out", str(tmp_path / "m"), "--quiet"]) == 0
    assert capsys.readouterr().err.startswith("ardens: warning: ")


@pytest.mark.parametrize(
    "rows",
    [
        [[0, 1], [1, 0]],  # what could be a row
        [[0, 1, 2, 3]],  # which is alone
        [[0, 1, 2, 4], [1, 0, 0, 3]],
        [[0, 2, 2, 3], [1, 0, 0, 1]],
        [[0, 1, 2, 3.5], [1, 0, 0, 1]],
        [[0, 1, 1, 0], [0, 1, 2, 3]],
    ],
    ids=str,
)
def test_other_first_rows_are_read_without_a_word(tmp_path, rows):
    np.savetxt(tmp_path / "x.csv", rows, fmt="%g", delimiter=",")
    np.save(tmp_path / "x.npy", np.array(rows))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for name in ("x.csv", "x.npy"):
            np.testing.assert_array_equal(data.read(tmp_path / name, binary=False)["data"], rows)


@pytest.mark.parametrize(
    "first",
    [
        np.array([-(2**63), 0, 1, 2**63 - 1]),
        np.array([0, 1, 2**64 - 1, 0], np.uint64),
        np.frombuffer(b"\1" * (4 * np.longdouble().itemsize), np.longdouble),
        np.array([1, 2, 3, np.inf]),
        np.array([np.nan, 2, 3, 4]),
        np.array([True, False, True, True]),
    ],
    ids=str,
)
@pytest.mark.parametrize("binary", [True, False])
def test_a_first_row_of_any_numbers_is_looked_at_without_a_warning(tmp_path, first, binary):
    path = tmp_path / "x.npy"
    np.save(path, np.stack([first, first[::-1]]))
    if binary and first.dtype != bool:
        with pytest.raises(ValueError, match=r"x\.npy: expected 0 or 1, found .* at row 0, column"):
            data.read(path)
    else:
        assert data.read(path, binary=binary)["data"].dtype == first.dtype
