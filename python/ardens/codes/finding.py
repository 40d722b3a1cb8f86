"""Groups of columns of which one, or at most one, is 1 in every row: one-hot data."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..checks.machine import check_memory
from ..checks.sparse import Held
from .code import Code
from .makers import one_hot
from .row import RowCode

__all__ = ["detect"]

_DOUBT = 0.01  # groups found where columns are independent, of all that are looked at
_BLOCK = 1 << 24  # bytes of rows that are counted at a time


def detect(X: Held, *others: Held) -> RowCode | None:
    """Find groups of columns that exclude each other in all rows.

    Parameters
    ----------
    X, *others : ndarray of uint8 or sparse rows, shape (n_samples, n_features)
        Rows of 0 and 1; of cells that are unknown nothing is seen.

    Returns
    -------
    RowCode or None
        A one-hot code for each group, with a value of no bit where some row has none of them, and
        free bits for all other columns; None if no group is found.

    Notes
    -----
    Columns that never meet in N rows may do so by chance. If they were independent, a column of
    share p and a group of share q would meet in N p q rows on average, and in none with probability
    of about exp(-N p q). A column joins a group where that, times the n (n - 1) / 2 pairs that
    there are, is below one in a hundred; rare ones do where with them exactly one is 1 in every
    row. Groups are two columns or more of which exactly one is 1, or three or more, side by side,
    of which one is 1 in half of the rows at least.

    O(N n^2) once, to count which columns meet; and n^2 integers.

    Examples
    --------
    >>> import numpy as np
    >>> values = np.random.default_rng(0).integers(0, 3, 99)
    >>> detect(np.eye(3, dtype=np.uint8)[values])
    RowCode(n_columns=1, n_bits=3)
    """
    n = X.shape[1]
    check_memory(12 * n * n, f"counting which of {n:,} columns meet")
    meet = np.zeros((n, n))
    for rows in (X, *others):
        step = max(1, _BLOCK // (4 * n))
        for first in range(0, len(rows), step):
            ones = (rows[first : first + step] == 1).astype(np.float32)
            meet += ones.T @ ones
    count = sum(map(len, (X, *others)))
    least = math.log(max(1, n * (n - 1) / 2) / _DOUBT)
    taken = np.zeros(n, np.bool_)
    groups: list[tuple[Code, list[int]]] = []
    for side_by_side in (True, False):
        for first in range(n):
            if taken[first]:
                continue
            group = _Group(meet, max(1, count), least, first)
            behind = ~taken[first + 1 :]
            if not side_by_side:
                behind &= meet[first, first + 1 :] == 0
            for j in np.flatnonzero(behind) + first + 1:
                if group.exact or (not group.take(int(j)) and side_by_side):
                    break
            if group.counts(side_by_side):
                taken[group.columns] = True
                groups.append((one_hot(len(group.columns), none=not group.exact), group.columns))
    return RowCode.grouped(n, groups) if groups else None


class _Group:
    """Columns that exclude each other, from one on."""

    def __init__(self, meet: NDArray[np.float64], count: int, least: float, first: int) -> None:
        self._meet, self._count, self._least = meet, count, least
        self._all, self._sure = [first], [first]
        self._ones = self._sure_ones = float(meet[first, first])
        self._expected = 0.0  # meetings, if columns were independent

    @property
    def exact(self) -> bool:
        """Whether exactly one is 1 in every row."""
        return self._ones == self._count and self._expected >= self._least

    @property
    def columns(self) -> list[int]:
        """All of them if that is exact, else those that would have met."""
        return self._all if self.exact else self._sure

    def take(self, j: int) -> bool:
        """Take a column if it never meets those that are there; whether it does not."""
        own = float(self._meet[j, j])
        if self._meet[j, self._all].any():
            return False
        self._expected += own * self._ones / self._count
        if own * self._sure_ones >= self._least * self._count:
            self._sure.append(j)
            self._sure_ones += own
        self._all.append(j)
        self._ones += own
        return True

    def counts(self, side_by_side: bool) -> bool:
        """Whether it is a group."""
        often = len(self._sure) > 2 and 2 * self._sure_ones >= self._count
        return self.exact or (side_by_side and often)
