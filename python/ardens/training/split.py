"""What a fit draws: its streams of random numbers, and the rows that it holds out."""

from __future__ import annotations

from typing import NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..checks.cells import UNKNOWN
from ..checks.sparse import Held, SparseRows
from ..checks.weights import Table, Weights
from ..errors import warn

__all__ = [
    "COMMON",
    "FEWEST_VALID",
    "Streams",
    "counted",
    "distinct",
    "hold_out",
    "repeated",
    "split_places",
    "warn_of_copies",
]

_MANY = 2_000_000  # rows, of which comparing them would take a second

COMMON = 5  # times as often as the mean comes a row that the distribution itself repeats
_CHANCE = 10  # counts, which have a common factor once in a thousand times

Part: TypeAlias = tuple[NDArray[np.intp], Weights | None]
"""Places of rows, and what these count."""

FEWEST_VALID = 5  # fewer rows say nothing about when to stop, or about weights


class Streams(NamedTuple):
    """One generator for each thing that a fit draws, so that options do not disturb each other."""

    ordering: np.random.Generator
    split: np.random.Generator
    start: np.random.Generator
    shuffle: np.random.Generator

    @classmethod
    def of(cls, seed: int) -> Self:
        """Make the generators of a fit from its seed."""
        root = np.random.SeedSequence(seed)
        return cls(*map(np.random.default_rng, root.spawn(len(cls._fields))))


