"""Checkpoints: what is written, and when."""

import errno
import os
from functools import partial
from types import SimpleNamespace
from unittest.mock import Mock

import numpy as np
import pytest
from safetensors.numpy import load as read_tensors

import ardens
from ardens import Checkpoint
from ardens.training import checkpoint
from helpers.checkpoints import Cut, cut_after, every, figures
from helpers.files import every_fault


@pytest.fixture
def written(path, monkeypatch):
    """The epochs whose checkpoints were written."""
    epochs, write = [], checkpoint.write

    def spy(*args):
        write(*args)
        epochs.append(len(ardens.load(path).history_["epoch"]))

    monkeypatch.setattr(checkpoint, "write", spy)
    return epochs


def test_a_checkpoint_is_the_best_model_so_far(small, data, path):
    model = small("nade", max_epochs=8, learning_rate=0.3, ordering="random")
    model.set_params(callbacks=cut_after(7))
    with pytest.raises(Cut):
        model.fit(data[40:], X_valid=data[:40], checkpoint=every(path))
    loaded = ardens.load(path)
    assert loaded.best_epoch_ == model.best_epoch_ < 7
    assert np.array_equal(loaded.score_samples(data), model.score_samples(data))


@pytest.mark.parametrize(
    ("options", "epochs"),
    [
        ({"epochs": 3, "seconds": None}, [0, 3, 6, 7]),
        ({"epochs": None, "seconds": None}, [0, 7]),
        ({"seconds": 0}, list(range(8))),
        ({"seconds": 1000}, [0, 7]),
        ({"epochs": 5, "seconds": 0.0}, list(range(8))),
    ],
)
def test_checkpoints_are_written_at_the_intervals(small, data, path, written, options, epochs):
    run = small("nade", max_epochs=7, validation_fraction=0)
    run.fit(data, checkpoint=Checkpoint(path, **options))
    assert written == epochs


@pytest.mark.parametrize(
    ("options", "epochs"), [({"seconds": 25}, [0, 3, 6, 9, 12, 13]), ({}, [0, 6, 12, 13])]
)
def test_seconds_are_those_since_the_last_checkpoint(
    small, data, path, written, monkeypatch, options, epochs
):
    now = [0.0]

    def ten_seconds(event):
        now[0] += 10

    monkeypatch.setattr(checkpoint, "time", SimpleNamespace(monotonic=lambda: now[0]))
    run = small("nade", max_epochs=13, validation_fraction=0, callbacks=[ten_seconds])
    run.fit(data, checkpoint=Checkpoint(path, **options))
    assert written == epochs


def test_every_row_is_in_the_digest(data, monkeypatch):
    monkeypatch.setattr(checkpoint, "_BLOCK", 9 * data.shape[1])
    others = []
    for row in range(len(data)):
        other = data.copy()
        other[row, 3] ^= 1
        others.append(checkpoint._digest(other))
    assert len({checkpoint._digest(data), *others}) == len(data) + 1


def test_a_fit_without_a_checkpoint_writes_nothing(small, data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small("nade").fit(data)
    assert os.listdir(tmp_path) == []


def test_checkpoints_do_not_change_a_bit(learned, small, data, path):
    written = small(learned).fit(data, checkpoint=every(path))
    assert figures(written) == figures(small(learned).fit(data))


def test_weights_in_any_layout_come_back_as_they_were(small, data, path):
    model = small("nade", averaging=0, validation_fraction=0).fit(data, checkpoint=path)
    tensors = read_tensors(path.read_bytes())
    for name, value in model.parameters().items():
        assert np.array_equal(tensors[name], value)
        assert np.array_equal(tensors[f"training.params.{name}"], value)


def test_a_checkpoint_is_never_begun_anew(small, data, path):
    small("nade").fit(data, checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match="resume=True goes on from it") as caught:
        small("nade").fit(data, checkpoint=path)
    assert caught.value.filename == str(path)
    assert path.read_bytes() == before


@every_fault
def test_a_write_that_fails_loses_neither_the_last_checkpoint_nor_the_model(
    small, data, path, monkeypatch, broken, problem
):
    make = partial(small, "nade", max_epochs=6)

    def break_after(event):
        if event.epoch == 3:
            monkeypatch.setattr(os, broken, Mock(side_effect=problem))

    model = make(callbacks=[break_after])
    with pytest.raises(type(problem)) as caught:
        model.fit(data, checkpoint=every(path))
    monkeypatch.undo()
    if isinstance(problem, OSError):
        assert (caught.value.filename, caught.value.errno) == (str(path), errno.ENOSPC)
    assert os.listdir(path.parent) == [path.name]
    assert model.history_["epoch"] == [1, 2, 3]
    assert ardens.load(path).history_["epoch"] == [1, 2]
    assert figures(make().fit(data, checkpoint=path, resume=True)) == figures(make().fit(data))


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"epochs": 0}, ValueError, "epochs must be an integer of at least 1; got 0"),
        ({"epochs": 1.5}, TypeError, "epochs must be"),
        ({"seconds": -1}, ValueError, "seconds must be a finite number of at least 0; got -1"),
        ({"seconds": "1"}, TypeError, "seconds must be"),
    ],
)
def test_wrong_intervals_are_refused(path, options, error, words):
    with pytest.raises(error, match=words):
        Checkpoint(path, **options)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"checkpoint": 3}, TypeError, "checkpoint must be None, a path or an ardens.Checkpoint"),
        ({"resume": True}, ValueError, "resume needs the checkpoint to go on from"),
        ({"resume": "yes"}, TypeError, "resume must be"),
    ],
)
def test_wrong_arguments_are_refused(small, data, arguments, error, words):
    with pytest.raises(error, match=words):
        small("nade").fit(data, **arguments)
