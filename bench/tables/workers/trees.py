"""A sequence of CART trees, as synthpop grows them (Nowok, Raab & Dibben 2016).

The first column is drawn from its values; every other one has a tree on the columns before it,
whose leaves give one of the training rows in them. Leaves have at least five rows. Categories are
one-hot inputs; whether a number is missing is drawn before the number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor
from work import Complete, Job, run

LEAF = 5


class Trees:
    """The trees and, for each of their leaves, the rows that fell into it."""

    def fit(self, train: pd.DataFrame, job: Job) -> None:
        """Grow a tree for each column."""
        self.frame = Complete(train, job["categories"])
        rows = self.frame.encode(train)
        first = [name for name in rows if name.endswith(Complete.GAP)]
        self.order = [*first, *(name for name in rows if name not in first)]
        self.rows = rows[self.order]
        self.levels = {
            name: pd.Index(sorted(rows[name].unique())) for name in self.frame.categories
        }
        self.trees: list[Any] = [None]
        blocks: list[Any] = [self._inputs(self.order[0], self.rows[self.order[0]])]
        for name in self.order[1:]:
            kind = DecisionTreeClassifier if name in self.levels else DecisionTreeRegressor
            inputs = np.hstack(blocks)
            tree = kind(min_samples_leaf=LEAF, random_state=job["seed"])
            tree.fit(inputs, self.rows[name])
            leaves = tree.apply(inputs)
            places = np.argsort(leaves, kind="stable")
            self.trees.append((tree, places, leaves[places]))
            blocks.append(self._inputs(name, self.rows[name]))

    def _inputs(self, name: str, column: pd.Series) -> Any:
        """A column as inputs of a tree."""
        if name not in self.levels:
            return column.to_numpy(np.float32)[:, None]
        places = self.levels[name].get_indexer(column)
        return (places[:, None] == np.arange(len(self.levels[name]))).astype(np.float32)

    def sample(self, n: int, seed: int) -> pd.DataFrame:
        """Draw column after column."""
        rng, drawn, blocks = np.random.default_rng(seed), {}, []
        for name, grown in zip(self.order, self.trees, strict=True):
            if grown is None:
                chosen = rng.integers(0, len(self.rows), n)
            else:
                tree, places, leaves = grown
                asked = tree.apply(np.hstack(blocks))
                low, high = (np.searchsorted(leaves, asked, side) for side in ("left", "right"))
                chosen = places[rng.integers(low, high)]
            drawn[name] = self.rows[name].iloc[chosen].reset_index(drop=True)
            blocks.append(self._inputs(name, drawn[name]))
        return self.frame.decode(pd.DataFrame(drawn))


if __name__ == "__main__":
    run(Trees, "scikit-learn")
