"""Drawn tables beside real ones: columns, pairs, what tells them apart, and copies."""

from __future__ import annotations

import importlib
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cells import Cells
from .frames import Frame, read

__all__ = ["Closeness", "Comparison", "compare"]

_BINS = 10  # of a number, for pairs
_VALUES = 50  # of a column, for pairs: the others are together
_PAIRS = 500  # that are looked at, at most
_ROWS = 5000  # that a classifier learns from, at most
_NEAR = 1000  # of which nearest rows are looked for, at most
_BLOCK = 1 << 22  # distances at a time
_SECONDS = {"ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "D": 86400.0}  # of units


@dataclass(frozen=True)
class Closeness:
    """How near rows are to those that were learned from.

    Parameters
    ----------
    copies : float
        The part of rows that are equal to one of them.
    nearest : float
        The median distance to the nearest: of the mean over columns of 1 where values differ, and
        of the difference in ranks where they are numbers.
    """

    copies: float
    nearest: float


@dataclass(frozen=True)
class Comparison:
    """A report of drawn rows beside real ones; printed as a table.

    Parameters
    ----------
    columns : dict of name to float
        How much the values of each column differ: the largest difference of distribution functions
        for numbers, half the sum of differences of parts elsewhere; 0 is none and 1 is all.
    pairs : dict of (name, name) to float
        Half the sum of differences of parts of each pair of columns, in bins.
    told_apart : float or None
        AUC of a classifier that tells drawn rows from real ones it has not seen, 0.5 if it cannot;
        None without scikit-learn.
    drawn, holdout : Closeness
        Of drawn rows and of those held out; None if none were given.
    shown : dict of name to (list of str, ndarray, ndarray)
        Parts of the values, or bins, of each column, among real and drawn rows.
    """

    columns: dict[Any, float]
    pairs: dict[tuple[Any, Any], float]
    told_apart: float | None
    drawn: Closeness
    holdout: Closeness | None
    shown: dict[Any, tuple[list[str], NDArray[np.float64], NDArray[np.float64]]]

    def __repr__(self) -> str:
        lines = ["columns differ by"]
        worst = sorted(self.columns.items(), key=lambda item: -item[1])
        lines += [f"  {name!s:<30.30}  {value:.3f}" for name, value in worst[:10]]
        lines += [f"  … and {len(worst) - 10} more, by less"] * (len(worst) > 10)
        if self.pairs:
            lines.append("pairs differ by")
            far = sorted(self.pairs.items(), key=lambda item: -item[1])[:5]
            lines += [f"  {f'{a} × {b}':<30.30}  {value:.3f}" for (a, b), value in far]
            lines.append(f"  mean of {len(self.pairs):<22}  {np.mean([*self.pairs.values()]):.3f}")
        if self.told_apart is not None:
            lines.append(f"told apart with AUC {self.told_apart:.3f} (0.5: not at all)")
        for name, closeness in (("drawn", self.drawn), ("held out", self.holdout)):
            if closeness is not None:
                lines.append(
                    f"{name}: {closeness.copies:.2%} copies of real rows, nearest at "
                    f"{closeness.nearest:.4f}"
                )
        return "\n".join(lines)


def compare(real: Any, drawn: Any, holdout: Any = None, *, random_state: int = 0) -> Comparison:
    """Compare drawn rows with those that a model has learned from.

    Parameters
    ----------
    real : data frame
        The rows learned from.
    drawn : data frame
        Rows drawn, with the same columns.
    holdout : data frame, optional
        Real rows that were not learned from: as near to `real` as new rows are, and what drawn rows
        are told from. None tells these from `real`, which is too easy for a model that copies.
    random_state : int, default 0
        Of the rows that are looked at, at most 5000 of each for the classifier and 1000 for
        nearest ones, and of the classifier.

    Returns
    -------
    Comparison

    Raises
    ------
    TypeError, ValueError
        If one is no data frame, has no row, or lacks a column of `real`.

    Examples
    --------
    >>> import ardens
    >>> from ardens.tables import compare
    >>> X = {"sex": ["f", "m"] * 100, "size": ["S", "L", "S", "L", "L"] * 40}
    >>> drawn = ardens.TableModel(random_state=0).fit(X).sample(200, random_state=0)
    >>> bool(compare(X, drawn).columns["sex"] < 0.1)
    True
    """
    frames = [read(real, "real"), read(drawn, "drawn")]
    frames += [] if holdout is None else [read(holdout, "holdout")]
    names = [name for name in frames[0].names if name in frames[1].names]
    said = ("real", "drawn", "holdout")
    for frame, name in zip(frames, said, strict=False):
        if not frame.n_rows or not names:
            raise ValueError(f"{name} must have at least one row, and a column of the others")
        if lacking := [column for column in names if column not in frame.names]:
            raise ValueError(f"{name} lacks the column {lacking[0]!r}")
    rng = np.random.default_rng(random_state)
    scales = {name: _Scale.of(name, [frame.cells(name) for frame in frames]) for name in names}
    coded = [_coded(frame, scales) for frame in frames]
    shown = {name: scales[name].shown(coded[0][name], coded[1][name]) for name in names}
    few = [_some(columns, rng, _ROWS) for columns in coded]
    near = [_some(columns, rng, _NEAR) for columns in few[1:]]
    return Comparison(
        {name: scales[name].difference(coded[0][name], coded[1][name]) for name in names},
        _pairs(scales, coded[0], coded[1], rng),
        _told_apart(scales, few[0] if holdout is None else few[2], few[1], random_state),
        _closeness(scales, coded[0], near[0]),
        None if holdout is None else _closeness(scales, coded[0], near[1]),
        shown,
    )


Columns = Mapping[Any, NDArray[np.float64]]


@dataclass(frozen=True, eq=False)
class _Scale:
    """What a column holds in all of the frames: numbers by rank, or codes; NaN where missing."""

    levels: dict[Any, int] | None
    edges: NDArray[np.float64]  # of the bins of numbers, from the real ones
    ranks: NDArray[np.float64]  # the real numbers, sorted

    @classmethod
    def of(cls, name: Any, cells: Sequence[Cells]) -> _Scale:
        """That of a column, by its cells in all of the frames."""
        listed = {one.levels is not None for one in cells if not one.missing.all()}
        if len(listed) > 1:
            raise TypeError(f'the column "{name}" is of numbers in one frame and not in another')
        if True in listed:
            levels: dict[Any, int] = {}
            for one in cells:
                for level in one.levels or []:
                    levels.setdefault(level, len(levels))
            return cls(levels, np.empty(0), np.empty(0))
        there = np.sort(_numbers(cells[0])[~cells[0].missing])
        quantiles = there[(len(there) * np.arange(1, _BINS) // _BINS)] if len(there) else there
        return cls(None, np.unique(quantiles), there)

    def values(self, cells: Cells) -> NDArray[np.float64]:
        """The cells as numbers."""
        if self.levels is None:
            values = _numbers(cells)
        else:
            table = [self.levels[level] for level in cells.levels or []]
            values = np.array([*table, 0.0])[cells.values]
        return np.where(cells.missing, np.nan, values)

    def bins(self, x: NDArray[np.float64]) -> NDArray[np.int64]:
        """Few numbers for the values: missing is 0."""
        if self.levels is None:
            k = np.searchsorted(self.edges, x, side="right") + 1
        else:
            k = np.minimum(np.nan_to_num(x), _VALUES - 1).astype(np.int64) + 1
        return np.where(np.isnan(x), 0, k)

    @property
    def n_bins(self) -> int:
        """How many there are."""
        return 1 + (len(self.edges) + 1 if self.levels is None else min(len(self.levels), _VALUES))

    def parts(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """The part of each bin."""
        return np.bincount(self.bins(x), minlength=self.n_bins) / len(x)

    def difference(self, a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
        """How much values differ."""
        if self.levels is not None:
            size = len(self.levels) + 1
            codes = [np.where(np.isnan(x), size - 1, x).astype(np.int64) for x in (a, b)]
            one, other = (np.bincount(x, minlength=size) / len(x) for x in codes)
            return float(np.abs(one - other).sum() / 2)
        gaps = [abs(float(np.isnan(a).mean() - np.isnan(b).mean()))]
        one, other = (np.sort(x[~np.isnan(x)]) for x in (a, b))
        if len(one) and len(other):
            grid = np.concatenate([one, other])
            ways = [np.searchsorted(x, grid, side="right") / len(x) for x in (one, other)]
            gaps.append(float(np.abs(ways[0] - ways[1]).max()))
        return max(gaps)

    def shown(
        self, a: NDArray[np.float64], b: NDArray[np.float64]
    ) -> tuple[list[str], NDArray[np.float64], NDArray[np.float64]]:
        """Names of the bins, and their parts."""
        if self.levels is None:
            ends = ["-∞", *(f"{edge:.6g}" for edge in self.edges), "∞"]
            names = [f"{low} … {high}" for low, high in itertools.pairwise(ends)]
        else:
            names = [str(level) for level in self.levels][:_VALUES]
            names[-1] = "others" if len(self.levels) > _VALUES else names[-1]
        return ["missing", *names], self.parts(a), self.parts(b)

    def apart(self, a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distances of values, of each of one to each of the other."""
        if self.levels is None and len(self.ranks):
            x, y = (np.searchsorted(self.ranks, np.nan_to_num(v)) / len(self.ranks) for v in (a, b))
            far = np.abs(x[:, None] - y)
        else:
            far = (a[:, None] != b).astype(np.float64)
        lost, gone = np.isnan(a)[:, None], np.isnan(b)
        return np.where(lost | gone, (lost != gone).astype(np.float64), far)


def _coded(frame: Frame, scales: Mapping[Any, _Scale]) -> dict[Any, NDArray[np.float64]]:
    """The columns as numbers."""
    return {name: scale.values(frame.cells(name)) for name, scale in scales.items()}


def _some(columns: Columns, rng: np.random.Generator, most: int) -> dict[Any, NDArray[np.float64]]:
    """Some of the rows."""
    n = len(next(iter(columns.values())))
    rows = np.sort(rng.permutation(n)[:most])
    return {name: column[rows] for name, column in columns.items()}


def _pairs(
    scales: Mapping[Any, _Scale], a: Columns, b: Columns, rng: np.random.Generator
) -> dict[tuple[Any, Any], float]:
    """How much pairs of columns differ."""
    names = list(scales)
    pairs = [(x, y) for k, x in enumerate(names) for y in names[k + 1 :]]
    if len(pairs) > _PAIRS:
        pairs = [pairs[k] for k in np.sort(rng.permutation(len(pairs))[:_PAIRS])]
    bins = {name: (scale.bins(a[name]), scale.bins(b[name])) for name, scale in scales.items()}
    found = {}
    for x, y in pairs:
        size = scales[y].n_bins
        joint = [bins[x][k] * size + bins[y][k] for k in (0, 1)]
        parts = [np.bincount(j, minlength=scales[x].n_bins * size) / len(j) for j in joint]
        found[x, y] = float(np.abs(parts[0] - parts[1]).sum() / 2)
    return found


def _told_apart(scales: Mapping[Any, _Scale], a: Columns, b: Columns, seed: int) -> float | None:
    """AUC of a boosted classifier, on rows that it has not learned from."""
    try:
        ensemble = importlib.import_module("sklearn.ensemble")
    except ImportError:
        return None
    metrics = importlib.import_module("sklearn.metrics")
    selection = importlib.import_module("sklearn.model_selection")
    n = min(len(next(iter(side.values()))) for side in (a, b))
    if n < 10:
        return None
    X = np.concatenate([np.column_stack([*side.values()])[:n] for side in (a, b)])
    y = np.repeat([0, 1], n)
    listed = [
        scale.levels is not None and len(scale.levels) <= _VALUES for scale in scales.values()
    ]
    model = ensemble.HistGradientBoostingClassifier(
        max_iter=40, learning_rate=0.2, categorical_features=listed, random_state=seed
    )
    folds = selection.StratifiedKFold(3, shuffle=True, random_state=seed)
    limits = importlib.import_module("threadpoolctl")  # which scikit-learn brings
    with limits.threadpool_limits(1):  # few rows: threads would wait for each other longer
        p = selection.cross_val_predict(model, X, y, cv=folds, method="predict_proba")[:, 1]
    return float(metrics.roc_auc_score(y, p))


def _closeness(scales: Mapping[Any, _Scale], real: Columns, rows: Columns) -> Closeness:
    """How near rows are to real ones."""
    n, m = (len(next(iter(side.values()))) for side in (rows, real))
    nearest = np.full(n, math.inf)
    step = max(1, _BLOCK // m)
    for first in range(0, n, step):
        far = np.zeros((min(step, n - first), m))
        for name, scale in scales.items():
            far += scale.apart(rows[name][first : first + step], real[name])
        nearest[first : first + step] = far.min(axis=1) / len(scales)
    keys = {row.tobytes() for row in np.column_stack([*real.values()])}
    copies = [row.tobytes() in keys for row in np.column_stack([*rows.values()])]
    return Closeness(float(np.mean(copies)), float(np.median(nearest)))


def _numbers(cells: Cells) -> NDArray[np.float64]:
    """Numbers, times in seconds."""
    unit = (cells.unit or "s").removeprefix("for ")
    return cells.values.astype(np.float64) * _SECONDS[unit]
