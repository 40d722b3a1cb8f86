"""What `fit` of a table leaves: its columns, their units and codes, and the model of the bits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..codes import RowCode
from ..composites import Mixture
from ..core import Rows
from ..models import AutoregressiveModel
from .cells import Cells
from .columns import Column
from .drawing import Anew, uniforms
from .frames import Frame
from .schema import Schema
from .units import Unit

__all__ = ["BitModel", "Coded", "FittedTable"]

BitModel: TypeAlias = AutoregressiveModel | Mixture

UNKNOWN = 2  # a bit of which nothing is known


@dataclass(frozen=True, eq=False)
class Coded:
    """Rows of a frame as bits.

    Parameters
    ----------
    bits : ndarray of uint8, shape (n, n_bits)
        Rows of the codes.
    left_out : ndarray of bool, shape (n, n_bits), or None
        The bits of what is unseen, which stand for the commonest that might be; None if all is
        seen.
    nats : ndarray of float64, shape (n, n_columns)
        What columns count beside the bits: densities inside leaves, and what is unseen.
    """

    bits: Rows
    left_out: NDArray[np.bool_] | None
    nats: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FittedTable:
    """A fitted table; it never changes.

    Parameters
    ----------
    schema : Schema
        Of the frame that it was fitted to, without the columns that are ignored.
    columns : mapping of name to Column or Anew
        In the order of the schema.
    units : tuple of Unit
        Of all columns that are learned.
    model : BitModel, optional
        Of the bits; None where there are none.
    markers : tuple
        Values that mean that a cell is missing.
    """

    schema: Schema
    columns: Mapping[Any, Column | Anew]
    units: tuple[Unit, ...]
    model: BitModel | None = None
    markers: tuple[Any, ...] = ()
    learned: tuple[Column, ...] = field(init=False)

    def __post_init__(self) -> None:
        learned = tuple(column for column in self.columns.values() if isinstance(column, Column))
        object.__setattr__(self, "learned", learned)

    @cached_property
    def varying(self) -> tuple[Unit, ...]:
        """The units that are not constant."""
        return tuple(unit for unit in self.units if unit.code is not None)

    @cached_property
    def row(self) -> RowCode | None:
        """The code of a row; None where every column is constant."""
        codes = [unit.code for unit in self.varying if unit.code is not None]
        return RowCode(codes) if codes else None

    @property
    def n_bits(self) -> int:
        """Bits of a row."""
        return 0 if self.row is None else self.row.n_bits

    @cached_property
    def places(self) -> dict[Any, int]:
        """Where each learned column stands among those."""
        return {column.name: k for k, column in enumerate(self.learned)}

    def slice_of(self, unit: Unit) -> slice:
        """The bits of a unit that varies."""
        assert self.row is not None
        return self.row.slices[self.varying.index(unit)]

    def coded(self, frame: Frame) -> Coded:
        """Write whole rows as bits."""
        n = frame.n_rows
        leaves = np.empty((n, len(self.varying)), np.int64)
        nats = np.zeros((n, len(self.learned)))
        left_out = None
        for unit in self.units:
            found = [column.find(frame.cells(column.name)) for column in unit.columns]
            leaf, known, possible = unit.together([own for own, _ in found])
            for k, (column, (own, inside)) in enumerate(zip(unit.columns, found, strict=True)):
                place = self.places[column.name]
                nats[:, place] = inside + np.where(own < 0, column.nats_unseen, column.nats_seen)
                nats[known < k, place] = 0.0  # unseen with what it is a function of
            nats[~possible, self.places[unit.columns[0].name]] = -np.inf
            if unit.code is None:
                continue
            leaves[:, self.varying.index(unit)] = leaf
            unseen = known < len(unit.columns)
            if unseen.any():
                left_out = np.zeros((n, self.n_bits), np.bool_) if left_out is None else left_out
                ends = np.array([0, *unit.n_bits])[known]
                left_out[:, self.slice_of(unit)] = np.arange(unit.n_bits[-1]) >= ends[:, None]
        bits = np.zeros((n, 0), np.uint8) if self.row is None else self.row.encode(leaves)
        return Coded(bits, left_out, nats)

    def with_words(
        self,
        coded: Coded,
        unit: Unit,
        words: tuple[Rows, NDArray[np.int64]],
        rows: NDArray[np.intp],
    ) -> tuple[Rows, NDArray[np.bool_] | None]:
        """Bits of some rows, and which are left out, with other words of a unit.

        Of each word so many bits are known.
        """
        bits = coded.bits[rows]
        left_out = None if coded.left_out is None else coded.left_out[rows]
        if unit.code is None:
            return bits, left_out
        own, (word, known) = self.slice_of(unit), words
        bits[:, own] = word
        if left_out is None and (known < word.shape[1]).any():
            left_out = np.zeros(bits.shape, np.bool_)
        if left_out is not None:
            left_out[:, own] = np.arange(word.shape[1]) >= known[:, None]
        return bits, left_out

    def evidence(self, leaves: Sequence[NDArray[np.int64] | None], n: int, *, filled: bool) -> Rows:
        """Bits of what is known: leaves of learned columns, None or -1 where they are not.

        `filled` says that unknown cells are not missing ones.
        """
        cells = np.full((n, self.n_bits), UNKNOWN, np.uint8)
        for unit in self.varying:
            cells[:, self.slice_of(unit)] = unit.evidence(
                self.of_unit(unit, leaves), n, filled=filled
            )
        return cells

    def contradicted(self, leaves: Sequence[NDArray[np.int64] | None], n: int) -> NDArray[np.bool_]:
        """Whether columns of a row are not what they are functions of."""
        wrong = np.zeros(n, np.bool_)
        for unit in self.units:
            wrong |= unit.contradicted(self.of_unit(unit, leaves), n)
        return wrong

    def of_unit(self, unit: Unit, leaves: Sequence[Any]) -> list[Any]:
        """What is there of the columns of a unit."""
        return [leaves[self.places[column.name]] for column in unit.columns]

    def read(self, bits: Rows, out: NDArray[np.int32]) -> None:
        """Read bits as leaves of the learned columns, (n_learned, n)."""
        leaves = None if self.row is None else self.row.decode(bits)
        for unit in self.units:
            if unit.code is None or leaves is None:
                leaf = np.zeros(len(bits), np.int64)
            else:
                leaf = leaves[:, self.varying.index(unit)]
            for column, own in zip(unit.columns, unit.apart(leaf), strict=True):
                out[self.places[column.name]] = own

    def cells(
        self, leaves: NDArray[np.int32], seed: int, start: int, middle: bool = False
    ) -> dict[Any, Cells]:
        """Cells of leaves (n_learned, n): drawn inside them, or from the middle."""
        n = leaves.shape[1]
        made: dict[Any, Cells] = {}
        for k, (name, column) in enumerate(self.columns.items()):
            if isinstance(column, Anew):
                made[name] = column.draw(n, start)
            else:
                u = np.full(n, 0.5) if middle else uniforms(seed, k, start, n)
                made[name] = column.draw(leaves[self.places[name]].astype(np.int64), u)
        return made
