"""What `fit` leaves behind: one object that never changes, swapped in one statement.

Whoever scores a model while another thread fits it holds either the old object or the new one.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .. import _core
from ..errors import VersionWarning
from ..options import permutation
from ..training import TrainingState
from .flat import Float32Array, filled, named_views

__all__ = ["Fitted", "arranged"]

Scalar = TypeVar("Scalar", bound=np.generic)


def is_identity(ordering: NDArray[np.intp]) -> bool:
    """Whether an ordering is that of the columns."""
    return np.array_equal(ordering, np.arange(ordering.size))


def arranged(X: NDArray[Scalar], ordering: NDArray[np.intp]) -> NDArray[Scalar]:
    """Bring columns into an ordering; `X` itself where they are in it."""
    return X if is_identity(ordering) else X.take(ordering, axis=1)


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted model: parameters, their description and the order of the columns.

    Parameters
    ----------
    core : _core.Model
        Names, shapes and places of the parameters.
    params : ndarray, shape (core.size,), float32, read-only
        The flat parameters.
    ordering : ndarray of intp, shape (n_features,), read-only
        ``ordering[k]`` is the user's column that stands at position k.
    feature_names : ndarray of object or None
        Column names seen in `fit`.
    history : dict of str to list of float
        Figures of every epoch.
    training : TrainingState, optional
        What `partial_fit` and a warm start go on from.

    Attributes
    ----------
    positions : ndarray of intp, shape (n_features,), or None
        ``positions[j]`` is the position of the user's column j; None where the order is the same.
    """

    core: _core.Model
    params: Float32Array
    ordering: NDArray[np.intp]
    feature_names: NDArray[np.object_] | None
    history: Mapping[str, list[float]]
    training: TrainingState | None = None
    positions: NDArray[np.intp] | None = field(init=False)
    _tables: list[Float32Array] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        positions = None if is_identity(self.ordering) else np.argsort(self.ordering)
        object.__setattr__(self, "positions", positions)

    def tables(self, threads: int) -> Float32Array:
        """What the kernels derive from the parameters; computed when first asked for."""
        if not self._tables:
            # Two threads may both come here; both results have the same bits, so no lock is needed.
            self._tables.append(self.core.tables(self.params, threads))
        return self._tables[0]

    def ordered(self, X: NDArray[Scalar]) -> NDArray[Scalar]:
        """Bring the user's columns into the model's order."""
        return X if self.positions is None else X.take(self.ordering, axis=1)

    def unordered(self, values: NDArray[Scalar]) -> NDArray[Scalar]:
        """Bring columns in the model's order into the user's."""
        return values if self.positions is None else values.take(self.positions, axis=1)

    def __reduce__(self) -> tuple[object, ...]:
        # Parameters travel by name: their places in the flat array may change between versions.
        parameters = {k: np.array(v) for k, v in named_views(self.core, self.params).items()}
        saved = {
            "version": _core.build_info()["version"],
            "core": (self.core.name, self.core.n_features, self.core.n_hidden),
            "parameters": parameters,
            "ordering": self.ordering,
            "feature_names": self.feature_names,
            "history": self.history,
            "training": self.training,
        }
        return _restored, (saved,)


def _restored(saved: Mapping[str, Any]) -> Fitted:
    """Undo `Fitted.__reduce__`."""
    version, here = saved["version"], _core.build_info()["version"]
    if version != here:
        warnings.warn(
            f"a model pickled by ardens {version} is read by {here}; save(path) and "
            "ardens.load(path) keep models across versions",
            VersionWarning,
            stacklevel=2,
        )
    core = _core.Model(*saved["core"])
    return Fitted(
        core=core,
        params=filled(core, saved["parameters"]),
        ordering=permutation(saved["ordering"], core.n_features),
        feature_names=saved["feature_names"],
        history=saved["history"],
        training=saved["training"],
    )
