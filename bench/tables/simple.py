"""Simple ways to fill cells, beside which imputing models stand."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer
from threadpoolctl import threadpool_limits

from .data import Table, number

__all__ = ["FILLERS", "holed", "iterative", "middle"]

HIDDEN = 0.2  # part of the cells that are hidden
MOST = 10_000  # rows that IterativeImputer learns from
LEVELS = 20  # categories of a column that it knows, the most frequent ones


def middle(table: Table, asked: pd.DataFrame) -> pd.DataFrame:
    """Medians, and the most frequent categories."""
    filled = {}
    for name, column in asked.items():
        known = table.train[name].dropna()
        value = known.mode()[0] if table.is_category(str(name)) else known.median()
        filled[name] = column.astype(object).where(column.notna(), value)
    return pd.DataFrame(filled).astype(_numbers(table))


@threadpool_limits.wrap(limits=1)
def iterative(table: Table, asked: pd.DataFrame) -> pd.DataFrame:
    """Scikit-learn's IterativeImputer on standardised numbers and dummies of categories.

    It learns from training rows with as many holes. The commonest category has no dummy, as one
    that follows from the others would be all that they learn from; the greatest is what is filled.
    """
    rows = holed(table, table.train.iloc[:MOST], seed=3)
    learned, asking, shapes = [], [], []
    for name in table.train:
        if table.is_category(name):
            levels = table.text_of(table.train, name).value_counts().index[:LEVELS]
            learned.append(_hot(table.text_of(rows, name), levels))
            asking.append(_hot(table.text_of(asked, name), levels))
            shapes.append(levels)
        else:
            known = number(table.train[name])
            mean, width = np.nanmean(known), np.nanstd(known) or 1.0
            learned.append((number(rows[name])[:, None] - mean) / width)
            asking.append((number(asked[name])[:, None] - mean) / width)
            shapes.append((mean, width))
    model = IterativeImputer(random_state=0, keep_empty_features=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.fit(np.hstack(learned))
        cells = model.transform(np.hstack(asking))
    filled, at = {}, 0
    for name, shape, block in zip(table.train, shapes, asking, strict=True):
        found = cells[:, at : at + block.shape[1]]
        at += block.shape[1]
        if table.is_category(name):
            whole = np.hstack([1 - found.sum(axis=1, keepdims=True), found])
            filled[name] = np.asarray(shape.take(whole.argmax(axis=1)))
        else:
            values = found[:, 0] * shape[1] + shape[0]
            is_date = table.kinds[name] == "date"
            filled[name] = values.round().astype("datetime64[s]") if is_date else values
    return pd.DataFrame(filled)


def holed(table: Table, rows: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Rows of which a fifth of the cells are hidden."""
    hidden = np.random.default_rng(seed).random(rows.shape) < HIDDEN
    kept = {}
    for k, name in enumerate(rows):
        column = rows[name].astype(object) if table.kinds[name] == "boolean" else rows[name]
        kept[name] = column.mask(hidden[:, k])
    return pd.DataFrame(kept)


FILLERS: dict[str, Callable[[Table, pd.DataFrame], pd.DataFrame]] = {
    "median and mode": middle,
    "IterativeImputer": iterative,
}


def _hot(texts: pd.Series[Any], levels: pd.Index[Any]) -> Any:
    """A column for each value but the first; NaN where it is missing."""
    hot = (texts.to_numpy()[:, None] == levels.to_numpy()[1:]).astype(float)
    hot[texts.isna().to_numpy()] = np.nan
    return hot


def _numbers(table: Table) -> dict[str, str]:
    """Dtypes of columns that are numbers or dates."""
    kinds = {"integer": "float64", "number": "float64", "date": "datetime64[s]"}
    return {name: kinds[kind] for name, kind in table.kinds.items() if kind in kinds}
