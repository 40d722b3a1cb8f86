"""Results as they were when they were kept; ``python tests/golden_values.py`` keeps them anew.

Log-probabilities and samples of given parameters, and the files, belong to their formats: they may
change only with the version of the sampling stream or of the file format. What a fit learns may
change with any version that says so in CHANGELOG.md.
"""

import hashlib
import json
from itertools import count
from pathlib import Path

import numpy as np

import ardens
from ardens.models import MODELS
from helpers.parameters import parameters
from helpers.threads import check_shared, n_parameters

FOLDER = Path(__file__).parent / "golden"
N, D, SEED = 19, 11, 2**40 + 7
THREADS = 7  # at most; all that is asked is worth so many
KEPT, ASKED = 200, 4000  # rows of a sample
BATCH = 90


def scattered(shape, seed=0):
    """Numbers between -2 and 2 that need no generator: products with the golden ratio, modulo 1."""
    size = int(np.prod(shape))
    words = (np.arange(1, size + 1, dtype=np.uint64) + np.uint64(1000 * seed)) * np.uint64(
        2654435769
    )
    return ((words % np.uint64(2**32)) / 2**30 - 2).reshape(shape)


def given(name):
    """A model of given parameters, some columns moved and some turned over."""
    n, seeds = 9 if name == "tabular" else N, count()
    scatter = parameters(name, n, D, lambda shape: scattered(shape, next(seeds)))
    return MODELS[name].from_parameters(**scatter, ordering=np.arange(n) * 4 % n)


def rows(n, n_rows):
    return (scattered((n_rows, n), 7) > 0.5).astype(np.uint8)


def scored(name, threads):
    """Log-probabilities and a sample of the given model; the numbers exactly, as hexadecimals."""
    model = given(name).set_params(n_jobs=threads)
    check_shared(THREADS, ASKED, n_parameters(model))
    X, nats = model.sample(ASKED, random_state=SEED, start=2**33 - 100, return_log_prob=True)
    scores = model.score_samples(np.tile(rows(X.shape[1], 8), (ASKED // 8, 1))).reshape(-1, 8)
    assert (scores == scores[0]).all()
    return {
        "log_prob": [value.hex() for value in scores[0].tolist()],
        "sample": digest([X[:KEPT]]),
        "sample_first": X[0].tolist(),
        "sample_log_prob": digest([nats[:KEPT]]),
    }


def learned(name, threads):
    """What a short fit with fixed options learns."""
    n, options = {
        "tabular": (9, {}),
        "fvsbn": (150, {"solver": "stochastic"}),
        "mlp": (9, {"n_hidden": 300}),
        "nade": (9, {"n_hidden": 900}),
    }[name]
    if name != "tabular":
        options |= {"max_epochs": 2, "batch_size": BATCH, "random_state": 5}
    model = MODELS[name](**options, n_jobs=threads).fit(rows(n, 300))
    if name != "tabular":
        check_shared(THREADS, BATCH, n_parameters(model))
    return digest(model.parameters().values())


def digest(arrays):
    return hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()


def main():
    values = {}
    for name in MODELS:
        values[name] = scored(name, 1) | {"fit": learned(name, 1)}
        given(name).save(FOLDER / f"{name}.safetensors")
    kept = {"version": ardens.__version__, "numpy": np.__version__, "models": values}
    (FOLDER / "values.json").write_text(json.dumps(kept, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
