"""Codes: the rows that there can be, as a list of words; all others have probability zero.

Given the bits before it, a bit is *forced* where all words that begin so go on with the same bit.
It has probability one there, and

    p(x) = product of p(x_i | x_<i) over the bits of x that are not forced

sums to one over the words. The same is said by log-odds that are infinite where a bit is forced:
such bits add 0 to log p, and 0 to its gradient, as x - p = 0.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bernoulli import Float64

__all__ = ["coded", "left"]

UNKNOWN = 2  # what a cell holds that is neither 0 nor 1


def left(
    words: NDArray[Any], X: NDArray[Any], i: int, cells: NDArray[Any] | None = None
) -> NDArray[np.bool_]:
    """Which values bit i can have: those of words that begin as the row, and have its known cells.

    Parameters
    ----------
    words : (n_words, n_features) array of 0 and 1, all different
    X : (n_samples, n_features) array of 0 and 1, of which the first i columns count
    i : int
    cells : (n_features,) array of 0, 1 and `UNKNOWN`, optional
        What is known of the columns from i on; nothing where left out.

    Returns
    -------
    (n_samples, 2) array of bool, for 0 and 1

    Examples
    --------
    >>> one_hot = np.eye(3, dtype=int)
    >>> left(one_hot, np.array([[0, 1, 0], [0, 0, 1]]), 2)
    array([[ True, False],
           [False,  True]])
    >>> left(one_hot, np.zeros((1, 3), int), 0, np.array([UNKNOWN, UNKNOWN, 1]))
    array([[ True, False]])
    """
    fits = (X[:, None, :i] == words[None, :, :i]).all(axis=2)
    if cells is not None:
        known = cells[i:] != UNKNOWN
        fits &= (words[:, i:][:, known] == cells[i:][known]).all(axis=1)
    return np.stack([(fits & (words[:, i] == bit)).any(axis=1) for bit in (0, 1)], axis=1)


def coded(logits: Float64, words: NDArray[Any], X: NDArray[Any]) -> Float64:
    """Log-odds of rows, infinite where a bit is forced.

    Behind a bit that no word has, log-odds stay as they are.

    Parameters
    ----------
    logits : (n_samples, n_features) array
    words : (n_words, n_features) array of 0 and 1, all different
    X : (n_samples, n_features) array of 0 and 1

    Returns
    -------
    (n_samples, n_features) float64 array

    Examples
    --------
    >>> coded(np.zeros((2, 3)), np.eye(3), np.array([[0, 1, 0], [0, 0, 0]]))
    array([[  0.,   0., -inf],
           [  0.,   0.,  inf]])
    """
    out = np.array(logits, dtype=np.float64)
    for i in range(words.shape[1]):
        zero, one = left(words, X, i).T
        out[one & ~zero, i] = np.inf
        out[zero & ~one, i] = -np.inf
    return out
