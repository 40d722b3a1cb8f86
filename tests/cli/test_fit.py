"""The command line: what it writes, what it refuses, and how it ends."""

import io
import json
import math
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ardens
from ardens import data, demo
from ardens.cli import main
from ardens.cli.tune import _axis
from ardens.models import MODELS, sampling
from ardens.models.fitted import Fitted

COMMAND = [sys.executable, "-m", "ardens"]
N = 6


@pytest.fixture(scope="module")
def rows() -> np.ndarray:
    drawn = np.random.default_rng(0).random((80, N)) < np.linspace(0.2, 0.8, N)
    drawn[:, 1] |= drawn[:, 0]
    return drawn.astype(np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, rows: np.ndarray) -> Path:
    """A data file in several formats and a fitted model, which no test changes."""
    path = tmp_path_factory.mktemp("cli")
    np.savez(path / "x.npz", train=rows[:50], valid=rows[50:60], test=rows[60:])
    np.savetxt(path / "x.csv", rows, fmt="%d", delimiter=",")
    assert main(fit(path / "x.npz", path / "m.safetensors", "--hidden", "3", "--seed", "1")) == 0
    return path


def fit(source: Path, out: Path, *options: str, model: str = "nade") -> list[str]:
    small = ["--threads", "1"] if model == "tabular" else ["--threads", "1", "--epochs", "2"]
    return ["fit", str(source), "--model", model, "--out", str(out), *small, *options]


