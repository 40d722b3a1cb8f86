"""The tree of most mutual information, of which any question has an exact answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from ardens.orderings import mutual_information

__all__ = ["HALF", "Tree"]

HALF = 0.5  # of a row is added to every count


@dataclass(frozen=True)
class Tree:
    """A column for each to depend on.

    Chow, C. & Liu, C. (1968), Approximating discrete probability distributions with dependence
    trees. IEEE Transactions on Information Theory 14.
    """

    order: tuple[int, ...]  # columns, each behind its parent
    parent: NDArray[np.intp]  # of each column; the first has itself
    p: NDArray[np.float64]  # of a one by column and value of its parent

    @classmethod
    def of(cls, rows: NDArray[np.uint8]) -> Self:
        """Learn the tree of rows."""
        information = mutual_information(rows)
        n = len(information)
        best, parent, order = information[0].copy(), np.zeros(n, np.intp), [0]
        outside = np.ones(n, dtype=bool)
        outside[0] = False
        while outside.any():
            i = int(np.argmax(np.where(outside, best, -1.0)))
            order.append(i)
            outside[i] = False
            nearer = outside & (information[i] > best)
            best[nearer], parent[nearer] = information[i][nearer], i
        p = np.empty((n, 2))
        for i, j in enumerate(parent):
            for value in (0, 1):
                known = rows[:, i] if i == 0 else rows[rows[:, j] == value, i]
                p[i, value] = (known.sum() + HALF) / (len(known) + 2 * HALF)
        return cls(tuple(order), parent, p)

    def log_marginal(self, cells: NDArray[Any]) -> NDArray[np.float64]:
        """Nats of what is known of rows; NaN is unknown."""
        below = np.zeros((2, *cells.shape))  # of what is known from a column on, by its value
        for value in (0, 1):
            below[value][cells == 1 - value] = -np.inf
        for i in reversed(self.order[1:]):
            below[:, :, self.parent[i]] += [_either(p, below[:, :, i]) for p in self.p[i].tolist()]
        root = self.order[0]
        return _either(float(self.p[root, 0]), below[:, :, root])


def _either(p: float, nats: NDArray[np.float64]) -> NDArray[np.float64]:
    """Nats of a column with so probable a one, of those by its value."""
    return np.asarray(np.logaddexp(np.log1p(-p) + nats[0], np.log(p) + nats[1]))
