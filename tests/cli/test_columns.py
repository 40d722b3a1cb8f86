"""How many columns files have is compared before their values, and told with what has others."""

import numpy as np
import pytest

from helpers.commands import N


@pytest.mark.parametrize("label", [2, 0.5, 0])
@pytest.mark.parametrize("suffix", [".csv", ".npy", ".npz"])
def test_a_column_more_than_the_model_has_is_what_is_said(
    tmp_path, rows, model, failure, label, suffix
):
    path = tmp_path / f"x{suffix}"
    wide = np.column_stack([rows, np.full(len(rows), label)])
    if suffix == ".csv":
        np.savetxt(path, wide, fmt="%g", delimiter=",")
    else:
        (np.save if suffix == ".npy" else np.savez)(path, wide)
    place = "line 1: " * (suffix == ".csv")
    message = f"{path}: {place}expected {N} columns, as {model} has, found {N + 1}\n"
    assert failure(1, "score", model, path).endswith(message)


@pytest.mark.parametrize("command", ["fit", "tune"])
def test_validation_rows_have_the_columns_of_the_training_rows(
    tmp_path, folder, rows, failure, command
):
    train, valid = folder / "x.csv", tmp_path / "v.csv"
    np.savetxt(valid, np.column_stack([rows, rows[:, :1] + 2]), fmt="%d", delimiter=",")
    options = ["--out", tmp_path / "m"] if command == "fit" else []
    err = failure(1, command, train, "--valid", valid, *options)
    assert f"{valid}: line 1: expected {N} columns, as {train} has, found {N + 1}" in err
