"""Data sets: the digits that come with scikit-learn."""

import sys

import numpy as np
import pytest

from ardens import data


def test_digits_are_binary_and_split_by_the_seed():
    splits = data.digits()
    assert {name: rows.shape for name, rows in splits.items()} == {
        "train": (1197, 64),
        "valid": (240, 64),
        "test": (360, 64),
    }
    assert all(rows.dtype == np.uint8 and rows.max() == 1 for rows in splits.values())
    np.testing.assert_array_equal(data.digits()["train"], splits["train"])
    assert not np.array_equal(data.digits(random_state=1)["train"], splits["train"])


def test_digits_without_scikit_learn_tell_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    with pytest.raises(ImportError, match=r"pip install ardens\[demo\]"):
        data.digits()
