"""Files that a command reads: what is missing is said first, whatever else is there."""

import os
import subprocess
import sys

import numpy as np
import pytest

import ardens
from ardens.cli import main

X = np.random.default_rng(0).integers(0, 2, (80, 4), dtype=np.uint8)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Rows, a model of them, and outputs that exist."""
    np.save(tmp_path / "x.npy", X)
    ardens.FVSBN(random_state=0, n_jobs=1).fit(X).save(tmp_path / "m")
    for name in ("model.safetensors", "out.npy", "c"):
        (tmp_path / name).write_bytes(b"precious")
    (tmp_path / "folder").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


COMMANDS = [
    ("fit", "{}"),
    ("fit", "x.npy", "--valid", "{}"),
    ("fit", "{}", "--out", "new", "--checkpoint", "c"),
    ("tune", "{}", "--out", "model.safetensors"),
    ("tune", "x.npy", "--valid", "{}", "--out", "model.safetensors"),
    ("sample", "{}", "--out", "out.npy"),
    ("score", "{}", "x.npy"),
    ("score", "m", "{}"),
    ("impute", "{}", "x.npy", "--out", "out.npy"),
    ("impute", "m", "{}", "--out", "out.npy"),
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize(
    ("name", "problem"),
    [("none.csv", "No such file or directory"), ("folder", "Is a directory")],
)
def test_an_input_that_is_not_there_is_said_before_an_output_that_is(
    folder, capsys, command, name, problem
):
    assert main([part.format(name) for part in command]) == 1
    assert capsys.readouterr().err == f"ardens: error: {problem}: {name}\n"
    assert (folder / "model.safetensors").read_bytes() == b"precious"


def test_both_inputs_of_a_score_are_looked_for_before_either_is_read(folder, capsys):
    (folder / "bad").write_bytes(b"no model")
    assert main(["score", "bad", "none.csv"]) == 1
    assert "No such file or directory: none.csv" in capsys.readouterr().err


def test_an_input_that_may_not_be_read_is_said_first(folder, capsys, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: path != "x.npy")
    assert main(["fit", "x.npy"]) == 1
    assert capsys.readouterr().err == "ardens: error: Permission denied: x.npy\n"


def test_an_output_that_is_there_is_said_before_anything_is_read(folder, capsys):
    (folder / "bad.npy").write_bytes(b"")
    for command in (["fit", "bad.npy"], ["tune", "bad.npy", "--out", "c"]):
        assert main(command) == 2
        assert "exists; --force replaces it" in capsys.readouterr().err


def test_a_pipe_is_opened_once(folder):
    """Whoever writes into it would be told that nobody reads."""
    os.mkfifo(folder / "pipe.csv")
    script = "(printf '0,1,1,0\\n1,1,1,0\\n' > pipe.csv; echo written $?) & exec \"$@\""
    command = [sys.executable, "-m", "ardens", "score", "m", "pipe.csv"]
    done = subprocess.run(
        ["bash", "-c", script, "-", *command], capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "written 0" in done.stdout
    assert "rows                2" in done.stdout
