"""What is made of drawn rows: all judge by real rows that no arm has seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from threadpoolctl import threadpool_limits

from .data import Table, number

__all__ = [
    "Closeness",
    "classifier_auc",
    "errors",
    "exact_copies",
    "matching",
    "telling_aucs",
    "telling_columns",
]

Floats = NDArray[np.float64]

FOLDS = 5
MOST = 254  # categories that a classifier takes; the rest of them is one
TOLD = 5000  # rows on each side, after which no more draws are told apart
NEAR = 2000  # rows of which distances are taken
BLOCK = 200

alone = threadpool_limits.wrap(limits=1)  # threads wait for each other where others work


@alone
def classifier_auc(table: Table, learned: pd.DataFrame, seed: int = 0) -> float:
    """AUC on held-out rows of a classifier that learned from these; macro one-vs-rest of several.

    A class that was not learned has probability zero.
    """
    learned, test = (f[f[table.about.target].notna()] for f in (learned, table.test))
    y, truth = table.target_of(learned), table.target_of(test)
    if y.nunique() < 2:
        return 0.5
    inputs = [table.inputs_of(learned), table.inputs_of(test)]
    (X, X_test), mask = _encoded(table, inputs, levels_of=1)
    model = HistGradientBoostingClassifier(categorical_features=mask, random_state=seed)
    p = pd.DataFrame(model.fit(X, y).predict_proba(X_test), columns=model.classes_)
    kinds = sorted(truth.unique())
    p = p.reindex(columns=kinds, fill_value=0.0).to_numpy()
    if len(kinds) == 2:
        return float(roc_auc_score(truth == kinds[1], p[:, 1]))
    return float(np.mean([roc_auc_score(truth == k, p[:, i]) for i, k in enumerate(kinds)]))


@alone
def telling_aucs(table: Table, draws: Sequence[pd.DataFrame]) -> Floats:
    """AUCs of telling drawn from held-out rows, as many of both, each over five folds.

    Draws are cut into parts as long as the held-out rows, of which so many are judged that
    about five thousand rows have been seen.
    """
    size = len(table.test)
    parts = [d.iloc[k : k + size] for d in draws for k in range(0, len(d) - size + 1, size)]
    parts = parts or [draws[0]]
    return np.array([_told(table, part, k) for k, part in enumerate(parts[: -(-TOLD // size)])])


def _told(table: Table, drawn: pd.DataFrame, seed: int) -> float:
    """Mean AUC of the folds."""
    X, y, mask = _mixed(table, drawn)
    aucs = []
    for learn, judge in StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(X, y):
        model = HistGradientBoostingClassifier(categorical_features=mask, random_state=seed)
        p = model.fit(X[learn], y[learn]).predict_proba(X[judge])[:, 1]
        aucs.append(roc_auc_score(y[judge], p))
    return float(np.mean(aucs))


@alone
def telling_columns(table: Table, drawn: pd.DataFrame, seed: int = 0) -> dict[str, float]:
    """How much of the AUC goes when a column is shuffled, greatest first."""
    X, y, mask = _mixed(table, drawn.iloc[: len(table.test)])
    learn, judge = next(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(X, y))
    model = HistGradientBoostingClassifier(categorical_features=mask, random_state=seed)
    model.fit(X[learn], y[learn])
    rng, whole, lost = np.random.default_rng(seed), _auc(model, X[judge], y[judge]), {}
    for k, name in enumerate(table.frame):
        shuffled = X[judge].copy()
        shuffled[:, k] = rng.permutation(shuffled[:, k])
        lost[name] = whole - _auc(model, shuffled, y[judge])
    return dict(sorted(lost.items(), key=lambda item: -item[1]))


def _auc(model: Any, X: Floats, y: NDArray[Any]) -> float:
    """AUC of a model that has learned."""
    return float(roc_auc_score(y, model.predict_proba(X)[:, 1]))


def _mixed(table: Table, drawn: pd.DataFrame) -> tuple[Floats, NDArray[Any], list[bool]]:
    """Held-out rows and drawn ones, and which are drawn."""
    both = [table.test.iloc[: len(drawn)], drawn]
    (held, new), mask = _encoded(table, both, levels_of=2)
    return np.vstack([held, new]), np.repeat([0, 1], [len(held), len(new)]), mask


def _encoded(
    table: Table, frames: Sequence[pd.DataFrame], levels_of: int
) -> tuple[list[Floats], list[bool]]:
    """Frames as numbers, and which columns are categories, by those of the first frames."""
    columns: list[list[Floats]] = [[] for _ in frames]
    names = list(frames[0])
    for name in names:
        if table.is_category(name):
            texts = [table.text_of(frame, name) for frame in frames]
            counts = pd.concat(texts[:levels_of]).value_counts()
            places = {value: min(k, MOST) for k, value in enumerate(counts.index)}
            numbers = [text.map(places) for text in texts]
        else:
            numbers = [number(frame[name]) for frame in frames]
        for column, values in zip(columns, numbers, strict=True):
            column.append(np.asarray(values, np.float64))
    return [np.column_stack(c) for c in columns], [table.is_category(name) for name in names]


def exact_copies(table: Table, rows: pd.DataFrame) -> float:
    """The share of rows that stand among the training rows in every cell."""
    known = set(_keys(table, table.train))
    return float(np.mean([key in known for key in _keys(table, rows)]))


def _keys(table: Table, frame: pd.DataFrame) -> list[tuple[str, ...]]:
    """Rows as text."""
    texts = (table.text_of(frame, name).fillna("").tolist() for name in table.frame)
    return list(zip(*texts, strict=True))


class Closeness:
    """Distances to the nearest training row: the mean over columns of how far cells are apart.

    Numbers are ranks among the training rows, categories equal or not; a missing cell is as far
    from all others as two cells can be.
    """

    def __init__(self, table: Table) -> None:
        self.table = table
        self.sorted = {
            name: np.sort(np.asarray(number(table.train[name].dropna())))
            for name in table.frame
            if not table.is_category(name)
        }
        self.train = self._cells(table.train)
        self.held = self.distances(table.test)

    def _cells(self, frame: pd.DataFrame) -> list[Floats]:
        """Ranks between zero and one, or numbers of categories; missing is −1."""
        cells = []
        for name in self.table.frame:
            values = frame[name]
            if name in self.sorted:
                known, numbers = self.sorted[name], np.asarray(number(values), np.float64)
                sides = [np.searchsorted(known, numbers, side) for side in ("left", "right")]
                ranks = (sides[0] + sides[1]) / (2 * max(len(known), 1))
            else:
                every = self.table.text_of(self.table.frame, name).dropna().unique()
                places = pd.Index(every).get_indexer(self.table.text_of(frame, name))
                ranks = np.where(places < 0, len(every), places).astype(np.float64)
            cells.append(np.where(values.isna(), -1.0, ranks).astype(np.float32))
        return cells

    def distances(self, frame: pd.DataFrame) -> Floats:
        """Of every row, at most two thousand."""
        cells, nearest = self._cells(frame.iloc[:NEAR]), []
        for start in range(0, len(cells[0]), BLOCK):
            total = np.zeros((len(cells[0][start : start + BLOCK]), len(self.train[0])), np.float32)
            for name, column, known in zip(self.table.frame, cells, self.train, strict=True):
                one = column[start : start + BLOCK, None]
                if name in self.sorted:
                    apart = np.abs(one - known)
                    apart[(one < 0) != (known < 0)] = 1.0
                    total += apart
                else:
                    total += one != known
            nearest.append(total.min(axis=1))
        return np.concatenate(nearest).astype(np.float64) / len(cells)

    def nearer(self, frame: pd.DataFrame) -> tuple[float, float]:
        """How often a drawn row is nearer than a held-out one (ties half), and the median."""
        drawn = self.distances(frame)
        held = np.sort(self.held)
        below, above = (np.searchsorted(held, drawn, side) for side in ("right", "left"))
        share = 1 - (below + above) / (2 * len(held))
        return float(share.mean()), float(np.median(drawn))


def errors(
    table: Table, truth: pd.DataFrame, asked: pd.DataFrame, filled: pd.DataFrame
) -> tuple[float, float]:
    """How wrong imputed cells are: of numbers, and of categories, means over columns.

    Of numbers the mean absolute error, divided by that of the training rows' median; of categories
    the share of wrong ones.
    """
    numbers, categories = [], []
    for name in table.frame:
        hidden = (asked[name].isna() & truth[name].notna()).to_numpy()
        if not hidden.any():
            continue
        if table.is_category(name):
            wrong = table.text_of(truth, name)[hidden] != table.text_of(filled, name)[hidden]
            categories.append(wrong.mean())
        else:
            real, guess = (np.asarray(number(f[name]))[hidden] for f in (truth, filled))
            middle = np.nanmedian(np.asarray(number(table.train[name])))
            guess = np.where(np.isnan(guess), middle, guess)
            plain = np.abs(real - middle).mean()
            if plain > 0:
                numbers.append(np.abs(real - guess).mean() / plain)
    return tuple(float(np.mean(found)) if found else np.nan for found in (numbers, categories))


def matching(table: Table, frame: pd.DataFrame, question: Mapping[str, str]) -> float:
    """The share of rows in which cells are what a question says."""
    fits = np.ones(len(frame), bool)
    for name, value in question.items():
        fits &= (table.text_of(frame, name) == value).to_numpy()
    return float(fits.mean())