def output(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    capsys.readouterr()
    assert main(list(map(str, arguments))) == 0
    return capsys.readouterr().out


def failure(capsys: pytest.CaptureFixture[str], code: int, *arguments: object) -> str:
    """The one line on standard error of a command that ends with `code`."""
    capsys.readouterr()
    assert main(list(map(str, arguments))) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert captured.err.startswith("ardens: error: ")
    return captured.err


def shell(script: str, *arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a bash script in which ``"$@"`` is the command with these arguments."""
    return subprocess.run(
        ["bash", "-c", script, "-", *COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )


# ---- fit


@pytest.mark.parametrize("model", MODELS)
def test_fit_saves_a_model_of_every_kind(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], model: str
) -> None:
    out = tmp_path / "m.safetensors"
    told = json.loads(output(capsys, *fit(folder / "x.npz", out, "--json", model=model)))
    loaded = ardens.load(out)
    assert type(loaded) is MODELS[model]
    assert told["parameters"] == loaded.n_parameters_
    assert (told["model"], told["rows"], told["features"]) == (model, 50, N)


def test_fit_passes_options_and_leaves_all_others_to_the_estimator(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "m.safetensors"
    given = "--hidden 5 --batch-size 7 --learning-rate 0.25 --optimizer sgd --seed 3"
    given += " --ordering random --coding majority"
    output(capsys, *fit(folder / "x.npz", out, *given.split()))
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
    expected.fit(data.read(folder / "x.npz")["train"], X_valid=data.read(folder / "x.npz")["valid"])
    loaded = ardens.load(out)
    assert loaded.get_params() | {"verbose": False} == expected.get_params()
    for name, array in expected.parameters().items():
        np.testing.assert_array_equal(loaded.parameters()[name], array)


def test_fit_trains_members_and_the_other_commands_take_their_mixture(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: np.ndarray
) -> None:
    out = tmp_path / "m.safetensors"
    given = "--members 3 --weights learned --hidden 3 --seed 5 --binarize 0.5 --json"
    told = json.loads(output(capsys, *fit(folder / "x.npz", out, *given.split())))
    splits = data.read(folder / "x.npz")
    expected = ardens.Mixture(
        ardens.NADE(3, max_epochs=2),
        n_members=3,
        weights="learned",
        random_state=5,
        binarize=0.5,
        n_jobs=1,
    ).fit(splits["train"], X_valid=splits["valid"])
    loaded = ardens.load(out)
    assert isinstance(loaded, ardens.Mixture)
    np.testing.assert_array_equal(loaded.score_samples(rows), expected.score_samples(rows))
    assert told["valid_nats"] == expected.history_["valid"][-1]
    about = json.loads(output(capsys, "info", out, "--json"))
    assert about["members"] == ["NADE"] * 3
    assert about["weights"] == expected.weights_.tolist()
    assert "3 NADE" in output(capsys, "info", out)
    scored = json.loads(output(capsys, "score", out, folder / "x.npz", "--json"))
    assert scored["mean_nats"] == expected.score(splits["test"])
    drawn = output(capsys, "sample", out, "-n", "4", "--seed", "1")
    lines = [",".join(map(str, row)) for row in expected.sample(4, random_state=1)]
    assert drawn.splitlines() == lines


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
def test_fit_refuses_wrong_mixtures(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], given: str, words: str
) -> None:
    arguments = fit(folder / "x.npz", tmp_path / "m.safetensors", *given.split())
    assert words in failure(capsys, 2, *arguments)


def test_fit_takes_validation_rows_from_another_file(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: np.ndarray
) -> None:
    np.savetxt(tmp_path / "valid.data", rows[:9], fmt="%d", delimiter=",")
    out = tmp_path / "m.safetensors"
    arguments = ("--valid", str(tmp_path / "valid.data"), "--learning-rate", "0.1", "--seed", "1")
    output(capsys, *fit(folder / "x.csv", out, *arguments, model="fvsbn"))
    loaded = ardens.load(out)
    told = json.loads(output(capsys, "info", out, "--json"))
    assert told["valid_nats"] == max(loaded.history_["valid"])
    assert told["valid_nats"] == pytest.approx(loaded.score(rows[:9]), rel=1e-6)


def test_fit_binarizes_real_numbers_where_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: np.ndarray
) -> None:
    np.savetxt(tmp_path / "real.csv", rows * 0.75, fmt="%.2f", delimiter=",")
    out = tmp_path / "m.safetensors"
    message = failure(capsys, 1, *fit(tmp_path / "real.csv", out))
    assert "expected 0 or 1, found '0.75'" in message
    output(capsys, *fit(tmp_path / "real.csv", out, "--binarize", "0.5", "--seed", "0"))
    output(capsys, "score", out, tmp_path / "real.csv")


def test_fit_reports_progress_on_standard_error_alone(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(fit(folder / "x.npz", tmp_path / "a.safetensors", "--verbose", "--json")) == 0
    loud = capsys.readouterr()
    assert json.loads(loud.out)["epochs"] == 2
    assert loud.err
    assert main(fit(folder / "x.npz", tmp_path / "b.safetensors", "--quiet")) == 0
    assert capsys.readouterr().err == ""


def test_a_fit_that_runs_away_fails_and_saves_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--solver", "stochastic", "--learning-rate", "1e30")
    arguments = fit(folder / "x.npz", tmp_path / "m", *options, model="fvsbn")
    assert "training diverged" in failure(capsys, 1, *arguments)
    assert os.listdir(tmp_path) == []


def test_figures_are_those_of_the_parameters_that_were_kept(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = fit(folder / "x.npz", tmp_path / "m", "--learning-rate", "0", "--json")
    for told in (output(capsys, *arguments), output(capsys, "info", tmp_path / "m", "--json")):
        figures = json.loads(told)
        assert (figures["epochs"], figures["best_epoch"]) == (2, 0)
        assert not {"train_nats", "valid_nats"} & set(figures)


def test_an_option_of_another_model_is_a_usage_error(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "m.safetensors"
    arguments = fit(folder / "x.npz", out, "--hidden", "3", model="tabular")
    assert "--hidden is not an option of --model tabular" in failure(capsys, 2, *arguments)


def test_fit_needs_training_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: np.ndarray
) -> None:
    np.savez(tmp_path / "x.npz", valid=rows, test=rows)
    message = failure(capsys, 1, *fit(tmp_path / "x.npz", tmp_path / "m.safetensors"))
    assert "expected an array 'train', found valid" in message


def test_fit_refuses_an_existing_output_before_it_reads_anything(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "m.safetensors"
    out.write_bytes(b"precious")
    message = failure(capsys, 2, *fit(tmp_path / "missing.npz", out))
    assert "exists; --force replaces it" in message
    assert out.read_bytes() == b"precious"


def test_fit_with_force_replaces_only_when_it_succeeds(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "m.safetensors"
    out.write_bytes(b"precious")
    failure(capsys, 1, *fit(tmp_path / "missing.npz", out, "--force"))
    assert out.read_bytes() == b"precious"
    output(capsys, *fit(folder / "x.npz", out, "--force"))
    assert ardens.load(out).n_features_in_ == N


# ---- tune


def test_tune_prints_its_table_and_saves_the_best(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "m.safetensors"
    given = "--grid n_hidden=2,3 --grid learning_rate=0,0.1 --epochs 4 --seed 1 --threads 1"
    arguments = ["tune", folder / "x.npz", *given.split(), "--quiet"]
    table, _, figures = output(capsys, *arguments, "--out", out).partition("\n\n")
    assert [line.split()[0] for line in table.splitlines()[:1]] == ["n_hidden"]
    assert len(table.splitlines()) == 1 + 4
    told = json.loads(output(capsys, *arguments, "--json"))
    assert told["trials"][0]["params"] == told["best"]
    loaded = ardens.load(out)
    assert loaded.n_hidden == told["best"]["n_hidden"]
    assert loaded.score(data.read(folder / "x.npz")["valid"]) == told["valid_nats"]
    assert f"{told['valid_nats']:.4f}" in figures


def test_tune_finds_its_own_candidates_and_saves_nothing_unasked(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["tune", folder / "x.csv", "--model", "mlp", "--candidates", "3"]
    assert main([*map(str, arguments), "--epochs", "2", "--seed", "1"]) == 0
    printed = capsys.readouterr()
    assert len(printed.out.partition("\n\n")[0].splitlines()) == 1 + 3
    assert "nats: defaults" in printed.err
    assert os.listdir(tmp_path) == []


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
def test_a_wrong_search_is_a_usage_error(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert message in failure(capsys, 2, "tune", folder / "x.npz", *arguments)


def test_tune_checks_options_together(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grid = ["--grid", "direct=True", "--grid", "start=fvsbn,random", "--grid", "n_hidden=2"]
    given = ["--epochs", "2", "--seed", "1", "--threads", "1", "--quiet", "--json"]
    told = json.loads(output(capsys, "tune", folder / "x.npz", *grid, *given))
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
def test_values_of_a_grid_are_literals_or_words(text: str, values: list[Any]) -> None:
    assert _axis(f"ordering={text}") == ("ordering", values)


# ---- score


def test_score_tells_mean_error_and_bits(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = json.loads(output(capsys, "score", folder / "m.safetensors", folder / "x.npz", "--json"))
    log_prob = ardens.load(folder / "m.safetensors").score_samples(
        data.read(folder / "x.npz")["test"]
    )
    assert told == {
        "mean_nats": pytest.approx(log_prob.mean(), rel=1e-12),
        "standard_error": pytest.approx(log_prob.std(ddof=1) / math.sqrt(20), rel=1e-12),
        "bits_per_dimension": pytest.approx(-log_prob.mean() / N / math.log(2), rel=1e-12),
        "rows": 20,
    }


def test_score_of_a_split_or_of_the_only_array(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = folder / "m.safetensors"
    arguments = ("--split", "valid", "--json")
    assert json.loads(output(capsys, "score", model, folder / "x.npz", *arguments))["rows"] == 10
    assert json.loads(output(capsys, "score", model, folder / "x.csv", "--json"))["rows"] == 80
    message = failure(capsys, 1, "score", model, folder / "x.csv", "--split", "valid")
    assert "expected an array 'valid'" in message
    np.savez(tmp_path / "x.npz", train=np.zeros((3, N)))
    arguments = ("score", model, tmp_path / "x.npz", "--json", "--split")
    assert json.loads(output(capsys, *arguments, "train"))["rows"] == 3
    assert "expected an array 'valid', found train" in failure(capsys, 1, *arguments, "valid")


def test_score_per_row_prints_exact_numbers(
    folder: Path, capsys: pytest.CaptureFixture[str], rows: np.ndarray
) -> None:
    model = folder / "m.safetensors"
    expected = ardens.load(model).score_samples(rows).tolist()
    lines = output(capsys, "score", model, folder / "x.csv", "--per-row").splitlines()
    assert list(map(float, lines)) == expected
    told = json.loads(output(capsys, "score", model, folder / "x.csv", "--per-row", "--json"))
    assert told["log_prob"] == expected


def test_score_reads_text_from_standard_input(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = folder / "m.safetensors"
    expected = output(capsys, "score", model, folder / "x.csv")
    text = io.BytesIO((folder / "x.csv").read_bytes())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(text))
    assert output(capsys, "score", model, "-") == expected


def test_score_of_an_impossible_row_is_minus_infinity_and_null_in_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "train.csv").write_text("0,0\n0,1\n")
    (tmp_path / "test.csv").write_text("0,0\n1,1\n")
    model = tmp_path / "m.safetensors"
    output(capsys, *fit(tmp_path / "train.csv", model, "--alpha", "0", model="tabular"))
    assert "-inf" in output(capsys, "score", model, tmp_path / "test.csv")
    told = json.loads(output(capsys, "score", model, tmp_path / "test.csv", "--json"))
    assert told["mean_nats"] is None
    assert told["rows_of_probability_0"] == 1


# ---- sample


@pytest.fixture
def expected(folder: Path) -> np.ndarray:
    return ardens.load(folder / "m.safetensors").sample(100, random_state=5)


def draw(folder: Path, *options: object) -> tuple[object, ...]:
    return ("sample", folder / "m.safetensors", "-n", 100, "--seed", 5, *options)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".csv", ".data", ".amat", ".txt"])
@pytest.mark.parametrize("block", [7 * (N + 8), 1 << 24])
def test_sample_writes_the_same_rows_in_every_format_and_block_size(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    expected: np.ndarray,
    suffix: str,
    block: int,
) -> None:
    monkeypatch.setattr(sampling, "_BLOCK", block)
    out = tmp_path / f"s{suffix}"
    told = json.loads(output(capsys, *draw(folder, "--out", out, "--json")))
    assert (told["rows"], told["seed"], told["start"]) == (100, 5, 0)
    np.testing.assert_array_equal(data.read(out)["data"], expected)
    assert os.listdir(tmp_path) == [out.name]


def test_sample_npy_has_the_bytes_of_numpy(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], expected: np.ndarray
) -> None:
    output(capsys, *draw(folder, "--out", tmp_path / "s.npy"))
    np.save(tmp_path / "t.npy", expected)
    assert (tmp_path / "s.npy").read_bytes() == (tmp_path / "t.npy").read_bytes()


@pytest.mark.parametrize("block", [7 * (N + 8), 1 << 24])
def test_packed_samples_are_the_packed_bits_in_an_npy_file(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    expected: np.ndarray,
    block: int,
) -> None:
    monkeypatch.setattr(sampling, "_BLOCK", block)
    out = tmp_path / "s.npy"
    told = json.loads(output(capsys, *draw(folder, "--out", out, "--packed", "--json")))
    assert told["packed"] is True
    assert told["features"] == N
    np.save(tmp_path / "t.npy", np.packbits(expected, axis=1))
    assert out.read_bytes() == (tmp_path / "t.npy").read_bytes()


def test_only_npy_files_are_packed(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for out in ("-", tmp_path / "s.csv", tmp_path / "s.npz"):
        message = failure(capsys, 2, *draw(folder, "--out", out, "--packed"))
        assert "--packed needs --out to end in .npy" in message
    assert os.listdir(tmp_path) == []


def test_samples_go_to_standard_output_as_text_or_json_lines(
    folder: Path, capsys: pytest.CaptureFixture[str], expected: np.ndarray
) -> None:
    text = output(capsys, *draw(folder))
    assert text == "".join(",".join(map(str, row)) + "\n" for row in expected.tolist())
    lines = output(capsys, *draw(folder, "--json")).splitlines()
    assert [json.loads(line) for line in lines] == expected.tolist()


def test_shards_from_start_glue_to_the_whole(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = folder / "m.safetensors"
    first = output(capsys, "sample", model, "-n", 40, "--seed", 5)
    second = output(capsys, "sample", model, "-n", 60, "--seed", 5, "--start", 40)
    assert first + second == output(capsys, *draw(folder))


def test_without_a_seed_the_one_taken_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = folder / "m.safetensors"
    capsys.readouterr()
    assert main(["sample", str(model), "-n", "9"]) == 0
    drawn = capsys.readouterr()
    seed = drawn.err.split()[1]
    assert output(capsys, "sample", model, "-n", 9, "--seed", seed) == drawn.out


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".csv"])
def test_sample_of_no_rows_is_an_empty_file(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str
) -> None:
    out = tmp_path / f"s{suffix}"
    output(capsys, "sample", folder / "m.safetensors", "-n", 0, "--out", out)
    if suffix == ".csv":
        assert out.read_bytes() == b""
    else:
        assert data.read(out)["data"].shape == (0, N)


def test_a_failure_half_way_leaves_nothing_and_keeps_the_old_file(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sample = Fitted.sample

    def fails(self: Fitted, *args: Any) -> None:
        if args[-1].start > 50:
            raise RuntimeError("half way")
        sample(self, *args)

    monkeypatch.setattr(sampling, "_BLOCK", 7 * (N + 8))
    monkeypatch.setattr(Fitted, "sample", fails)
    out = tmp_path / "s.npy"
    out.write_bytes(b"precious")
    message = failure(capsys, 1, *draw(folder, "--out", out, "--force"))
    assert "unexpected RuntimeError: half way" in message
    assert out.read_bytes() == b"precious"
    assert os.listdir(tmp_path) == ["s.npy"]


def test_an_output_that_grows_too_large_is_one_line_and_leaves_nothing(
    folder: Path, tmp_path: Path
) -> None:
    out = tmp_path / "s.npy"
    arguments = ("sample", folder / "m.safetensors", "-n", 1_000_000, "--out", out)
    done = shell('ulimit -f 100; exec "$@"', *arguments)
    assert done.returncode == 1
    assert done.stderr == f"ardens: error: File too large: {out}\n"
    assert os.listdir(tmp_path) == []


def test_a_link_as_output_is_followed(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], expected: np.ndarray
) -> None:
    (tmp_path / "link.npy").symlink_to(tmp_path / "real.npy")
    output(capsys, *draw(folder, "--out", tmp_path / "link.npy"))
    assert (tmp_path / "link.npy").is_symlink()
    np.testing.assert_array_equal(np.load(tmp_path / "real.npy"), expected)


def test_outputs_that_cannot_be_made_are_refused(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "d.npy").mkdir()
    (tmp_path / "broken.npy").symlink_to(tmp_path / "gone" / "x.npy")
    os.mkfifo(tmp_path / "pipe.npy")
    place = "is not a file that could be replaced"
    assert place in failure(capsys, 2, *draw(folder, "--out", tmp_path / "d.npy", "--force"))
    assert place in failure(capsys, 2, *draw(folder, "--out", tmp_path / "pipe.npy", "--force"))
    for out in (tmp_path / "none" / "s.npy", tmp_path / "broken.npy"):
        assert "No such directory" in failure(capsys, 1, *draw(folder, "--out", out))
    message = failure(capsys, 2, *draw(folder, "--out", tmp_path / "s.pickle"))
    assert "--out must end in one of .npy, .npz, .csv" in message


# ---- info and demo


def test_info_tells_model_shapes_and_settings(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = json.loads(output(capsys, "info", folder / "m.safetensors", "--json"))
    assert told["model"] == "NADE"
    assert told["features"] == N
    assert told["parameters"] == 2 * N * 3 + 3 + N
    assert told["arrays"] == {"W": [3, N], "c": [3], "V": [N, 3], "b": [N]}
    assert told["ordering"] == list(range(N))
    assert told["flipped"] == []
    assert told["epochs"] == 2
    assert told["settings"]["n_hidden"] == 3
    text = output(capsys, "info", folder / "m.safetensors")
    assert "as in the data" in text
    assert "n_hidden=3" in text


def test_demo_compares_the_models_and_draws_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ["FVSBN", "MLP", "NADE"]
    for name in names:
        monkeypatch.setattr(ardens, name, partial(getattr(ardens, name), max_epochs=1))
    results = demo.compare(data.digits(), n_jobs=1)
    monkeypatch.setattr(demo, "compare", lambda *_, **__: results)
    out = tmp_path / "d.png"
    lines = output(capsys, "demo", "--out", out).splitlines()
    assert [line.split()[0] for line in lines if line.startswith(tuple(names))] == names
    assert out.read_bytes().startswith(b"\x89PNG")
    told = json.loads(output(capsys, "demo", "--out", out, "--json"))
    for result, row in zip(results, told["models"], strict=True):
        assert row["model"] == result.name
        assert row["mean_nats"] == pytest.approx(result.model.score(data.digits()["test"]))
    assert len(os.listdir(tmp_path)) == 1


# ---- errors and ends


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["paint"],
        ["sample"],
        ["sample", "m", "-n", "-1"],
        ["sample", "m", "-n", "2.5"],
        ["sample", "m", "--seed", str(2**64)],
        ["sample", "m", "-n", "2", "--start", str(2**64 - 1)],
        ["sample", "m", "--shard", "5/4"],
        ["sample", "m", "--threads", "0"],
        ["fit", "x.csv", "--model", "perceptron"],
        ["fit", "x.csv", "--hidden", "many"],
        ["fit", "x.csv", "--hid", "3"],
        ["fit", "x.csv", "--learning-rate", "nan"],
        ["fit", "x.csv", "--weight-decay", "-1"],
        ["fit", "x.csv", "--binarize", "nan"],
        ["fit", "x.csv", "--optimizer", "foo"],
        ["fit", "x.csv", "--ordering", "foo"],
        ["fit", "x.csv", "--coding", "foo"],
        ["fit", "x.csv", "--model", "tabular", "--alpha", "-1"],
        ["fit", "x.csv", "--quiet", "--verbose"],
        ["score", "m", "x", "--split", "train2"],
        ["demo", "--out", "x.jpeg"],
    ],
)
def test_a_wrong_command_is_one_line_and_exit_2(
    capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    failure(capsys, 2, *arguments)


def test_bad_input_is_one_line_and_exit_1(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, bad = folder / "m.safetensors", tmp_path / "bad.csv"
    bad.write_text("0,1,0,1,0,1\n0,1,0,1,x,1\n")
    narrow = tmp_path / "narrow.csv"
    narrow.write_text("0,1\n")
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(model.read_bytes()[:-5])
    missing = tmp_path / "missing"
    assert f"{bad}: line 2, column 5" in failure(capsys, 1, "score", model, bad)
    message = f"{narrow}: expected {N} columns, as {model} has, found 2"
    assert message in failure(capsys, 1, "score", model, narrow)
    assert "No such file" in failure(capsys, 1, "score", model, missing)
    assert "No such file" in failure(capsys, 1, "info", missing)
    assert str(damaged) in failure(capsys, 1, "info", damaged)
    assert str(bad) in failure(capsys, 1, "info", bad)


def test_debug_shows_the_traceback(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", str(tmp_path / "missing"), "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_help_and_version_exit_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert ardens.__version__ in output(capsys, "--version")
    for command in ("fit", "score", "sample", "info", "demo"):
        assert command in output(capsys, "--help")
        assert "--json" in output(capsys, command, "--help")


@pytest.mark.parametrize(
    "arguments", [("sample", "m.safetensors", "-n", 3_000_000, "--seed", 1), ("fit", "--help")]
)
def test_a_closed_pipe_is_silent(folder: Path, arguments: tuple[object, ...]) -> None:
    done = shell('"$@" | head -n 1 | wc -l; echo ${PIPESTATUS[0]}', *arguments, cwd=folder)
    assert done.stderr == ""
    assert done.stdout.split() in (["1", "141"], ["1", "0"])  # help may fit into the pipe
    if arguments[0] == "sample":
        assert done.stdout.split()[1] == "141"


def test_interrupt_ends_with_130_and_leaves_nothing(folder: Path, tmp_path: Path) -> None:
    arguments = ["sample", folder / "m.safetensors", "-n", 10**10, "--out", tmp_path / "s.npz"]
    with subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        deadline = time.monotonic() + 30
        while not os.listdir(tmp_path) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "ardens: interrupted\n")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ('exec "$@" > /dev/full', "No space left on device"),
        ('exec "$@" >&-', "standard output is closed"),
    ],
)
@pytest.mark.parametrize("n", [1, 100_000])
def test_rows_that_standard_output_does_not_take_are_an_error(
    folder: Path, script: str, message: str, n: int
) -> None:
    done = shell(script, "sample", folder / "m.safetensors", "--seed", 1, "-n", n)
    assert (done.returncode, done.stderr) == (1, f"ardens: error: {message}\n")


def test_figures_that_standard_output_does_not_take_are_an_error(folder: Path) -> None:
    done = shell('exec "$@" >&-', "info", folder / "m.safetensors")
    assert (done.returncode, done.stderr) == (1, "ardens: error: standard output is closed\n")


def test_a_closed_standard_input_is_an_error(folder: Path) -> None:
    done = shell('exec "$@" <&-', "score", folder / "m.safetensors", "-")
    assert (done.returncode, done.stderr) == (1, "ardens: error: standard input is closed\n")


def test_locale_path_and_directory_change_nothing(folder: Path, tmp_path: Path) -> None:
    strange, gone = tmp_path / "größe 数.csv", tmp_path / "gone"
    strange.write_bytes((folder / "x.csv").read_bytes())
    script = f'mkdir {gone} && cd {gone} && rmdir {gone} && exec env LC_ALL=de_DE.UTF-8 "$@"'
    environment = os.environ | {
        "PYTHONIOENCODING": "ascii",
        "TZ": "Asia/Tokyo",
    }
    score = ("score", folder / "m.safetensors")
    plain = shell('"$@"', *score, folder / "x.csv").stdout
    done = shell(script, *score, strange, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, plain, "")
    done = shell(script, *score, f"{strange}x", env=environment)
    message = f"ardens: error: No such file or directory: {strange}x\n"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == message.encode("ascii", "backslashreplace").decode()


def test_the_module_is_the_same_command() -> None:
    assert shell('"$@"', "--version").stdout == f"ardens {ardens.__version__}\n"
