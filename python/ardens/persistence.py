"""Models in files: safetensors with JSON in the header, written atomically, read without trust.

The file holds one float32 tensor for each of the model's `parameters`, and under the header's
``__metadata__`` these strings:

================== ===============================================================================
``format``         ``ardens``
``format_version`` ``1``; a reader refuses what is newer than itself
``ardens_version`` the version that wrote the file
``model``          JSON: the model's name in `ardens.models.MODELS`, its sizes, settings, ordering,
                   the columns that are flipped (1) or not (0) if any are, column names, history,
                   the epoch that was kept, and the version of the sampling stream
================== ===============================================================================

Nothing is ever unpickled, evaluated or imported by name. Settings that JSON cannot hold are left
out, and come back as their defaults: callbacks, learning rates given as functions of one's own,
and seeds given as generators. The optimizers and schedules of this package are kept. What an
optimizer remembers is not: `partial_fit` on a loaded model starts it afresh.
"""

from __future__ import annotations

import json
import math
import os
import stat
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import numpy as np

from . import _core
from .errors import FormatError
from .files import replacing
from .models import MODELS
from .models.base import AutoregressiveModel
from .models.columns import Columns
from .models.density import Density
from .models.fitted import Fitted
from .models.flat import named_views
from .options import seed_from
from .settings import decode_settings, encode_settings
from .training import COLUMNS

__all__ = ["load", "save"]

FORMAT_VERSION = 1
SAMPLING_STREAM = 1  # Philox4x32-10, counted by row and block of four features

_LONGEST_HEADER = 1 << 24  # bytes; the JSON of a model with a million columns fits
_MOST = 1 << 31  # features, hidden units


def save(model: Density, path: str | os.PathLike[str]) -> None:
    """Write a fitted model to a file.

    Parameters
    ----------
    model : fitted model
        What to write.
    path : path-like
        Where to. A file that is there is replaced in one step: whatever happens, the path has
        the old model or the new one. A symbolic link is followed.

    Raises
    ------
    NotFittedError
        If the model is not fitted.
    TypeError
        If `model` is no model of this package.
    ValueError, TypeError
        If an option was set to what `fit` would refuse.
    OSError
        If the file cannot be written; the error names the path.

    Notes
    -----
    The file and its directory are flushed to disk before `save` returns. The file's mode obeys the
    umask.

    Examples
    --------
    >>> import ardens, tempfile, os
    >>> model = ardens.Tabular().fit([[0, 1], [1, 1]])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "model.safetensors")
    ...     ardens.save(model, path)
    ...     copy = ardens.load(path)
    >>> (copy.score_samples([[0, 1]]) == model.score_samples([[0, 1]])).all()
    np.True_
    """
    if not isinstance(model, AutoregressiveModel):
        raise TypeError(f"model must be a model of this package; got {model!r}")
    from safetensors.numpy import save as to_bytes  # only needed here: it keeps the import light

    fitted = model._state()
    views = named_views(fitted.core, fitted.params)
    # safetensors writes the wrong bytes for arrays that are not C-contiguous.
    tensors = {name: np.ascontiguousarray(view) for name, view in views.items()}
    metadata = {
        "format": "ardens",
        "format_version": str(FORMAT_VERSION),
        "ardens_version": str(_core.build_info()["version"]),
        "model": json.dumps(_describe(model, fitted), allow_nan=False, separators=(",", ":")),
    }
    data = to_bytes(tensors, metadata)
    with replacing(path) as file:
        file.write(data)


def load(path: str | os.PathLike[str]) -> AutoregressiveModel:
    """Read a model that `save` wrote.

    Parameters
    ----------
    path : path-like
        The file. It need not be trusted: it is checked before anything is done with it, and
        memory is bounded by its size.

    Returns
    -------
    model
        Of the class that was saved, with its settings, ordering, coding and history, and the same
        parameters bit for bit.

    Raises
    ------
    FormatError
        If the file is damaged, foreign, or written by a newer version.
    OSError
        If it cannot be read.
    """
    path = os.fspath(path)
    with open(path, "rb", opener=_at_once) as file:
        try:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                _refuse("it is not a regular file")
            size = os.fstat(file.fileno()).st_size
            head = file.read(8)
            length = int.from_bytes(head, "little")
            if len(head) < 8 or length > min(size - 8, _LONGEST_HEADER):
                _refuse("it is no safetensors file, or it is cut off")
            header = file.read(length)
            tensors, description = _read_header(header)
            model, core = _blank(description, tensors, size - 8 - length)
            return _fill(model, core, description, head + header + file.read())
        except FormatError as error:
            raise FormatError(f"{path} is not a model file that can be read: {error}") from None


