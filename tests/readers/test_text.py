"""Files of text: every usual layout is read, and what is bad is told with its place."""

import io
import sys

import numpy as np
import pytest

from ardens import data
from ardens.readers import cells

X = np.array([[0, 1, 1], [1, 0, 0], [1, 1, 0]], dtype=np.uint8)


@pytest.fixture
def read(path):
    """A function that reads a file of some text."""

    def run(text, **options):
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return data.read(path, **options)

    return run


@pytest.mark.parametrize(
    "text",
    [
        "0,1,1\n1,0,0\n1,1,0\n",
        "0,1,1\n1,0,0\n1,1,0",
        "0,1,1\r\n1,0,0\r\n1,1,0\r\n",
        "\ufeff0,1,1\n1,0,0\n1,1,0\n",
        "0 1 1 \n1 0 0 \n1 1 0 \n",
        "0\t1\t1\n1\t0\t0\n1\t1\t0\n",
        "  0   1 1\n\n1 0 0\n1 1 0\n\n",
        "0, 1, 1\n1, 0, 0\n1, 1, 0\n",
        "0.000e+00 1.0 1\n1 0 0\n1 1 -0.0\n",
    ],
)
def test_text_in_any_usual_layout_gives_the_matrix(read, text):
    found = read(text)
    assert list(found) == ["data"]
    assert found["data"].dtype == np.uint8
    np.testing.assert_array_equal(found["data"], X)


def test_one_column_is_text_too(read):
    np.testing.assert_array_equal(read("1\n0\n")["data"], [[1], [0]])


@pytest.mark.parametrize("separator", [",", " "])
def test_text_longer_than_a_block_is_read_whole(read, monkeypatch, separator):
    monkeypatch.setattr(cells, "BLOCK", 100)
    rows = np.random.default_rng(0).integers(0, 2, (500, 17), dtype=np.uint8)
    lines = [separator.join(map(str, row)) for row in rows.tolist()]
    lines[300] = "  " + lines[300]  # goes the slow way
    np.testing.assert_array_equal(read("\n".join(lines))["data"], rows)


def test_standard_input_is_text(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"0 1 1\n1 0 0\n1 1 0\n")))
    np.testing.assert_array_equal(data.read("-")["data"], X)


def test_closed_standard_input_is_an_error(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(OSError, match="standard input is closed"):
        data.read("-")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("0,1\n1,0.5\n", r"line 2, column 2: expected 0 or 1, found '0.5'"),
        ("0,1\n\n1,0\n1,2\n", r"line 4, column 2: expected 0 or 1, found '2'"),
        ("0,1\n-1,0\n", r"line 2, column 1: expected 0 or 1, found '-1'"),
        ("0,1\n1,nan\n", r"line 2, column 2: expected 0 or 1, found 'nan'"),
        ("0,1\n1,yes\n", r"line 2, column 2: expected 0 or 1, found 'yes'"),
        ("0,1\n1,\n", r"line 2, column 2: expected 0 or 1, found nothing"),
        ("0,1\n1,0,1\n", r"line 2: expected 2 columns as in line 1, found 3"),
        ("0 1\n1\n", r"line 2: expected 2 columns as in line 1, found 1"),
        ("a,a\n0,1\n", r"line 1, column 1: .* is this a header line\? Remove it"),
        ("0,5;1,0\n", r"line 1, column 2: expected 0 or 1, found '5;1'"),
        (b"\x00\xff\xfe,1\n", r"line 1, column 1: expected 0 or 1, found"),
        ("7" * 1000, r"found '7{40}'\.\.\."),
        ("1_0 1\n", r"line 1, column 1: expected 0 or 1, found '1_0'"),
        ("", r"expected rows of 0 and 1, found no rows"),
        ("\n \n", r"expected rows of 0 and 1, found no rows"),
    ],
)
def test_bad_text_names_file_line_and_column(read, path, text, message):
    with pytest.raises(ValueError, match=message) as caught:
        read(text)
    assert str(caught.value).startswith(str(path))


def test_a_bad_cell_far_down_is_found_at_its_line(read, monkeypatch):
    monkeypatch.setattr(cells, "BLOCK", 64)
    text = "0,1,1\n" * 400 + "\n" + "0,1,3\n"
    with pytest.raises(ValueError, match="line 402, column 3"):
        read(text)


def test_a_row_of_another_width_in_a_later_block_is_found(read, monkeypatch):
    monkeypatch.setattr(cells, "BLOCK", 6)
    with pytest.raises(ValueError, match="line 3: expected 3 columns as in line 1, found 2"):
        read("0,1,1\n0,1,1\n0,1\n")


def test_other_numbers_are_read_where_they_are_wanted(read):
    found = read("0.25,3\n1,0\n", binary=False)
    np.testing.assert_array_equal(found["data"], [[0.25, 3.0], [1.0, 0.0]])
