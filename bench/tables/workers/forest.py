"""Adversarial random forests of arfpy (Watson et al. 2023), with its settings."""

from __future__ import annotations

import numpy as np
import pandas as pd
from arfpy import arf
from work import Complete, Job, run


class Forest:
    """Forests that tell rows from draws of their own leaves, until they cannot."""

    def fit(self, train: pd.DataFrame, job: Job) -> None:
        """Learn the forest and the densities of its leaves."""
        np.random.seed(job["seed"])  # noqa: NPY002
        self.frame = Complete(train, job["categories"])
        rows = self.frame.encode(train)
        rows = rows.astype(dict.fromkeys(self.frame.categories, "category"))
        self.model = arf.arf(x=rows, verbose=False, n_jobs=2, random_state=job["seed"])
        self.model.forde()

    def sample(self, n: int, seed: int) -> pd.DataFrame:
        """Draw rows."""
        np.random.seed(seed)  # noqa: NPY002
        return self.frame.decode(self.model.forge(n))


if __name__ == "__main__":
    run(Forest, "arfpy")
