"""Checkpoints: what a fit writes as it goes, and goes on from as if never interrupted.

A checkpoint is a model file, as `ardens.persistence` has it, of the best parameters so far:
`ardens.load` reads it. Beside them it holds

========================= ========================================================================
``training.params.*``     tensors: the parameters that move, by name
``training.average.*``    their moving average, if there is one
``training.optimizer.*``  what the optimizer remembers, such as ``training.optimizer.m.W``
``training``              a word of the header, in JSON: the seed, digests of the rows, the state of
                          the shuffling stream, and the counts of steps and epochs
``digest``                a word of the header: BLAKE2b of all other words and of all tensors
========================= ========================================================================

Nothing in it is code, and it is checked before it is believed, as every model file. That of a
convex `FVSBN` is of the training rows alone; rows held out are learned from after the last one.
"""

from __future__ import annotations

import dataclasses
import errno
import json
import math
import os
import time
from dataclasses import KW_ONLY, dataclass

import numpy as np
from numpy.typing import NDArray

from .checks.options import real_number, whole_number
from .core import Rows
from .descriptions import TRAINING
from .models.fitted import Fitted
from .models.gradient import GradientModel
from .parameters import named_views
from .persistence import Contents, describe, read, write
from .resuming import Saved, digest
from .runs import Run, differences
from .training import TrainingState

__all__ = ["Checkpoint", "Recorder"]


@dataclass(frozen=True)
class Checkpoint:
    """Where a fit writes its checkpoints, and how often.

    One is written before the first epoch, at the end of an epoch when one of the intervals has
    gone by since the last, and at the end of training.

    Parameters
    ----------
    path : path-like
        The file, replaced in one step every time. The name of a model file suits it.
    epochs : int, optional
        Epochs between two checkpoints, at least 1; None for no such interval.
    seconds : float, default 60.0
        Seconds between two checkpoints, at least 0; None for no such interval.

    Raises
    ------
    TypeError, ValueError
        If something is of the wrong type or out of range.

    Notes
    -----
    With Adam and averaging, a checkpoint has the size of five model files. It is flushed to disk,
    which takes milliseconds or more whatever its size.

    Examples
    --------
    >>> import ardens, tempfile, os
    >>> rows = [[0, 1], [1, 1], [0, 0]]
    >>> model = ardens.FVSBN(max_epochs=3, random_state=0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "run.safetensors")
    ...     _ = model.fit(rows, checkpoint=ardens.Checkpoint(path, epochs=1))
    ...     best = ardens.load(path)
    >>> best.score(rows) == model.score(rows)
    True
    """

    path: str | os.PathLike[str]
    _: KW_ONLY
    epochs: int | None = None
    seconds: float | None = 60.0

    def __post_init__(self) -> None:
        if not isinstance(self.path, str | os.PathLike):
            raise TypeError(
                f"checkpoint must be None, a path or an ardens.Checkpoint; got {self.path!r}"
            )
        if self.epochs is not None:
            whole_number(self.epochs, "epochs", minimum=1)
        if self.seconds is not None:
            real_number(self.seconds, "seconds", minimum=0)


class Recorder:
    """Writes the checkpoints of one fit, and finds the one that it resumes.

    Parameters
    ----------
    model : GradientModel
        What is fitted.
    checkpoint : path-like or Checkpoint
        Where to write and how often.
    resume : bool
        Whether to go on from the checkpoint, if there is one.
    seed : int
        What `random_state` gives.
    names : ndarray of object or None
        The names of the columns.
    X : ndarray of uint8, shape (n_samples, n_features)
        The rows to learn, as the user gives them.
    X_valid : ndarray of uint8, shape (n_valid, n_features), or None
        Those that judge the epochs, if the user gives them.

    Attributes
    ----------
    seed : int
        The seed of the run: that of the checkpoint that is resumed, else the one given.
    epoch : int
        The epoch of the last checkpoint written; -1 before the first.
    saved : Saved or None
        The checkpoint that is resumed, if there is one.

    Raises
    ------
    FileExistsError
        If there is a file, and it is not to be resumed.
    ValueError
        If the checkpoint is of another run; it names all that differs.
    FormatError
        If the file is no checkpoint.
    """

    def __init__(
        self,
        model: GradientModel,
        checkpoint: str | os.PathLike[str] | Checkpoint,
        resume: bool,
        seed: int,
        names: NDArray[np.object_] | None,
        X: Rows,
        X_valid: Rows | None,
    ) -> None:
        self._model = model
        self._to = checkpoint if isinstance(checkpoint, Checkpoint) else Checkpoint(checkpoint)
        self.epoch, self._written = -1, -math.inf
        path = os.fspath(self._to.path)
        contents = _contents(path, resume)
        self.saved = None if contents is None else Saved(path, contents)
        self._run = Run.of(seed, X, X_valid)
        if self.saved is not None:
            self._run = self._run.resuming(self.saved.run, model.random_state)
            found = differences(model, names, self.saved.described)
            found += self._run.differences(self.saved.run)
            if found:
                raise ValueError(f"the checkpoint {path} is of another run: {'; '.join(found)}")
        self.seed = self._run.seed

    def due(self, epoch: int) -> bool:
        """Whether a checkpoint is to be written at the end of an epoch."""
        epochs, seconds = self._to.epochs, self._to.seconds
        return (epochs is not None and epoch - self.epoch >= epochs) or (
            seconds is not None and time.monotonic() - self._written >= seconds
        )

    def write(self, fitted: Fitted, state: TrainingState, *, until: int, first: bool) -> None:
        """Write a checkpoint of the state at the end of an epoch.

        Parameters
        ----------
        fitted : Fitted
            The best so far.
        state : TrainingState
            What the run is to go on from.
        until : int
            The epoch at which training ends at the latest.
        first : bool
            Whether nothing was learned before this fit.

        Raises
        ------
        OSError
            If that cannot be done; the checkpoint from before stays.
        """
        words = describe(self._model, fitted)
        words[TRAINING] = json.dumps(
            dataclasses.asdict(self._run)
            | {
                "first": first,
                "until": until,
                "step": state.optimizer.step,
                "waiting": state.waiting,
                "best_valid": state.best_valid if math.isfinite(state.best_valid) else None,
                "shuffle": state.rng.bit_generator.state,
            },
            allow_nan=False,
        )
        flats = {"params": state.params}
        if state.average is not None:
            flats["average"] = state.average
        flats |= {f"optimizer.{slot}": array for slot, array in state.optimizer.arrays.items()}
        tensors = {
            f"{TRAINING}.{flat}.{name}": view
            for flat, array in flats.items()
            for name, view in named_views(fitted.core, array).items()
        }
        words["digest"] = digest(words, fitted, tensors)
        write(self._to.path, fitted, words, tensors)
        self.epoch, self._written = state.epoch, time.monotonic()


def _contents(path: str, resume: bool) -> Contents | None:
    """Read what is to be resumed; None where there is no file."""
    try:
        if resume:
            return read(path)
        os.stat(path)
    except FileNotFoundError:
        return None
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    advice = "resume=True goes on from it, another path begins anew"
    raise FileExistsError(errno.EEXIST, f"The file exists; {advice}", path)
