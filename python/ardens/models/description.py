"""A model as JSON and named arrays: written in words, and checked before it is believed.

Under the header's word ``model`` a file has, in JSON: the class; its sizes, settings and the names
of those left out; ordering; the columns that are flipped (1) or not (0) if any are; column names;
history; the epoch that was kept; and the version of the sampling stream. The arrays are the
`parameters`, by name.
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks.options import options_of, seed_from
from ..codes import RowCode
from ..columns import Columns
from ..core import Float32Array, Model
from ..parameters import named_views
from ..storage.container import Container
from ..storage.distrust import believed, refuse
from ..training import COLUMNS
from ..training.restore import WORD, shapes
from .autoregressive import AutoregressiveModel
from .encoding import decode_settings, encode_settings
from .fitted import Fitted

__all__ = [
    "Blank",
    "Classes",
    "describe",
    "family_of",
    "names_in",
    "nats_in",
    "nats_of",
    "read_model",
    "word",
    "written",
]

Classes = Mapping[str, type[AutoregressiveModel]]

SAMPLING_STREAM = 1  # Philox4x32-10, counted by row and block of four features

_MOST = 1 << 31  # features, hidden units
_VARIANT = {"activation", "direct", "tied"}

# Version 0.1 put the variant of a NADE into the name of its class, such as nade-tanh-direct-tied.
_JOINED = {
    "-".join(["nade", *([activation] if activation != "sigmoid" else []), *direct, *tied]): {
        "activation": activation,
        "direct": bool(direct),
        "tied": bool(tied),
    }
    for activation, direct, tied in itertools.product(
        ("sigmoid", "tanh", "relu"), ([], ["direct"]), ([], ["tied"])
    )
}


def written(model: AutoregressiveModel) -> tuple[dict[str, str], dict[str, Float32Array]]:
    """What a file holds of a fitted model: words, and the parameters by name."""
    fitted = model._state()
    return {"model": word(describe(model, fitted))}, named_views(fitted.core, fitted.params)


def word(description: Mapping[str, Any]) -> str:
    """A description as a word of a file."""
    return json.dumps(description, allow_nan=False, separators=(",", ":"))


def describe(model: AutoregressiveModel, fitted: Fitted) -> dict[str, Any]:
    """Say all of a model but its parameters; wrong options are refused as `fit` refuses them."""
    core, columns = fitted.core, fitted.columns
    # Those that say what the parameters are, whatever the next `fit` is to have.
    options = model.get_params(deep=False) | model._options_of(core)
    settings, omitted = encode_settings(options)
    _unfitted(type(model), settings, core)
    return {
        "class": core.name,
        "n_features": core.n_features,
        "n_hidden": core.n_hidden,
        "settings": settings,
        "omitted": omitted,
        "ordering": columns.ordering.tolist(),
        "flipped": columns.flipped.astype(int).tolist() if columns.coded else None,
        "codes": None if columns.codes is None else encode_settings({"row": columns.codes})[0],
        "feature_names": None if columns.names is None else columns.names.tolist(),
        "history": nats_of(fitted.history),
        "best_epoch": fitted.best_epoch,
        "sampling_stream": SAMPLING_STREAM,
    }


def read_model(
    description: Mapping[str, Any], file: Container, classes: Classes
) -> tuple[AutoregressiveModel, dict[str, NDArray[np.float32]]]:
    """Read a fitted model, and the arrays of a checkpoint's state if it has any."""
    blank = Blank(description, classes)
    state = shapes(file, blank.core) if WORD in file.words else {}
    arrays = file.arrays(blank.shapes | state)
    return blank.fitted(arrays), {name: arrays[name] for name in state}