def _at_once(path: str, flags: int) -> int:
    """Open without waiting for the other end of a pipe, so that it can be refused."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _unfitted(name: str, settings: object, n_features: int, n_hidden: int) -> AutoregressiveModel:
    """Make a model of settings that came out of JSON, and check them."""
    model = MODELS[name](**decode_settings(settings))
    model._check_options(n_features)
    seed_from(model.random_state)
    chosen = model.get_params(deep=False).get("n_hidden", n_hidden)
    if chosen != n_hidden:
        raise ValueError(f"the setting n_hidden is {chosen}, the model has {n_hidden}")
    return model


def _describe(model: AutoregressiveModel, fitted: Fitted) -> dict[str, Any]:
    """All of a model but its parameters, as JSON can hold it."""
    core, names = fitted.core, fitted.feature_names
    options = model.get_params(deep=False)
    if "n_hidden" in options:
        options["n_hidden"] = core.n_hidden  # of the parameters, whatever the next `fit` is to have
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


def _read_header(header: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split the header into the table of tensors and the model's description."""
    table = _json(header, "the header")
    metadata = table.pop("__metadata__", None)
    if not isinstance(metadata, dict) or metadata.get("format") != "ardens":
        _refuse("it holds tensors, but no model of ardens")
    version = metadata.get("format_version", "")
    if not (isinstance(version, str) and version.isascii() and version.isdigit()):
        _refuse(f"its format version is {version!r}")
    if len(version) > 9 or int(version) > FORMAT_VERSION:
        _refuse(
            f"it needs a newer ardens: it has format {version[:9]}, written by version "
            f"{str(metadata.get('ardens_version'))[:20]}, and this is version "
            f"{_core.build_info()['version']} for formats up to {FORMAT_VERSION}"
        )
    text = metadata.get("model")
    if not isinstance(text, str):
        _refuse("the description of the model is missing")
    return table, _json(text, "the description of the model")


def _blank(
    description: Mapping[str, Any], tensors: Mapping[str, Any], n_bytes: int
) -> tuple[AutoregressiveModel, _core.Model]:
    """Make the unfitted model, and check the table of tensors before anything is allocated."""
    name = description.get("class")
    if not isinstance(name, str) or name not in MODELS:
        _refuse(f"the class {name!r} is not one of {', '.join(MODELS)}")
    sizes = [description.get(key) for key in ("n_features", "n_hidden")]
    if not all(type(size) is int and 0 <= size < _MOST for size in sizes):
        _refuse(f"n_features and n_hidden are {sizes}")
    core = _parse(_core.Model, name, *sizes)
    shapes = {name: list(shape) for name, shape, _, _ in core.layout}
    if set(tensors) != set(shapes):
        _refuse(f"it has the tensors {sorted(tensors)[:9]} where {sorted(shapes)} are wanted")
    for tensor, shape in shapes.items():
        entry = tensors[tensor]
        if not isinstance(entry, dict) or entry.get("dtype") != "F32":
            _refuse(f"the tensor {tensor} is not of float32")
        if entry.get("shape") != shape:
            _refuse(f"the tensor {tensor} is not of shape {shape}")
    wanted = 4 * sum(map(math.prod, shapes.values()))
    if n_bytes != wanted:
        _refuse(f"it has {n_bytes} bytes of parameters where {wanted} are wanted")
    if description.get("sampling_stream") != SAMPLING_STREAM:
        _refuse(f"it has sampling stream {description.get('sampling_stream')!r}, which is unknown")
    return _parse(_unfitted, name, description.get("settings"), *sizes), core


def _fill(
    model: AutoregressiveModel, core: _core.Model, description: Mapping[str, Any], data: bytes
) -> AutoregressiveModel:
    """Make the model a fitted one."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    names = description.get("feature_names")
    if names is not None and not (
        isinstance(names, list)
        and len(names) == core.n_features
        and all(isinstance(name, str) for name in names)
        and len(set(names)) == len(names)
    ):
        _refuse("feature_names is not one string of its own for each feature")
    try:
        arrays = from_bytes(data)
    except SafetensorError as error:
        _refuse(str(error))
    history = _history(description.get("history"))
    best_epoch = description.get("best_epoch")
    if type(best_epoch) is not int or not 0 <= best_epoch <= len(history.get("epoch", [])):
        _refuse(f"best_epoch is {str(best_epoch)[:20]!r}, which the history does not have")
    ordering = description.get("ordering")
    if not isinstance(ordering, list):
        _refuse("the ordering is missing")
    columns = _parse(Columns.of, core.n_features, ordering, description.get("flipped"))
    _parse(model._adopt, core, arrays, columns, names, history, best_epoch)
    return model


def _history(value: object) -> dict[str, list[float]]:
    """Check the history: empty, or the columns of training, numbers and all of one length."""
    if not isinstance(value, dict):
        _refuse("the history is not a table")
    history: dict[str, list[float]] = {}
    for key, column in value.items():
        if not isinstance(column, list):
            _refuse(f"{key} of the history is not a list")
        for i, item in enumerate(column):
            if item in ("nan", "inf", "-inf"):
                column[i] = float(item)
            elif type(item) not in (int, float):
                _refuse(f"{key} of the history has {str(item)[:20]!r}")
        history[key] = column
    if history and set(history) != set(COLUMNS):
        _refuse(f"the history has the columns {sorted(history)[:9]}; {list(COLUMNS)} are wanted")
    if len({len(column) for column in history.values()}) > 1:
        _refuse("the history has columns of different lengths")
    if history.get("epoch", []) != list(range(1, len(history.get("epoch", [])) + 1)):
        _refuse("the history does not count epochs from 1")
    return history


def _json(text: str | bytes, what: str) -> dict[str, Any]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) < len(pairs):
            _refuse(f"{what} has a key twice")
        return result

    try:
        value = json.loads(text, object_pairs_hook=unique, parse_constant=_refuse)
    except FormatError:
        raise
    except (ValueError, RecursionError) as error:
        _refuse(f"{what} is not JSON ({str(error)[:80]})")
    if not isinstance(value, dict):
        _refuse(f"{what} is not a JSON object")
    return value


def _parse(make: Callable[..., Any], *args: Any) -> Any:
    """Call what checks its arguments, as a reader of files: what is wrong is the file."""
    try:
        return make(*args)
    except (TypeError, ValueError, OverflowError) as error:
        _refuse(str(error))


def _refuse(message: str) -> NoReturn:
    raise FormatError(message)
