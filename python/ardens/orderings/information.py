"""How much two columns say about each other."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.machine import check_memory
from ..checks.rows import binary_rows
from ..checks.weights import Table

__all__ = ["mutual_information"]

_BLOCK = 1 << 22  # cells of X, or of the matrix of information, that are worked on at a time


def mutual_information(X: ArrayLike, sample_weight: ArrayLike | None = None) -> NDArray[np.float64]:
    r"""Mutual information of every pair of columns, in the empirical distribution of the rows.

    .. math:: I(x_i; x_j) = \sum_{a, b} \frac{N_{ab}}{N} \log \frac{N_{ab} N}{N_a N_b}

    where :math:`N_{ab}` counts the rows with :math:`x_i = a, x_j = b`; a count of 0 adds nothing.

    Parameters
    ----------
    X : array_like of shape (n_samples, n_features)
        Zeros and ones, at least one row.
    sample_weight : float or array_like of float, shape (n_samples,), optional
        What each row counts, at least 0 and not 0 for all.

    Returns
    -------
    ndarray of float64, shape (n_features, n_features)
        Nats, at least 0; symmetric, with the entropies of the columns on the diagonal.

    Raises
    ------
    TypeError, ValueError
        If `X` is no matrix of zeros and ones, or a weight is wrong.
    MemoryError
        If the machine's memory cannot hold the matrix.

    Notes
    -----
    One matrix product, O(n_samples · n_features²), in single precision, which holds the counts of
    a block of rows exactly, or with weights in double; beside the result it needs as much again at
    most, and 100 MB.

    Examples
    --------
    >>> mutual_information([[0, 0], [1, 1]]).round(4)
    array([[0.6931, 0.6931],
           [0.6931, 0.6931]])
    >>> mutual_information([[0, 0], [0, 1], [1, 0], [1, 1]]).round(4)
    array([[0.6931, 0.    ],
           [0.    , 0.6931]])
    """
    table = Table.of(binary_rows(X, allow_empty=False), sample_weight)
    n = table.n_features
    check_memory(12 * n * n, f"the mutual information of {n:,} features")
    both = np.zeros((n, n))
    step = max(1, _BLOCK // n)
    for first in range(0, len(table), step):
        some = slice(first, first + step)
        if table.weights is None:
            block = table.held[some].astype(np.float32)
            both += block.T @ block
        else:
            rows = table.held[some]
            weighted = rows * table.weights[some, None]
            both += weighted.T @ rows
    ones = np.diagonal(both).copy()
    step = max(1, _BLOCK // (8 * n))
    for first in range(0, n, step):
        strip = slice(first, first + step)
        both[strip] = _from_counts(both[strip], ones[strip, None], ones, table.total)
    return both


def _from_counts(
    n11: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64], n: float
) -> NDArray[np.float64]:
    """Information from the rows with both ones, those with each of them, and all."""
    # The mixed cells are added first: so the sum is the same for (i, j) and (j, i).
    mixed = _cell(a - n11, a, n - b, n) + _cell(b - n11, n - a, b, n)
    total = mixed + (_cell(n11, a, b, n) + _cell(n - a - b + n11, n - a, n - b, n))
    return np.maximum(total / n, 0.0)


def _cell(
    count: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64], n: float
) -> NDArray[np.float64]:
    """``count log(count n / (a b))``, 0 where the count is."""
    some = count > 0
    ratio = np.ones_like(count)
    np.divide(count * n, a * b, out=ratio, where=some)
    return count * np.log(ratio)
