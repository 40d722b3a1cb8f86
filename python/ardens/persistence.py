"""Models in files: safetensors with JSON in the header, written atomically, read without trust.

The file holds float32 tensors and, under the header's ``__metadata__``, these strings:

================== ===============================================================================
``format``         ``ardens``
``format_version`` ``1``; a reader refuses what is newer than itself
``ardens_version`` the version that wrote the file
``model``          JSON: what the class says of itself, and which class that is
================== ===============================================================================

What a class writes stands in `ardens.models.description`, `ardens.composites.description` and
`ardens.tables.description`; what a checkpoint adds, in `ardens.training.checkpoint`.

Nothing is ever unpickled, evaluated or imported by name. Settings that JSON cannot hold are left
out, and come back as their defaults: callbacks, learning rates given as functions of one's own,
and seeds given as generators. The optimizers and schedules of this package are kept. What an
optimizer remembers is not: `partial_fit` on a loaded model starts it afresh.
"""

from __future__ import annotations

import os
from typing import Any

from .composites.description import CLASS
from .composites.mixture import Mixture
from .models import MODELS, AutoregressiveModel, Density
from .models.description import read_model
from .storage.container import opened
from .tables import TableModel
from .tables.description import CLASS as TABLE

__all__ = ["load", "save"]


def save(model: Density[Any] | TableModel, path: str | os.PathLike[str]) -> None:
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
    if not isinstance(model, Density | TableModel):
        raise TypeError(f"model must be a model of this package; got {model!r}")
    model.save(path)


def load(path: str | os.PathLike[str]) -> AutoregressiveModel | Mixture | TableModel:
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
    with opened(path) as file:
        description = file.described("model", "the description of the model")
        if description.get("class") == CLASS:
            return Mixture._read(description, file)
        if description.get("class") == TABLE:
            return TableModel._read(description, file)
        return read_model(description, file, MODELS)[0]
