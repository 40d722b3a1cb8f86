"""Rows of which some cells are unknown: exact answers from all completions, and what estimates are.

A cell is 0, 1 or `UNKNOWN`, and rows are in the order of the factors. Sums go over the completions

    p(known) = sum_u p(known, u),        p(u | known) = p(known, u) / p(known)

where those are few. Elsewhere the particles of `ardens.reference.particles` answer: those of a
question of a marginal are the rows of the seed from `number(cells)` on.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .bernoulli import Float64
from .particles import UNKNOWN, islands

__all__ = [
    "LAST",
    "chosen",
    "completions",
    "log_marginal",
    "most_probable",
    "number",
    "posterior",
    "standard_error",
]

LAST = 4  # stream of Philox: the choice among completions, and the last resampling

LogProb = Callable[[NDArray[Any]], Float64]


def completions(cells: NDArray[Any]) -> NDArray[np.uint8]:
    """All rows that agree with what is known, in lexicographic order.

    Examples
    --------
    >>> completions(np.array([UNKNOWN, 1, UNKNOWN])).tolist()
    [[0, 1, 0], [0, 1, 1], [1, 1, 0], [1, 1, 1]]
    """
    unknown = np.flatnonzero(cells == UNKNOWN)
    rows = np.tile(np.asarray(cells, dtype=np.uint8), (2 ** len(unknown), 1))
    for j, place in enumerate(unknown[::-1]):
        rows[:, place] = (np.arange(len(rows)) >> j) & 1
    return rows


def log_marginal(log_prob: LogProb, cells: NDArray[Any]) -> float:
    """Nats of what is known."""
    return float(np.logaddexp.reduce(log_prob(completions(cells))))


def posterior(log_prob: LogProb, cells: NDArray[Any]) -> Float64:
    """Probability of a one in every cell given what is known, (n_features,)."""
    rows = completions(cells)
    weights = np.exp(log_prob(rows) - log_marginal(log_prob, cells))
    return np.asarray(weights @ rows)


def most_probable(log_prob: LogProb, cells: NDArray[Any]) -> tuple[NDArray[np.uint8], float]:
    """The most probable completion, and its nats."""
    rows = completions(cells)
    nats = log_prob(rows)
    return rows[np.argmax(nats)], float(nats.max())


def chosen(weights: Float64, u: float) -> int:
    """The first completion at which the sum of the weights up to it exceeds u of all.

    Examples
    --------
    >>> chosen(np.array([1.0, 0.0, 1.0]), 0.6)
    2
    """
    edges = np.cumsum(weights)
    return int(np.searchsorted(edges, u * edges[-1], side="right"))


def number(cells: NDArray[Any]) -> int:
    """The first row of a question's particles: the FNV-1a hash of its cells, of 64 bits.

    References
    ----------
    Fowler, G., Noll, L. C. & Vo, K.-P. (1991). The FNV hash.

    Examples
    --------
    >>> f"{number(np.array([], np.uint8)):x}"
    'cbf29ce484222325'
    """
    hashed = 0xCBF29CE484222325
    for cell in cells.tolist():
        hashed = (hashed ^ cell) * 0x100000001B3 % 2**64
    return hashed


def standard_error(log_weights: Float64) -> float:
    """Standard error of the logarithm of the mean weight, by how much the islands differ.

    With island j of K, which has the part s_j of the particles, and the mean weights Z_j and Z,

        error = sqrt(K / (K - 1) sum_j s_j^2 (Z_j - Z)^2 / Z^2 * (K - 1) / (K - 3))
                * (1 + 3/4 max(g, 0) / sqrt(K))

    (K - 1) / (K - 3) is the variance of Student's t on K - 1 degrees, the law of such a ratio. With
    three islands or fewer there is no such variance, and the error is not known. The last factor,
    of the skewness g of the Z_j, is that of the upper end of an interval of two errors (Hall
    1992): islands that happen to miss what is rare and weighs much differ little.

    References
    ----------
    Hall, P. (1992). The Bootstrap and Edgeworth Expansion. Springer.

    Examples
    --------
    >>> standard_error(np.zeros(64)), standard_error(np.zeros(8))
    (0.0, inf)
    """
    size, count = len(log_weights), islands(len(log_weights))
    if count <= 3:
        return np.inf
    weights = np.exp(log_weights - log_weights.max())
    edges = [size * j // count for j in range(count + 1)]
    parts = [weights[first:end] for first, end in pairwise(edges)]
    mean = weights.mean()
    apart = np.array([part.mean() - mean for part in parts])
    spread = sum((len(part) / size * d) ** 2 for part, d in zip(parts, apart, strict=True))
    variance = (apart**2).mean()
    skewness = (apart**3).mean() / variance**1.5 if variance > 0 else 0.0
    wider = 1 + 0.75 * max(skewness, 0.0) / np.sqrt(count)
    return float(np.sqrt(spread * count / (count - 3)) / mean * wider)
