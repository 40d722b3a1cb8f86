"""Answers of small models beside the sum over all completions."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np

from ardens import FVSBN, MLP, NADE, Tabular

from ..figures import significant

__all__ = ["verified"]

COLUMNS, SEEDS, FEW = 5, 400, 4  # particles so few that exactness does not hide the estimator
FAR = 1e-6  # nats
UNLIKELY = 5.0  # standard errors


def verified() -> dict[str, Any]:
    """Greatest error of an exact answer, and of the mean of many estimates; RuntimeError if large.

    The first in nats, the second in standard errors of the mean, over all patterns.
    """
    rng = np.random.default_rng(0)
    rows = (rng.random((200, COLUMNS)) < 0.5).astype(np.uint8)
    rows[:, 3] = rows[:, 0] ^ (rows[:, 1] & rows[:, 4])
    every = np.array(list(product((0, 1), repeat=COLUMNS)), np.uint8)
    asked = np.array(list(product((0, 1, np.nan), repeat=COLUMNS)))
    fits = (asked[:, None] == every) | np.isnan(asked[:, None])
    found: dict[str, Any] = {"exact": {}, "estimated": {}}
    for model in (
        Tabular(),
        FVSBN(random_state=0),
        MLP(n_hidden=4, max_epochs=20, random_state=0),
        NADE(n_hidden=4, max_epochs=20, random_state=0),
    ):
        name = type(model).__name__
        p = fits.all(axis=2) @ np.exp(model.fit(rows).score_samples(every))
        exact = np.abs(model.log_marginal(asked, n_particles=2**COLUMNS) - np.log(p)).max()
        estimates = np.exp(
            [model.log_marginal(asked, n_particles=FEW, random_state=k) for k in range(SEEDS)]
        )
        error = estimates.std(axis=0, ddof=1) / np.sqrt(SEEDS) + FAR * p
        far = (np.abs(estimates.mean(axis=0) - p) / error).max()
        if not (exact < FAR and far < UNLIKELY):
            raise RuntimeError(f"{name} is wrong: {exact:g} nats, {far:.1f} standard errors")
        found["exact"][name] = significant(float(exact), 2)
        found["estimated"][name] = significant(float(far), 2)
    return found