class Blank:
    """A model as it is described, before its arrays are read; nothing large is allocated.

    FormatError if anything in the description is not as it should be.
    """

    def __init__(self, description: Mapping[str, Any], classes: Classes) -> None:
        name = description.get("class")
        family = family_of(name)
        if family not in classes:
            refuse(f"the class {name!r} is not one of {', '.join(classes)}, mixture")
        sizes: list[Any] = [description.get(key) for key in ("n_features", "n_hidden")]
        if not all(type(size) is int and 0 <= size < _MOST for size in sizes):
            refuse(f"n_features and n_hidden are {sizes}")
        self._description, self._class = description, classes[family]
        variant = believed(_variant, str(name), self._class, description.get("settings"))
        self.core: Model = believed(lambda: Model(family, *sizes, **variant))

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shapes of the parameters."""
        return {name: shape for name, shape, _, _ in self.core.layout}

    def fitted(self, arrays: Mapping[str, NDArray[np.float32]]) -> AutoregressiveModel:
        """Make the fitted model of its own arrays, others among which do not matter."""
        told, core = self._description, self.core
        stream = told.get("sampling_stream")
        if stream != SAMPLING_STREAM:
            refuse(f"it has sampling stream {stream!r}, which is unknown")
        model = believed(_unfitted, self._class, told.get("settings"), core)
        names = names_in(told, core.n_features)
        history = _history(told.get("history"))
        best_epoch = told.get("best_epoch")
        if type(best_epoch) is not int or not 0 <= best_epoch <= len(history.get("epoch", [])):
            refuse(f"best_epoch is {str(best_epoch)[:20]!r}, which the history does not have")
        ordering = told.get("ordering")
        if not isinstance(ordering, list):
            refuse("the ordering is missing")
        codes = believed(_codes, told.get("codes"), core.n_features)
        columns = believed(Columns.of, core.n_features, ordering, told.get("flipped"), names, codes)
        own = {name: arrays[name] for name in self.shapes}
        believed(model._adopt, core, own, columns, history, best_epoch)
        return model


def family_of(name: object) -> str:
    """The family of a class in a file; "" if it is no name."""
    if not isinstance(name, str):
        return ""
    return "nade" if name in _JOINED else name


def _variant(name: str, cls: type[AutoregressiveModel], settings: object) -> dict[str, Any]:
    """The options of a core that are not sizes, as a description tells them."""
    if name in _JOINED and name != cls._family:
        return _JOINED[name]
    told = settings if isinstance(settings, dict) else {}
    kinds = {key: said.kind for key, said in options_of(cls).items() if key in _VARIANT}
    for key in kinds.keys() & told.keys():
        kinds[key].check(told[key], key)
    return {key: told[key] for key in kinds.keys() & told.keys()}


def _unfitted(cls: type[AutoregressiveModel], settings: object, core: Model) -> AutoregressiveModel:
    """Make a model of settings that came out of JSON, and check them."""
    model = cls(**decode_settings(settings))
    model._check_options(core.n_features)
    seed_from(model.random_state)
    wanted, options = cls._options_of(core), model.get_params(deep=False)
    if other := [name for name in wanted if options[name] != wanted[name]]:
        told = ", ".join(f"{name}={options[name]}" for name in other)
        have = ", ".join(str(wanted[name]) for name in other)
        raise ValueError(
            f"the settings are those of {core.name} with {told}, the parameters those of "
            f"{core.name} with {have}"
        )
    return model


def _codes(told: object, n_features: int) -> RowCode | None:
    """The code of rows in a file."""
    if told is None:
        return None
    row = decode_settings(told).get("row")
    if not isinstance(row, RowCode) or row.n_bits != n_features:
        raise ValueError("the codes are not those of its features")
    return row


def names_in(description: Mapping[str, Any], n_features: int) -> list[str] | None:
    """Read the names of columns: none, or one of its own for each."""
    names = description.get("feature_names")
    if names is not None and not (
        isinstance(names, list)
        and len(names) == n_features
        and all(isinstance(name, str) for name in names)
        and len(set(names)) == len(names)
    ):
        refuse("feature_names is not one string of its own for each feature")
    return names


def nats_of(history: Mapping[str, list[float]]) -> dict[str, list[Any]]:
    """A table of lists of numbers, in which what JSON has no number for is a string."""
    return {
        key: [value if math.isfinite(value) else str(float(value)) for value in column]
        for key, column in history.items()
    }


def nats_in(value: object) -> dict[str, list[float]]:
    """Undo `nats_of`, of what came out of a file."""
    if not isinstance(value, dict):
        refuse("the history is not a table")
    history: dict[str, list[float]] = {}
    for key, column in value.items():
        if not isinstance(column, list):
            refuse(f"{key} of the history is not a list")
        for i, item in enumerate(column):
            if item in ("nan", "inf", "-inf"):
                column[i] = float(item)
            elif type(item) not in (int, float):
                refuse(f"{key} of the history has {str(item)[:20]!r}")
        history[key] = column
    return history


def _history(value: object) -> dict[str, list[float]]:
    """Check the history: empty, or the columns of training, numbers and all of one length."""
    history = nats_in(value)
    if history and set(history) - {"penalty"} != set(COLUMNS):
        refuse(f"the history has the columns {sorted(history)[:9]}; {list(COLUMNS)} are wanted")
    if len({len(column) for column in history.values()}) > 1:
        refuse("the history has columns of different lengths")
    if history.get("epoch", []) != list(range(1, len(history.get("epoch", [])) + 1)):
        refuse("the history does not count epochs from 1")
    return history
