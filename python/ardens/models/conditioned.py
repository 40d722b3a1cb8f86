"""A distribution given some of the cells: its rows by their numbers, as those of the whole one."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ..checks.machine import check_memory
from ..core import Rows
from ..inference.answers import Asking
from ..inference.completions import pieces
from .holder import Distribution, Draw

__all__ = ["Conditioned", "died", "ruled_out"]

_GOLDEN = (math.sqrt(5) - 1) / 2  # whose multiples lie apart


def ruled_out(what: str) -> ValueError:
    """The error of evidence that has probability zero."""
    return ValueError(f"{what} has evidence of probability zero: the model rules it out")


def died(what: str, n_particles: int) -> ValueError:
    """The error of a question whose particles are all dead."""
    return ValueError(
        f"all {n_particles:,} particles of {what} died: each met a known cell that is impossible "
        "after what it drew; give more n_particles, or fit with "
        "ordering=ardens.orderings.given_first(columns), under which known columns come first"
    )


class Conditioned:
    """What a distribution draws where cells (1, n_features) are known.

    Where the answer is exact, row r is drawn with the uniforms of row r. Elsewhere row r is of
    population r div P, which begins with row P (r div P): of its rows, in which copies of a
    particle stand together, the (r mod P)-th in an order that goes through them in wide steps, so
    that few rows are no copies of each other. The last population is kept, so that blocks that
    divide it have it drawn once.
    """

    def __init__(self, whole: Distribution, cells: Rows, n_particles: int) -> None:
        self._whole, self._cells, self._size = whole, cells, n_particles
        self._exact = bool(whole.is_exact(cells, n_particles)[0])
        self._kept: tuple[int, Rows] | None = None
        self._order = np.argsort(np.arange(n_particles) * _GOLDEN % 1.0, kind="stable")
        if not self._exact:
            n = cells.shape[1]
            what = f"a population of {n_particles:,} rows of {n:,} features"
            check_memory(2 * n_particles * n, what)

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self._whole.n_features

    def sample(self, X: Rows, log_prob: NDArray[np.float64] | None, draw: Draw) -> None:
        """Fill `X`, and `log_prob` where it is given, with rows, as a distribution does."""
        asking = Asking(draw.seed, self._size, draw.threads)
        for piece in pieces(len(X), 4 * self._cells.shape[1]):
            start, count = draw.start + piece.start, piece.stop - piece.start
            rows = (self._exactly if self._exact else self._resampled)(start, count, asking)
            X[piece] = np.packbits(rows, axis=1) if draw.packed else rows
            if log_prob is not None:
                log_prob[piece] = self._whole.log_prob(rows, draw.threads)

    def _exactly(self, start: int, count: int, asking: Asking) -> Rows:
        """Rows of their own numbers."""
        rows, nats = self._whole.draws(self._cells, np.array([start], np.uint64), count, asking)
        if nats[0] == -math.inf:
            raise ruled_out("given")
        return np.asarray(rows[0])

    def _resampled(self, start: int, count: int, asking: Asking) -> Rows:
        """Rows of populations, cut to those that are wanted."""
        size = self._size
        first, last = start // size, (start + count - 1) // size
        kept = [] if self._kept is None or self._kept[0] != first else [self._kept[1]]
        wanted = list(range(first + len(kept), last + 1))
        if wanted:
            cells = np.repeat(self._cells, len(wanted), axis=0)
            numbers = np.array([population * size for population in wanted], np.uint64)
            drawn, nats = self._whole.draws(cells, numbers, size, asking)
            if (nats == -math.inf).any():
                raise died("given", size)
            kept += list(drawn[:, self._order])
            self._kept = last, kept[-1].copy()
        skipped = start - first * size
        return np.concatenate(kept)[skipped : skipped + count]
