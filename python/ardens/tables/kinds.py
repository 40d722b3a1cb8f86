"""What kind of column each is: found by looking at its cells, or as the user says."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import warn
from .cells import Cells
from .columns import Column, Listed, Numbered, numbers_of
from .cutting import Fineness, cut
from .formats import Format, format_of
from .grids import grid_of, steps_of_times
from .schema import Dtype

__all__ = ["KINDS", "fitted_column", "looks_missing", "unlearnable"]

KINDS = ("category", "ordered", "integer", "number", "boolean", "date", "ignore", "anew")

_BASES = (  # below so many rows: leaves up to which each has a bit of its own; values of a digit
    (2500, 8, 4),
    (10000, 8, 8),
    (np.inf, 16, 16),
)
_FEW = 20  # distinct numbers up to which they are taken for categories, each seen ten times
_TIMES_SEEN = 10
_DISTINCT = 0.8  # of the cells, from which on strings are names and not categories
_NAMES = 50
_MISSING_WORDS = frozenset(
    ["", "?", "-", "--", ".", "na", "n/a", "#n/a", "nan", "none", "null", "nil", "missing", "<na>"]
)
_LARGEST = float(np.finfo(np.float64).max) / 4


def looks_missing(cells: Cells) -> list[str]:
    """Values that look as if they marked missing cells."""
    levels = cells.levels or []
    return [x for x in levels if isinstance(x, str) and x.strip().lower() in _MISSING_WORDS]


def unlearnable(cells: Cells) -> str | None:
    """What is wrong with a column that no model can learn, in words; None if nothing is."""
    there = ~cells.missing
    seen = int(there.sum())
    if seen < _NAMES or cells.unit is not None:
        return None
    if cells.levels is not None:
        distinct = len(np.unique(cells.values[there]))
        if distinct <= _DISTINCT * seen or format_of(cells.levels):
            return None
        words = np.mean([len(str(level).split()) for level in cells.levels[:1000]])
        what = "free text" if words > 4 else "names or identifiers"
        return f"{what}: {distinct:,} distinct values in {seen:,} rows"
    if cells.values.dtype == np.float64:
        return None
    values = np.sort(cells.values[there])
    dense = int(values[-1]) - int(values[0]) < 2 * seen
    if dense and (values[1:] != values[:-1]).all():
        return f"identifiers: {seen:,} different integers, from {values[0]} to {values[-1]}"
    return None


def fitted_column(
    name: Any,
    cells: Cells,
    weights: NDArray[np.float64],
    dtype: Dtype,
    wanted: str | None,
    fineness: Fineness,
) -> Column:
    """Find the kind of a column, unless one is wanted, and fit it to the rows of these weights."""
    notes = []
    form = None
    if wanted in (None, "date") and cells.levels is not None and not cells.missing.all():
        form = format_of(cells.levels)
        if form is not None:
            cells, _ = form.read(cells)
            notes.append("dates as strings")
    kind = wanted or _found(cells, dtype)
    _check(name, kind, cells)
    if kind in ("integer", "number") and cells.levels is not None:
        cells = Cells(numbers_of(cells, None), cells.missing)
    there = ~cells.missing
    missing_mass = float(weights[cells.missing].sum())
    if missing_mass:
        notes.append(f"{missing_mass / weights.sum():.1%} missing")
    values, codes = np.unique(cells.values[there], return_inverse=True)
    mass = np.bincount(codes, weights[there], len(values)).astype(np.float64)
    if kind in ("category", "ordered", "boolean") or not len(values):
        held: Listed | Numbered = _listed(cells, values, mass, dtype, kind)
    else:
        held = _numbered(cells, values, mass, dtype, kind, form, fineness)
        grid = held.grid if isinstance(held, Numbered) else None
        if grid is not None and grid.decimals:
            notes.append(f"{grid.decimals} decimal{'s' * (grid.decimals > 1)}")
        elif grid is not None and grid.step > 1 and cells.unit is None:
            notes.append(f"multiples of {grid.step}")
    if looks_missing(cells):
        marks = ", ".join(map(repr, looks_missing(cells)))
        notes.append(f"{marks} may mean missing")
        warn(
            f'the column "{name}" has the value {marks}, which may mean that a cell is missing; if '
            f"so, give missing=({marks},)"
        )
    return Column(name, kind, held, _code(held, kind, float(weights.sum())), missing_mass, notes)


def _code(values: Listed | Numbered, kind: str, rows: float) -> str:
    """How the leaves are written as bits; digits are small where rows are few."""
    few, base = next((few, base) for most, few, base in _BASES if rows < most)
    if len(values.mass) <= few:
        return "one_hot"
    ordered = isinstance(values, Numbered) or kind == "ordered"
    return f"{'digits' if ordered else 'frequent'}{base}"


def _found(cells: Cells, dtype: Dtype) -> str:
    """The kind of a column, by its cells."""
    if cells.levels is not None:
        if all(isinstance(level, bool | np.bool_) for level in cells.levels):
            return "boolean"
        return "ordered" if dtype.ordered else "category"
    if cells.unit is not None:
        return "number" if cells.unit.startswith("for ") else "date"
    there = cells.values[~cells.missing]
    values = np.unique(there)
    if dtype.categories is not None:
        return "ordered" if dtype.ordered else "category"
    few = len(values) <= _FEW and len(there) >= _TIMES_SEEN * len(values)
    if few and np.isfinite(values.astype(np.float64)).all():
        return "category"
    return "integer" if cells.values.dtype == np.int64 else "number"


def _check(name: Any, kind: str, cells: Cells) -> None:
    """Refuse a kind that the cells do not have."""
    said = f'columns asks for "{kind}" in the column "{name}"'
    if cells.missing.all():
        return
    if kind == "date" and cells.unit is None:
        raise ValueError(
            f"{said}, whose values are no times and no strings of ISO dates, such as 2024-12-31; "
            "convert it first"
        )
    if kind in ("integer", "number"):
        try:
            values = numbers_of(cells, cells.unit)[~cells.missing]
        except TypeError as error:
            raise ValueError(f"{said}, but {error}; convert it first") from None
        if kind == "integer" and (values != np.floor(values)).any():
            raise ValueError(f"{said}, which has {values[values != np.floor(values)][0]}")
    if kind == "boolean":
        distinct = len(np.unique(cells.values[~cells.missing]))
        if distinct > 2:
            raise ValueError(f"{said}, which has {distinct} distinct values")


def _listed(
    cells: Cells, values: NDArray[Any], mass: NDArray[np.float64], dtype: Dtype, kind: str
) -> Listed:
    """Values that have a leaf each."""
    if cells.levels is None:
        return Listed(values, mass, cells.unit)
    levels = [cells.levels[code] for code in values]
    if kind == "boolean" and all(isinstance(level, bool | np.bool_) for level in levels):
        counted = dict(zip(levels, mass, strict=True))
        levels = [level for level in (False, True) if level in counted]
        mass = np.array([counted[level] for level in levels])
    elif kind == "ordered" and dtype.categories is not None:
        rank = {category: k for k, category in enumerate(dtype.categories)}
        order = sorted(range(len(levels)), key=lambda k: rank.get(levels[k], k))
        levels, mass = [levels[k] for k in order], mass[order]
    return Listed(levels, mass)


def _numbered(
    cells: Cells,
    values: NDArray[Any],
    mass: NDArray[np.float64],
    dtype: Dtype,
    kind: str,
    form: Format | None,
    fineness: Fineness,
) -> Numbered | Listed:
    """Numbers in pieces."""
    infinite = np.isinf(values) if values.dtype == np.float64 else np.zeros(len(values), np.bool_)
    finite, heavy = values[~infinite], mass[~infinite]
    if not len(finite):
        return Listed(values, mass)
    single = "float32" in dtype.name.lower() or dtype.name.lower() in ("float", "halffloat")
    low, high = _bounds(cells.unit, dtype.name, finite)
    grid = None
    if kind == "date" or cells.unit is not None:
        grid = steps_of_times(finite, (cells.unit or "").removeprefix("for "))
    else:
        grid = grid_of(finite, single)
    x: NDArray[Any] = finite
    if grid is not None:
        x = grid.steps(finite)[0]
        scale = 10.0**grid.decimals if grid.decimals is not None else 1 / grid.step
        low = _inside((low - grid.origin) * scale, up=True)
        high = _inside((high - grid.origin) * scale, up=False)
    else:
        x = finite.astype(np.float64)
    pieces = cut(x, heavy, (low, high), fineness)
    return Numbered(
        pieces,
        grid,
        cells.values.dtype == np.int64,
        tuple(values[infinite].tolist()),
        tuple(mass[infinite].tolist()),
        cells.unit,
        form,
    )


def _inside(bound: float, *, up: bool) -> int:
    """A bound in steps, within what int64 holds with room for sums."""
    limit = 2**62
    if abs(bound) >= limit:
        return limit if bound > 0 else -limit
    return int(np.ceil(bound) if up else np.floor(bound))


def _bounds(unit: str | None, dtype: str, values: NDArray[Any]) -> tuple[float, float]:
    """What no value is beyond: what its dtype holds, and zero where all are on one side of it."""
    if unit is not None and not unit.startswith("for "):
        ends = np.array(["0001-01-01", "9999-12-31"], "M8[D]").astype("M8[s]").view(np.int64)
        first, last = ends.tolist()
        factor = {"ns": 10**9, "us": 10**6, "ms": 10**3, "s": 1}.get(unit)
        if factor is None:
            return first // 86400, last // 86400
        return max(first * factor, -(2**62)), min(last * factor, 2**62)
    low: float
    high: float
    integer = re.fullmatch(r"(u?)int(8|16|32|64)", dtype.split("[")[0].lower())
    if integer:
        bits = int(integer[2])
        low, high = (0, 2**bits - 1) if integer[1] else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    elif "16" in dtype or "half" in dtype.lower():
        low, high = -65504.0, 65504.0
    elif "32" in dtype or dtype == "float":
        low, high = -3.4e38, 3.4e38
    else:
        low, high = -_LARGEST, _LARGEST
    if values[0] >= 0:
        low = max(low, 0)
    if values[-1] <= 0:
        high = min(high, 0)
    return low, high
