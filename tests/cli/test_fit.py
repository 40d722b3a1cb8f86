"""``ardens fit``."""

import io
import json
import os
import sys

import numpy as np
import pytest

import ardens
from ardens import data
from ardens.cli import main
from ardens.models import MODELS
from helpers.commands import N, fit


def test_fit_saves_a_model_of_every_kind(folder, path, name, output):
    told = json.loads(output(*fit(folder / "x.npz", path, "--json", model=name)))
    loaded = ardens.load(path)
    assert type(loaded) is MODELS[name]
    assert told["parameters"] == loaded.n_parameters_
    assert (told["model"], told["rows"], told["features"]) == (name, 50, N)


def test_fit_passes_options_and_leaves_all_others_to_the_estimator(folder, path, output):
    given = "--hidden 5 --batch-size 7 --learning-rate 0.25 --optimizer sgd --seed 3"
    given += " --ordering random --coding majority"
    output(*fit(folder / "x.npz", path, *given.split()))
    expected = ardens.NADE(
        n_hidden=5,
        batch_size=7,
        learning_rate=0.25,
        optimizer="sgd",
        random_state=3,
        n_jobs=1,
        ordering="random",
        coding="majority",
        max_epochs=2,
    )
    splits = data.read(folder / "x.npz")
    expected.fit(splits["train"], X_valid=splits["valid"])
    loaded = ardens.load(path)
    assert loaded.get_params() | {"verbose": False} == expected.get_params()
    for name, array in expected.parameters().items():
        np.testing.assert_array_equal(loaded.parameters()[name], array)


def test_fit_trains_members_and_the_other_commands_take_their_mixture(folder, path, rows, output):
    given = "--members 3 --weights learned --hidden 3 --seed 5 --binarize 0.5 --json"
    told = json.loads(output(*fit(folder / "x.npz", path, *given.split())))
    splits = data.read(folder / "x.npz")
    expected = ardens.Mixture(
        ardens.NADE(3, max_epochs=2),
        n_members=3,
        weights="learned",
        random_state=5,
        binarize=0.5,
        n_jobs=1,
    ).fit(splits["train"], X_valid=splits["valid"])
    loaded = ardens.load(path)
    assert isinstance(loaded, ardens.Mixture)
    np.testing.assert_array_equal(loaded.score_samples(rows), expected.score_samples(rows))
    assert told["valid_nats"] == expected.history_["valid"][-1]
    about = json.loads(output("info", path, "--json"))
    assert about["members"] == ["NADE"] * 3
    assert about["weights"] == expected.weights_.tolist()
    assert "3 NADE" in output("info", path)
    scored = json.loads(output("score", path, folder / "x.npz", "--json"))
    assert scored["mean_nats"] == expected.score(splits["test"])
    drawn = output("sample", path, "-n", "4", "--seed", "1")
    lines = [",".join(map(str, row)) for row in expected.sample(4, random_state=1)]
    assert drawn.splitlines() == lines


def test_a_mixture_has_the_options_that_are_its_own(folder, path, output):
    given = "--members 2 --ordering marginal --validation-fraction 0.4 --hidden 2 --seed 1"
    output(*fit(folder / "x.csv", path, *given.split()))
    mixture = ardens.load(path)
    assert (mixture.orderings, mixture.validation_fraction) == ("marginal", 0.4)
    first, second = (member.ordering_.tolist() for member in mixture.members_)
    assert first == second


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("--weights learned", "--weights needs --members"),
        ("--members 0", "--members: expected a whole number from 1"),
        ("--members 2000", "n_members must be at most 1024"),
        ("--members 2 --ordering reverse", "ordering must be None, a permutation or one of"),
        ("--members 2 --checkpoint c", "--checkpoint is for one model"),
    ],
)
def test_fit_refuses_wrong_mixtures(folder, tmp_path, given, words, failure):
    arguments = fit(folder / "x.npz", tmp_path / "m.safetensors", *given.split())
    assert words in failure(2, *arguments)


def test_fit_takes_validation_rows_from_another_file(folder, tmp_path, path, rows, output):
    np.savetxt(tmp_path / "valid.data", rows[:9], fmt="%d", delimiter=",")
    arguments = ("--valid", str(tmp_path / "valid.data"), "--learning-rate", "0.1", "--seed", "1")
    output(*fit(folder / "x.csv", path, *arguments, model="fvsbn"))
    loaded = ardens.load(path)
    told = json.loads(output("info", path, "--json"))
    assert told["valid_nats"] == max(loaded.history_["valid"])
    assert told["valid_nats"] == pytest.approx(loaded.score(rows[:9]), rel=1e-6)


