"""How surprising each cell of a row is, given all its other cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .columns import Numbered
from .fitted import Coded, FittedTable
from .questions import AskedTable, pieces_of
from .units import Unit

__all__ = ["SurprisingTable"]


@dataclass(eq=False, repr=False)
class SurprisingTable(AskedTable):
    """A model of tables that explains what is unusual in a row."""

    def cell_surprise(self, X: Any) -> Any:
        r"""How surprising each cell is: whatever the order of the model, given all others.

        .. math:: -\log p(\text{leaf}_j \mid \text{all other cells})
            = -\log p(\text{row}) + \log \sum_{\text{leaf}} p(\text{row with that leaf})

        Parameters
        ----------
        X : data frame
            Whole rows, as for `score_samples`.

        Returns
        -------
        data frame
            Nats, of the kind of `X`, with the columns that were learned. Of a number it is how
            surprising its leaf is, the value or the bin that it is in; and where it lies beyond all
            that was seen, that it does.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            As for `score_samples`.

        Notes
        -----
        Exact: every row is scored with every other leaf in each of its cells, O(leaves of all
        columns) scorings a row. A cell that others tell, as one of a column that is a function of
        another, is no surprise; one that they rule out is infinitely surprising.

        Examples
        --------
        >>> import ardens
        >>> X = {"sex": ["f", "m"] * 100, "size": ["S", "L", "S", "L", "L"] * 40}
        >>> model = ardens.TableModel(random_state=0).fit(X)
        >>> model.cell_surprise({"sex": ["f"], "size": ["L"]})["size"].round(1)
        array([0.5])
        """
        fitted = self._state()
        frame = self._frame(X)
        coded = fitted.coded(frame)
        leaves = [column.find(frame.cells(column.name))[0] for column in fitted.learned]
        nats = np.zeros((frame.n_rows, len(fitted.learned)))
        for unit in fitted.units:
            own = fitted.of_unit(unit, leaves)
            for k, column in enumerate(unit.columns):
                place = fitted.places[column.name]
                nats[:, place] = self._surprise(fitted, coded, unit, own, k)
                if isinstance(column.values, Numbered):
                    cells = frame.cells(column.name)
                    beyond = column.values.beyond(cells)
                    nats[:, place] -= np.where(cells.missing, 0.0, beyond)
        return frame.schema.numbers([column.name for column in fitted.learned], nats, frame.index)

    def _surprise(
        self,
        fitted: FittedTable,
        coded: Coded,
        unit: Unit,
        own: list[NDArray[np.int64]],
        k: int,
    ) -> NDArray[np.float64]:
        """That of a column of a unit, row by row; `own` are the leaves of the unit's columns."""
        column, n = unit.columns[k], len(coded.bits)
        nats = np.empty(n)
        for piece in pieces_of(n, (column.n_leaves + 1) * max(1, fitted.n_bits)):
            rows = np.arange(piece.start, piece.stop)
            leaf = np.arange(-1, column.n_leaves)
            every, row = np.tile(leaf, len(rows)), rows.repeat(len(leaf))
            possible = np.flatnonzero(unit.fits(own, k, every, row))
            row_of, leaf_of = row[possible], every[possible]
            words = unit.words(own, k, leaf_of, row_of)
            bits, left_out = fitted.with_words(coded, unit, words, row_of)
            some = np.full(len(row), -np.inf)
            some[possible] = self._log_bits(Coded(bits, left_out, coded.nats))
            some += np.where(every < 0, column.nats_unseen, column.nats_seen)
            table = some.reshape(len(rows), len(leaf))
            with np.errstate(invalid="ignore"):
                here = table[np.arange(len(rows)), own[k][piece] + 1]
                nats[piece] = np.logaddexp.reduce(table, axis=1) - here
        return np.where(np.isnan(nats), np.inf, np.maximum(nats, 0.0))
