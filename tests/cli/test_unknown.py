"""Commands that take rows with unknown cells: what they say and write is what Python says."""

import io
import json
import os
import sys

import numpy as np
import pytest

import ardens
from ardens import data
from ardens.cli import main
from ardens.cli import rows as cli_rows
from helpers.commands import fit

N = 9  # columns: more cells may stand before a known one than 32 particles go through


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A place of files and a model."""
    path = tmp_path_factory.mktemp("unknown")
    rng = np.random.default_rng(0)
    W = np.tril(rng.normal(size=(N, N)), -1)
    ardens.FVSBN.from_parameters(W=W, b=rng.normal(size=N)).save(path / "m")
    return path


@pytest.fixture(scope="module")
def model(place):
    return place / "m"


@pytest.fixture(scope="module")
def whole(place, model):
    """Rows, as text."""
    X = ardens.load(model).sample(80, random_state=1)
    np.savetxt(place / "x.csv", X, fmt="%d", delimiter=",")
    return X


@pytest.fixture(scope="module")
def unknown(place, whole):
    """The rows with holes, as text and as an archive, and what they are in Python."""
    X = np.where(np.random.default_rng(1).random(whole.shape) < 0.6, np.nan, whole)
    X[0], X[1] = np.nan, whole[1]
    np.savetxt(place / "u.csv", X, fmt="%g", delimiter=",")
    (place / "u.csv").write_text((place / "u.csv").read_text().replace("nan", ""))
    np.savez(place / "u.npz", train=X[:50], valid=X[50:60], test=X[60:])
    return X


@pytest.mark.parametrize("kind", ["nade", "mlp", "fvsbn"])
def test_fit_learns_from_rows_with_missing_cells(place, unknown, path, output, kind):
    options = ("--missing", "sample", "--seed", "1", "--json")
    told = json.loads(output(*fit(place / "u.npz", path, *options, model=kind)))
    assert told["rows"] == 50
    params = {"missing": "sample", "random_state": 1, "max_epochs": 2, "n_jobs": 1}
    expected = ardens.models.MODELS[kind](**params).fit(unknown[:50], X_valid=unknown[50:60])
    for name, values in ardens.load(path).parameters().items():
        np.testing.assert_array_equal(values, expected.parameters()[name])


def test_fit_takes_missing_cells_where_it_is_asked_to_alone(place, unknown, path, failure):
    message = failure(1, *fit(place / "u.csv", path))
    assert "u.csv: line 1, column 1: expected 0 or 1, found nothing; fill or drop" in message
    assert "fit --missing sample" in message
    arguments = fit(place / "u.csv", path, "--missing", "sample", "--members", "2")
    assert "--missing sample is for one model, not for --members" in failure(2, *arguments)
    assert "missing must be" in failure(2, *fit(place / "u.csv", path, "--missing", "drop"))


@pytest.mark.parametrize("particles", [32, 1024])
def test_score_tells_marginals_and_their_errors(
    model, place, unknown, output, monkeypatch, particles
):
    monkeypatch.setattr(cli_rows, "_BLOCK", 30 * N * particles)
    nats, error = ardens.load(model).log_marginal(
        unknown, n_particles=particles, random_state=3, return_error=True
    )
    how = ("score", model, place / "u.csv", "--marginal", "--particles", particles, "--seed", 3)
    lines = output(*how, "--per-row").splitlines()
    assert [tuple(map(float, line.split(","))) for line in lines] == list(
        zip(nats.tolist(), error.tolist(), strict=True)
    )
    known = int(np.isfinite(unknown).sum())
    told = json.loads(output(*how, "--per-row", "--json"))
    assert told == {
        "mean_nats": pytest.approx(nats.mean(), rel=1e-12),
        "standard_error": pytest.approx(nats.std(ddof=1) / np.sqrt(80), rel=1e-12),
        "estimation_error": pytest.approx(np.sqrt((error**2).sum()) / 80, rel=1e-12, abs=0),
        "bits_per_known_cell": pytest.approx(-nats.sum() / known / np.log(2), rel=1e-12),
        "known_cells": known,
        "rows": 80,
        "exact_rows": int((error == 0).sum()),
        "unreliable_rows": int((error > 0.5).sum()),
        "log_marginal": nats.tolist(),
        "error": error.tolist(),
    }
    assert (told["exact_rows"] == 80) == (particles == 1024)


def test_score_of_whole_rows_is_the_same_with_marginals(model, place, whole, output):
    scores = output("score", model, place / "x.csv", "--per-row").splitlines()
    lines = output("score", model, place / "x.csv", "--per-row", "--marginal").splitlines()
    assert lines == [f"{value},0.0" for value in scores]


def test_errors_of_equal_rows_are_one_error(model, output, tmp_path):
    (tmp_path / "u.csv").write_text(",,,,,,,,1\n" * 3 + ",,0,,,,,,1\n" * 2)
    how = ("score", model, tmp_path / "u.csv", "--marginal", "--per-row", "--json", "--particles")
    assert json.loads(output(*how, 31))["estimation_error"] is None  # too few to tell one
    told = json.loads(output(*how, 33))
    first, second = told["error"][0], told["error"][3]
    assert min(first, second) > 0
    expected = np.sqrt((3 * first) ** 2 + (2 * second) ** 2) / 5
    assert told["estimation_error"] == pytest.approx(expected, rel=1e-12)


def test_marginals_of_weighted_rows_are_those_of_repeated_ones(model, place, unknown, output):
    times = np.random.default_rng(2).integers(0, 4, 80)
    np.save(place / "w.npy", np.column_stack([unknown, times]))
    np.save(place / "r.npy", np.repeat(unknown, times, axis=0))
    how = ("--marginal", "--particles", 32, "--json")
    weighted = json.loads(output("score", model, place / "w.npy", "--sample-weight", -1, *how))
    repeated = json.loads(output("score", model, place / "r.npy", *how))
    for name in ("mean_nats", "standard_error", "estimation_error", "bits_per_known_cell"):
        assert weighted[name] == pytest.approx(repeated[name], rel=1e-12)


def test_score_says_where_a_cell_has_no_value_and_what_takes_it(model, place, unknown, failure):
    message = failure(1, "score", model, place / "u.csv")
    assert "u.csv: line 1, column 1: expected 0 or 1, found nothing; fill or drop" in message
    assert "score --marginal" in message
    assert "found nan at row 0" in failure(1, "score", model, place / "u.npz", "--split", "train")
    for option in ("--particles", "--seed"):
        message = failure(2, "score", model, place / "x.csv", option, 5)
        assert f"{option} needs --marginal" in message


def test_rows_of_which_nothing_is_known_or_possible_are_scored(tmp_path, output):
    ardens.Tabular(alpha=0).fit([[0, 0], [0, 1]]).save(tmp_path / "m")
    how = ("score", tmp_path / "m", tmp_path / "u.csv", "--marginal", "--json")
    (tmp_path / "u.csv").write_text(",\n,\n")
    told = json.loads(output(*how))
    assert (told["mean_nats"], told["bits_per_known_cell"]) == (0, None)
    (tmp_path / "u.csv").write_text("1,\n,1\n")
    told = json.loads(output(*how, "--per-row"))
    assert told["log_marginal"] == [None, pytest.approx(np.log(0.5))]
    assert told["rows_of_probability_0"] == 1


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".csv", ".data", ".amat", ".txt"])
@pytest.mark.parametrize(("block", "particles"), [(1 << 24, 1024), (7 * N * 32, 32)])
def test_impute_writes_what_python_fills_in_every_format_and_block_size(
    model, place, unknown, tmp_path, monkeypatch, output, suffix, block, particles
):
    monkeypatch.setattr(cli_rows, "_BLOCK", block)
    out = tmp_path / f"s{suffix}"
    options = ("--seed", 5, "--particles", particles, "--out", out, "--json")
    told = json.loads(output("impute", model, place / "u.csv", *options))
    expected = ardens.load(model).impute(unknown, random_state=5, n_particles=particles)
    np.testing.assert_array_equal(data.read(out)["data"], expected)
    assert told.pop("seconds") > 0
    assert told == {
        "rows": 80,
        "features": N,
        "filled_cells": int(np.isnan(unknown).sum()),
        "draws": 1,
        "particles": particles,
        "seed": 5,
        "out": str(out),
    }
    assert os.listdir(tmp_path) == [out.name]


@pytest.mark.parametrize("suffix", [".npy", ".csv"])
def test_the_draws_of_a_row_come_one_after_the_other(
    model, place, unknown, tmp_path, monkeypatch, output, suffix
):
    monkeypatch.setattr(cli_rows, "_BLOCK", 7 * N * 32)
    out = tmp_path / f"s{suffix}"
    options = ("--seed", 5, "--particles", 32, "--draws", 3, "--out", out)
    output("impute", model, place / "u.npz", "--split", "train", *options)
    X = unknown[:50]
    expected = ardens.load(model).impute(X, n_draws=3, random_state=5, n_particles=32)
    found = data.read(out)["data"].reshape(50, 3, N)
    np.testing.assert_array_equal(found.swapaxes(0, 1), expected)


def test_filled_rows_go_to_standard_output_and_the_seed_is_told(model, place, unknown, capsys):
    how = ["impute", str(model), str(place / "u.csv")]
    assert main(how) == 0
    drawn = capsys.readouterr()
    seed = drawn.err.split()[1]
    assert drawn.err == f"seed {seed}\n"
    expected = ardens.load(model).impute(unknown, random_state=int(seed)).tolist()
    assert drawn.out == "".join(",".join(map(str, row)) + "\n" for row in expected)
    assert main([*how, "--seed", seed, "--json"]) == 0
    drawn = capsys.readouterr()
    assert ([json.loads(line) for line in drawn.out.splitlines()], drawn.err) == (expected, "")


def test_impute_reads_text_from_standard_input_and_whole_rows_stay(
    model, place, whole, monkeypatch, output
):
    text = io.BytesIO((place / "x.csv").read_bytes())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(text))
    assert output("impute", model, "-", "--seed", 1) == (place / "x.csv").read_text()


def test_numbers_are_thresholded_before_they_are_filled(tmp_path, output):
    model = ardens.FVSBN(random_state=0, n_jobs=1, max_epochs=2, binarize=0.5)
    model.fit(np.random.default_rng(0).random((20, 3))).save(tmp_path / "m")
    (tmp_path / "u.csv").write_text("0.6,,0.5\nNA,0.7,0.1\n")
    lines = output("impute", tmp_path / "m", tmp_path / "u.csv", "--seed", 1).splitlines()
    assert (lines[0][0], lines[0][-1], lines[1][1:]) == ("1", "0", ",1,0")


def test_impute_replaces_files_with_force_alone(model, place, unknown, tmp_path, output, failure):
    out = tmp_path / "s.npy"
    out.write_bytes(b"precious")
    how = ("impute", model, place / "u.csv", "--seed", 1, "--out", out)
    assert "exists; --force replaces it" in failure(2, *how)
    assert out.read_bytes() == b"precious"
    output(*how, "--force")
    assert np.load(out).shape == (80, N)


def test_impute_refuses_what_it_cannot_do(model, place, unknown, tmp_path, failure):
    out = ("--out", tmp_path / "s.npy")
    for option in ("--draws", "--particles"):
        assert "whole number from 1" in failure(2, "impute", model, place / "u.csv", option, 0)
    wrong = failure(2, "impute", model, place / "u.csv", "--out", tmp_path / "s.pickle")
    assert "--out must end in one of .npy, .npz" in wrong
    wrong = failure(2, "impute", model, place / "u.csv", *out, "--particles", 2**20 + 1)
    assert "argument --particles: n_particles must be" in wrong
    wrong = failure(1, "impute", model, place / "u.csv", *out, "--draws", 10**15)
    assert "80,000,000,000,000,000 rows take" in wrong
    (tmp_path / "u.csv").write_text(",,,,,,,,2\n")
    wrong = failure(1, "impute", model, tmp_path / "u.csv", *out)
    assert "u.csv: line 1, column 9: expected 0 or 1, found '2'" in wrong
    (tmp_path / "u.csv").write_text(",,\n")
    wrong = failure(1, "impute", model, tmp_path / "u.csv", *out)
    assert f"line 1: expected {N} columns, as {model} has, found 3" in wrong
    assert os.listdir(tmp_path) == ["u.csv"]


@pytest.fixture
def deadly(tmp_path):
    """A model, and rows of which the eighth is all but impossible after what is drawn."""
    W = np.zeros((4, 4))
    W[3, :3] = -3e38
    ardens.FVSBN.from_parameters(W=W, b=[99, 99, 99, 0]).save(tmp_path / "m")
    (tmp_path / "u.csv").write_text(",,,0\n" * 7 + ",,,1\n" + ",,,0\n" * 2)
    return tmp_path


def test_a_row_whose_particles_die_is_told_with_its_file(deadly, monkeypatch, failure):
    how = (deadly / "m", deadly / "u.csv", "--particles", 4)
    name = f"{deadly / 'u.csv'}, rows from "
    wanted = f"{name}0 on: all 4 particles of row 7 of X died"
    out = ("--out", deadly / "s.npy")
    assert wanted in failure(1, "score", *how, "--marginal")
    assert wanted in failure(1, "impute", *how, *out)
    monkeypatch.setattr(cli_rows, "_BLOCK", 5 * 4 * 4)
    wanted = f"{name}5 on: all 4 particles of row 2 of X died"
    assert wanted in failure(1, "score", *how, "--marginal")
    assert wanted in failure(1, "impute", *how, *out)
    assert sorted(os.listdir(deadly)) == ["m", "u.csv"]
