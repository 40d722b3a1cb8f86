"""``ardens tune``."""

import json
import os

import numpy as np
import pytest

import ardens
from ardens import data
from ardens.cli import main, tune
from ardens.cli.tune import _axis


def test_tune_prints_its_table_and_saves_the_best(folder, path, output):
    given = "--grid n_hidden=2,3 --grid learning_rate=0,0.1 --epochs 4 --seed 1 --threads 1"
    arguments = ["tune", folder / "x.npz", *given.split(), "--quiet"]
    table, _, figures = output(*arguments, "--out", path).partition("\n\n")
    assert [line.split()[0] for line in table.splitlines()[:1]] == ["n_hidden"]
    assert len(table.splitlines()) == 1 + 4
    told = json.loads(output(*arguments, "--json"))
    assert told["trials"][0]["params"] == told["best"]
    loaded = ardens.load(path)
    assert loaded.n_hidden == told["best"]["n_hidden"]
    assert loaded.score(data.read(folder / "x.npz")["valid"]) == told["valid_nats"]
    assert f"{told['valid_nats']:.4f}" in figures


def test_tune_finds_its_own_candidates_and_saves_nothing_unasked(
    folder, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    arguments = ["tune", folder / "x.csv", "--model", "mlp", "--candidates", "3"]
    assert main([*map(str, arguments), "--epochs", "2", "--seed", "1"]) == 0
    printed = capsys.readouterr()
    assert len(printed.out.partition("\n\n")[0].splitlines()) == 1 + 3
    assert "nats: defaults" in printed.err
    assert main([*map(str, arguments), "--epochs", "2", "--quiet"]) == 0
    assert capsys.readouterr().err == ""
    assert os.listdir(tmp_path) == []


def test_a_search_is_told_all_that_the_command_says(folder, tmp_path, rows, monkeypatch, failure):
    told = {}

    def search(estimator, **given):
        told.update(given, estimator=estimator)
        raise ValueError("that is enough")

    monkeypatch.setattr(tune, "tune", search)
    np.savetxt(tmp_path / "valid.csv", rows[:9] * 0.75, fmt="%.2f", delimiter=",")
    given = "--candidates 5 --factor 4 --min-epochs 6 --seed 7 --epochs 8 --binarize 0.5 --grid"
    arguments = ["tune", folder / "x.npz", *given.split(), "n_hidden=2,3"]
    assert "that is enough" in failure(1, *arguments, "--valid", tmp_path / "valid.csv")
    assert (told["n_candidates"], told["factor"], told["min_epochs"]) == (5, 4, 6)
    assert (told["random_state"], told["grid"]) == (7, {"n_hidden": [2, 3]})
    assert (told["estimator"].max_epochs, told["estimator"].binarize) == (8, 0.5)
    assert np.array_equal(told["X"], rows[:50])
    assert np.array_equal(told["X_valid"], rows[:9] * 0.75)
    failure(1, *arguments)
    assert np.array_equal(told["X_valid"], rows[50:60])


def test_tune_replaces_a_file_with_force_alone(folder, path, failure, output):
    path.write_bytes(b"precious")
    given = "--grid n_hidden=2 --epochs 1 --seed 1 --threads 1 --quiet"
    arguments = ["tune", folder / "x.npz", *given.split(), "--out", path]
    assert "exists; --force replaces it" in failure(2, *arguments)
    assert path.read_bytes() == b"precious"
    output(*arguments, "--force")
    assert ardens.load(path).n_hidden == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--grid", "hidden=3"], "Invalid parameter 'hidden'"),
        (["--grid", "n_hidden=0"], "n_hidden must be an integer of at least 1; got 0"),
        (["--grid", "n_hidden"], "expected NAME=V,V,..., found 'n_hidden'"),
        (["--grid", "n_hidden=3", "--grid", "n_hidden=4"], "--grid n_hidden is given more than"),
        (["--grid", "direct=True,False", "--grid", "start=fvsbn"], 'start="fvsbn" needs direct'),
        (["--factor", "1"], "expected a whole number from 2, found '1'"),
        (["--model", "tabular", "--epochs", "3"], "Invalid parameter 'max_epochs'"),
    ],
)
def test_a_wrong_search_is_a_usage_error(folder, arguments, message, failure):
    assert message in failure(2, "tune", folder / "x.npz", *arguments)


def test_tune_checks_options_together(folder, output):
    grid = ["--grid", "direct=True", "--grid", "start=fvsbn,random", "--grid", "n_hidden=2"]
    given = ["--epochs", "2", "--seed", "1", "--threads", "1", "--quiet", "--json"]
    told = json.loads(output("tune", folder / "x.npz", *grid, *given))
    assert {trial["params"]["start"] for trial in told["trials"]} == {"fvsbn", "random"}


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("[5,4,3,2,1,0],random,chow-liu", [[5, 4, 3, 2, 1, 0], "random", "chow-liu"]),
        ("1, 2.5e-1,None,-3", [1, 0.25, None, -3]),
        ("'a,b',(1,2),True", ["a,b", (1, 2), True]),
        ("two words,3", ["two words", 3]),
        ("1],[2", ["1]", "[2"]),
    ],
)
def test_values_of_a_grid_are_literals_or_words(text, values):
    assert _axis(f"ordering={text}") == ("ordering", values)
