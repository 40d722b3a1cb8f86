"""Model files from strangers: whole files are damaged at random and loaded.

    python tests/fuzz_loading.py 100000 --seed 0

A file must be read as a model that works, or be refused as a `FormatError` that names it: in under
a second, and in memory that its size bounds. One that is not is written to the folder --keep.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

import ardens
from ardens.models import MODELS
from helpers.damage import damaged
from helpers.fuzzing import MOST_GROWTH, SHORT_LIVED, File, Verdict, command, judged, many
from helpers.model_files import join, split


def fuzz_one(data: bytes, growth: int = MOST_GROWTH) -> Verdict:
    """Load a file of these bytes. AssertionError, or what `load` should not raise, if it fails."""
    with judged(File(data), ardens.FormatError, growth) as (path, verdict):
        model = ardens.load(path)
    if verdict.accepted:
        check_use(model)
    return verdict


def check_use(model: Any) -> None:
    """Score, sample and print it."""
    n = model.n_features_in_
    X = np.array([np.zeros(n), np.ones(n), np.arange(n) % 2], np.uint8)
    nats = model.set_params(n_jobs=1, binarize=None).score_samples(X)
    assert nats.shape == (3,)
    assert (nats <= 0).all(), f"the log-probabilities are {nats}"
    members = getattr(model, "members_", [model])
    certain = any(isinstance(member, ardens.Tabular) for member in members)
    certain |= any(member._state().columns.codes is not None for member in members)
    certain |= any(member._state().core.activation == "relu" for member in members)  # no bound
    assert certain or np.isfinite(nats).all(), f"the log-probabilities are {nats}"
    assert set(np.unique(model.sample(3, random_state=0))) <= {0, 1}
    assert repr(model)


def whole_files() -> list[bytes]:
    """Small files of all that can be saved: models, what options leave in a file, a checkpoint.

    Their bytes are always the same: no clock runs, and the words stand in order.
    """
    X = np.random.default_rng(0).integers(0, 2, (20, 4), np.uint8)
    quick = {"max_epochs": 2, "random_state": 0, "n_jobs": 1}
    hidden = quick | {"n_hidden": 3}
    rich = {
        "ordering": np.array([2, 0, 1, 3]),
        "optimizer": ardens.optim.SGD(momentum=0.5),
        "learning_rate": ardens.schedules.WarmUp(ardens.schedules.Cosine(0.1, steps=9), steps=2),
        "coding": "majority",
        "averaging": 0.5,
    }
    models: list[Any] = [
        MODELS[name](**{k: v for k, v in hidden.items() if k in MODELS[name]().get_params()})
        for name in MODELS
    ]
    models += [ardens.NADE(**hidden, activation="relu", direct=True, tied=True)]
    models += [ardens.MLP(**hidden, **rich)]
    models += [ardens.Mixture(ardens.NADE(**hidden), 2, weights="learned", random_state=0)]
    still = patch("time.perf_counter", return_value=0.0)
    with tempfile.TemporaryDirectory(dir=SHORT_LIVED) as folder, still:
        path, files = Path(folder) / "model", []

        def keep() -> None:
            table, tensors = split(path.read_bytes())
            files.append(join(json.dumps(table, sort_keys=True).encode(), tensors))
            path.unlink()

        for model in models:
            model.fit(X, X_valid=X).save(path)
            keep()
        ardens.Mixture.from_models(models[:4]).save(path)
        keep()
        rows = ardens.codes.RowCode([ardens.codes.one_hot(3, none=True), ardens.codes.bits(1)])
        coded = ardens.NADE(**hidden, codes=rows)
        coded.fit(rows.encode(np.indices((4, 2)).reshape(2, -1).T)).save(path)
        keep()
        ardens.FVSBN(**quick, averaging=0.5, solver="stochastic").fit(X, checkpoint=path)
        keep()
    return files


def fuzz(count: int, seed: int = 0, growth: int = MOST_GROWTH, keep: Path | None = None) -> str:
    """Damage and load so many files; say what was seen, or raise what was wrong with the first."""
    files = whole_files()
    return many(
        count,
        lambda rng: File(damaged(rng, rng.choice(files))),
        lambda file: fuzz_one(file.content, growth),
        seed,
        keep,
    )


if __name__ == "__main__":
    command(fuzz, __doc__)
