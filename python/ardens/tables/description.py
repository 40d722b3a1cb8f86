"""A fitted table in a file: words for the columns beside those and the arrays of the model of bits.

The word ``model`` has the class ``table``, the options, and under ``bits`` what the model of the
bits says of itself. The word ``table`` has the schema, the columns, and which of them are functions
of others; numbers are written so that they come back bit for bit. `reading` reads it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..composites import Mixture
from ..composites.description import CLASS as MIXTURE
from ..models.encoding import encode_settings
from .columns import Column, Listed, Numbered
from .drawing import Anew
from .fitted import FittedTable
from .words import numbers, written, written_all

__all__ = ["CLASS", "described", "written_options"]

CLASS = "table"

Words = dict[str, Any]


def written_options(model: Any) -> tuple[Words, list[str]]:
    """The options of a model of tables, and the names of those that no file holds."""
    settings, omitted = encode_settings(
        {"n_jobs": model.n_jobs, "random_state": model.random_state}
    )
    settings["columns"] = (
        None
        if model.columns is None
        else [[written(name), kind] for name, kind in model.columns.items()]
    )
    settings["missing"] = None if model.missing is None else written_all(model.missing)
    settings["estimator"] = _estimator(model.estimator)
    return settings, omitted


def _estimator(model: Any) -> Words | None:
    """An unfitted model of bits, in words; what is of the table, such as its codes, is left out."""
    if model is None:
        return None
    options = model.get_params(deep=False)
    inner = options.pop("estimator", None)
    options.pop("codes", None)
    settings, _ = encode_settings(options)
    name = MIXTURE if isinstance(model, Mixture) else model._family
    return {"class": name, "settings": settings, "estimator": _estimator(inner)}


def described(fitted: FittedTable) -> Words:
    """All of a table but its model; TypeError if a value has no words."""
    schema = fitted.schema
    return {
        "package": schema.package,
        "names": written_all(schema.names),
        "dtypes": [
            [dtype.name, written_all(dtype.categories), dtype.ordered] for dtype in schema.dtypes
        ],
        "columns": [_column(column) for column in fitted.columns.values()],
        "units": [
            [
                [fitted.places[column.name] for column in unit.columns],
                [p.tolist() for p in unit.parents],
            ]
            for unit in fitted.units
        ],
        "markers": written_all(fitted.markers),
    }


def _column(column: Column | Anew) -> Words:
    """A column, in words."""
    if isinstance(column, Anew):
        return {"kind": "anew", "first": column.first, "prefix": column.prefix}
    values = column.values
    return {
        "kind": column.kind,
        "code": column.code,
        "missing": column.missing_mass,
        "notes": list(column.notes),
        "values": _listed(values) if isinstance(values, Listed) else _numbered(values),
    }


def _listed(values: Listed) -> Words:
    """Listed values, in words."""
    if isinstance(values.levels, np.ndarray):
        levels: Any = {values.levels.dtype.name: numbers(values.levels)}
    else:
        levels = written_all(values.levels)
    return {"levels": levels, "mass": numbers(values.mass), "unit": values.unit}


def _numbered(values: Numbered) -> Words:
    """Numbers in pieces, in words."""
    pieces, grid, form = values.pieces, values.grid, values.form
    return {
        "low": numbers(pieces.low),
        "high": numbers(pieces.high),
        "piece": pieces.kind.tolist(),
        "mass": numbers(pieces.mass),
        "leaf": pieces.leaf.tolist(),
        "step": pieces.step.tolist(),
        "scale": numbers(pieces.scale),
        "grid": None if grid is None else [grid.step, grid.origin, grid.decimals, grid.single],
        "whole": values.whole,
        "infinite": [
            [str(x), mass] for x, mass in zip(values.infinite, values.infinite_mass, strict=True)
        ],
        "unit": values.unit,
        "form": None if form is None else [form.unit, form.between, form.zone],
    }
