"""``ardens fit``: what it does with checkpoints."""

import os
from functools import partial

import numpy as np
import pytest

import ardens
from helpers.checkpoints import figures


@pytest.fixture
def rows(data, tmp_path):
    np.save(tmp_path / "x.npy", data)
    return tmp_path / "x.npy"


def test_the_command_line_resumes(small, data, rows, path, tmp_path, output, failure):
    out = tmp_path / "m"
    options = ["--hidden", "5", "--epochs", "6", "--threads", "1", "--quiet", "--out", out]
    arguments = ["fit", rows, *options, "--checkpoint", path]
    make = partial(small, "nade", max_epochs=6, random_state=None)
    make(callbacks=[lambda event: event.epoch > 2 and event.stop()]).fit(data, checkpoint=path)
    failure(2, *arguments)
    assert not out.exists()
    output(*arguments, "--resume")
    model = ardens.load(out)
    assert model.history_["epoch"] == [1, 2, 3, 4, 5, 6]
    whole = make().fit(data, checkpoint=path, resume=True)
    assert figures(whole) == figures(model)


def test_the_command_line_begins_where_there_is_no_checkpoint(rows, path, tmp_path, output):
    arguments = ["--epochs", "2", "--threads", "1", "--quiet", "--out", tmp_path / "m"]
    output("fit", rows, *arguments, "--checkpoint", path, "--resume")
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
def test_wrong_commands_are_refused(rows, monkeypatch, failure, arguments, words):
    monkeypatch.chdir(rows.parent)
    assert words in failure(2, "fit", "x.npy", *arguments)
    assert os.listdir() == ["x.npy"]


def test_the_command_line_refuses_another_run(rows, path, tmp_path, output, failure):
    arguments = ["fit", rows, "--threads", "1", "--checkpoint", path, "--quiet"]
    arguments += ["--out", tmp_path / "m", "--force", "--epochs"]
    output(*arguments, 2)
    message = failure(1, *arguments, 3, "--resume")
    assert "is of another run: max_epochs was 2 and is 3" in message
