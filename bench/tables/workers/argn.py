"""TabularARGN of mostlyai-engine (Tiwald et al. 2025), with its settings, values unprotected."""

from __future__ import annotations

import numpy as np
import pandas as pd
from mostlyai.engine import TabularARGN
from work import Job, middle, run

DRAWS = 10  # of a cell that is imputed


class Argn:
    """An autoregressive network of any order; it knows dates and missing cells."""

    def fit(self, train: pd.DataFrame, job: Job) -> None:
        """Learn, at most so many seconds; rare values stay what they are."""
        categories = [c for c in job["categories"] if job["kinds"][c] == "integer"]
        self.few = {name: train[name].dtype for name in categories}
        self.model = TabularARGN(
            value_protection=False,
            max_training_time=job["seconds"] / 60,
            device="cpu",
            random_state=job["seed"],
        )
        self.model.fit(train.astype(dict.fromkeys(self.few, str)))

    def sample(self, n: int, seed: int) -> pd.DataFrame:
        """Draw rows."""
        return self.model.sample(n_samples=n)

    def impute(self, asked: pd.DataFrame, seed: int) -> pd.DataFrame:
        """The middle of several draws."""
        text = {
            name: asked[name].map(lambda v: str(int(v)), na_action="ignore").astype(object)
            for name in self.few
        }
        lists = self.model.impute(asked.assign(**text), n_draws=DRAWS, agg_fn="list")
        draws = [
            pd.DataFrame(
                {name: [np.ravel(v)[min(k, np.size(v) - 1)] for v in lists[name]] for name in asked}
            )
            for k in range(DRAWS)
        ]
        return middle(asked, draws)


if __name__ == "__main__":
    run(Argn, "mostlyai-engine")
