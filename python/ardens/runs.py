"""Which run of training it is: what must be the same for the same bits to come out."""

from __future__ import annotations

import hashlib
import reprlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from .checks.options import RandomState
from .core import Rows
from .models.gradient import GradientModel
from .settings import encode_settings

__all__ = ["Run", "differences"]

_FREE = {"n_jobs", "verbose", "callbacks", "random_state"}  # may change; seeds are compared apart
_DRAWN = (np.random.Generator, np.random.BitGenerator, np.random.RandomState, type(None))
_BLOCK = 1 << 24  # bytes hashed at a time, so that Ctrl-C gets through


@dataclass(frozen=True)
class Run:
    """The seed and the rows of a fit.

    Parameters
    ----------
    seed : int
        What all streams of the fit come from, 0 to 2**64 - 1.
    X : str
        A digest of the rows to learn, those to be held out among them.
    X_valid : str or None
        A digest of the rows that judge the epochs, if they were given.
    """

    seed: int
    X: str
    X_valid: str | None

    @classmethod
    def of(cls, seed: int, X: Rows, X_valid: Rows | None) -> Self:
        """Describe a fit by its seed and its rows, as the user gives them."""
        return cls(seed, _digest(X), None if X_valid is None else _digest(X_valid))

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
        }
        return [texts[name] for name, value in asdict(self).items() if saved.get(name) != value]


def differences(
    model: GradientModel, names: NDArray[np.object_] | None, described: Mapping[str, Any]
) -> list[str]:
    """Tell what a model has that the model described in a file has not.

    Parameters
    ----------
    model : GradientModel
        With its options.
    names : ndarray of object or None
        The names of the columns.
    described : dict of str to object
        What `ardens.persistence` says of a model.

    Returns
    -------
    list of str
        One phrase for every difference. Options that no file can hold, functions of one's own
        among them, are taken to be the same where they were such options before.
    """
    was, name = described["class"], model._variant
    if was != name:
        return [f"the model was {was} and is {name}"]
    before, lost = dict(described["settings"]), described.get("omitted") or ()
    now, omitted = encode_settings(model.get_params(deep=False))
    found, missing = [], "what no file can hold"
    for option in sorted({*before, *now, *lost, *omitted} - _FREE):
        if option in omitted and option in lost:
            continue
        then, value = before.get(option, missing), now.get(option, missing)
        if _plain(then) != _plain(value):
            found.append(f"{option} was {reprlib.repr(then)} and is {reprlib.repr(value)}")
    if described["feature_names"] != (None if names is None else names.tolist()):
        found.append("the columns have other names")
    return found


def _plain(value: Any) -> Any:
    """An option of a file as it is compared: arrays are lists."""
    return value["array"] if isinstance(value, dict) and set(value) == {"array"} else value


def _digest(X: Rows) -> str:
    """A digest of rows and their shape."""
    digest = hashlib.blake2b(repr(X.shape).encode(), digest_size=16)
    step = max(1, _BLOCK // X.shape[1])
    for first in range(0, len(X), step):
        digest.update(np.ascontiguousarray(X[first : first + step]).data)
    return digest.hexdigest()
