"""Models in files: safetensors with JSON in the header, written atomically, read without trust.

The file holds one float32 tensor for each of the model's `parameters`, and under the header's
``__metadata__`` these strings:

================== ===============================================================================
``format``         ``ardens``
``format_version`` ``1``; a reader refuses what is newer than itself
``ardens_version`` the version that wrote the file
``model``          JSON: the core's name of the model and its variant, or ``mixture``; its sizes,
                   settings and the names of those left out, ordering, the columns that are flipped
                   (1) or not (0) if any are, column names, history, the epoch that was kept, and
                   the version of the sampling stream
================== ===============================================================================

Nothing is ever unpickled, evaluated or imported by name. Settings that JSON cannot hold are left
out, and come back as their defaults: callbacks, learning rates given as functions of one's own,
and seeds given as generators. The optimizers and schedules of this package are kept. What an
optimizer remembers is not: `partial_fit` on a loaded model starts it afresh.

A mixture is one file as well; `ardens.mixtures` says what it holds.

A checkpoint is such a file of the best parameters so far, with what `ardens.checkpoint` adds.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .core import VERSION, build_info
from .descriptions import TRAINING, blank, describe_model, fill, parse_json, refuse
from .errors import FormatError
from .mixtures import (
    MIXTURE,
    blank_mixture,
    describe_mixture,
    fill_mixture,
    mixture_tensors,
)
from .models.base import AutoregressiveModel
from .models.density import Density
from .models.fitted import Fitted
from .models.mixture import Mixture
from .parameters import named_views
from .storage.atomic import replacing

__all__ = ["Contents", "describe", "load", "read", "save", "write"]

FORMAT_VERSION = 1
_LONGEST_HEADER = 1 << 24  # bytes; the JSON of a model with a million columns fits


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
    if isinstance(model, Mixture):
        _write(path, mixture_tensors(model), _words(describe_mixture(model)))
        return
    if not isinstance(model, AutoregressiveModel):
        raise TypeError(f"model must be a model of this package; got {model!r}")
    fitted = model._state()
    write(path, fitted, describe(model, fitted))


def describe(model: AutoregressiveModel, fitted: Fitted) -> dict[str, str]:
    """Say in words what the tensors of a file are.

    Parameters
    ----------
    model : model
        Whose options to write.
    fitted : Fitted
        What was learned under them.

    Returns
    -------
    dict of str to str
        The metadata of the header.

    Raises
    ------
    TypeError, ValueError
        As for `save`.
    """
    return _words(describe_model(model, fitted))


def write(
    path: str | os.PathLike[str],
    fitted: Fitted,
    words: Mapping[str, str],
    training: Mapping[str, NDArray[np.float32]] | None = None,
) -> None:
    """Write a file.

    Parameters
    ----------
    path : path-like
        Where to.
    fitted : Fitted
        Whose parameters to write.
    words : dict of str to str
        What `describe` gives, and `TRAINING` in a checkpoint.
    training : dict of str to ndarray, optional
        The tensors of a checkpoint; their names begin with `TRAINING` and end with a parameter's
        name, dots between.

    Raises
    ------
    OSError
        As for `save`.
    """
    _write(path, named_views(fitted.core, fitted.params) | dict(training or {}), words)


def _words(description: Mapping[str, Any]) -> dict[str, str]:
    return {
        "format": "ardens",
        "format_version": str(FORMAT_VERSION),
        "ardens_version": str(VERSION),
        "model": json.dumps(description, allow_nan=False, separators=(",", ":")),
    }


def _write(
    path: str | os.PathLike[str],
    views: Mapping[str, NDArray[np.float32]],
    words: Mapping[str, str],
) -> None:
    from safetensors.numpy import save as to_bytes  # only needed here: it keeps the import light

    # safetensors writes the wrong bytes for arrays that are not C-contiguous.
    tensors = {name: np.ascontiguousarray(view) for name, view in views.items()}
    data = to_bytes(tensors, dict(words))
    with replacing(path) as file:
        file.write(data)


def load(path: str | os.PathLike[str]) -> AutoregressiveModel | Mixture:
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
        parameters bit for bit. From a checkpoint, the best so far.

    Raises
    ------
    FormatError
        If the file is damaged, foreign, or written by a newer version.
    OSError
        If it cannot be read.
    """
    return _read(path)[0]


