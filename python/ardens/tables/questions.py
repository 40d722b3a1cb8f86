"""What is asked of rows of a table that are known in part."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks.options import RandomState, seed_from
from ..core import Rows
from ..models.asked import N_PARTICLES, row_range
from .cells import Cells
from .columns import Column
from .evidence import contradiction, evidence_of, known_of, unknown_as_nan
from .fitted import FittedTable
from .frames import Frame
from .sampling import SamplingTable, filled

__all__ = ["AskedTable", "pieces_of"]

_CELLS = 1 << 24  # bits of questions that are asked at a time
_BEAM = 256


@dataclass(eq=False, repr=False)
class AskedTable(SamplingTable):
    """A model of tables that answers for rows of which cells are missing."""

    def log_marginal(
        self, X: Any, *, n_particles: int = N_PARTICLES, random_state: RandomState = 0
    ) -> NDArray[np.float64]:
        r"""Log-probability of what is known of every row.

        Parameters
        ----------
        X : data frame
            Cells that are missing, and columns that it does not have, are unknown.
        n_particles : int, default 1024
            Particles of a row whose answer is not exact, as for the model of the bits.
        random_state : None, int, Generator, RandomState or SeedSequence, default 0
            The seed of the particles.

        Returns
        -------
        ndarray of float64, shape (n_samples,)
            Nats; those of `score_samples` for a row of which all is known.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            As for `score_samples`, or if all particles of a row die.

        Notes
        -----
        What was never seen says nothing of other cells here.
        """
        fitted = self._state()
        frame = self._frame(X, whole=False)
        leaves, nats = known_of(frame, fitted)
        total: NDArray[np.float64] = nats.sum(axis=1)
        total[fitted.contradicted(leaves, frame.n_rows)] = -np.inf
        if fitted.model is not None and frame.n_rows:
            cells = fitted.evidence(leaves, frame.n_rows, filled=False)
            total += fitted.model.log_marginal(
                unknown_as_nan(cells), n_particles=n_particles, random_state=random_state
            )
        if len(whole := _whole(frame, fitted)):
            total[whole] = self._log_prob(frame.take(whole))
        return total

    def impute(
        self,
        X: Any,
        *,
        random_state: RandomState = None,
        start: int = 0,
        n_particles: int = N_PARTICLES,
    ) -> Any:
        """Fill the missing cells of every row by a draw of them all given the others.

        Parameters
        ----------
        X : data frame
            Of pandas, polars or pyarrow, or a dictionary of arrays. Columns that were not learned
            stay as they are; columns that it does not have are unknown, and are not made.
        random_state : None, int, Generator, RandomState or SeedSequence
            The seed of the draws; None, the default, takes a fresh one.
        start : int, default 0
            Number of the first row: pieces that are filled with their `start` equal the whole.
        n_particles : int, default 1024
            Particles of a row whose answer is not exact.

        Returns
        -------
        data frame
            Of the kind of `X`, what is known as it was.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            As for `score_samples`, or if all particles of a row die.

        Examples
        --------
        >>> import ardens
        >>> X = {"sex": ["f", "m"] * 100, "size": ["S", "L", "S", "L", "L"] * 40}
        >>> model = ardens.TableModel(random_state=0).fit(X)
        >>> filled = model.impute({"sex": [None, "f"], "size": ["L", None]}, random_state=0)
        >>> filled["sex"][1], filled["size"][0], None in filled["size"]
        ('f', 'L', False)
        """
        fitted = self._state()
        frame = self._frame(X, whole=False)
        seed, (n, first) = seed_from(random_state), row_range(frame.n_rows, start)
        model = fitted.model
        bits = evidence_of(frame, frame.n_rows, fitted, "X", filled=True)
        if model is not None and n:
            for piece in pieces_of(n, fitted.n_bits):
                bits[piece] = model.impute(
                    unknown_as_nan(bits[piece]),
                    random_state=seed,
                    start=first + piece.start,
                    n_particles=n_particles,
                )
        return self._completed(frame, fitted, bits, seed, first, middle=False)

    def most_probable(self, X: Any, *, beam: int = _BEAM) -> Any:
        """Fill the missing cells of every row so that the row is as probable as can be.

        Parameters
        ----------
        X : data frame
            As for `impute`.
        beam : int, default 256
            How many beginnings of a row of bits the search keeps.

        Returns
        -------
        data frame
            Of the kind of `X`. The most probable leaf of a number is given by its median.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            As for `impute`.
        """
        fitted = self._state()
        frame = self._frame(X, whole=False)
        bits = evidence_of(frame, frame.n_rows, fitted, "X", filled=True)
        if fitted.model is not None and frame.n_rows:
            for piece in pieces_of(frame.n_rows, fitted.n_bits):
                bits[piece] = fitted.model.most_probable(unknown_as_nan(bits[piece]), beam=beam)
        return self._completed(frame, fitted, bits, 0, 0, middle=True)

    def predict_proba(
        self,
        X: Any,
        target: Any,
        *,
        n_particles: int = N_PARTICLES,
        random_state: RandomState = 0,
    ) -> Any:
        r"""Probability of every value of a column given what is known of the others.

        .. math:: p(x_t = v \mid x_K) = p(v, x_K) / \textstyle\sum_{v'} p(v', x_K)

        Parameters
        ----------
        X : data frame
            Whichever other columns are known; missing cells are unknown. The target, if it is
            there, is not looked at.
        target : str or int
            A column that was learned.
        n_particles, random_state
            As for `log_marginal`; rows of which all is known are answered exactly.

        Returns
        -------
        data frame
            Of the kind of `X`, with a column for each value, in order, or for each bin of numbers
            where these have too many values; the columns are named by the values, as strings. Rows
            sum to one; that a cell is missing is no value.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            As for `log_marginal`, or if there is no such column.

        Examples
        --------
        >>> import ardens
        >>> X = {"sex": ["f", "m"] * 100, "size": ["S", "L", "S", "L", "L"] * 40}
        >>> model = ardens.TableModel(random_state=0).fit(X)
        >>> model.predict_proba({"size": ["S"]}, "sex")["f"].round(1)
        array([0.5])
        """
        fitted = self._state()
        column = self._learned(target, fitted)
        frame = self._frame(X, whole=False)
        leaves, _ = known_of(frame, fitted)
        place, n = fitted.places[column.name], frame.n_rows
        values = len(column.values.mass)
        nats = np.full((n, values), -np.inf)
        for piece in pieces_of(n, values * max(1, fitted.n_bits)):
            count = piece.stop - piece.start
            own = [None if leaf is None else np.repeat(leaf[piece], values) for leaf in leaves]
            own[place] = np.tile(np.arange(values), count)
            some = np.zeros(count * values)
            if fitted.model is not None:
                cells = fitted.evidence(own, count * values, filled=False)
                some = fitted.model.log_marginal(
                    unknown_as_nan(cells), n_particles=n_particles, random_state=random_state
                )
            some[fitted.contradicted(own, count * values)] = -np.inf
            nats[piece] = some.reshape(count, values)
        impossible = nats.max(axis=1, initial=-np.inf) == -np.inf
        if impossible.any():
            raise contradiction(int(np.argmax(impossible)), "X")
        p = np.exp(nats - nats.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        names = [column.values.named(leaf) for leaf in range(values)]
        return frame.schema.numbers(names, p, frame.index)

    def _learned(self, name: Any, fitted: FittedTable) -> Column:
        """A column that was learned, by its name."""
        if name not in fitted.places:
            raise ValueError(
                f"target must be a column that was learned, of "
                f"{', '.join(map(repr, [*fitted.places][:9]))}; got {name!r}"
            )
        return fitted.learned[fitted.places[name]]

    def _completed(
        self, frame: Frame, fitted: FittedTable, bits: Rows, seed: int, start: int, *, middle: bool
    ) -> Any:
        """The frame, its missing cells as bits say."""
        leaves = np.zeros((len(fitted.learned), frame.n_rows), np.int32)
        fitted.read(bits, leaves)
        drawn = fitted.cells(leaves, seed, start, middle)
        columns: list[Cells] = []
        for name in frame.names:
            cells = frame.cells(name)
            columns.append(filled(cells, drawn[name]) if name in drawn else cells)
        return frame.schema.frame(columns, frame.index, fitted.markers)


def pieces_of(n: int, width: int) -> Sequence[slice]:
    """Rows that are worked on at a time."""
    step = max(1, _CELLS // max(1, width))
    return [slice(first, min(n, first + step)) for first in range(0, n, step)]


def _whole(frame: Frame, fitted: FittedTable) -> NDArray[np.intp]:
    """The rows of which every learned column is known."""
    whole = np.ones(frame.n_rows, np.bool_)
    for column in fitted.learned:
        whole &= ~frame.cells(column.name).missing if column.name in frame.names else False
    return np.flatnonzero(whole)
