"""ardens.TableModel without options: it is told nothing of the columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from work import Job, middle, run

import ardens

DRAWS = 10  # of a cell that is imputed, as TabularARGN's
GIVEN = 200  # rows drawn for a question
MANY = 20_000  # rows to learn from, above which a million are drawn


class Ours:
    """The model, and what else it is asked: a million rows, rows of which cells are given."""

    def fit(self, train: pd.DataFrame, job: Job) -> None:
        """Learn."""
        self.train, self.job = train, job
        self.model = ardens.TableModel(random_state=job["seed"]).fit(train)

    def sample(self, n: int, seed: int) -> pd.DataFrame:
        """Draw rows."""
        return self.model.sample(n, random_state=seed)

    def nats(self, test: pd.DataFrame) -> np.ndarray:
        """Nats of rows."""
        return np.asarray(self.model.score_samples(test))

    def impute(self, asked: pd.DataFrame, seed: int) -> pd.DataFrame:
        """The middle of several draws."""
        draws = [self.model.impute(asked, random_state=seed + k) for k in range(DRAWS)]
        return middle(asked, draws)

    def extras(self) -> dict[str, Any]:
        """What is asked of this arm alone, by the name of its figure."""
        found: dict[str, Any] = {"given": self.given}
        if len(self.train) > MANY:
            found["million"] = lambda: self.model.sample(self.job["million"], random_state=0)
        return found

    def given(self) -> dict[str, Any]:
        """Rows that rare evidence is kept by: the share of them in which it stands."""
        fits = []
        for question in self.job["questions"]:
            cells = {name: _cell(self.train[name], text) for name, text in question.items()}
            rows = self.model.sample(GIVEN, given=cells, random_state=0)
            fits += [(rows[list(cells)] == pd.Series(cells)).all(axis=1).mean()]
        return {"kept": float(np.mean(fits)), "rows": GIVEN * len(fits)}


def _cell(column: pd.Series, text: str) -> Any:
    """The value of a column that a question's text stands for."""
    kind = column.dtype.kind
    if kind == "b":
        return text == "True"
    return column.dtype.type(float(text)) if kind in "iuf" else text


if __name__ == "__main__":
    run(Ours)