class Contents(NamedTuple):
    """The file of one model: it, the words of the header, and the tensors of a checkpoint."""

    model: AutoregressiveModel
    words: Mapping[str, Any]
    training: Mapping[str, NDArray[np.float32]]


def read(path: str | os.PathLike[str]) -> Contents:
    """Read the file of one model; of a checkpoint's own words and values, nothing is checked yet.

    Parameters
    ----------
    path : path-like
        The file, which need not be trusted.

    Returns
    -------
    Contents

    Raises
    ------
    FormatError, OSError
        As for `load`.
    """
    model, words, arrays = _read(path)
    if isinstance(model, Mixture):
        raise FormatError(f"{os.fspath(path)} holds a mixture, where one model is wanted")
    return Contents(model, words, arrays)


def _read(
    path: str | os.PathLike[str],
) -> tuple[AutoregressiveModel | Mixture, dict[str, Any], dict[str, NDArray[np.float32]]]:
    """Read a file: its model, the words of the header, and the tensors that are left."""
    path = os.fspath(path)
    with open(path, "rb", opener=_at_once) as file:
        try:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                refuse("it is not a regular file")
            size = os.fstat(file.fileno()).st_size
            head = file.read(8)
            length = int.from_bytes(head, "little")
            if len(head) < 8 or length > min(size - 8, _LONGEST_HEADER):
                refuse("it is no safetensors file, or it is cut off")
            header = file.read(length)
            tensors, words = _read_header(header)
            description = parse_json(words.get("model"), "the description of the model")
            n_bytes = size - 8 - length
            if description.get("class") == MIXTURE:
                if TRAINING in words:
                    refuse("a mixture is no checkpoint")
                blanks, wanted = blank_mixture(description, tensors)
                _check_size(n_bytes, wanted)
                arrays = _arrays(head + header + file.read())
                return fill_mixture(blanks, description, arrays), words, arrays
            model, core, wanted = blank(description, tensors, TRAINING in words)
            _check_size(n_bytes, wanted)
            arrays = _arrays(head + header + file.read())
            fill(model, core, description, arrays)
            return model, words, arrays
        except (FormatError, RecursionError) as error:
            why = error if isinstance(error, FormatError) else "its description is nested too deep"
            raise FormatError(f"{path} is not a model file that can be read: {why}") from None


def _at_once(path: str, flags: int) -> int:
    """Open without waiting for the other end of a pipe, so that it can be refused."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _check_size(n_bytes: int, wanted: int) -> None:
    if n_bytes != wanted:
        refuse(f"it has {n_bytes} bytes of parameters where {wanted} are wanted")


def _arrays(data: bytes) -> dict[str, NDArray[np.float32]]:
    """Read the tensors of a file whose table was checked."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    try:
        return from_bytes(data)
    except SafetensorError as error:
        refuse(str(error))


def _read_header(header: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split the header into the table of tensors and the words, of a version that is known."""
    table = parse_json(header, "the header")
    metadata = table.pop("__metadata__", None)
    if not isinstance(metadata, dict) or metadata.get("format") != "ardens":
        refuse("it holds tensors, but no model of ardens")
    version = metadata.get("format_version", "")
    if not (isinstance(version, str) and version.isascii() and version.isdigit()):
        refuse(f"its format version is {version!r}")
    if len(version) > 9 or int(version) > FORMAT_VERSION:
        refuse(
            f"it needs a newer ardens: it has format {version[:9]}, written by version "
            f"{str(metadata.get('ardens_version'))[:20]}, and this is version "
            f"{build_info()['version']} for formats up to {FORMAT_VERSION}"
        )
    return table, metadata
