"""Runs that are cut short, and checkpoints that are forged."""

import pytest
from safetensors.numpy import load as read_tensors

import ardens
from ardens.training.restore import digest
from helpers.model_files import edited


class Cut(Exception):
    """What ends a run early."""


def cut_after(epoch):
    """Callbacks that do so after an epoch's checkpoint is written."""

    def callback(event):
        if event.epoch > epoch:
            raise Cut

    return [callback]


def every(path):
    return ardens.Checkpoint(path, epochs=1, seconds=None)


def figures(model):
    """All that a fit leaves, but the time that it took."""
    history = model.history_
    del history["time"]
    parameters = {key: value.tobytes() for key, value in model.parameters().items()}
    columns = model.ordering_.tolist(), model.flipped_.tolist()
    return parameters, str(history), model.best_epoch_, columns


def interrupted(make, path, X, epoch, **rows):
    """Run until after an epoch's checkpoint is written, and lose the process's memory."""
    with pytest.raises(Cut):
        make(callbacks=cut_after(epoch)).fit(X, checkpoint=every(path), **rows)


def check_resumes(make, path, X, epoch=2, then=None, **rows):
    """A run of make() that is cut after an epoch and resumed ends as one that is not."""
    whole = make().fit(X, **rows)
    interrupted(make, path, X, epoch, **rows)
    assert ardens.load(path).history_["epoch"] == list(range(1, epoch + 1))
    resumed = (then or make)().fit(X, checkpoint=path, resume=True, **rows)
    assert figures(resumed) == figures(whole)
    return whole


def forged(content):
    """A checkpoint with the digest that is right, whatever else is wrong."""
    tensors = read_tensors(content)
    return edited(content, lambda header: seal(header["__metadata__"], tensors))


def seal(words, tensors):
    words["digest"] = digest(words, tensors)
