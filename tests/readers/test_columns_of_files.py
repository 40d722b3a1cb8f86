"""The columns of a file: how many there are is compared first, and said with the line."""

import numpy as np
import pytest

from ardens import data
from ardens.readers import cells

X = np.random.default_rng(0).integers(0, 2, (60, 4), dtype=np.uint8)


def csv(path, rows):
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("first", [[0, 1, 1], [0, 1, 1, 0, 7]])
def test_a_column_more_or_less_in_one_line_is_what_is_said(tmp_path, first):
    path = csv(tmp_path / "x.csv", [*X.tolist()[:9], first, *X.tolist()])
    with pytest.raises(ValueError, match=rf"line 10: .*4 columns as in line 1, found {len(first)}"):
        data.read(path)
    with pytest.raises(ValueError, match=rf"line 10: .*, as the model has, found {len(first)}"):
        data.read(path, n_features=4)


def test_it_is_said_in_a_later_block_too(tmp_path, monkeypatch):
    path = csv(tmp_path / "x.csv", [*X.tolist(), [0, 1, 1, 0, 2]])
    monkeypatch.setattr(cells, "BLOCK", 100)
    with pytest.raises(ValueError, match=r"line 61: expected 4 columns as in line 1, found 5"):
        data.read(path)
    with pytest.raises(ValueError, match=r"line 1: expected 5 columns, as the model has, found 4"):
        data.read(path, n_features=5)


def test_splits_of_one_file_have_the_same_columns(tmp_path):
    np.savez(tmp_path / "x.npz", train=X, valid=X[:, :3], test=X)
    wanted = r"array 'valid': expected 4 columns as in array 'train', found 3"
    with pytest.raises(ValueError, match=wanted):
        data.read(tmp_path / "x.npz")
    assert list(data.read(tmp_path / "x.npz", only=("valid",))) == ["valid"]


def test_columns_that_are_wanted_are_read(tmp_path):
    for name in ("x.csv", "x.npy"):
        path = tmp_path / name
        csv(path, X.tolist()) if name == "x.csv" else np.save(path, X)
        np.testing.assert_array_equal(data.read(path, n_features=4)["data"], X)
    with pytest.raises(ValueError, match="n_features must be an integer of at least 1; got 0"):
        data.read(path, n_features=0)
