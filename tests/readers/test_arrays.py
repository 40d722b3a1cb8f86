"""Files of arrays: what is read, and what is refused with its place."""

import numpy as np
import pytest

from ardens import data
from ardens.readers import cells

X = np.array([[0, 1, 1], [1, 0, 0], [1, 1, 0]], dtype=np.uint8)


def test_npz_gives_the_splits_that_it_holds(tmp_path):
    path = tmp_path / "x.npz"
    np.savez(path, train=X, test=X[:1], labels=np.arange(3))
    splits = data.read(path)
    assert {name: array.shape for name, array in splits.items()} == {
        "train": (3, 3),
        "test": (1, 3),
    }
    assert list(data.read(path, only=("test",))) == ["test"]


@pytest.mark.parametrize("dtype", [bool, np.int64, ">i2", np.float32])
def test_npy_and_npz_of_one_array_give_it(tmp_path, dtype):
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
def test_bad_arrays_name_file_and_place(tmp_path, arrays, message):
    path = tmp_path / "x.npz"
    np.savez(path, **arrays)
    with pytest.raises(ValueError, match=message) as caught:
        data.read(path, only=("test",))
    assert str(caught.value).startswith(str(path))


def test_a_bad_value_beyond_the_first_block_of_an_array_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(cells, "BLOCK", 20)
    bad = np.zeros((50, 7))
    bad[33, 4] = np.nan
    np.save(tmp_path / "x.npy", bad)
    with pytest.raises(ValueError, match="found nan at row 33, column 4"):
        data.read(tmp_path / "x.npy")


@pytest.mark.parametrize("name", ["x.npz", "x.npy"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04junk", b"\x93NUMPYjunk", b"0,1\n"])
def test_damaged_array_files_say_so(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=r"not a readable \.np[yz] file"):
        data.read(tmp_path / name)


def test_a_truncated_npz_says_so(tmp_path):
    path = tmp_path / "x.npz"
    np.savez_compressed(path, x=X)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ValueError, match=r"not a readable \.npz file"):
        data.read(path)


@pytest.mark.parametrize("name", ["none.csv", "none.npz", "none.npy"])
def test_a_missing_file_is_an_oserror_with_its_path(tmp_path, name):
    with pytest.raises(FileNotFoundError) as caught:
        data.read(tmp_path / name)
    assert caught.value.filename == str(tmp_path / name)
