"""Columns cut into leaves: one for every value that is frequent, bins of equal mass between them.

A number is a point of its column's grid (so many decimals; seconds of a date), and all points of
a bin that have no leaf of their own are equally probable. What was never seen has the mass of half
a row: unseen values of a category together; of a number, in equal parts, what lies below, what
lies above (both falling exponentially), what lies between where no bin is, and what is missing.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Column", "columns_of"]

HALF = 0.5
WIDTH = 4  # beyond: a mean distance of the range divided by this
Leaves = NDArray[np.int64]


class Column(Protocol):
    """What all columns do; ``sizes`` counts the training rows of each leaf."""

    sizes: NDArray[np.int64]

    def encode(self, values: pd.Series) -> tuple[Leaves, NDArray[np.float64]]:
        """Leaves of values, −1 if there is none, and nats beside those of the leaf."""

    def decode(self, leaves: Leaves, rng: np.random.Generator) -> pd.Series:
        """Draw values of leaves."""


class Category:
    """A leaf for each value; missing is one of them."""

    def __init__(self, values: pd.Series) -> None:
        self.levels = pd.Index(values.dropna().unique())
        leaves = self._leaves(values)
        self.sizes = np.bincount(leaves, minlength=len(self.levels) + values.isna().any())

    def _leaves(self, values: pd.Series) -> Leaves:
        """The place of each value; after them that of what is missing."""
        return np.where(values.isna(), len(self.levels), self.levels.get_indexer(values))

    def encode(self, values: pd.Series) -> tuple[Leaves, NDArray[np.float64]]:
        """Unseen values share half a row."""
        leaves = self._leaves(values)
        leaves = np.where(leaves < len(self.sizes), leaves, -1)
        unseen = HALF / (self.sizes.sum() + HALF)
        return leaves, np.where(leaves < 0, np.log(unseen), np.log1p(-unseen))

    def decode(self, leaves: Leaves, rng: np.random.Generator) -> pd.Series:
        """The values themselves."""
        missing = leaves == len(self.levels)
        values = pd.Series(self.levels.take(np.where(missing, 0, leaves)))
        return values.where(~missing)


class Number:
    """Leaves of frequent points, then bins, then what is missing."""

    def __init__(self, values: pd.Series, decimals: int, bins: int, often: int) -> None:
        self.scale, self.is_date = 10.0**decimals, values.dtype.kind == "M"
        known = values.notna().to_numpy()
        points = self._points(values[known])
        unique, counts = np.unique(points, return_counts=True)
        frequent = (counts * often >= len(points)) & (counts > 1)
        self.spikes, rest, mass = unique[frequent], unique[~frequent], counts[~frequent]
        self.low, self.high = int(unique[0]), int(unique[-1])
        place = (np.cumsum(mass) - mass) * bins // max(mass.sum(), 1)
        ends = rest[np.flatnonzero(np.append(np.diff(place), 1))] if len(rest) else rest
        self.starts, self.ends = np.append(self.low, ends[:-1] + 1)[: len(ends)], ends
        if len(ends):  # all points to the greatest are in a bin
            self.ends = np.append(ends[:-1], self.high)
        inside = np.searchsorted(self.spikes, self.ends, "right") - np.searchsorted(
            self.spikes, self.starts
        )
        self.counts = self.ends - self.starts + 1 - inside
        leaves = np.full(len(values), len(self.spikes) + len(self.ends))
        leaves[known] = self._leaves(points)
        self.sizes = np.bincount(leaves)

    def _points(self, values: pd.Series) -> Leaves:
        """Places on the grid."""
        if self.is_date:
            return values.to_numpy().astype("datetime64[s]").astype(np.int64)
        return np.rint(values.to_numpy(float) * self.scale).astype(np.int64)

    def _leaves(self, points: Leaves) -> Leaves:
        """Leaves of points within what was seen."""
        place = np.searchsorted(self.spikes, points)
        spike = np.append(self.spikes, self.high + 1)[place] == points
        return np.where(spike, place, len(self.spikes) + np.searchsorted(self.ends, points))

    def encode(self, values: pd.Series) -> tuple[Leaves, NDArray[np.float64]]:
        """Points beyond what was seen share half a row."""
        known = values.notna().to_numpy()
        points = np.full(len(values), self.low)
        points[known] = self._points(values[known])
        n, bins = len(self.spikes), len(self.ends)
        leaves = np.where(known, -1, n + bins)
        inside = known & (points >= self.low) & (points <= self.high)
        leaves[inside] = self._leaves(points[inside])
        between = inside & (leaves == n + bins)  # where there are no bins
        leaves[between | (leaves >= len(self.sizes))] = -1
        widths = np.concatenate([np.ones(n), self.counts, [1]])[np.maximum(leaves, 0)]
        span, unseen = self.high - self.low + 1, HALF / (self.sizes.sum() + HALF)
        gaps = 0 if bins else span - n
        part = np.log(unseen / (2 + (gaps > 0) + (len(self.sizes) == n + bins)))
        q = 1 / (1 + span / WIDTH)
        far = np.maximum(self.low - points, points - self.high)
        rest = part + np.log(q) + (far - 1) * np.log1p(-q)
        rest = np.where(between, part - np.log(max(gaps, 1)), np.where(known, rest, part))
        return leaves, np.where(leaves < 0, rest, np.log1p(-unseen) - np.log(widths))

    def decode(self, leaves: Leaves, rng: np.random.Generator) -> pd.Series:
        """A point of each bin, none of those that have leaves of their own."""
        n, bins = len(self.spikes), len(self.ends)
        place = np.clip(leaves - n, 0, max(bins - 1, 0))
        points = np.zeros(len(leaves), np.int64)
        if bins:
            before = np.searchsorted(self.spikes, self.starts)
            some = (self.starts - before)[place] + rng.integers(0, self.counts[place])
            points = some + np.searchsorted(self.spikes - np.arange(n), some, "right")
        if n:
            points = np.where(leaves < n, self.spikes[np.minimum(leaves, n - 1)], points)
        values = pd.Series(points.astype("datetime64[s]") if self.is_date else points / self.scale)
        return values.where(leaves < n + bins)


def columns_of(
    train: pd.DataFrame, job: dict[str, Any], bins: int, often: int
) -> dict[str, Column]:
    """Cut columns: so many bins, and leaves for numbers that are one of so many rows.

    Those that peers are told are categories have a leaf for every value.
    """
    return {
        name: Category(values)
        if name in job["categories"]
        else Number(values, job["decimals"].get(name, 0), bins, often)
        for name, values in train.items()
    }