def distinct(rows: Held) -> NDArray[np.intp]:
    """Which distinct row every row is, numbered by their first appearance; cells may be unknown.

    >>> distinct(np.array([[1, 1], [0, 1], [1, 1]], np.uint8))
    array([0, 1, 0])
    """
    if len(rows) == 0:
        return np.empty(0, np.intp)
    if isinstance(rows, SparseRows):
        return _distinct_places(rows)
    if rows.max() > 1:
        rows = np.concatenate([rows == 1, rows == UNKNOWN], axis=1).view(np.uint8)
    packed = np.packbits(rows, axis=1)
    words = np.zeros((len(rows), -(-packed.shape[1] // 8) * 8), np.uint8)
    words[:, : packed.shape[1]] = packed
    keys = words.view(np.uint64)
    if keys.shape[1] > 1:
        # One word that is the same for equal rows, and all but surely another for others.
        odd = np.random.default_rng(0).integers(0, 2**63, keys.shape[1], np.uint64) * 2 + 1
        mixed = keys * odd
        mixed ^= mixed >> np.uint64(32)
        key = (mixed * odd[::-1]).sum(axis=1, dtype=np.uint64)
    else:
        key = keys[:, 0]
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    if not np.array_equal(keys[first[which]], keys):
        _, first, which = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    return _numbered(first, which)


def _distinct_places(rows: SparseRows) -> NDArray[np.intp]:
    """Which distinct row every sparse row is."""
    # The sum of a word for each place: the same for equal rows, and all but surely another else.
    words = np.random.default_rng(0).integers(0, 2**64, rows.n_features, np.uint64)
    sums = np.concatenate([np.zeros(1, np.uint64), np.cumsum(words[rows.places])])
    key = sums[rows.ends[1:]] - sums[rows.ends[:-1]]
    _, first, which = np.unique(key, return_index=True, return_inverse=True)
    found = rows.take(first[which.reshape(-1)])
    if not (np.array_equal(found.ends, rows.ends) and np.array_equal(found.places, rows.places)):
        return distinct(rows[:])
    return _numbered(first, which)


def _numbered(first: NDArray[np.intp], which: NDArray[np.intp]) -> NDArray[np.intp]:
    """The numbers of rows by the first appearance of each."""
    number = np.empty(len(first), np.intp)
    number[np.argsort(first)] = np.arange(len(first))
    return np.asarray(number[which.reshape(-1)])


def counted(X: Table) -> Table:
    """The distinct rows, and how often each comes; rows of other weights stay as they are.

    >>> table = counted(Table(np.array([[1, 1], [0, 1], [1, 1]], np.uint8)))
    >>> table.rows.tolist(), table.weights.tolist()
    ([[1, 1], [0, 1]], [2.0, 1.0])
    """
    if X.weights is not None and (X.weights != X.copies).any():
        return X
    which = distinct(X.held)
    seen = np.maximum.accumulate(which)
    first = np.flatnonzero(np.diff(seen, prepend=-1))
    if len(first) == len(X):
        return X
    return Table(X.held.take(first, axis=0), np.bincount(which, X.weights).astype(np.float64))


def repeated(X: Table, which: NDArray[np.intp]) -> NDArray[np.bool_]:
    """Which distinct rows the distribution itself repeats, so that every part is to have of them.

    Those come `COMMON` times as often as the mean; or all do, where that is the mean: the whole of
    a table that was copied counts once. Few counts have a common factor by chance.
    """
    copies = np.rint(np.bincount(which, X.copies)).astype(np.int64)
    copied = int(np.gcd.reduce(copies)) if len(copies) >= _CHANCE else 1
    if copies.sum() >= COMMON * copied * len(copies):
        return np.ones(len(copies), dtype=bool)
    times = np.bincount(which, X.weights)
    return np.asarray(times > COMMON * X.total / len(times))


def split_places(X: Table, fraction: float, rng: np.random.Generator) -> tuple[Part, Part]:
    """Where the rows to learn are, and those to hold out: a part of the distinct ones, drawn.

    All copies of a row are on one side: one that is learned would judge its copies well, however
    much the model has only learned by heart. But copies of a row that is `repeated` are drawn
    singly, as every side is to have a part of a mode. So are all rows where there are so few
    distinct ones that each of them says something of the distribution. The order of the columns
    changes nothing.
    """
    which = distinct(X.held)
    common = repeated(X, which)
    rare = np.flatnonzero(~common)
    count = int(fraction * len(rare))
    if count < FEWEST_VALID:
        return _drawn_singly(X, np.arange(len(X)), fraction, rng)
    place = np.full(len(common), -1)
    place[rng.permutation(rare)] = np.arange(len(rare))
    of_rare = np.flatnonzero(~common[which])
    order = of_rare[np.argsort(place[which[of_rare]], kind="stable")]
    held = np.count_nonzero(place[which[of_rare]] < count)
    modes = _drawn_singly(X, np.flatnonzero(common[which]), fraction, rng)
    return _both(X, order[held:], modes[0]), _both(X, order[:held], modes[1])


def _both(X: Table, places: NDArray[np.intp], more: Part) -> Part:
    """Whole rows at these places, and what else there is."""
    weights = None
    if X.weights is not None and more[1] is not None:
        weights = np.concatenate([X.weights[places], more[1]])
    return np.concatenate([places, more[0]]), weights


def _drawn_singly(
    X: Table, rows: NDArray[np.intp], fraction: float, rng: np.random.Generator
) -> tuple[Part, Part]:
    """Split some rows one by one; of a row that stands for several, some may be on each side."""
    copies = np.ceil(X.copies * min(1.0, _MANY / X.n_seen)).astype(np.intp)
    order = rng.permutation(np.repeat(rows, copies[rows]))
    count = int(fraction * len(order))

    def part(drawn: NDArray[np.intp]) -> Part:
        if X.weights is None:
            return drawn, None
        places, times = np.unique(drawn, return_counts=True)
        return places, X.weights[places] / copies[places] * times

    return part(order[count:]), part(order[:count])


def hold_out(X: Table, fraction: float, rng: np.random.Generator) -> tuple[Table, Table | None]:
    """Split off validation rows, if there are enough."""
    if int(fraction * X.n_seen) < FEWEST_VALID:
        return X, None
    learned, held = (
        Table(X.held.take(places, axis=0), weights)
        for places, weights in split_places(X, fraction, rng)
    )
    return learned, held


def warn_of_copies(X: Table, X_valid: Table) -> None:
    """Say so where rows that are to judge are rows that are learned, more than chance makes them.

    Of independent rows, as many are among those of `X` as of the rows of `X` have a copy there, by
    the estimate of Good (1953), Biometrika 40, which has an error of its own.
    """
    if len(X) > _MANY:
        return
    which = distinct(Table(X.held).followed_by(Table(X_valid.held)).held)
    times = np.bincount(which[: len(X)], X.copies, minlength=int(which.max()) + 1)
    n_valid, known = X_valid.n_seen, times[which[len(X) :]] > 0
    share = float(np.sum(X_valid.copies[known])) / n_valid
    once, twice = np.count_nonzero(times == 1), np.count_nonzero(times == 2)
    expected = 1 - once / X.n_seen
    of_estimate = (once + 2 * twice) / X.n_seen**2
    spread = np.sqrt((expected * (1 - expected) + 1 / n_valid) / n_valid + of_estimate)
    if share > 0.5 and share > expected + 5 * spread:
        warn(
            f"{share:.0%} of the rows of X_valid are rows of X too, where {expected:.0%} would be "
            "by chance: they cannot tell when a model only learns rows by heart; give rows that "
            "are not in X"
        )
