"""What is said of the columns of a fitted table."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from .columns import Column
from .fitted import FittedTable

__all__ = ["ColumnTable", "Told", "table_of"]

_WIDEST = 40  # characters of a name that are shown


class Told(NamedTuple):
    """What was found of a column.

    Parameters
    ----------
    kind : str
        As the option `columns` names it.
    leaves : int
        What a model of the bits can tell apart: values, or bins of numbers, and missing cells.
    bits : int
        What the column takes of a row of bits; 0 if others say what it is.
    notes : str
        What was noticed.
    """

    kind: str
    leaves: int
    bits: int
    notes: str


class ColumnTable(Mapping[Any, Told]):
    """What was found of each column, by its name; printed as a table."""

    def __init__(self, columns: Mapping[Any, Told]) -> None:
        self._columns: dict[Any, Told] = dict(columns)

    def __getitem__(self, name: Any) -> Told:
        return self._columns[name]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __repr__(self) -> str:
        rows = [("column", "kind", "leaves", "bits", "noticed")]
        for name, told in self._columns.items():
            shown = str(name) if len(str(name)) <= _WIDEST else f"{str(name)[: _WIDEST - 1]}…"
            rows.append((shown, told.kind, f"{told.leaves:,}", f"{told.bits:,}", told.notes))
        widths = [max(len(row[k]) for row in rows) for k in range(4)]
        return "\n".join(
            f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:>{widths[2]}}  {d:>{widths[3]}}  {e}".rstrip()
            for a, b, c, d, e in rows
        )


def table_of(fitted: FittedTable) -> ColumnTable:
    """What is to be said of the columns of a table."""
    bits: dict[Any, int] = {}
    for unit in fitted.units:
        ends = [0, *unit.n_bits]
        for column, (before, after) in zip(unit.columns, itertools.pairwise(ends), strict=True):
            bits[column.name] = after - before
    told = {}
    for name, found in fitted.columns.items():
        if isinstance(found, Column):
            notes = [*found.notes, *["constant"] * (found.n_leaves == 1)]
            told[name] = Told(found.kind, found.n_leaves, bits[name], "; ".join(notes))
        else:
            told[name] = Told(found.kind, 0, 0, "not learned; drawn anew")
    return ColumnTable(told)
