"""The page of the results: Markdown, from their tables alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..figures import markdown
from .arms import BASELINES, OURS
from .sets import LARGER, SMALL

__all__ = ["render"]

Results = Mapping[str, Mapping[str, Any]]
BEFORE = " before"

HEAD = """\
# Small and difficult tables

Mean log-likelihood of test rows in nats: `fvsbn`, `nade` and `mlp` are the estimators without \
options, `independent` counts columns (with half a row of each kind added), `chow-liu` is the best \
tree, `ridge` a logistic regression for each column under a penalty of squares that five folds \
chose. "Before" is {before}. `python -m bench.robustness --publish` makes this page."""

SMALL_SETS = """\
## Small tables

Means over {count} random splits, two thirds of the rows to learn from. Differences are taken \
split by split, ± their standard error; those to "the better" are to the one of `chow-liu` and \
`ridge` that is better on the set."""

LARGER_SETS = """\
## Larger ones

One split; differences are taken over ten parts of the test rows, ± their standard error."""


def render(results: Results, before: Results) -> str:
    """Make the page of a table and, where there is one, of what another version did."""
    small = {name: results[name] for name in SMALL if name in results}
    larger = {name: results[name] for name in LARGER if name in results}
    blocks = [HEAD.format(before=before.get("run", {}).get("commit", "not there"))]
    if small:
        count = max(len(nats) for table in small.values() for nats in table["nats"].values())
        blocks += [SMALL_SETS.format(count=count), _nats(small, before)]
        blocks += [_differences(small, before)]
    if larger:
        blocks += [LARGER_SETS, _nats(larger, before), _differences(larger, before)]
    return "\n\n".join(blocks) + "\n"


def _nats(results: Results, before: Results) -> str:
    """Means of all arms."""
    known = [*BASELINES, *(name for arm in OURS for name in (arm + BEFORE, arm))]
    head = ("set", "", "rows × columns", *known)
    rows = []
    for name, table in results.items():
        arms = _arms(table, before.get(name))
        about = SMALL[name].about if name in SMALL else LARGER[name].about
        cells = [f"{arms[arm].mean():.2f}" if arm in arms else "" for arm in known]
        rows.append((name, about, f"{table['rows']} × {table['columns']}", *cells))
    return markdown(head, rows, left=2)


def _differences(results: Results, before: Results) -> str:
    """How far ours are above the baselines and above what they were."""
    others = ("independent", "the better", "before")
    heads = [f"{arm} − {other}" for arm in OURS for other in others]
    rows, means = [], []
    for name, table in results.items():
        arms = _arms(table, before.get(name))
        known = [arms[arm] for arm in ("chow-liu", "ridge") if arm in arms]
        better = max(known, key=np.mean) if known else None
        pairs = []
        for arm in OURS:
            compared = (arms.get("independent"), better, arms.get(arm + BEFORE))
            pairs += [None if b is None or arm not in arms else arms[arm] - b for b in compared]
        rows.append((name, *map(_cell, pairs)))
        means.append([np.nan if pair is None else pair.mean() for pair in pairs])
    if len(rows) > 1:
        columns = np.array(means).T
        whole = [_cell(column) if np.isfinite(column).all() else "" for column in columns]
        rows.append(("mean over sets", *whole))
    return markdown(("set", *heads), rows)


def _arms(table: Mapping[str, Any], before: Mapping[str, Any] | None) -> dict[str, NDArray[Any]]:
    """The figures of every arm, those from before under names of their own."""
    arms = {arm: np.array(nats) for arm, nats in table["nats"].items()}
    older = {} if before is None else before["nats"]
    return arms | {arm + BEFORE: np.array(older[arm]) for arm in OURS if arm in older}


def _cell(values: Sequence[float] | NDArray[Any] | None) -> str:
    """A mean difference with its standard error."""
    if values is None:
        return ""
    array = np.asarray(values)
    error = array.std(ddof=1) / np.sqrt(len(array)) if len(array) > 1 else 0.0
    return f"{array.mean():+.2f} ± {error:.2f}"
