"""The codes of single values: one-hot, by rank, by frequency, digits, any words."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.machine import check_memory
from ..checks.options import whole_number
from ..checks.rows import binary_matrix
from .code import Code

__all__ = ["bits", "digits", "hot", "huffman", "one_hot", "rank", "words"]

_LEAST = 16  # a leaf has the mass of a sixteenth of the mean at least, so that no word is long


def one_hot(n: int, *, none: bool = False) -> Code:
    """Write value j as bit j alone.

    Parameters
    ----------
    n : int
        Number of bits, at least 1.
    none : bool, default False
        Whether there is one value more, n, which has no bit.

    Returns
    -------
    Code

    Examples
    --------
    >>> from ardens import codes
    >>> codes.one_hot(3).encode([0, 2]).tolist()
    [[1, 0, 0], [0, 0, 1]]
    >>> codes.one_hot(2, none=True).encode([0, 1, 2]).tolist()
    [[1, 0], [0, 1], [0, 0]]
    """
    n = whole_number(n, "n", minimum=1, maximum=2**29)
    check_memory(40 * n, f"a one-hot code of {n:,} bits")
    level = np.concatenate([[0], 2 * np.arange(n, dtype=np.int64) + 1])
    waiting, had = level[:-1].copy(), level[:-1] + 1  # before each bit: no one yet; one was there
    after = np.append(had[1:], level[-1])
    steps = np.full((level[-1], 2), -1, np.int64)
    steps[waiting, 0] = np.append(waiting[1:], level[-1] if none else -1)
    steps[waiting, 1] = after
    steps[had[1:], 0] = after[1:]
    return Code(steps, level, n - np.arange(n + 1) if none else n - 1 - np.arange(n))


def rank(mass: ArrayLike) -> Code:
    """Write ordered values so that every bit halves the mass as nearly as it can.

    Parameters
    ----------
    mass : array_like of float, shape (n_leaves,)
        How often each value comes, or anything in proportion; at least 0.

    Returns
    -------
    Code
        Words rise with the values.

    Notes
    -----
    The tree of weighted bisection (Mehlhorn 1975). The word of a value of share p has at most about
    log2(1 / p) + 2 bits; shares are taken as a sixteenth of the mean at least.

    Examples
    --------
    >>> from ardens import codes
    >>> codes.rank([1, 1, 1, 1]).encode([0, 1, 2, 3]).tolist()
    [[0, 0], [0, 1], [1, 0], [1, 1]]
    """
    shares = _masses(mass)
    edges = np.concatenate([[0.0], np.cumsum(shares)])
    lengths, words = np.zeros(len(shares), np.int64), [0] * len(shares)
    waiting = [(0, len(shares), 0, 0)]
    while waiting:
        begin, end, length, word = waiting.pop()
        if end - begin == 1:
            lengths[begin], words[begin] = length, word
            continue
        half = (edges[begin] + edges[end]) / 2
        middle = begin + int(np.searchsorted(edges[begin:end], half))
        middle -= half - edges[middle - 1] <= edges[middle] - half
        middle = min(max(middle, begin + 1), end - 1)
        waiting.append((begin, middle, length + 1, 2 * word))
        waiting.append((middle, end, length + 1, 2 * word + 1))
    return Code.of(_spelled(lengths, words))


def huffman(mass: ArrayLike) -> Code:
    """Write frequent values in few bits.

    Parameters
    ----------
    mass : array_like of float, shape (n_leaves,)
        How often each value comes, or anything in proportion; at least 0.

    Returns
    -------
    Code
        The mean length of a word, without the zeros at its end, is the least of all codes, for
        these masses (Huffman 1952); they are taken as a sixteenth of their mean at least.

    Examples
    --------
    >>> from ardens import codes
    >>> codes.huffman([1, 2, 8, 1]).encode([0, 1, 2, 3]).tolist()
    [[1, 1, 0], [1, 0, 0], [0, 0, 0], [1, 1, 1]]
    """
    shares = _masses(mass)
    n = len(shares)
    heap = [(share, leaf) for leaf, share in enumerate(shares.tolist())]
    heapq.heapify(heap)
    parent = np.zeros(2 * n - 1, np.int64)
    for node in range(n, 2 * n - 1):
        (one, first), (other, second) = heapq.heappop(heap), heapq.heappop(heap)
        parent[first], parent[second] = node, node
        heapq.heappush(heap, (one + other, node))
    depth = np.zeros(2 * n - 1, np.int64)
    for node in range(2 * n - 3, -1, -1):
        depth[node] = depth[parent[node]] + 1
    lengths = depth[:n]
    words, word, length = [0] * n, -1, 0  # the canonical code: short words first, then by number
    for leaf in np.lexsort((np.arange(n), lengths)).tolist():
        word = (word + 1) << (int(lengths[leaf]) - length)
        length = int(lengths[leaf])
        words[leaf] = word
    return Code.of(_spelled(lengths, words))


def digits(n_leaves: int, base: int = 16) -> Code:
    """Write ordered values as numbers whose digits are one-hot, the most significant one first.

    Parameters
    ----------
    n_leaves : int
        Number of values, at least 1.
    base : int, default 16
        Values of a digit at most, at least 2. There are as few digits as that allows, and as few
        bits for so many.

    Returns
    -------
    Code

    Examples
    --------
    >>> from ardens import codes
    >>> codes.digits(9, base=4).encode([0, 5]).tolist()
    [[1, 0, 0, 1, 0, 0], [0, 1, 0, 0, 0, 1]]
    """
    n = whole_number(n_leaves, "n_leaves", minimum=1, maximum=2**40)
    base = whole_number(base, "base", minimum=2)
    count = 1
    while base**count < n:
        count += 1
    while base > 2 and (base - 1) ** count >= n:
        base -= 1
    check_memory(2 * n * base * count, f"a code of {n:,} numbers of {count} digits")
    leaves = np.arange(n)
    powers = [base**k for k in range(count - 1, -1, -1)]
    return Code.of(np.hstack([hot(leaves // p % base) for p in powers]))


def bits(k: int) -> Code:
    """Write 0 … 2**k - 1 as binary numbers of k bits, of which none is ever forced.

    >>> from ardens import codes
    >>> codes.bits(2)
    Code(n_leaves=4, n_bits=2)
    """
    k = whole_number(k, "k", minimum=1, maximum=62)
    after = np.arange(1, k + 1)
    return Code(np.stack([after, after], axis=1), np.arange(k + 1))


def words(values: ArrayLike) -> Code:
    """Let a column have any words, all of one length.

    Parameters
    ----------
    values : array_like of 0 and 1, shape (n_leaves, n_bits)
        The words, all different: row k is value k.

    Returns
    -------
    Code

    Examples
    --------
    Two of three bits are ones:

    >>> from ardens import codes
    >>> codes.words([[0, 1, 1], [1, 0, 1], [1, 1, 0]])
    Code(n_leaves=3, n_bits=3)
    """
    return Code.of(binary_matrix(values, name="values", allow_empty=False))


def hot(values: NDArray[np.int64], n: int | None = None) -> NDArray[np.uint8]:
    """One-hot rows of numbers."""
    width = int(values.max()) + 1 if n is None else n
    return np.equal.outer(values, np.arange(width)).astype(np.uint8)


def _masses(mass: ArrayLike) -> NDArray[np.float64]:
    """Check masses, and let none be so small that its word would be long."""
    wanted = "mass must be finite numbers of at least 0, one for each value"
    try:
        array = np.asarray(mass, dtype=np.float64)
    except (TypeError, ValueError):
        raise TypeError(f"{wanted}; got {mass!r}") from None
    if array.ndim != 1 or not array.size:
        raise ValueError(f"{wanted}; got an array of shape {array.shape}")
    total = float(array.sum())
    if not np.isfinite(array).all() or (array < 0).any() or not np.isfinite(total):
        raise ValueError(f"{wanted}; got {array[~np.isfinite(array) | (array < 0)][:1]}")
    if total == 0:
        return np.ones(len(array))
    return np.maximum(array, total / (_LEAST * len(array)))


def _spelled(lengths: NDArray[np.int64], words: Sequence[int]) -> NDArray[np.uint8]:
    """Words given as binary numbers of these lengths, filled up with zeros."""
    width = max(1, int(lengths.max()))
    check_memory(len(words) * (8 + width), f"a code of {len(words):,} values of {width} bits")
    filled = np.array([w << (width - n) for w, n in zip(words, lengths.tolist(), strict=True)])
    places = np.arange(width - 1, -1, -1)
    spelled: NDArray[np.uint8] = ((filled[:, None] >> places) & 1).astype(np.uint8)
    return spelled
