"""Log-weights of particles or completions, a row for each question: sums, shares and errors.

No sum of a row depends on how many rows there are.
"""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..core import islands

__all__ = ["estimated", "log_sum", "relative", "row_sums", "shares"]

Array: TypeAlias = NDArray[np.float64]


def log_sum(nats: Array) -> Array:
    """Logarithm of the sum of probabilities, for every row."""
    highest = _highest(nats)
    with np.errstate(divide="ignore"):
        return np.asarray(highest[:, 0] + np.log(np.exp(nats - highest).sum(axis=1)))


def relative(log_weights: Array) -> Array:
    """Weights, of which the highest of every row is 1; all 0 where it is dead."""
    return np.exp(log_weights - _highest(log_weights))


def shares(log_weights: Array) -> Array:
    """Weights that sum to one in every row; equal ones where all are dead."""
    weights = relative(log_weights)
    total = weights.sum(axis=1, keepdims=True)
    equal = np.full(weights.shape, 1 / weights.shape[1])
    return np.asarray(np.divide(weights, total, out=equal, where=total > 0))


def _highest(nats: Array) -> Array:
    """The highest of every row, in a column; 0 where all are -inf."""
    highest = nats.max(axis=1, keepdims=True)
    return np.where(highest == -math.inf, 0.0, highest)


def row_sums(parts: Array) -> Array:
    """Sum of all that belongs to a row, in an order that does not depend on other rows."""
    return np.asarray(np.ascontiguousarray(parts).reshape(len(parts), -1).sum(axis=1))


def estimated(log_weights: Array) -> tuple[Array, Array, Array]:
    """Nats, their standard error by what the islands differ, and the effective number."""
    n_particles = log_weights.shape[1]
    count = islands(n_particles)
    edges = n_particles * np.arange(count + 1) // count
    shares = np.diff(edges) / n_particles
    highest = _highest(log_weights)
    weights = np.exp(log_weights - highest)
    each = np.add.reduceat(weights, edges[:-1], axis=1) / np.diff(edges)
    mean, square = row_sums(weights) / n_particles, row_sums(weights**2) / n_particles
    alive = mean > 0
    error, n_effective = np.full(len(mean), math.inf), np.zeros(len(mean))
    np.divide(n_particles * mean**2, square, out=n_effective, where=alive)
    if count > 3:  # so that Student's t on the islands has a standard deviation
        apart = each - mean[:, None]
        spread = row_sums((shares * apart) ** 2) * count / (count - 3)
        np.divide(np.sqrt(spread) * _wider(apart), mean, out=error, where=alive)
    with np.errstate(divide="ignore"):
        return np.log(mean) + highest[:, 0], error, n_effective


def _wider(apart: Array) -> Array:
    """How much wider two errors reach upwards where few islands are much above the mean."""
    count = apart.shape[1]
    variance, skewness = row_sums(apart**2) / count, np.zeros(len(apart))
    np.divide(row_sums(apart**3) / count, variance**1.5, out=skewness, where=variance > 0)
    return np.asarray(1 + 0.75 * np.maximum(skewness, 0.0) / math.sqrt(count))
