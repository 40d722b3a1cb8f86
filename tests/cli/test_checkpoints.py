"""``ardens fit``: what it does with checkpoints."""

import os
from functools import partial

import numpy as np
import pytest

import ardens
from ardens.cli import main
from helpers.checkpoints import figures


def command(capsys, *arguments):
    capsys.readouterr()
    code = main(["fit", *map(str, arguments)])
    return code, capsys.readouterr()


def test_the_command_line_resumes(small, data, path, tmp_path, capsys):
    rows, out = tmp_path / "x.npy", tmp_path / "m"
    np.save(rows, data)
    options = ["--hidden", "5", "--epochs", "6", "--threads", "1", "--quiet", "--out", out]
    arguments = [rows, *options, "--checkpoint", path]

    make = partial(small, "nade", max_epochs=6, random_state=None)
    make(callbacks=[lambda event: event.epoch > 2 and event.stop()]).fit(data, checkpoint=path)
    assert command(capsys, *arguments)[0] == 2
    assert not out.exists()
    assert command(capsys, *arguments, "--resume")[0] == 0
    model = ardens.load(out)
    assert model.history_["epoch"] == [1, 2, 3, 4, 5, 6]
    whole = make().fit(data, checkpoint=path, resume=True)
    assert figures(whole) == figures(model)


def test_the_command_line_begins_where_there_is_no_checkpoint(data, path, tmp_path, capsys):
    np.save(tmp_path / "x.npy", data)
    arguments = ["--epochs", "2", "--threads", "1", "--quiet", "--out", tmp_path / "m"]
    code, _ = command(capsys, tmp_path / "x.npy", *arguments, "--checkpoint", path, "--resume")
    assert code == 0
    assert ardens.load(path).history_["epoch"] == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--resume"], "--resume needs --checkpoint FILE"),
        (["--model", "tabular", "--checkpoint", "c"], "--checkpoint is not an option of --model"),
        (["--out", "c", "--checkpoint", "./c"], "--checkpoint and --out are both ./c"),
        (["--checkpoint", "x.npy"], "x.npy exists; --resume goes on from it"),
    ],
)
def test_wrong_commands_are_refused(data, tmp_path, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", data)
    code, captured = command(capsys, "x.npy", *arguments)
    assert code == 2
    assert words in captured.err
    assert os.listdir(tmp_path) == ["x.npy"]


def test_the_command_line_refuses_another_run(data, path, tmp_path, capsys):
    np.save(tmp_path / "x.npy", data)
    arguments = [tmp_path / "x.npy", "--threads", "1", "--checkpoint", path, "--quiet"]
    arguments += ["--out", tmp_path / "m", "--force", "--epochs"]
    assert command(capsys, *arguments, 2)[0] == 0
    code, captured = command(capsys, *arguments, 3, "--resume")
    assert code == 1
    assert "is of another run: max_epochs was 2 and is 3" in captured.err
