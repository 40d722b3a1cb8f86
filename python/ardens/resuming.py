"""What a resumed fit takes from a checkpoint, checked before it is believed."""

from __future__ import annotations

import hashlib
import math
import reprlib
import warnings
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from .core import VERSION, Float32Array, Model
from .descriptions import TRAINING, parse_json
from .errors import FormatError, VersionWarning
from .models.columns import Columns
from .models.fitted import Fitted
from .parameters import filled, named_views
from .persistence import Contents
from .recipe import Settings
from .training import TrainingState

__all__ = ["Resumed", "Saved", "digest"]


class Resumed(NamedTuple):
    """What a fit goes on with: the model, the state, its last epoch, and if it is a first fit."""

    core: Model
    columns: Columns
    state: TrainingState
    until: int
    first: bool


class Saved:
    """A checkpoint that was read.

    Parameters
    ----------
    path : str
        Where it was, for errors.
    contents : Contents
        What was in the file.

    Attributes
    ----------
    run : dict of str to object
        The checkpoint's own words.
    described : dict of str to object
        What it says of the model.

    Raises
    ------
    FormatError
        If the file is no checkpoint, or damaged.
    """

    def __init__(self, path: str, contents: Contents) -> None:
        self._path, self._contents = path, contents
        words, fitted = contents.words, contents.model._state()
        if TRAINING not in words:
            self._refuse("it is a model, without what training goes on from")
        if words.get("digest") != digest(words, fitted, contents.training):
            self._refuse("it is damaged: its digest is another")
        try:
            self.run = parse_json(words[TRAINING], "the description of the training")
        except FormatError as error:
            self._refuse(str(error))
        self.described = parse_json(words["model"], "the description of the model")
        version, here = words.get("ardens_version"), VERSION
        if version != here:
            warnings.warn(
                f"a checkpoint of ardens {str(version)[:20]} is resumed by {here}, which may learn "
                "other bits than the version that began",
                VersionWarning,
                stacklevel=5,
            )

    def resumed(self, settings: Settings, shuffle: np.random.Generator) -> Resumed:
        """Take up the state that was saved.

        Parameters
        ----------
        settings : Settings
            How the run trains.
        shuffle : numpy.random.Generator
            What shuffles the rows, to be brought to where it was.

        Raises
        ------
        FormatError
            If the file is damaged.
        """
        fitted = self._contents.model._state()
        history = {name: list(column) for name, column in fitted.history.items()}
        if not history:
            self._refuse("the history is missing")
        epoch = len(history["epoch"])
        arrays = self._arrays(fitted.core, settings)
        state = TrainingState(
            params=arrays.pop("params"),
            average=arrays.pop("average", None),
            best=fitted.params.copy(),
            optimizer=settings.optimizer.start(0),
            rng=shuffle,
            epoch=epoch,
            best_epoch=fitted.best_epoch,
            best_valid=self._best_valid(),
            waiting=self._whole("waiting", 0, epoch),
            seconds=history["time"][-1] if epoch else 0.0,
            history=history,
        )
        state.optimizer.arrays = {
            name.removeprefix("optimizer."): array for name, array in arrays.items()
        }
        state.optimizer.step = self._whole("step", 0)
        self._restore(shuffle)
        first, until = self.run.get("first"), self._whole("until", max(1, epoch))
        if type(first) is not bool:
            self._refuse("first is not true or false")
        return Resumed(fitted.core, fitted.columns, state, until, first)

    def _arrays(self, core: Model, settings: Settings) -> dict[str, Float32Array]:
        """The flat arrays of the state by name, writeable."""
        named: dict[str, dict[str, NDArray[np.float32]]] = {}
        for key, tensor in self._contents.training.items():
            flat, _, name = key.removeprefix(f"{TRAINING}.").rpartition(".")
            named.setdefault(flat, {})[name] = tensor
        wanted = ["params", *(["average"] if settings.averaging > 0 else [])]
        wanted += [f"optimizer.{slot}" for slot in settings.optimizer.slots]
        if set(named) != set(wanted):
            self._refuse(f"it has the arrays {sorted(named)[:9]} where {wanted} are wanted")
        for flat, tensors in named.items():
            if len(tensors) < len(core.layout):
                self._refuse(f"a tensor of {flat} is missing")
            try:
                type(self._contents.model)._check_values(tensors)
            except ValueError as error:
                self._refuse(f"in {flat}, {error}")
        return {flat: filled(core, named[flat]).copy() for flat in wanted}

    def _best_valid(self) -> float:
        value = self.run.get("best_valid")
        if value is None:
            return -math.inf
        if type(value) is not float or not math.isfinite(value):
            self._refuse("best_valid is no number")
        return value

    def _restore(self, shuffle: np.random.Generator) -> None:
        """Bring a generator to the state that was saved."""
        state: Any = self.run.get("shuffle")
        try:
            if not _alike(state, shuffle.bit_generator.state):
                raise ValueError
            shuffle.bit_generator.state = state
        except (TypeError, ValueError, OverflowError):
            self._refuse("the state of the shuffling stream is none")

    def _whole(self, name: str, minimum: int, maximum: int = 2**62) -> int:
        value = self.run.get(name)
        if type(value) is not int or not minimum <= value <= maximum:
            self._refuse(f"{name} is {reprlib.repr(value)}")
        return value

    def _refuse(self, message: str) -> NoReturn:
        raise FormatError(f"{self._path} is not a checkpoint that can be resumed: {message}")


def digest(
    words: Mapping[str, Any], fitted: Fitted, training: Mapping[str, NDArray[np.float32]]
) -> str:
    """A digest of all that a checkpoint holds.

    Parameters
    ----------
    words : dict of str to str
        The words of the header; the digest among them does not count.
    fitted : Fitted
        With the parameters of the best so far.
    training : dict of str to ndarray
        The other tensors.

    Returns
    -------
    str
        128 bits of BLAKE2b in hexadecimal digits.
    """
    result = hashlib.blake2b(digest_size=16)
    for name in sorted(words.keys() - {"digest"}):
        result.update(f"{name}\0{words[name]}\0".encode(errors="surrogatepass"))
    tensors = named_views(fitted.core, fitted.params) | dict(training)
    for name in sorted(tensors):
        result.update(f"{name}\0".encode(errors="surrogatepass"))
        result.update(np.ascontiguousarray(tensors[name]).data)
    return result.hexdigest()


def _alike(value: object, sample: object) -> bool:
    """Whether a value out of a file has the form of one from here."""
    if isinstance(sample, dict):
        return (
            isinstance(value, dict)
            and value.keys() == sample.keys()
            and all(_alike(value[key], sample[key]) for key in sample)
        )
    if isinstance(sample, int):
        return type(value) is int and value >= 0
    return value == sample
