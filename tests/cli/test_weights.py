"""A column of weights, taken out of the data: by its number or by its name."""

import json

import numpy as np
import pandas as pd
import pytest

import ardens
from helpers.commands import N

MAKE = {"csv": ",", "txt": " "}


@pytest.fixture
def times():
    return np.random.default_rng(4).integers(0, 12, 80)


@pytest.fixture
def counted(folder, rows, times, tmp_path):
    """A function that writes the rows with their counts in a column."""

    def write(name, place=N, header=None):
        table = np.insert(rows.astype(np.int64), place, times, axis=1)
        path = tmp_path / name
        if name.endswith(".npz"):
            np.savez(path, train=table[:50], valid=table[50:60], test=table[60:])
        elif name.endswith(".npy"):
            np.save(path, table)
        else:
            mark = MAKE[path.suffix[1:]]
            np.savetxt(path, table, "%d", mark, header=mark.join(header or ()), comments="")
            if header is None:
                path.write_text(path.read_text().removeprefix("\n"))
        return path

    return write


def names(place):
    columns = [f"x{j}" for j in range(N)]
    columns.insert(place, "how often")
    return [name.replace(" ", "_") for name in columns]


@pytest.mark.parametrize(
    ("name", "place", "column", "header"),
    [
        ("x.csv", N, "-1", None),
        ("x.csv", 2, "2", None),
        ("x.txt", 0, "0", None),
        ("x.npy", 1, "1", None),
        ("x.csv", 3, "how_often", True),
        ("x.txt", N, "how_often", True),
    ],
)
def test_a_model_of_counted_rows_is_that_of_repeated_ones(
    counted, rows, times, same, output, tmp_path, name, place, column, header
):
    data = counted(name, place, names(place) if header else None)
    out = tmp_path / "m.safetensors"
    told = output("fit", data, "--model", "tabular", "--sample-weight", column, "--out", out)
    assert "rows        80" in told
    model = ardens.load(out)
    X = rows.repeat(times, axis=0)
    if header:
        X = pd.DataFrame(X, columns=[name for name in names(place) if name != column])
    assert same(model, ardens.Tabular().fit(X))
    figures = json.loads(output("score", out, data, "--sample-weight", column, "--json"))
    repeated = tmp_path / "repeated.npy"
    np.save(repeated, rows.repeat(times, axis=0))
    expected = json.loads(output("score", out, repeated, "--json"))
    for key in ("mean_nats", "standard_error", "bits_per_dimension"):
        assert figures[key] == pytest.approx(expected[key], rel=1e-12)
    assert figures["rows"] == np.count_nonzero(times)


def test_validation_rows_have_the_column_too(counted, rows, times, output, tmp_path):
    data, out = counted("x.npz"), tmp_path / "m.safetensors"
    quick = ["--epochs", "2", "--seed", "0", "--sample-weight", "-1"]
    output("fit", data, "--hidden", "3", *quick, "--out", out)
    model = ardens.load(out)
    expected = ardens.NADE(3, max_epochs=2, random_state=0)
    weights = {"sample_weight": times[:50], "sample_weight_valid": times[50:60]}
    expected.fit(rows[:50], X_valid=rows[50:60], **weights)
    assert model.history_["valid"] == expected.history_["valid"]
    test = rows[60:].repeat(times[60:], axis=0)
    told = json.loads(output("score", out, data, "--sample-weight", "-1", "--json"))
    assert told["mean_nats"] == pytest.approx(model.score(test), rel=1e-12)
    others = tmp_path / "valid.npy"
    np.save(others, np.column_stack([rows[50:60], times[50:60]]))
    single = counted("x.npy")
    output("tune", single, "--valid", others, "--model", "tabular", *quick[2:])


def test_a_search_over_counted_rows_is_that_over_repeated_ones(
    counted, rows, times, output, tmp_path
):
    data, repeated = counted("x.csv"), tmp_path / "repeated.npy"
    np.save(repeated, rows.repeat(times, axis=0))
    search = ["--model", "tabular", "--seed", "0", "--json", "--quiet"]
    one = json.loads(output("tune", data, "--sample-weight", "-1", *search))
    other = json.loads(output("tune", repeated, *search))
    assert one["best"] == other["best"]
    assert one["valid_nats"] == pytest.approx(other["valid_nats"], rel=1e-12)


@pytest.mark.parametrize(
    ("name", "column", "words"),
    [
        ("x.csv", "9999", "expected a column 9999 of weights beside others, found"),
        ("x.npy", "-99", "expected a column -99 of weights beside others, found"),
        ("x.csv", "0", "expected 0 or 1, found '"),
        ("x.npy", "often", "expected a column named 'often', found no names; give its number"),
        ("x.csv", "often", "line 1: expected names of columns, one of them 'often', found"),
    ],
)
def test_a_column_that_is_not_there_is_told(counted, failure, tmp_path, name, column, words):
    data = counted(name)
    out = tmp_path / "m.safetensors"
    fit = ["fit", data, "--model", "tabular", "--sample-weight", column, "--out", out]
    assert words in failure(1, *fit)


def test_places_of_errors_are_those_of_the_file(failure, tmp_path):
    path, out = tmp_path / "x.csv", tmp_path / "m"
    path.write_text("a,n,b\n0,7,1\n1,3,2\n" + "0,2,1\n" * 30)
    told = failure(1, "fit", path, "--sample-weight", "n", "--out", out)
    assert "line 3, column 3: expected 0 or 1, found '2'" in told
    path.write_text("0,1,7\n1,2,3\n")
    told = failure(1, "fit", path, "--sample-weight", "-1", "--out", out)
    assert "line 2, column 2: expected 0 or 1, found '2'" in told
    path.write_text("a,n,b\n0,-7,1\n1,3,1\n")
    told = failure(1, "fit", path, "--sample-weight", "n", "--out", out)
    assert f"{path}: line 2, column 2: expected a weight" in told
    path.write_text("a,n,b\n0,0,1\n1,0,1\n")
    told = failure(1, "fit", path, "--sample-weight", "n", "--out", out)
    assert f"{path}: the column of weights must be 2 finite numbers" in told
    assert "they sum to 0" in told


def test_binarize_leaves_the_weights_as_they_are(same, output, tmp_path):
    path, out = tmp_path / "x.csv", tmp_path / "m"
    path.write_text("0.1,0.9,2.5\n0.8,0.7,0.5\n0.3,0.2,4\n")
    options = ["--model", "tabular", "--binarize", "0.5", "--sample-weight", "2"]
    output("fit", path, *options, "--out", out)
    expected = ardens.Tabular().fit([[0, 1], [1, 1], [0, 0]], sample_weight=[2.5, 0.5, 4])
    assert same(ardens.load(out), expected)
