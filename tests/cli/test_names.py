"""Names of columns: from a file into the model, and from there above the rows that it writes."""

import gzip

import numpy as np
import pandas as pd
import pytest

import ardens
from ardens.checks.sparse import SparseRows
from ardens.data import read

NAMES = ["hot", "wet, or damp", "late"]
X = np.array([[0, 1, 1], [1, 0, 0], [1, 1, 0], [0, 1, 0]] * 9, np.uint8)
FRAME = pd.DataFrame(X, columns=NAMES)


@pytest.fixture
def model(output, tmp_path):
    """The file of a model of named columns."""
    FRAME.astype(bool).to_csv(tmp_path / "rows.csv", index=True, sep=";")
    output("fit", tmp_path / "rows.csv", "--model", "tabular", "--out", tmp_path / "m.safetensors")
    return tmp_path / "m.safetensors"


def test_names_of_a_file_travel_with_the_model(model):
    assert ardens.load(model).feature_names_in_.tolist() == NAMES
    assert ardens.load(model).score(FRAME) == ardens.Tabular().fit(FRAME).score(FRAME)


def test_rows_that_are_drawn_stand_below_the_names(model, output, tmp_path):
    told = output("sample", model, "-n", 5, "--seed", 1)
    assert told.startswith('hot,"wet, or damp",late\n')
    output("sample", model, "-n", 5, "--seed", 1, "--out", tmp_path / "new.csv")
    assert (tmp_path / "new.csv").read_text() == told
    found = read(tmp_path / "new.csv")["data"]
    assert found.columns == NAMES
    np.testing.assert_array_equal(found, ardens.load(model).sample(5, random_state=1))
    output("sample", model, "-n", 5, "--seed", 1, "--out", tmp_path / "new.txt")
    np.testing.assert_array_equal(np.loadtxt(tmp_path / "new.txt"), found)


def test_rows_that_are_filled_stand_below_the_names(model, output, tmp_path):
    holes = FRAME.astype("Int64")
    holes.iloc[0, 0] = pd.NA
    holes.to_parquet(tmp_path / "holes.parquet")
    output("impute", model, tmp_path / "holes.parquet", "--out", tmp_path / "whole.csv")
    whole = pd.read_csv(tmp_path / "whole.csv")
    assert whole.columns.tolist() == NAMES
    np.testing.assert_array_equal(whole[1:], X[1:])


def test_rows_are_scored_with_their_names_or_without_a_word(
    model, output, failure, tmp_path, capsys
):
    expected = ardens.load(model).score(FRAME)
    FRAME.to_csv(tmp_path / "a.csv", index=False)
    np.save(tmp_path / "a.npy", X)
    for name in ("a.csv", "a.npy"):
        assert f"mean nats           {expected:.4f}" in output("score", model, tmp_path / name)
    FRAME[NAMES[::-1]].to_csv(tmp_path / "a.csv", index=False)
    assert "names must be in the same order" in failure(1, "score", model, tmp_path / "a.csv")


def test_sparse_rows_of_a_file_are_learned_and_scored(output, tmp_path):
    lines = [" ".join(map(str, np.flatnonzero(row))) for row in X]
    (tmp_path / "x.gz").write_bytes(gzip.compress("\n".join(lines).encode()))
    assert isinstance(read(tmp_path / "x.gz")["data"], SparseRows)
    out = tmp_path / "m.safetensors"
    output("fit", tmp_path / "x.gz", "--model", "fvsbn", "--seed", 0, "--out", out)
    told = output("score", out, tmp_path / "x.gz")
    assert f"mean nats           {ardens.load(out).score(X):.4f}" in told
    assert ardens.load(out).score(X) == ardens.FVSBN(random_state=0).fit(X).score(X)
