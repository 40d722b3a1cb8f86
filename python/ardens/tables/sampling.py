"""Rows of a table that are drawn, freely or given some of their cells."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..checks.cells import UNKNOWN
from ..checks.machine import check_memory
from ..checks.options import RandomState, seed_from, whole_number
from ..core import Rows
from ..errors import warn
from ..models.asked import row_range
from .cells import Cells
from .columns import Column, numbers_of
from .evidence import check_held, evidence_of, is_one_row, one_row, unknown_as_nan
from .fitted import FittedTable
from .frames import Frame, read
from .scoring import ScoringTable

__all__ = ["N_OWN", "SamplingTable"]

_BLOCK = 1 << 24  # bytes of bits that are drawn at a time
N_OWN = 128  # particles that a row has to itself
_ROWS = 1 << 18  # rows of a block of `iter_samples`, unless the user wants others


@dataclass(eq=False, repr=False)
class SamplingTable(ScoringTable):
    """A model of tables that draws rows."""

    def sample(
        self,
        n_samples: int | None = None,
        *,
        given: Any = None,
        random_state: RandomState = None,
        start: int = 0,
        n_particles: int = N_OWN,
    ) -> Any:
        """Draw rows: a frame of the kind, the dtypes, the names and the order that `fit` saw.

        Row ``start + i`` depends on the model, the seed and ``start + i`` alone: pieces drawn with
        `start` equal the whole.

        Parameters
        ----------
        n_samples : int, optional
            Number of rows; None, the default, is 1, or the rows of `given` where it is a frame.
        given : dict or data frame, optional
            What is known: values by the names of columns, or a frame of one row for each that is
            wanted. Missing cells are unknown. What is known is returned as it came.
        random_state : None, int, Generator, RandomState or SeedSequence
            The seed; None, the default, takes a fresh one.
        start : int, default 0
            Index of the first row.
        n_particles : int, default 128
            Particles of a row, where what is given has no exact answer: each row is drawn from a
            population of its own, so that rows do not repeat each other.

        Returns
        -------
        data frame
            With `n_samples` rows.

        Raises
        ------
        NotFittedError
            If the model is not fitted.
        TypeError, ValueError
            If an argument is wrong, or what is given contradicts itself.
        MemoryError
            If the machine's memory cannot hold that many rows.

        Notes
        -----
        No row is ever drawn and thrown away, however rare what is given is. Numbers that are given
        fix their leaf: other columns know of them what the leaf says. What was never seen says
        nothing.

        Examples
        --------
        >>> import ardens
        >>> X = {"sex": ["f", "m"] * 100, "size": ["S", "L", "S", "L", "L"] * 40}
        >>> model = ardens.TableModel(random_state=0).fit(X)
        >>> model.sample(3, given={"sex": "f"}, random_state=0)["sex"]
        ['f', 'f', 'f']
        """
        fitted = self._state()
        several = given is not None and not (isinstance(given, Mapping) and is_one_row(given))
        frame = read(given if several else one_row(given or {}), "given", fitted.markers)
        self._check_given(frame)
        if several:
            n = frame.n_rows if n_samples is None else whole_number(n_samples, "n_samples")
            if n != frame.n_rows:
                raise ValueError(
                    f"given has {frame.n_rows} rows, one for each that is wanted; n_samples is {n}"
                )
        rows, first = row_range(n if several else 1 if n_samples is None else n_samples, start)
        columns = self._drawn(frame, rows, seed_from(random_state), first, n_particles)
        index = frame.index if several else None
        return fitted.schema.frame(columns, index, fitted.markers)

    def iter_samples(
        self,
        n_samples: int,
        *,
        batch_size: int | None = None,
        given: Mapping[Any, Any] | None = None,
        random_state: RandomState = None,
        start: int = 0,
        n_particles: int = N_OWN,
    ) -> Iterator[Any]:
        """Draw rows in blocks: any number of them in bounded memory.

        Parameters
        ----------
        n_samples : int
            Number of rows.
        batch_size : int, optional
            Rows of a block, at least 1; None, the default, is 262,144.
        given : dict, optional
            Values by the names of columns.
        random_state, start, n_particles
            As for `sample`.

        Yields
        ------
        data frame
            The rows of one block; all of them together are what `sample` draws.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            As for `sample`, by the call itself.
        """
        fitted = self._state()
        if given is not None and not (isinstance(given, Mapping) and is_one_row(given)):
            raise TypeError(f"given must be a dictionary of columns and values; got {given!r}")
        frame = read(one_row(given or {}), "given", fitted.markers)
        self._check_given(frame)
        rows, first = row_range(n_samples, start)
        size = _ROWS if batch_size is None else whole_number(batch_size, "batch_size", minimum=1)
        seed = seed_from(random_state)

        def blocks() -> Iterator[Any]:
            for begin in range(0, rows, size):
                count = min(size, rows - begin)
                drawn = self._drawn(frame, count, seed, first + begin, n_particles, fitted)
                yield fitted.schema.frame(drawn, markers=fitted.markers)

        return blocks()

    def _check_given(self, frame: Frame) -> None:
        """Refuse columns that are not there, and values that they cannot hold."""
        fitted = self._state()
        known = fitted.columns
        for name in frame.names:
            if name not in known:
                raise ValueError(
                    f"given has the column {name!r}, which was not learned; there are "
                    f"{', '.join(map(repr, list(known)[:9]))}{', …' if len(known) > 9 else ''}"
                )
            column, dtype = known[name], fitted.schema.only([name]).dtypes[0]
            if isinstance(column, Column):
                cells = frame.cells(name)
                check_held(cells, column, dtype)
                unseen = (column.find(cells)[0] < 0) & ~cells.missing
                if unseen.any():
                    warn(
                        f"given has {cells.text(int(np.argmax(unseen)))!r} in the column {name!r}, "
                        "which was never seen there and says nothing of other columns"
                    )

    def _drawn(
        self,
        frame: Frame,
        n: int,
        seed: int,
        start: int,
        n_particles: int,
        fitted: FittedTable | None = None,
    ) -> list[Cells]:
        """Cells of rows given those of a frame: of one row for all, or of one for each."""
        fitted = fitted or self._state()
        check_memory(
            12 * n * len(fitted.columns), f"a sample of {n:,} rows of {len(fitted.columns)} columns"
        )
        known = [frame.cells(name) for name in frame.names]
        leaves = np.zeros((len(fitted.learned), n), np.int32)
        evidence = evidence_of(frame, frame.n_rows if frame.names else 1, fitted, "what is given")
        for block, bits in self._bits(evidence, n, seed, start, n_particles, fitted):
            fitted.read(bits, leaves[:, block])
        made = fitted.cells(leaves, seed, start)
        for name, cells in zip(frame.names, known, strict=True):
            made[name] = _put(made[name], cells, n)
        return list(made.values())

    def _bits(
        self,
        evidence: Rows,
        n: int,
        seed: int,
        start: int,
        n_particles: int,
        fitted: FittedTable,
    ) -> Iterator[tuple[slice, Rows]]:
        """Rows of bits, block by block."""
        model = fitted.model
        step = max(1, _BLOCK // max(1, fitted.n_bits))
        one, anything = len(evidence) == 1, (evidence != UNKNOWN).any()
        for begin in range(0, n, step):
            block = slice(begin, min(n, begin + step))
            count, first = block.stop - begin, start + begin
            if model is None:
                yield block, np.zeros((count, 0), np.uint8)
            elif not anything:
                yield block, model.sample(count, random_state=seed, start=first)
            else:
                known = np.repeat(evidence, count, axis=0) if one else evidence[block]
                cells = unknown_as_nan(known)
                how: dict[str, Any] = {"random_state": seed, "start": first}
                if one and model._state().is_exact(evidence, n_particles).all():
                    yield block, model.sample(count, given=cells[0], **how)
                else:
                    yield block, model.impute(cells, n_particles=n_particles, **how)


def _put(drawn: Cells, known: Cells, n: int) -> Cells:
    """Cells that were drawn, what is known in its place."""
    if len(known) == 1 and n != 1:
        known = known.take(np.zeros(n, np.intp))
    return filled(known, drawn)


def filled(known: Cells, drawn: Cells) -> Cells:
    """Cells, those that are missing as they were drawn."""
    if not known.missing.any() and known.levels is not None:
        return known
    if drawn.levels is None and known.levels is None:
        unit = known.unit or drawn.unit
        values = np.where(known.missing, drawn.values, numbers_of(known, drawn.unit))
        return Cells(values, known.missing & drawn.missing, unit=drawn.unit or unit)
    levels = [*(drawn.levels or []), *(known.levels or [])]
    if drawn.levels is None or known.levels is None:
        if known.missing.all():
            return drawn
        raise TypeError(f"numbers and other values in one column: {levels[0]!r}")
    places = {(type(level), level): k for k, level in reversed([*enumerate(levels)])}
    own = np.array([*(places[type(x), x] for x in known.levels), 0], np.int64)[known.values]
    values = np.where(known.missing, drawn.values, own)
    return Cells(values, known.missing & drawn.missing, levels)
