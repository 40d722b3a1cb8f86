"""Data files: every format gives the same matrix, and every bad one an error that tells where."""

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ardens import data
from ardens.readers import cells

X = np.array([[0, 1, 1], [1, 0, 0], [1, 1, 0]], dtype=np.uint8)


def text_file(folder: Path, text: str | bytes, name: str = "x.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


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
def test_text_in_any_usual_layout_gives_the_matrix(tmp_path: Path, text: str) -> None:
    read = data.read(text_file(tmp_path, text))
    assert list(read) == ["data"]
    assert read["data"].dtype == np.uint8
    np.testing.assert_array_equal(read["data"], X)


def test_one_column_is_text_too(tmp_path: Path) -> None:
    np.testing.assert_array_equal(data.read(text_file(tmp_path, "1\n0\n"))["data"], [[1], [0]])


@pytest.mark.parametrize("separator", [",", " "])
def test_text_longer_than_a_block_is_read_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, separator: str
) -> None:
    monkeypatch.setattr(cells, "BLOCK", 100)
    rows = np.random.default_rng(0).integers(0, 2, (500, 17), dtype=np.uint8)
    lines = [separator.join(map(str, row)) for row in rows.tolist()]
    lines[300] = "  " + lines[300]  # goes the slow way
    np.testing.assert_array_equal(data.read(text_file(tmp_path, "\n".join(lines)))["data"], rows)


def test_standard_input_is_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"0 1 1\n1 0 0\n1 1 0\n")))
    np.testing.assert_array_equal(data.read("-")["data"], X)


def test_closed_standard_input_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
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
        ("a,b\n0,1\n", r"line 1, column 1: .* is this a header line\? Remove it"),
        ("0,5;1,0\n", r"line 1, column 2: expected 0 or 1, found '5;1'"),
        (b"\x00\xff\xfe,1\n", r"line 1, column 1: expected 0 or 1, found"),
        ("7" * 1000, r"found '7{40}'\.\.\."),
        ("1_0 1\n", r"line 1, column 1: expected 0 or 1, found '1_0'"),
        ("", r"expected rows of 0 and 1, found no rows"),
        ("\n \n", r"expected rows of 0 and 1, found no rows"),
    ],
)
def test_bad_text_names_file_line_and_column(
    tmp_path: Path, text: str | bytes, message: str
) -> None:
    path = text_file(tmp_path, text)
    with pytest.raises(ValueError, match=message) as caught:
        data.read(path)
    assert str(caught.value).startswith(str(path))


def test_a_bad_cell_far_down_is_found_at_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "BLOCK", 64)
    text = "0,1,1\n" * 400 + "\n" + "0,1,3\n"
    with pytest.raises(ValueError, match="line 402, column 3"):
        data.read(text_file(tmp_path, text))


def test_a_row_of_another_width_in_a_later_block_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "BLOCK", 6)
    with pytest.raises(ValueError, match="line 3: expected 3 columns as in line 1, found 2"):
        data.read(text_file(tmp_path, "0,1,1\n0,1,1\n0,1\n"))


def test_other_numbers_are_read_where_they_are_wanted(tmp_path: Path) -> None:
    path = text_file(tmp_path, "0.25,3\n1,0\n")
    np.testing.assert_array_equal(data.read(path, binary=False)["data"], [[0.25, 3.0], [1.0, 0.0]])


def test_npz_gives_the_splits_that_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, train=X, test=X[:1], labels=np.arange(3))
    splits = data.read(path)
    assert {name: array.shape for name, array in splits.items()} == {
        "train": (3, 3),
        "test": (1, 3),
    }
    assert list(data.read(path, only=("test",))) == ["test"]


@pytest.mark.parametrize("dtype", [bool, np.int64, ">i2", np.float32])
def test_npy_and_npz_of_one_array_give_it(tmp_path: Path, dtype: Any) -> None:
    np.save(tmp_path / "x.npy", X.astype(dtype))
    np.savez_compressed(tmp_path / "x.npz", anything=X.astype(dtype))
    for name in ("x.npy", "x.npz"):
        read = data.read(tmp_path / name)
        assert list(read) == ["data"]
        np.testing.assert_array_equal(read["data"], X)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (
            {"a": X, "b": X},
            "expected arrays named train, valid or test, or a single array; .* a, b",
        ),
        ({"train": X, "valid": X}, "expected an array named test, found train, valid"),
        (
            {"test": X / 2, "train": X},
            "array 'test': expected 0 or 1, found 0.5 at row 0, column 1",
        ),
        ({"x": X[0]}, r"expected two dimensions, rows and features; found shape \(3,\)"),
        ({"x": X.astype(complex)}, "expected numbers, found dtype complex128"),
        ({"x": X.astype(str)}, "expected numbers, found dtype <U"),
        ({"x": np.array([[None]])}, r"not a readable \.npz file \(Object arrays cannot be loaded"),
    ],
)
def test_bad_arrays_name_file_and_place(
    tmp_path: Path, arrays: dict[str, Any], message: str
) -> None:
    path = tmp_path / "x.npz"
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=message) as caught:
        data.read(path, only=("test",))
    assert str(caught.value).startswith(str(path))


def test_a_bad_value_beyond_the_first_block_of_an_array_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "BLOCK", 20)
    bad = np.zeros((50, 7))
    bad[33, 4] = np.nan
    np.save(tmp_path / "x.npy", bad)
    with pytest.raises(ValueError, match="found nan at row 33, column 4"):
        data.read(tmp_path / "x.npy")


@pytest.mark.parametrize("name", ["x.npz", "x.npy"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04junk", b"\x93NUMPYjunk", b"0,1\n"])
def test_damaged_array_files_say_so(tmp_path: Path, name: str, content: bytes) -> None:
    path = text_file(tmp_path, content, name)
    with pytest.raises(ValueError, match=r"not a readable \.np[yz] file"):
        data.read(path)


def test_a_truncated_npz_says_so(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "x.npz", x=X)
    content = (tmp_path / "x.npz").read_bytes()
    with pytest.raises(ValueError, match=r"not a readable \.npz file"):
        data.read(text_file(tmp_path, content[:-30], "y.npz"))


@pytest.mark.parametrize("name", ["none.csv", "none.npz", "none.npy"])
def test_a_missing_file_is_an_oserror_with_its_path(tmp_path: Path, name: str) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        data.read(tmp_path / name)
    assert caught.value.filename == str(tmp_path / name)


def test_digits_are_binary_and_split_by_the_seed() -> None:
    splits = data.digits()
    assert {name: rows.shape for name, rows in splits.items()} == {
        "train": (1197, 64),
        "valid": (240, 64),
        "test": (360, 64),
    }
    assert all(rows.dtype == np.uint8 and rows.max() == 1 for rows in splits.values())
    np.testing.assert_array_equal(data.digits()["train"], splits["train"])
    assert not np.array_equal(data.digits(random_state=1)["train"], splits["train"])


def test_digits_without_scikit_learn_tell_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match=r"pip install ardens\[demo\]"):
        data.digits()
