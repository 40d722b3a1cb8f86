"""Commands that take rows with unknown cells: what they say and write is what Python says."""

import json

import numpy as np
import pytest

import ardens
from helpers.commands import fit


@pytest.fixture(scope="module")
def unknown(folder, rows):
    """The rows with holes, as text and as an archive, and what they are in Python."""
    X = np.where(np.random.default_rng(1).random(rows.shape) < 0.3, np.nan, rows)
    X[0], X[1] = np.nan, rows[1]
    np.savetxt(folder / "u.csv", X, fmt="%g", delimiter=",")
    text = (folder / "u.csv").read_text().replace("nan", "")
    (folder / "u.csv").write_text(text)
    np.savez(folder / "u.npz", train=X[:50], valid=X[50:60], test=X[60:])
    return X


@pytest.mark.parametrize("model", ["nade", "mlp", "fvsbn"])
def test_fit_learns_from_rows_with_missing_cells(folder, unknown, path, output, model):
    options = ("--missing", "sample", "--seed", "1", "--json")
    told = json.loads(output(*fit(folder / "u.npz", path, *options, model=model)))
    assert told["rows"] == 50
    params = {"missing": "sample", "random_state": 1, "max_epochs": 2, "n_jobs": 1}
    expected = ardens.models.MODELS[model](**params).fit(unknown[:50], X_valid=unknown[50:60])
    for name, values in ardens.load(path).parameters().items():
        np.testing.assert_array_equal(values, expected.parameters()[name])


def test_fit_takes_missing_cells_where_it_is_asked_to_alone(folder, unknown, path, failure):
    message = failure(1, *fit(folder / "u.csv", path))
    assert "u.csv: line 1, column 1: expected 0 or 1, found nothing; fill or drop" in message
    assert "fit --missing sample" in message
    arguments = fit(folder / "u.csv", path, "--missing", "sample", "--members", "2")
    assert "--missing sample is for one model, not for --members" in failure(2, *arguments)
    assert "missing must be" in failure(2, *fit(folder / "u.csv", path, "--missing", "drop"))
