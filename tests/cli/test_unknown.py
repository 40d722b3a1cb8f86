"""Commands that take rows with unknown cells: what they say and write is what Python says."""

import json

import numpy as np
import pytest

import ardens
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
        "unreliable_rows": 0,
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
    assert wanted in failure(1, "score", *how, "--marginal")
    monkeypatch.setattr(cli_rows, "_BLOCK", 5 * 4 * 4)
    wanted = f"{name}5 on: all 4 particles of row 2 of X died"
    assert wanted in failure(1, "score", *how, "--marginal")
