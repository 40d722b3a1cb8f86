"""Checkpoints: what a fit writes as it goes, and goes on from as if never interrupted.

A checkpoint is a model file, as `ardens.persistence` has it, of the best parameters so far:
`ardens.load` reads it. Beside them it holds

========================= ========================================================================
``training.params.*``     tensors: the parameters that move, by name
``training.average.*``    their moving average, if there is one
``training.judged``       a tensor: nats of the validation rows when they last rose by more than
                          chance
``training.optimizer.*``  what the optimizer remembers, such as ``training.optimizer.m.W``
``training``              a word of the header, in JSON: the seed, digests of the rows, the state of
                          the shuffling stream, and the counts of steps and epochs
``digest``                a word of the header: BLAKE2b of all other words and of all tensors
========================= ========================================================================

Nothing in it is code, and it is checked before it is believed, as every model file. That of a
convex `FVSBN` is of the training rows alone; rows held out are learned from after the last one.
The runs that judge few rows in turn are not in it: they are run again to where they were.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import reprlib
import time
from collections.abc import Callable, Mapping
from dataclasses import KW_ONLY, asdict, dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ..checks.options import RandomState, real_number, whole_number
from ..checks.sparse import SparseRows
from ..checks.weights import Table
from ..core import Model
from ..parameters import named_views
from ..storage.container import stamped, write
from .restore import JUDGED, WORD, digest
from .state import TrainingState

__all__ = ["Checkpoint", "Identity", "Recorder"]

_DRAWN = (np.random.Generator, np.random.BitGenerator, np.random.RandomState, type(None))
_BLOCK = 1 << 24  # bytes hashed at a time, so that Ctrl-C gets through


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


@dataclass(frozen=True)
class Identity:
    """Which run it is: what must be the same for the same bits to come out, beside the options.

    Parameters
    ----------
    seed : int
        What all streams of the fit come from, 0 to 2**64 - 1.
    X : str
        A digest of the rows to learn, those to be held out among them.
    X_valid : str or None
        A digest of the rows that judge the epochs, if they were given.
    sample_weight, sample_weight_valid : str or None
        Digests of their weights, if there are any.
    """

    seed: int
    X: str
    X_valid: str | None
    sample_weight: str | None
    sample_weight_valid: str | None

    @classmethod
    def of(cls, seed: int, X: Table, X_valid: Table | None) -> Self:
        """Describe a fit by its seed and its rows, as the user gives them."""
        judging = (None, None) if X_valid is None else (X_valid.held, X_valid.weights)
        others = (judging[0], X.weights, judging[1])
        return cls(seed, _digest(X.held), *(None if a is None else _digest(a) for a in others))

    def resuming(self, saved: Mapping[str, Any], random_state: RandomState) -> Self:
        """Take the seed of the run that is resumed, if `random_state` gives another every time."""
        seed = saved.get("seed")
        if isinstance(random_state, _DRAWN) and type(seed) is int and 0 <= seed < 2**64:
            return replace(self, seed=seed)
        return self

    def differences(self, saved: Mapping[str, Any]) -> list[str]:
        """What another run of this description has that this one has not, in words."""
        texts = {
            "seed": f"random_state gave the seed {reprlib.repr(saved.get('seed'))} and gives "
            f"{self.seed}",
            "X": "X has other rows",
            "X_valid": "X_valid has other rows",
            "sample_weight": "X has other weights",
            "sample_weight_valid": "X_valid has other weights",
        }
        return [texts[name] for name, value in asdict(self).items() if saved.get(name) != value]


class Recorder:
    """Writes the checkpoints of one run.

    Parameters
    ----------
    checkpoint : Checkpoint
        Where to write and how often.
    identity : Identity
        Which run it is.
    describe : callable
        What says in a word, for a state, what the best parameters so far are.

    Attributes
    ----------
    epoch : int
        The epoch of the last checkpoint written; -1 before the first.
    """

    def __init__(
        self,
        checkpoint: Checkpoint,
        identity: Identity,
        describe: Callable[[TrainingState], str],
    ) -> None:
        self._to, self._identity, self._describe = checkpoint, identity, describe
        self.epoch, self._written = -1, -math.inf

    def due(self, epoch: int) -> bool:
        """Whether a checkpoint is to be written at the end of an epoch."""
        epochs, seconds = self._to.epochs, self._to.seconds
        return (epochs is not None and epoch - self.epoch >= epochs) or (
            seconds is not None and time.monotonic() - self._written >= seconds
        )

    def write(
        self, core: Model, state: TrainingState, *, until: int, first: bool, folds: bool
    ) -> None:
        """Write the state at an epoch's end; on an OSError the checkpoint from before stays."""
        told = asdict(self._identity) | {
            "first": first,
            "folds": folds,
            "until": until,
            "step": 0 if state.optimizer is None else state.optimizer.step,
            "waiting": state.waiting,
            "best_valid": state.best_valid if math.isfinite(state.best_valid) else None,
            "shuffle": state.rng.bit_generator.state,
        }
        words = stamped({"model": self._describe(state), WORD: json.dumps(told, allow_nan=False)})
        arrays = named_views(core, state.best)
        for flat, array in state.flats.items():
            arrays |= {f"{WORD}.{flat}.{k}": v for k, v in named_views(core, array).items()}
        if state.judged is not None:
            arrays[JUDGED] = state.judged
        words["digest"] = digest(words, arrays)
        write(self._to.path, words, arrays)
        self.epoch, self._written = state.epoch, time.monotonic()


def _digest(X: NDArray[Any] | SparseRows) -> str:
    """A digest of rows, or of their weights, and their shape."""
    digest = hashlib.blake2b(repr(X.shape).encode(), digest_size=16)
    step = max(1, _BLOCK // X[:1].nbytes)
    for first in range(0, len(X), step):
        digest.update(np.ascontiguousarray(X[first : first + step]).data)
    return digest.hexdigest()
