"""A code: a set of words of bits, one for each value, as the automaton that reads them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.machine import check_memory
from ..checks.options import vector
from ..core import Codes, Rows, max_threads

__all__ = ["Code", "Leaves"]

Leaves = NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class Code:
    """A tree of bits whose leaves are the values of a column.

    Made by the functions of `ardens.codes`. A word has one bit for every step down the tree; where
    the bits before leave no choice, a bit is *forced*. Words of fewer steps end in zeros, which are
    forced.

    Parameters
    ----------
    steps : ndarray of int32, shape (n_states, 2), read-only
        The state that comes after a zero and after a one, or -1 where no word goes on so. States
        that words may be in before a bit are numbered together, bit by bit; ``n_states`` is the
        end of all words.
    level : ndarray of int64, shape (n_bits + 1,), read-only
        The first state before each bit, and the end.
    order : ndarray of int64, shape (n_leaves,), or None
        Place of every leaf's word among all, as binary numbers; None if leaves are in that order.

    Attributes
    ----------
    n_leaves : int
        Number of values, which are 0 … n_leaves - 1.
    n_bits : int
        Length of a word.

    Examples
    --------
    >>> from ardens import codes
    >>> code = codes.huffman([5, 1, 1])
    >>> code
    Code(n_leaves=3, n_bits=2)
    >>> code.encode([0, 1, 2])
    array([[0, 0],
           [1, 0],
           [1, 1]], dtype=uint8)
    >>> code.decode([[1, 1], [0, 0]])
    array([2, 0])
    """

    steps: NDArray[np.int32]
    level: NDArray[np.int64]
    order: Leaves | None = None

    def __post_init__(self) -> None:
        for name, dtype in (("steps", np.int32), ("level", np.int64), ("order", np.int64)):
            if (value := getattr(self, name)) is not None:
                array = np.asarray(value)
                if array.dtype.kind not in "iu" or (name != "steps" and array.min(initial=0) < 0):
                    raise ValueError(f"{name} must be integers, and only steps may be negative")
                array = np.ascontiguousarray(array, dtype=dtype)
                array.flags.writeable = False
                object.__setattr__(self, name, array)
        order = self.order
        if order is not None and not (np.sort(order) == np.arange(self.n_leaves)).all():
            raise ValueError(f"order must be a permutation of 0 … {self.n_leaves - 1}")

    @classmethod
    def of(cls, words: NDArray[np.uint8]) -> Self:
        """Make the least automaton that reads these words, (n_leaves, n_bits), all different.

        Words that begin alike and go on in the same ways share their states (Daciuk, Mihov, Watson
        & Watson 2000). O(n_leaves n_bits) and sorting.
        """
        n_leaves, n_bits = words.shape
        rows = np.lexsort(words.T[::-1])
        words = words[rows]
        differ = words[1:] != words[:-1]
        if not differ.any(axis=1).all():
            raise ValueError("words of a code must differ from each other; two are the same")
        shared = np.concatenate([[-1], differ.argmax(axis=1)])  # bits alike with the word before
        levels: list[NDArray[np.int32]] = []
        heads: NDArray[np.intp] = np.arange(n_leaves)
        states: NDArray[np.int32] = np.zeros(n_leaves, np.int32)
        for i in range(n_bits - 1, -1, -1):
            first = shared[heads] < i  # whether a word is the first of those that begin alike
            node = np.cumsum(first) - 1
            steps = np.full((int(node[-1]) + 1, 2), -1, np.int32)
            steps[node, words[heads, i]] = states
            distinct, which = np.unique(steps, axis=0, return_inverse=True)
            levels.append(distinct)
            heads, states = heads[first], which.reshape(-1).astype(np.int32)
        levels.reverse()
        level = np.concatenate([[0], np.cumsum([len(steps) for steps in levels])])
        for i, steps in enumerate(levels):
            steps[steps >= 0] += level[i + 1]
        order = np.empty(n_leaves, np.int64)
        order[rows] = np.arange(n_leaves)
        in_order = bool((order[1:] > order[:-1]).all())
        return cls(np.concatenate(levels), level, None if in_order else order)

    @property
    def n_bits(self) -> int:
        """Length of a word."""
        return len(self.level) - 1

    @cached_property
    def core(self) -> Codes:
        """The automaton in the core."""
        return Codes(self.steps, self.level.tolist(), [0, self.n_bits])

    @property
    def n_leaves(self) -> int:
        """Number of values."""
        return self.core.n_leaves[0]

    @cached_property
    def leaf(self) -> Leaves | None:
        """The leaf whose word stands at each place among all; None as for `order`."""
        if self.order is None:
            return None
        leaf = np.empty_like(self.order)
        leaf[self.order] = np.arange(len(leaf))
        return leaf

    def encode(self, leaves: ArrayLike) -> Rows:
        """Write values as words.

        Parameters
        ----------
        leaves : array_like of int, shape (n,)
            Values of 0 … n_leaves - 1.

        Returns
        -------
        ndarray of uint8, shape (n, n_bits)

        Raises
        ------
        TypeError, ValueError
            If they are no such integers.
        MemoryError
            If the words do not fit.
        """
        array = np.asarray(leaves)
        wanted = f"leaves must be integers of 0 … {self.n_leaves - 1}"
        checked = vector(array, array.size, wanted, below=self.n_leaves, kinds="iu")
        places = checked.astype(np.int64)
        if self.order is not None:
            places = self.order[places]
        check_memory(len(places) * self.n_bits, f"{len(places):,} words of {self.n_bits:,} bits")
        X = np.empty((len(places), self.n_bits), np.uint8)
        self.core.encode(places.reshape(-1, 1), X, max_threads())
        return X

    def decode(self, bits: ArrayLike) -> Leaves:
        """Read words.

        Parameters
        ----------
        bits : array_like of 0 and 1, shape (n, n_bits)

        Returns
        -------
        ndarray of int64, shape (n,)

        Raises
        ------
        ValueError
            If a row is no word of the code; the message names the first bit that cannot be.
        """
        X = np.asarray(bits)
        if X.ndim != 2 or X.shape[1] != self.n_bits or X.dtype.kind not in "biu":
            raise ValueError(
                f"bits must be zeros and ones of shape (n, {self.n_bits}); got an array of "
                f"{X.dtype} of shape {X.shape}"
            )
        odd = (X != 0) & (X != 1)
        places = np.empty((len(X), 1), np.int64)
        rows = np.ascontiguousarray(np.where(odd, 2, X), dtype=np.uint8)
        at = self.core.decode(rows, places, max_threads())
        if at >= 0:
            row, bit = divmod(at, self.n_bits)
            raise ValueError(
                f"bits must be words of the code; row {row} is none, from bit {bit} on"
            )
        return places[:, 0] if self.leaf is None else self.leaf[places[:, 0]]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Code):
            return NotImplemented
        same = np.array_equal(self.steps, other.steps) and np.array_equal(self.level, other.level)
        if self.order is None or other.order is None:
            return same and self.order is other.order
        return same and np.array_equal(self.order, other.order)

    def __hash__(self) -> int:
        return hash((self.n_bits, len(self.steps)))

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.steps, self.level, self.order)

    def __repr__(self) -> str:
        return f"Code(n_leaves={self.n_leaves}, n_bits={self.n_bits})"