def test_fit_binarizes_real_numbers_where_told(tmp_path, path, rows, output, failure):
    np.savetxt(tmp_path / "real.csv", rows * 0.75, fmt="%.2f", delimiter=",")
    message = failure(1, *fit(tmp_path / "real.csv", path))
    assert "expected 0 or 1, found '0.75'" in message
    output(*fit(tmp_path / "real.csv", path, "--binarize", "0.5", "--seed", "0"))
    output("score", path, tmp_path / "real.csv")


def test_fit_reports_progress_on_standard_error_alone(folder, tmp_path, capsys):
    assert main(fit(folder / "x.npz", tmp_path / "a.safetensors", "--verbose", "--json")) == 0
    loud = capsys.readouterr()
    assert json.loads(loud.out)["epochs"] == 2
    assert loud.err
    assert main(fit(folder / "x.npz", tmp_path / "b.safetensors", "--quiet")) == 0
    assert capsys.readouterr().err == ""


def test_fit_draws_a_bar_on_a_terminal_unless_it_is_to_be_quiet(folder, tmp_path, monkeypatch):
    told = {}
    for how in ("--quiet", "--force"):
        terminal = io.StringIO()
        monkeypatch.setattr(terminal, "isatty", lambda: True)
        monkeypatch.setattr(sys, "stderr", terminal)
        assert main(fit(folder / "x.npz", tmp_path / "m", how)) == 0
        told[how] = terminal.getvalue()
    assert told["--quiet"] == ""
    assert "2/2" in told["--force"]


def test_a_fit_that_runs_away_fails_and_saves_nothing(folder, tmp_path, failure):
    options = ("--solver", "stochastic", "--learning-rate", "1e30")
    arguments = fit(folder / "x.npz", tmp_path / "m", *options, model="fvsbn")
    assert "training diverged" in failure(1, *arguments)
    assert os.listdir(tmp_path) == []


def test_figures_are_those_of_the_parameters_that_were_kept(folder, tmp_path, output):
    arguments = fit(folder / "x.npz", tmp_path / "m", "--learning-rate", "0", "--json")
    for told in (output(*arguments), output("info", tmp_path / "m", "--json")):
        figures = json.loads(told)
        assert (figures["epochs"], figures["best_epoch"]) == (2, 0)
        assert not {"train_nats", "valid_nats"} & set(figures)
    options = "--learning-rate 0.5 --epochs 30 --patience 3 --hidden 3 --seed 1 --json --force"
    arguments = fit(folder / "x.npz", tmp_path / "m", *options.split())
    for told in (output(*arguments), output("info", tmp_path / "m", "--json")):
        figures, model = json.loads(told), ardens.load(tmp_path / "m")
        best = figures["best_epoch"]
        assert 0 < best == model.best_epoch_ < figures["epochs"]
        assert figures["train_nats"] == model.history_["train"][best - 1]
        assert figures["valid_nats"] == model.history_["valid"][best - 1]


def test_an_option_of_another_model_is_a_usage_error(folder, path, failure):
    arguments = fit(folder / "x.npz", path, "--hidden", "3", model="tabular")
    assert "--hidden is not an option of --model tabular" in failure(2, *arguments)


def test_fit_needs_training_rows(tmp_path, rows, failure):
    np.savez(tmp_path / "x.npz", valid=rows, test=rows)
    message = failure(1, *fit(tmp_path / "x.npz", tmp_path / "m.safetensors"))
    assert "expected an array 'train', found valid" in message


def test_fit_refuses_an_existing_output_before_it_reads_anything(tmp_path, path, failure):
    path.write_bytes(b"precious")
    (tmp_path / "bad.npz").write_bytes(b"")
    message = failure(2, *fit(tmp_path / "bad.npz", path))
    assert "exists; --force replaces it" in message
    assert path.read_bytes() == b"precious"


def test_fit_with_force_replaces_only_when_it_succeeds(folder, tmp_path, path, output, failure):
    path.write_bytes(b"precious")
    failure(1, *fit(tmp_path / "missing.npz", path, "--force"))
    assert path.read_bytes() == b"precious"
    output(*fit(folder / "x.npz", path, "--force"))
    assert ardens.load(path).n_features_in_ == N


def test_fit_sets_the_options_of_the_solver_and_tells_the_penalty(folder, path, output):
    options = ["--solver", "convex", "--penalty", "4", "--l1-ratio", "0.5", "--json"]
    told = json.loads(output(*fit(folder / "x.npz", path, *options, model="fvsbn")))
    assert told["penalty"] == 4.0
    assert ardens.load(path).get_params()["l1_ratio"] == 0.5
