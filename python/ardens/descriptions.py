"""Models as JSON and named arrays: written in words, and checked before they are believed."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from .checks.options import seed_from
from .core import Model
from .errors import FormatError
from .models import MODELS
from .models.base import AutoregressiveModel
from .models.columns import Columns
from .models.fitted import Fitted
from .settings import decode_settings, encode_settings
from .training import COLUMNS

__all__ = [
    "TRAINING",
    "blank",
    "describe_model",
    "feature_names",
    "fill",
    "parse",
    "parse_json",
    "read_nats",
    "refuse",
]

SAMPLING_STREAM = 1  # Philox4x32-10, counted by row and block of four features

TRAINING = "training"  # the word of the header, and of the tensors' names, that checkpoints have

_MOST = 1 << 31  # features, hidden units
_LONGEST = 500  # characters of a message


def describe_model(model: AutoregressiveModel, fitted: Fitted) -> dict[str, Any]:
    """Say all of a model but its parameters, as JSON can hold it.

    Parameters
    ----------
    model : model
        Whose options to write.
    fitted : Fitted
        What was learned under them.

    Returns
    -------
    dict of str to object

    Raises
    ------
    TypeError, ValueError
        If an option was set to what `fit` would refuse.
    """
    core, names = fitted.core, fitted.feature_names
    # Those that say what the parameters are, whatever the next `fit` is to have.
    options = model.get_params(deep=False) | model._options_of(core)
    settings, omitted = encode_settings(options)
    _unfitted(core.name, settings, core.n_features, core.n_hidden)
    return {
        "class": core.name,
        "n_features": core.n_features,
        "n_hidden": core.n_hidden,
        "settings": settings,
        "omitted": omitted,
        "ordering": fitted.columns.ordering.tolist(),
        "flipped": fitted.columns.flipped.astype(int).tolist() if fitted.columns.coded else None,
        "feature_names": None if names is None else names.tolist(),
        "history": {
            key: [value if math.isfinite(value) else str(float(value)) for value in column]
            for key, column in fitted.history.items()
        },
        "best_epoch": fitted.best_epoch,
        "sampling_stream": SAMPLING_STREAM,
    }


def blank(
    description: Mapping[str, Any], tensors: Mapping[str, Any], training: bool = False
) -> tuple[AutoregressiveModel, Model, int]:
    """Make the unfitted model, and check the table of tensors before anything is allocated.

    Parameters
    ----------
    description : dict of str to object
        What should be what `describe_model` gives.
    tensors : dict of str to object
        The table of the model's tensors.
    training : bool, default False
        Whether it may have those of a checkpoint.

    Returns
    -------
    model : model
        With its settings.
    core : Model
        Its sizes.
    n_bytes : int
        What the tensors take.

    Raises
    ------
    FormatError
        If anything is not as it should be.
    """
    name = description.get("class")
    if not isinstance(name, str) or name.partition("-")[0] not in MODELS:
        refuse(f"the class {name!r} is not one of {', '.join(MODELS)}, mixture")
    sizes = [description.get(key) for key in ("n_features", "n_hidden")]
    if not all(type(size) is int and 0 <= size < _MOST for size in sizes):
        refuse(f"n_features and n_hidden are {sizes}")
    core = parse(Model, name, *sizes)
    shapes = {name: list(shape) for name, shape, _, _ in core.layout}
    more = [name for name in tensors if training and name.startswith(f"{TRAINING}.")]
    shapes |= {name: shapes[key] for name in more if (key := name.rpartition(".")[2]) in shapes}
    if set(tensors) != set(shapes):
        refuse(f"it has the tensors {sorted(tensors)[:9]} where {sorted(shapes)} are wanted")
    for tensor, shape in shapes.items():
        entry = tensors[tensor]
        if not isinstance(entry, dict) or entry.get("dtype") != "F32":
            refuse(f"the tensor {tensor} is not of float32")
        if entry.get("shape") != shape:
            refuse(f"the tensor {tensor} is not of shape {shape}")
    if description.get("sampling_stream") != SAMPLING_STREAM:
        refuse(f"it has sampling stream {description.get('sampling_stream')!r}, which is unknown")
    model = parse(_unfitted, name, description.get("settings"), *sizes)
    return model, core, 4 * sum(map(math.prod, shapes.values()))


def fill(
    model: AutoregressiveModel,
    core: Model,
    description: Mapping[str, Any],
    arrays: dict[str, NDArray[np.float32]],
) -> None:
    """Make the model a fitted one.

    Parameters
    ----------
    model, core
        What `blank` gives.
    description : dict of str to object
        As for `blank`.
    arrays : dict of str to ndarray
        The tensors; those that are the model's are taken out.

    Raises
    ------
    FormatError
        If the description or a value is not as it should be.
    """
    names = feature_names(description, core.n_features)
    history = _history(description.get("history"))
    best_epoch = description.get("best_epoch")
    if type(best_epoch) is not int or not 0 <= best_epoch <= len(history.get("epoch", [])):
        refuse(f"best_epoch is {str(best_epoch)[:20]!r}, which the history does not have")
    ordering = description.get("ordering")
    if not isinstance(ordering, list):
        refuse("the ordering is missing")
    columns = parse(Columns.of, core.n_features, ordering, description.get("flipped"))
    own = {name: arrays.pop(name) for name, _, _, _ in core.layout}
    parse(model._adopt, core, own, columns, names, history, best_epoch)


def feature_names(description: Mapping[str, Any], n_features: int) -> list[str] | None:
    """Read the names of columns: none, or one of its own for each.

    Parameters
    ----------
    description : dict of str to object
        Where they are.
    n_features : int
        How many are wanted.

    Returns
    -------
    list of str or None

    Raises
    ------
    FormatError
        If they are anything else.
    """
    names = description.get("feature_names")
    if names is not None and not (
        isinstance(names, list)
        and len(names) == n_features
        and all(isinstance(name, str) for name in names)
        and len(set(names)) == len(names)
    ):
        refuse("feature_names is not one string of its own for each feature")
    return names


def parse_json(text: object, what: str) -> dict[str, Any]:
    """Read a JSON object out of a file.

    Parameters
    ----------
    text : str or bytes
        What should be JSON.
    what : str
        What an error calls it.

    Returns
    -------
    dict of str to object

    Raises
    ------
    FormatError
        If it is not a JSON object, or has NaN, infinities or a key twice.
    """
    if not isinstance(text, str | bytes):
        refuse(f"{what} is missing")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) < len(pairs):
            refuse(f"{what} has a key twice")
        return result

    def constant(name: str) -> NoReturn:
        refuse(f"{what} has {name}, which is not JSON")

    try:
        value = json.loads(text, object_pairs_hook=unique, parse_constant=constant)
    except FormatError:
        raise
    except (ValueError, RecursionError) as error:
        refuse(f"{what} is not JSON ({str(error)[:80]})")
    if not isinstance(value, dict):
        refuse(f"{what} is not a JSON object")
    return value


def parse(make: Callable[..., Any], *args: Any) -> Any:
    """Call what checks its arguments, as a reader of files: what is wrong is the file.

    Parameters
    ----------
    make : callable
        What to call.
    *args : object
        With what.

    Returns
    -------
    object
        What it returns.

    Raises
    ------
    FormatError
        Where it raises TypeError, ValueError or OverflowError.
    """
    try:
        return make(*args)
    except (TypeError, ValueError, OverflowError) as error:
        refuse(str(error))


def refuse(message: str) -> NoReturn:
    """Say what is wrong with a file.

    Parameters
    ----------
    message : str
        What; its end is left out if it is long, as what it quotes from a file may be.

    Raises
    ------
    FormatError
        Always.
    """
    raise FormatError(message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…")


def _unfitted(name: str, settings: object, n_features: int, n_hidden: int) -> AutoregressiveModel:
    """Make a model of settings that came out of JSON, and check them."""
    model = MODELS[name.partition("-")[0]](**decode_settings(settings))
    model._check_options(n_features)
    seed_from(model.random_state)
    chosen = model.get_params(deep=False).get("n_hidden", n_hidden)
    if (model._variant, chosen) != (name, n_hidden):
        raise ValueError(
            f"the settings are those of {model._variant} with n_hidden={chosen}, the parameters "
            f"those of {name} with {n_hidden}"
        )
    return model


def read_nats(value: object) -> dict[str, list[float]]:
    """Read a table of lists of numbers, in which what JSON has no number for is a string.

    Parameters
    ----------
    value : object
        What should be such a table.

    Returns
    -------
    dict of str to list of float

    Raises
    ------
    FormatError
        If it is anything else.
    """
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
    history = read_nats(value)
    if history and set(history) - {"penalty"} != set(COLUMNS):
        refuse(f"the history has the columns {sorted(history)[:9]}; {list(COLUMNS)} are wanted")
    if len({len(column) for column in history.values()}) > 1:
        refuse("the history has columns of different lengths")
    if history.get("epoch", []) != list(range(1, len(history.get("epoch", [])) + 1)):
        refuse("the history does not count epochs from 1")
    return history
