"""Columns by themselves."""

from __future__ import annotations

import numpy as np
import pandas as pd
from binned import columns_of
from work import Job, run

BINS = 200
OFTEN = 256


class Independent:
    """Counts of the leaves of each column."""

    def fit(self, train: pd.DataFrame, job: Job) -> None:
        """Count."""
        self.columns = columns_of(train, job, BINS, OFTEN)

    def sample(self, n: int, seed: int) -> pd.DataFrame:
        """Draw the columns one after the other."""
        rng = np.random.default_rng(seed)
        return pd.DataFrame(
            {
                name: column.decode(
                    rng.choice(len(column.sizes), n, p=column.sizes / column.sizes.sum()), rng
                )
                for name, column in self.columns.items()
            }
        )

    def nats(self, test: pd.DataFrame) -> np.ndarray:
        """The sum over the columns."""
        total = np.zeros(len(test))
        for name, column in self.columns.items():
            leaves, nats = column.encode(test[name])
            p = column.sizes / column.sizes.sum()
            total += nats + np.where(leaves < 0, 0.0, np.log(p)[leaves])
        return total


if __name__ == "__main__":
    run(Independent)
