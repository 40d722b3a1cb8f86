"""Samples as distinct rows and counts: a multinomial draw, one feature after the other."""

from __future__ import annotations

import math
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..checks.machine import check_memory
from ..columns import Columns
from ..core import Float32Array, Model

__all__ = ["draw_counts", "merged_counts"]


class Fitted(Protocol):
    """What is asked of a fitted model here."""

    @property
    def core(self) -> Model: ...

    @property
    def params(self) -> Float32Array: ...

    @property
    def columns(self) -> Columns: ...

    def tables(self, threads: int) -> Float32Array: ...


Keys: TypeAlias = NDArray[np.uint64]  # (rows, words): the bits of a row, its first feature highest
Counts: TypeAlias = NDArray[np.int64]

_FIRST = 4096  # rows drawn singly before anything is known about how often they repeat
_NEW = 8  # rows are drawn singly while at least one in so many is a new one
_BLOCK = 1 << 24  # bytes of float64 asked of the core at a time
_HALF = -math.log(2)
_TINY = 2.0**-40


def draw_counts(
    fitted: Fitted, n_samples: int, seed: int, threads: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw from the multinomial distribution over all vectors: distinct rows, and their counts.

    Rows are drawn singly as long as many of them are new, and counted; not if there are fewer
    vectors than draws. What is left is divided among prefixes. Both parts are independent
    multinomial draws of one law, and when the second begins is decided by the first alone, so
    their sum is a multinomial draw. Rows are in the user's order of the columns, sorted in the
    model's; MemoryError if they would not fit.
    """
    n = fitted.core.n_features
    keys, counts = np.empty((0, -(-n // 64)), np.uint64), np.empty(0, np.int64)
    drawn = 0
    while n_samples >> n == 0 and drawn < n_samples and drawn <= _NEW * len(keys):
        rows = min(max(_FIRST, drawn), n_samples - drawn)
        singles = _singles(fitted, rows, seed, drawn, threads)
        keys, counts = _distinct(
            np.concatenate([keys, singles]), np.concatenate([counts, np.ones(rows, np.int64)])
        )
        drawn += rows
        _check_expected(n, n_samples, drawn, counts)
    if drawn < n_samples:
        rng = np.random.default_rng(seed)
        more, more_counts = _divide(fitted, n_samples - drawn, rng, threads)
        keys, counts = _distinct(
            np.concatenate([keys, more]), np.concatenate([counts, more_counts])
        )
    return _unpacked(fitted, keys), counts


def merged_counts(
    X: NDArray[np.uint8], counts: NDArray[np.int64]
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Sort rows into lexicographic order and add up the counts of equal ones.

    >>> import numpy as np
    >>> merged_counts(np.array([[1], [0], [1]], np.uint8), np.array([2, 3, 4]))
    (array([[0],
           [1]], dtype=uint8), array([3, 6]))
    """
    if not len(X):
        return X, counts
    keys, counts = _distinct(_words(np.packbits(X, axis=1)), counts)
    octets = keys.astype(">u8").view(np.uint8)
    return np.unpackbits(octets, axis=1, count=X.shape[1]), counts


def _check_expected(n: int, n_samples: int, drawn: int, counts: Counts) -> None:
    """Refuse the rows that are to come, if those drawn tell that they will not fit.

    Of N draws, at least N^2 / sum(counts^2) are distinct, which is near 1 / (1/N + sum(p^2)). The
    last sum is the rate of equal pairs; three pairs more than were seen keep the estimate low.
    """
    pairs = float(np.sum(counts.astype(np.float64) * (counts - 1))) + 6
    rate = pairs / (drawn * max(1, drawn - 1))
    expected = max(len(counts), int(1 / (1 / n_samples + rate)))
    # The result, and the packed rows of which it is made.
    _check(expected, n + 4 * (n // 8 + 8), n)


def _check(rows: int, bytes_per_row: int, n: int) -> None:
    """Refuse so many rows if the memory cannot hold them."""
    check_memory(
        rows * bytes_per_row, f"a sample of {rows:,} or more distinct rows of {n} features"
    )


def _singles(fitted: Fitted, rows: int, seed: int, start: int, threads: int) -> Keys:
    """Rows of the sampling stream, in the model's order."""
    packed = np.empty((rows, -(-fitted.core.n_features // 8)), np.uint8)
    tables = fitted.tables(threads)
    fitted.core.sample(fitted.params, tables, seed, start, packed, None, threads, None, True)
    return _keys(fitted, packed)


def _divide(
    fitted: Fitted, n_samples: int, rng: np.random.Generator, threads: int
) -> tuple[Keys, Counts]:
    """Go down the features, dividing the count of every distinct prefix.

    Every row is a prefix and a guess of what follows. The probabilities of the guess, from one
    evaluation of the row, hold as long as draws follow it. Where some do not, they leave as a new
    row with a guess of its own; where none do, the row itself changes.
    """
    n = fitted.core.n_features
    X = np.zeros((1, n), np.uint8)
    nats = _terms(fitted, X, threads).astype(np.float32)  # log p(x_i | x_<i): what the core has
    counts, used = np.array([n_samples]), 1
    for i in range(n):
        t = nats[:used, i].astype(np.float64)
        unlikely = t < _HALF  # the guessed value is the less likely one, and is the one drawn
        rare = _binomial(rng, counts[:used], np.where(unlikely, np.exp(t), -np.expm1(t)))
        leave = np.where(unlikely, counts[:used] - rare, rare)
        turned = np.flatnonzero(leave == counts[:used])
        split = np.flatnonzero((leave > 0) & (leave < counts[:used]))
        total = used + len(split)
        if total > len(X):
            capacity = total + total // 2
            _check(capacity, 5 * n + 8, n)
            X, nats, counts = (_enlarged(array, capacity) for array in (X, nats, counts))
        counts[split] -= leave[split]
        counts[used:total] = leave[split]
        parents = np.concatenate([turned, split])
        rows = np.concatenate([turned, np.arange(used, total)])
        used = total
        step = max(1, _BLOCK // (8 * n))
        for first in range(0, len(rows), step):
            some = slice(first, first + step)
            _leave(fitted, X, nats, parents[some], rows[some], i, threads)
    return _keys(fitted, np.packbits(X[:used], axis=1)), counts[:used]


def _leave(
    fitted: Fitted,
    X: NDArray[np.uint8],
    nats: Float32Array,
    parents: NDArray[np.intp],
    rows: NDArray[np.intp],
    i: int,
    threads: int,
) -> None:
    """Make `rows` of their parents with feature i turned over, and a guess of what follows it."""
    guess = X[parents]
    guess[:, i] ^= 1
    if i + 1 < X.shape[1]:
        # What was unlikely in the parent is turned over as well.
        guess[:, i + 1 :] ^= nats[parents, i + 1 :] < _HALF
        nats[rows] = _terms(fitted, guess, threads)
    X[rows] = guess


def _terms(fitted: Fitted, X: NDArray[np.uint8], threads: int) -> NDArray[np.float64]:
    """Nats of every value of rows of the model."""
    return fitted.core.log_prob_terms(fitted.params, fitted.tables(threads), X, threads)


def _binomial(rng: np.random.Generator, counts: Counts, p: NDArray[np.float64]) -> Counts:
    """Binomial numbers for p of at most a half, a little float32 rounding above it allowed."""
    tiny = p < _TINY
    drawn = rng.binomial(counts, np.where(tiny, 0.0, p))
    # NumPy goes by 1 - p, in which so small a p is lost. The Poisson law is within p of the
    # binomial in total variation (Barbour & Hall 1984).
    drawn[tiny] = np.minimum(rng.poisson(counts[tiny] * p[tiny]), counts[tiny])
    return drawn


def _enlarged(array: NDArray[Any], rows: int) -> NDArray[Any]:
    """A copy with room for more rows."""
    larger = np.empty((rows, *array.shape[1:]), array.dtype)
    larger[: len(array)] = array
    return larger


def _keys(fitted: Fitted, packed: NDArray[np.uint8]) -> Keys:
    """Packed rows of the model as words that compare as the user's values do."""
    fitted.columns.flip(packed, packed=True, ordered=True)
    return _words(packed)


def _words(packed: NDArray[np.uint8]) -> Keys:
    """Packed rows as words that compare as they do."""
    rows, width = packed.shape
    padded = np.zeros((rows, -(-width // 8) * 8), np.uint8)
    padded[:, :width] = packed
    return padded.view(">u8").astype(np.uint64)


def _distinct(keys: Keys, counts: Counts) -> tuple[Keys, Counts]:
    """Sort rows and add up the counts of equal ones."""
    order = np.lexsort(keys.T[::-1])
    keys, counts = keys[order], counts[order]
    new = np.ones(len(keys), np.bool_)
    new[1:] = (keys[1:] != keys[:-1]).any(axis=1)
    return keys[new], np.add.reduceat(counts, np.flatnonzero(new))


def _unpacked(fitted: Fitted, keys: Keys) -> NDArray[np.uint8]:
    """Rows of zeros and ones in the user's order, made a block at a time."""
    n = fitted.core.n_features
    X = np.empty((len(keys), n), np.uint8)
    step = max(1, _BLOCK // n)
    for first in range(0, len(keys), step):
        octets = keys[first : first + step].astype(">u8").view(np.uint8)
        X[first : first + step] = fitted.columns.unordered(np.unpackbits(octets, axis=1, count=n))
    return X
