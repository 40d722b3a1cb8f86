"""From a frame to a fitted table: kinds, functions among columns, codes, the model of bits."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..codes import RowCode
from ..composites import Mixture
from ..core import Rows
from ..errors import warn
from ..models import NADE
from .columns import Column
from .cutting import Fineness
from .drawing import Anew
from .fitted import BitModel, Coded, FittedTable
from .frames import Frame
from .kinds import fitted_column, unlearnable
from .units import Unit, chains, parents_of

__all__ = ["trained", "without_model"]

_DENSE = 4096  # bits up to which a model has a weight for every pair of them


def without_model(
    frame: Frame,
    weights: NDArray[np.float64],
    wanted: Mapping[Any, str],
    fineness: Fineness,
) -> FittedTable:
    """Fit all that comes before the model of the bits."""
    if not frame.names:
        raise ValueError("X must have at least one column; got none")
    if not frame.n_rows:
        raise ValueError("X must have at least one row; got none")
    kept = [name for name in frame.names if wanted.get(name) != "ignore"]
    if not kept:
        raise ValueError("columns ignores every column of X; leave one at least")
    schema = frame.schema.only(kept)
    columns: dict[Any, Column | Anew] = {}
    refused = []
    for name, dtype in zip(schema.names, schema.dtypes, strict=True):
        cells = frame.cells(name)
        kind = wanted.get(name)
        if kind == "anew":
            columns[name] = Anew.of(name, cells)
            continue
        trouble = unlearnable(cells) if kind is None else None
        if trouble:
            refused.append((name, trouble))
            continue
        columns[name] = fitted_column(name, cells, weights, dtype, kind, fineness)
    if refused:
        raise _refusal(refused)
    return FittedTable(schema, columns, _units(frame, columns))


def _refusal(refused: Sequence[tuple[Any, str]]) -> ValueError:
    """The error of columns that cannot be learned."""
    said = "; ".join(f'"{name}" has {trouble}' for name, trouble in refused)
    ignored = ", ".join(f'{name!r}: "ignore"' for name, _ in refused)
    return ValueError(
        f"columns that nothing can be learned from: {said}. Give columns={{{ignored}}} to leave "
        'them out, "anew" instead to draw new ones, or "category" or "integer" to learn them '
        "all the same"
    )


def _units(frame: Frame, columns: Mapping[Any, Column | Anew]) -> tuple[Unit, ...]:
    """Columns and chains of columns, said where they are functions."""
    learned = [column for column in columns.values() if isinstance(column, Column)]
    leaves = np.empty((frame.n_rows, len(learned)), np.int64)
    for k, column in enumerate(learned):
        leaves[:, k] = column.find(frame.cells(column.name))[0]
    units, said = [], []
    for chain in chains(learned, leaves):
        unit = Unit(tuple(learned[k] for k in chain), parents_of(learned, leaves, chain))
        units.append(unit)
        for column, of in itertools.pairwise(unit.columns):
            column.notes.append(f"a function of {of.name}")
            said.append(f'"{column.name}" of "{of.name}"')
    if said:
        warn(f"columns that are functions of others in every row are drawn so: {', '.join(said)}")
    return tuple(units)


def trained(
    table: FittedTable,
    estimator: BitModel | None,
    rows: tuple[Frame, NDArray[np.float64] | None],
    valid: Frame | None,
    options: dict[str, Any],
) -> BitModel | None:
    """Train the model of the bits."""
    row = table.row
    if row is None:
        return None
    model = _fresh(estimator, row, options)
    frame, weights = rows
    judges = None if valid is None else _seen(table.coded(valid))
    return model.fit(table.coded(frame).bits, X_valid=judges, sample_weight=weights)


def _seen(coded: Coded) -> Rows | None:
    """The rows of which every cell was seen among those to learn: others are no words of theirs."""
    if coded.left_out is None:
        return coded.bits
    bits = coded.bits[~coded.left_out.any(axis=1)]
    return bits if len(bits) else None


def _fresh(estimator: BitModel | None, row: RowCode, options: dict[str, Any]) -> BitModel:
    """An unfitted model of these codes."""
    if estimator is None:
        estimator = NADE(direct=row.n_bits <= _DENSE, activation="relu")
    if not isinstance(estimator, Mixture):
        return type(estimator)(**estimator.get_params(deep=False) | options | {"codes": row})
    inner = NADE() if estimator.estimator is None else estimator.estimator
    inner = type(inner)(**inner.get_params(deep=False) | {"codes": row})
    return Mixture(**estimator.get_params(deep=False) | options | {"estimator": inner})
