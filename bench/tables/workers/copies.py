"""The training rows themselves: what memorising looks like."""

from __future__ import annotations

import pandas as pd
from work import Job, run


class Copies:
    """The training rows, shuffled."""

    def fit(self, train: pd.DataFrame, job: Job) -> None:
        """Keep the rows."""
        self.train = train

    def sample(self, n: int, seed: int) -> pd.DataFrame:
        """Give all of them, each once."""
        return self.train.sample(n, random_state=seed)


if __name__ == "__main__":
    run(Copies)
