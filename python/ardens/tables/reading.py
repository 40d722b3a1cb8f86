"""A fitted table out of a file that need not be trusted, as `description` wrote it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..composites import Mixture
from ..composites.description import CLASS as MIXTURE
from ..models import MODELS
from ..models.encoding import decode_settings
from ..storage.distrust import believed, refuse
from .columns import Column, Listed, Numbered
from .drawing import Anew
from .fitted import FittedTable
from .formats import Format
from .frames import PACKAGES
from .grids import Grid
from .pieces import Pieces
from .schema import Dtype, Schema
from .units import Unit, is_code
from .words import array_in, read_all, value_in

__all__ = ["options_in", "table_in"]


def options_in(told: Any) -> dict[str, Any]:
    """The options of a model of tables that was described; they are not checked yet."""
    if not isinstance(told, dict):
        raise TypeError("the settings are not a table")
    own = {key: value for key, value in told.items() if key in ("n_jobs", "random_state")}
    columns = told.get("columns")
    if columns is not None:
        pairs = [(value_in(name), kind) for name, kind in columns]
        columns = dict(pairs)
    missing = told.get("missing")
    return decode_settings(own) | {
        "columns": columns,
        "missing": None if missing is None else tuple(read_all(missing)),
        "estimator": _estimator_in(told.get("estimator")),
    }


def _estimator_in(told: Any) -> Any:
    """An unfitted model out of a file."""
    if told is None:
        return None
    if not isinstance(told, dict):
        raise TypeError("the estimator is not a table")
    name, settings = told.get("class"), decode_settings(told.get("settings"))
    if name == MIXTURE:
        return Mixture(**settings, estimator=_estimator_in(told.get("estimator")))
    if not isinstance(name, str) or name not in MODELS:
        raise ValueError(f"the estimator is not of a class of {', '.join(MODELS)}, {MIXTURE}")
    return MODELS[name](**settings)


def table_in(words: Mapping[str, Any]) -> FittedTable:
    """Read a table, without its model; FormatError if anything is not as it should be."""
    names = read_all(words.get("names"))
    dtypes = words.get("dtypes")
    package = words.get("package")
    if package not in PACKAGES:
        refuse(f"the table is of {str(package)[:20]!r}")
    if not names or not isinstance(dtypes, list) or len(dtypes) != len(names):
        refuse("the table has not one dtype for each of its columns")
    if any(isinstance(name, float) for name in names) or len(set(names)) < len(names):
        refuse("the names of the table's columns are not distinct")
    schema = Schema(package, tuple(names), tuple(map(_dtype_in, dtypes)))
    if package == "dict":
        for dtype in schema.dtypes:
            believed(np.dtype, object if dtype.name == "list" else dtype.name)
    told = words.get("columns")
    if not isinstance(told, list) or len(told) != len(names):
        refuse("the table does not describe each of its columns")
    columns = {name: _column_in(name, one) for name, one in zip(names, told, strict=True)}
    learned = [column for column in columns.values() if isinstance(column, Column)]
    units = _units_in(words.get("units"), learned)
    return FittedTable(schema, columns, units, None, tuple(read_all(words.get("markers"))))


def _column_in(name: Any, words: Any) -> Column | Anew:
    """A column out of a file."""
    if not isinstance(words, dict):
        refuse("a column is not described by a JSON object")
    kind = words.get("kind")
    if kind == "anew":
        first, prefix = words.get("first"), words.get("prefix")
        if type(first) is not int or not -(2**63) <= first < 2**63:
            refuse("a column has no first number")
        if not (prefix is None or isinstance(prefix, str)):
            refuse("a column's prefix is no string")
        return Anew(name, first, prefix)
    values, code, notes = words.get("values"), words.get("code"), words.get("notes")
    if kind not in ("category", "ordered", "integer", "number", "boolean", "date"):
        refuse(f"a column is of the kind {str(kind)[:20]!r}")
    if not isinstance(code, str) or not is_code(code):
        refuse(f"a column has the code {str(code)[:20]!r}")
    if not isinstance(notes, list) or not all(isinstance(note, str) for note in notes):
        refuse("a column's notes are no strings")
    if not isinstance(values, dict):
        refuse("a column has no values")
    missing = float(array_in([words.get("missing")], np.float64)[0])
    if not missing >= 0:
        refuse("a column has less than no missing cells")
    held = _numbered_in(values) if "low" in values else _listed_in(values)
    if not len(held.mass) and not missing:
        refuse("a column has no leaf")
    return Column(name, kind, held, code, missing, notes)


def _listed_in(words: Mapping[str, Any]) -> Listed:
    """Listed values out of a file."""
    told, mass = words.get("levels"), array_in(words.get("mass"), np.float64)
    levels: Any
    if isinstance(told, dict):
        ((name, numbers),) = told.items() if len(told) == 1 else [("", None)]
        if name not in ("int64", "float64"):
            refuse("a column's values are of no dtype that is known")
        levels = array_in(numbers, np.dtype(name))
        rising = bool((levels[1:] > levels[:-1]).all())
    else:
        levels = read_all(told)
        rising = True
    if len(levels) != len(mass) or not rising or not (mass > 0).all():
        refuse("a column's values are not what was counted")
    return Listed(levels, mass, _unit_in(words.get("unit")))


def _numbered_in(words: Mapping[str, Any]) -> Numbered:
    """Numbers in pieces out of a file."""
    grid, whole, form = words.get("grid"), words.get("whole"), words.get("form")
    number = np.dtype(np.float64 if grid is None else np.int64)
    low, high = (array_in(words.get(end), number) for end in ("low", "high"))
    kind = array_in(words.get("piece"), np.dtype(np.int64))
    leaf, step = (array_in(words.get(key), np.dtype(np.int64)) for key in ("leaf", "step"))
    mass, scale = (array_in(words.get(key), np.dtype(np.float64)) for key in ("mass", "scale"))
    if type(whole) is not bool:
        refuse("a column of numbers is neither whole nor not")
    n = len(low)
    if not (
        n and len(high) == len(kind) == len(mass) == len(leaf) == len(step) == n and len(scale) == 2
    ):
        refuse("a column's pieces are not all described")
    ends = (low <= high).all() and (low[1:] > high[:-1]).all() and np.isfinite(high).all()
    steps = leaf[0] == 0 and np.isin(np.diff(leaf), (0, 1)).all()
    tails = (kind[1:] != 3).all() and (kind[:-1] != 2).all() and ((kind >= 0) & (kind < 4)).all()
    sizes = np.isfinite(mass).all() and (mass > 0).all() and (step > 0).all()
    if not (ends and steps and tails and sizes and (scale > 0).all() and np.isfinite(scale).all()):
        refuse("a column's pieces are not in order")
    infinite = words.get("infinite")
    if not isinstance(infinite, list) or not all(
        isinstance(one, list) and len(one) == 2 for one in infinite
    ):
        refuse("a column's infinities are no pairs")
    kinds = [str(one[0]) for one in infinite]
    if len(set(kinds)) < len(kinds) or not set(kinds) <= {"inf", "-inf"}:
        refuse("a column's infinities are no such")
    counted = array_in([one[1] for one in infinite], np.dtype(np.float64))
    if not (counted > 0).all():
        refuse("a column's infinities were not counted")
    return Numbered(
        Pieces(low, high, kind.astype(np.int8), mass, leaf, step, scale),
        _grid_in(grid),
        whole,
        tuple(map(float, kinds)),
        tuple(counted.tolist()),
        _unit_in(words.get("unit")),
        _form_in(form),
    )


def _grid_in(words: Any) -> Grid | None:
    """A grid out of a file."""
    if words is None:
        return None
    if not (isinstance(words, list) and len(words) == 4):
        refuse("a grid is not described")
    step, origin, decimals, single = words
    whole = type(step) is int and type(origin) is int and 0 < step < 2**63 and abs(origin) < 2**63
    if not whole or not (decimals is None or (type(decimals) is int and 0 <= decimals < 20)):
        refuse("a grid is none")
    return Grid(step, origin, decimals, bool(single))


def _form_in(words: Any) -> Format | None:
    """A form of times out of a file."""
    if words is None:
        return None
    if not (isinstance(words, list) and len(words) == 3 and all(isinstance(x, str) for x in words)):
        refuse("a form of times is not described")
    unit, between, zone = words
    if (
        unit not in ("D", "m", "s", "ms", "us", "ns")
        or between not in ("T", " ")
        or zone not in ("", "Z")
    ):
        refuse("a form of times is none")
    return Format(unit, between, zone)


def _unit_in(unit: Any) -> str | None:
    """A unit of times out of a file."""
    if unit is None:
        return None
    if not isinstance(unit, str) or unit.removeprefix("for ") not in ("ns", "us", "ms", "s", "D"):
        refuse(f"times are in {str(unit)[:20]!r}")
    return unit


def _units_in(told: Any, learned: Sequence[Column]) -> tuple[Unit, ...]:
    """Columns and chains of columns out of a file."""
    if not isinstance(told, list) or not all(
        isinstance(one, list) and len(one) == 2 for one in told
    ):
        refuse("the units of the table are not described")
    places = [x for one in told for x in (one[0] if isinstance(one[0], list) else [-1])]
    if not all(type(x) is int for x in places) or sorted(places) != [*range(len(learned))]:
        refuse("the units of the table are not of all its columns")
    units = []
    for chain, parents in told:
        columns = tuple(learned[place] for place in chain)
        if not isinstance(parents, list) or len(parents) != len(columns) - 1:
            refuse("the functions of the table are not described")
        tables = tuple(array_in(parent, np.dtype(np.int64)) for parent in parents)
        for before, after, table in zip(columns[:-1], columns[1:], tables, strict=True):
            covered = len(np.unique(table)) == before.n_leaves
            inside = len(table) == after.n_leaves and bool(
                ((table >= 0) & (table < before.n_leaves)).all()
            )
            if not inside or not covered or before.n_leaves < 2:
                refuse("a function of the table is none")
        units.append(Unit(columns, tables))
    return tuple(units)


def _dtype_in(words: Any) -> Dtype:
    """A dtype out of a file."""
    if not (isinstance(words, list) and len(words) == 3 and isinstance(words[0], str)):
        refuse("a dtype is not described")
    categories = None if words[1] is None else tuple(read_all(words[1]))
    return Dtype(words[0], categories, words[2] is True)
