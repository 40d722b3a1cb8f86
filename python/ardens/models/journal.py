"""The checkpoints of a fit: which run it is, the one that it resumes, and what writes them."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from os import PathLike
from typing import Self

from ..checks.options import truth
from ..training.checkpoint import Checkpoint, Identity, Recorder
from ..training.loop import Run
from ..training.state import TrainingState
from .autoregressive import AutoregressiveModel
from .description import describe, word
from .fitted import Fitted
from .learning import Data
from .resuming import Saved

__all__ = ["Journal"]


@dataclass
class Journal:
    """Where checkpoints go, if anywhere, of which run they are, and what there is to resume."""

    seed: int  # of the run; that of the one that is resumed, where random_state gives no other
    checkpoint: Checkpoint | None = None
    identity: Identity | None = None
    saved: Saved | None = None

    @classmethod
    def of(
        cls,
        model: AutoregressiveModel,
        data: Data,
        checkpoint: str | PathLike[str] | Checkpoint | None,
        resume: bool,
        seed: int,
    ) -> Self:
        """Open the journal that the user asks for; ValueError if it is of another run."""
        resume = truth(resume, "resume")
        if checkpoint is None:
            if resume:
                raise ValueError("resume needs the checkpoint to go on from; got checkpoint=None")
            return cls(seed)
        if not isinstance(checkpoint, Checkpoint):
            checkpoint = Checkpoint(checkpoint)
        saved = Saved.read(checkpoint.path, model) if _exists(checkpoint.path, resume) else None
        identity = Identity.of(seed, data.X, data.X_valid)
        if saved is not None:
            identity = identity.resuming(saved.told, model.random_state)
            found = saved.differences(model, data.names) + identity.differences(saved.told)
            if found:
                raise ValueError(
                    f"the checkpoint {saved.path} is of another run: {'; '.join(found)}"
                )
        return cls(identity.seed, checkpoint, identity, saved)

    def take(self) -> Saved | None:
        """Hand over what is to be resumed, which is as large as the model many times over."""
        saved, self.saved = self.saved, None
        return saved

    def recorder(self, model: AutoregressiveModel, run: Run) -> Recorder | None:
        """What writes the checkpoints of the run, if any are wanted."""
        if self.checkpoint is None or self.identity is None:
            return None

        def described(state: TrainingState) -> str:
            core, history = run.model.core, state.history
            so_far = Fitted(core, state.best, run.columns, history, state.best_epoch)
            return word(describe(model, so_far))

        return Recorder(self.checkpoint, self.identity, described)


def _exists(path: str | PathLike[str], resume: bool) -> bool:
    """Whether there is a file to go on from; without `resume` there must be none."""
    try:
        os.stat(path)
    except FileNotFoundError:
        return False
    if resume:
        return True
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    advice = "resume=True goes on from it, another path begins anew"
    raise FileExistsError(errno.EEXIST, f"The file exists; {advice}", os.fspath(path))
