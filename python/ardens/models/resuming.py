"""The run that a fit resumes: read from its checkpoint, and compared with the fit."""

from __future__ import annotations

import os
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn, Self

import numpy as np
from numpy.typing import NDArray

from ..core import VERSION, Float32Array
from ..errors import FormatError, VersionWarning, warn
from ..parameters import named_views
from ..storage.container import opened
from ..storage.distrust import parse_json
from ..training.restore import WORD, digest, restored
from ..training.solver import Solver
from ..training.state import TrainingState
from .autoregressive import AutoregressiveModel
from .description import family_of, read_model
from .encoding import encode_settings
from .fitted import Fitted

__all__ = ["Saved"]

_FREE = {"n_jobs", "verbose", "callbacks", "random_state"}  # may change; seeds are compared apart


@dataclass(frozen=True)
class Saved:
    """A checkpoint that was read: of the model, what was fitted so far; of the run, its words.

    `described` is what the file says of the model, `told` what it says of the run, and `arrays` are
    those of the state.
    """

    path: str
    fitted: Fitted
    described: Mapping[str, Any]
    told: Mapping[str, Any]
    arrays: Mapping[str, NDArray[np.float32]]

    @classmethod
    def read(cls, path: str | os.PathLike[str], model: AutoregressiveModel) -> Self:
        """Read the checkpoint of a run of such a model.

        FormatError if the file is none, or damaged; ValueError if it is of another class.
        """
        path, own = os.fspath(path), type(model)
        with opened(path) as file:
            described = file.described("model", "the description of the model")
            family, found = family_of(described.get("class")), None
            if family == own._family:
                found, state = read_model(described, file, {own._family: own})
                fitted = found._state()
                everything = named_views(fitted.core, fitted.params) | state
            else:
                everything = file.any_arrays()
        words = file.words
        if family == "mixture":
            _refuse(path, "it holds a mixture, where one model is wanted")
        if WORD not in words:
            _refuse(path, "it is a model, without what training goes on from")
        if words.get("digest") != digest(words, everything):
            _refuse(path, "it is damaged: its digest is another")
        if found is None:
            raise ValueError(
                f"the checkpoint {path} is of another run: the model was {family[:20]} and is "
                f"{own._family}"
            )
        try:
            told = parse_json(words[WORD], "the description of the training")
        except FormatError as error:
            _refuse(path, str(error))
        if words.get("ardens_version") != VERSION:
            version = str(words.get("ardens_version"))[:20]
            warn(
                f"a checkpoint of ardens {version} is resumed by {VERSION}, which may learn "
                "other bits than the version that began",
                VersionWarning,
            )
        return cls(path, found._state(), described, told, state)

    def differences(
        self, model: AutoregressiveModel, names: NDArray[np.object_] | None
    ) -> list[str]:
        """What the model has that the one of the checkpoint has not, one phrase for each.

        Options that no file can hold, functions of one's own among them, are taken to be the same
        where they were such options before. Those that came later had their defaults.
        """
        lost = self.described.get("omitted") or ()
        defaults = {name: value for name, value in model._options().items() if name not in lost}
        before = encode_settings(defaults)[0] | dict(self.described["settings"])
        now, omitted = encode_settings(model.get_params(deep=False))
        found, missing = [], "what no file can hold"
        for option in sorted({*before, *now, *lost, *omitted} - _FREE):
            if option in omitted and option in lost:
                continue
            then, value = before.get(option, missing), now.get(option, missing)
            if _plain(then) != _plain(value):
                found.append(f"{option} was {reprlib.repr(then)} and is {reprlib.repr(value)}")
        if self.described["feature_names"] != (None if names is None else names.tolist()):
            found.append("the columns have other names")
        return found

    def state(
        self,
        solver: Solver,
        shuffle: np.random.Generator,
        n_valid: int,
        check: Callable[[Mapping[str, Float32Array]], None],
    ) -> TrainingState:
        """Take up the state that was saved; `shuffle` is brought to where it was."""
        fitted = self.fitted
        if not fitted.history:
            _refuse(self.path, "the history is missing")
        before = TrainingState(
            params=fitted.params,
            average=None,
            best=fitted.params.copy(),
            optimizer=None,
            rng=shuffle,
            best_epoch=fitted.best_epoch,
            history={name: list(column) for name, column in fitted.history.items()},
        )
        try:
            return restored(self.told, self.arrays, before, solver, fitted.core, n_valid, check)
        except FormatError as error:
            _refuse(self.path, str(error))


def _plain(value: Any) -> Any:
    """An option of a file as it is compared: arrays are lists."""
    return value["array"] if isinstance(value, dict) and set(value) == {"array"} else value


def _refuse(path: str, message: str) -> NoReturn:
    """Say why the file cannot be resumed."""
    raise FormatError(f"{path} is not a checkpoint that can be resumed: {message}")
