"""Columns as codes: each column is one, and columns that are functions of another are one with it.

A unit is a chain of columns, each a function of the next: city of zip. Its code is that of the
first, followed by that of the second among the values that go with it, and so on: what is known of
the first columns alone is known of the first bits.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .. import codes
from ..codes import Code
from .columns import Column, Listed

__all__ = ["Unit", "chains", "is_code", "parents_of"]

_UNKNOWN = 2  # a bit of which nothing is known
_DOUBTS = 50.0  # rows that would have contradicted a function, were the columns independent


def is_code(name: str) -> bool:
    """Whether a code is called so."""
    return bool(re.fullmatch("one_hot|(digits|frequent)([2-9]|[1-9][0-9]{1,2})", name))


def code_of(mass: NDArray[np.float64], name: str) -> Code | None:
    """The code of leaves that come so often, by its name; None where there is but one."""
    if len(mass) < 2:
        return None
    if len(mass) == 2:
        return codes.bits(1)
    if name == "one_hot":
        return codes.one_hot(len(mass))
    if name.startswith("digits"):
        return codes.digits(len(mass), int(name.removeprefix("digits")))
    by_frequency = codes.digits(len(mass), int(name.removeprefix("frequent")))
    rank = np.empty(len(mass), np.int64)
    rank[np.argsort(-mass, kind="stable")] = np.arange(len(mass))
    return codes.words(by_frequency.encode(rank))


def _of_column(column: Column) -> Code | None:
    """The code of a column: of its values, behind a bit that says whether a cell is missing."""
    own = column.values.mass
    code = code_of(own, column.code)
    if not column.missing_mass or not len(own):
        return code
    return codes.nested(codes.bits(1), [code, None])


@dataclass(frozen=True, eq=False)
class Unit:
    """A chain of columns and their code.

    Parameters
    ----------
    columns : tuple of Column
        Each a function of the next.
    parents : tuple of ndarray of int64
        For every column but the first, the leaf of the column before that goes with each leaf.
    """

    columns: tuple[Column, ...]
    parents: tuple[NDArray[np.int64], ...] = ()
    code: Code | None = field(init=False)  # None where all is constant
    _order: tuple[NDArray[np.int64], ...] = field(init=False)
    _bits: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        code = _of_column(self.columns[0])
        leaves = np.arange(self.columns[0].n_leaves)  # of the column so far, in the code's order
        orders, bits = [leaves], [0 if code is None else code.n_bits]
        for column, parent in zip(self.columns[1:], self.parents, strict=True):
            children = [np.flatnonzero(parent == leaf) for leaf in leaves]
            tails = [code_of(column.mass[own], column.code) for own in children]
            if any(tail is not None for tail in tails):
                assert code is not None  # constants are in no chain
                code = codes.nested(code, tails)
            leaves = np.concatenate(children)
            orders.append(leaves)
            bits.append(0 if code is None else code.n_bits)
        object.__setattr__(self, "code", code)
        object.__setattr__(self, "_order", tuple(orders))
        object.__setattr__(self, "_bits", tuple(bits))

    @property
    def n_bits(self) -> tuple[int, ...]:
        """How many of the first bits say what each column holds."""
        return self._bits

    @cached_property
    def _columns_of(self) -> tuple[NDArray[np.int64], ...]:
        """The leaf of each column by the leaf of the unit."""
        found = [self._order[-1]]
        for parent in reversed(self.parents):
            found.append(parent[found[-1]])
        return tuple(reversed(found))

    def apart(self, leaf: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """The leaf of each column."""
        return [table.take(leaf) for table in self._columns_of]

    def together(
        self, leaves: Sequence[NDArray[np.int64]]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
        """The leaf of the unit by those of its columns, -1 where these are unseen.

        Returns
        -------
        leaf : ndarray of int64
            Where columns are unseen, the heaviest that has what is known of those before.
        known : ndarray of int64
            How many columns are seen.
        possible : ndarray of bool
            Whether the columns agree.
        """
        if len(self.columns) == 1:
            seen = leaves[0] >= 0
            heaviest = int(np.argmax(self.columns[0].mass))
            return np.where(seen, leaves[0], heaviest), seen.astype(np.int64), seen | True
        known = np.zeros(len(leaves[0]), np.int64)
        possible = np.ones(len(leaves[0]), np.bool_)
        leaf = np.full(len(leaves[0]), int(np.argmax(self._mass)))
        ended = np.zeros(len(leaves[0]), np.bool_)
        before = leaves[0]
        for k, own in enumerate(leaves):
            possible &= ~ended | (own < 0)
            ended |= own < 0
            going = np.flatnonzero(~ended)
            if k:
                parent = self.parents[k - 1][own[going]]
                possible[going] &= parent == before[going]
            known[going] = k + 1
            leaf[going] = self._heaviest[k][own[going]]
            before = own
        return leaf, known, possible

    def evidence(
        self, leaves: Sequence[NDArray[np.int64] | None], n: int, *, filled: bool
    ) -> NDArray[np.uint8]:
        """Bits of what is known of rows: leaves of the columns, None or -1 where they are not.

        `filled` says that unknown cells are not missing ones.
        """
        assert self.code is not None
        cells = np.full((n, self.code.n_bits), _UNKNOWN, np.uint8)
        if filled and self.columns[0].missing_mass and len(self.columns[0].values.mass):
            cells[:, 0] = 0
        for k, own in enumerate(leaves):
            if own is None:
                continue
            rows = np.flatnonzero(own >= 0)
            words = self.code.encode(self._heaviest[k][own[rows]])
            cells[rows[:, None], np.arange(self._bits[k])] = words[:, : self._bits[k]]
        return cells

    def contradicted(self, leaves: Sequence[NDArray[np.int64] | None], n: int) -> NDArray[np.bool_]:
        """Whether what is known of the columns, of n rows, agrees with no leaf of the unit."""
        wrong = np.zeros(n, np.bool_)
        wanted: NDArray[np.int64] = np.full(n, -1)  # of the column before, by those after it
        for k in range(len(self.columns) - 1, -1, -1):
            own = leaves[k]
            if own is not None:
                wrong |= (wanted >= 0) & (own >= 0) & (own != wanted)
                wanted = np.where(own >= 0, own, wanted)
            if k:
                wanted = np.where(wanted >= 0, self.parents[k - 1][wanted], -1)
        return wrong

    def fits(
        self,
        leaves: Sequence[NDArray[np.int64]],
        k: int,
        leaf: NDArray[np.int64],
        rows: NDArray[np.intp],
    ) -> NDArray[np.bool_]:
        """Whether column k of some rows may have these leaves, -1 for what is unseen."""
        fits = np.ones(len(leaf), np.bool_)
        if k:
            before = leaves[k - 1][rows]
            parent = np.where(leaf < 0, before, self.parents[k - 1][leaf])
            fits &= (parent == before) & ((before >= 0) | (leaf < 0))
        if k + 1 < len(self.columns):
            after = leaves[k + 1][rows]
            fits &= (after < 0) | (self.parents[k][after] == leaf)
        return fits

    def words(
        self,
        leaves: Sequence[NDArray[np.int64]],
        k: int,
        leaf: NDArray[np.int64],
        rows: NDArray[np.intp],
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        """Words of some rows whose column k has these leaves, and how many bits of them are known.

        The others are those of the commonest value.
        """
        own = [*leaves[:k], leaf, *leaves[k + 1 :]]
        some = [column if j == k else column[rows] for j, column in enumerate(own)]
        unit_leaf, known, _ = self.together(some)
        if self.code is None:
            return np.zeros((len(rows), 0), np.uint8), known
        return self.code.encode(unit_leaf), np.array([0, *self._bits])[known]

    @cached_property
    def _mass(self) -> NDArray[np.float64]:
        """What the rows of each leaf of the unit count."""
        return self.columns[-1].mass[self._order[-1]]

    @cached_property
    def _heaviest(self) -> tuple[NDArray[np.int64], ...]:
        """The heaviest leaf of the unit by the leaf of each column."""
        rising = np.argsort(self._mass, kind="stable")
        found = []
        for table, column in zip(self._columns_of, self.columns, strict=True):
            heaviest = np.zeros(column.n_leaves, np.int64)
            heaviest[table[rising]] = rising
            found.append(heaviest)
        return tuple(found)


def chains(columns: Sequence[Column], leaves: NDArray[np.int64]) -> list[list[int]]:
    """Which columns are functions of others: chains of their numbers, each a function of the next.

    A column is in one chain; most are alone in theirs.
    """
    able = [k for k, column in enumerate(columns) if _may_be_function(column)]
    finest_first = sorted(able, key=lambda k: (-columns[k].n_leaves, k))
    taken: set[int] = set()
    found = []
    for k in finest_first:
        if k in taken:
            continue
        chain = [k]
        for other in finest_first:
            if (
                other not in taken
                and other not in chain
                and columns[other].n_leaves <= columns[chain[-1]].n_leaves
                and _is_function(
                    columns[other], leaves[:, other], columns[chain[-1]], leaves[:, chain[-1]]
                )
            ):
                chain.append(other)
        if len(chain) > 1:
            taken.update(chain)
            found.append(chain[::-1])
    alone = [[k] for k in range(len(columns)) if k not in taken]
    return sorted(alone + found, key=min)


def _may_be_function(column: Column) -> bool:
    """Whether values are what they are, so that one may tell another."""
    return isinstance(column.values, Listed) and column.n_leaves > 1


def _is_function(
    column: Column, own: NDArray[np.int64], of: Column, leaf: NDArray[np.int64]
) -> bool:
    """Whether a column is a function of another in every row, and that is no accident."""
    first = slice(0, 1000)
    for rows in (first, slice(None)):
        value = np.zeros(of.n_leaves, np.int64)
        value[leaf[rows]] = own[rows]
        if (value[leaf[rows]] != own[rows]).any():
            return False
    if (column.missing_mass > 0) != (of.missing_mass > 0):
        return False
    if of.missing_mass and value[of.missing_leaf] != column.missing_leaf:
        return False
    parts = column.mass / column.mass.sum()
    repeats = len(leaf) - len(np.unique(leaf))
    return bool(repeats * (1 - np.sum(parts**2)) >= _DOUBTS)


def parents_of(
    columns: Sequence[Column], leaves: NDArray[np.int64], chain: Sequence[int]
) -> tuple[NDArray[np.int64], ...]:
    """For every column of a chain but the first, the leaf of the one before by its own."""
    found = []
    for before, after in itertools.pairwise(chain):
        parent = np.zeros(columns[after].n_leaves, np.int64)
        parent[leaves[:, after]] = leaves[:, before]
        found.append(parent)
    return tuple(found)
