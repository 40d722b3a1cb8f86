"""What every model of tables holds: its options, and what `fit` has left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks.machine import thread_count
from ..checks.options import SEED, Kind, RandomState, option
from ..composites import Mixture
from ..errors import not_fitted
from ..models import AutoregressiveModel
from ..models.estimator import Estimator
from .fitted import BitModel, FittedTable
from .frames import Frame, read
from .kinds import KINDS
from .report import ColumnTable, table_of

__all__ = ["TableHolder"]


def _estimator(value: object, name: str) -> None:
    """None or a model of bits."""
    if value is not None and not isinstance(value, AutoregressiveModel | Mixture):
        raise TypeError(
            f"{name} must be None or a model of this package, such as NADE(); got {value!r}"
        )


def _kinds(value: object, name: str) -> None:
    """None, or kinds of columns by their names."""
    if value is None:
        return
    wanted = f"{name} must be None or a dictionary of columns and their kinds"
    if not isinstance(value, Mapping):
        raise TypeError(f"{wanted}; got {value!r}")
    for column, kind in value.items():
        if kind not in KINDS:
            raise ValueError(f"{wanted}, each of {', '.join(KINDS)}; got {kind!r} for {column!r}")


def _markers(value: object, name: str) -> None:
    """None, or values that mean that a cell is missing."""
    if value is not None and (isinstance(value, str) or not isinstance(value, Sequence)):
        raise TypeError(
            f"{name} must be None or a tuple of values that mean that a cell is missing, such as "
            f'("?",); got {value!r}'
        )


@dataclass(eq=False, repr=False)
class TableHolder(Estimator):
    """The options of a model of tables, and what it has learned."""

    estimator: BitModel | None = field(default=None, metadata=option(Kind(_estimator)))
    columns: Mapping[Any, str] | None = field(
        default=None, metadata=option(Kind(_kinds)), kw_only=True
    )
    missing: Sequence[Any] | None = field(
        default=None, metadata=option(Kind(_markers)), kw_only=True
    )
    random_state: RandomState = field(default=None, metadata=option(SEED), kw_only=True)
    n_jobs: int | None = field(
        default=None,
        metadata=option(Kind(lambda n_jobs, name: thread_count(n_jobs), "whole")),
        kw_only=True,
    )
    _fitted: FittedTable | None = field(default=None, init=False)

    @property
    def columns_(self) -> ColumnTable:
        """What was found of each column: its kind, leaves, bits, and what was noticed."""
        return table_of(self._state())

    @property
    def estimator_(self) -> BitModel | None:
        """The fitted model of the bits; None if every column is constant."""
        return self._state().model

    @property
    def n_parameters_(self) -> int:
        """Number of parameters of the model of the bits."""
        model = self._state().model
        return 0 if model is None else model.n_parameters_

    @property
    def n_features_in_(self) -> int:
        """Number of columns of the data, without those that are ignored."""
        return len(self._state().columns)

    @property
    def feature_names_in_(self) -> NDArray[np.object_]:
        """Names of the columns, without those that are ignored."""
        return np.array([*self._state().columns], object)

    @property
    def history_(self) -> dict[str, list[float]]:
        """Figures of training, as the model of the bits has them."""
        model = self._state().model
        return {} if model is None else model.history_

    def __sklearn_is_fitted__(self) -> bool:
        return self._fitted is not None

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = tags.input_tags.string = True
        return tags

    def _state(self) -> FittedTable:
        """What `fit` left; NotFittedError if there was none."""
        if self._fitted is None:
            name = type(self).__name__
            raise not_fitted(f"this {name} is not fitted yet; call fit(X)")
        return self._fitted

    def _frame(self, X: Any, name: str = "X", *, whole: bool = True) -> Frame:
        """Read a frame, which has all columns that were learned if it must be whole."""
        fitted = self._state()
        frame = read(X, name, fitted.markers)
        lacking = [column.name for column in fitted.learned if column.name not in frame.names]
        if lacking and whole:
            said = ", ".join(map(repr, lacking[:5])) + (", …" if len(lacking) > 5 else "")
            raise ValueError(f"{name} lacks columns that were there in fit: {said}")
        return frame
