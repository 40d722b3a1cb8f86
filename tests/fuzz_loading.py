"""Model files from strangers: whole files are damaged at random and loaded.

    python tests/fuzz_loading.py 100000 --seed 0

A file must be read as a model that works, or be refused as a `FormatError`: in under a second, and
in memory that its size bounds. One that is not is written to the folder --keep.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import numpy as np

import ardens
from ardens.models import MODELS
from helpers.damage import damaged
from helpers.model_files import join, split

MOST_SECONDS = 1.0
MOST_GROWTH = 64  # times the size of the file, which JSON of empty lists takes in Python
ANYHOW = 8 << 20  # bytes, of modules that are loaded when first used among them

_FOLDER = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # nothing here is to last
_STATUS, _PEAK = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class Verdict(NamedTuple):
    """What became of a file."""

    loaded: bool
    seconds: float  # of work: what else runs on the machine does not count
    grown: int  # bytes


def fuzz_one(data: bytes, growth: int = MOST_GROWTH) -> Verdict:
    """Load a file of these bytes. AssertionError, or what `load` should not raise, if it fails."""
    with tempfile.NamedTemporaryFile(dir=_FOLDER) as file:
        file.write(data)
        file.flush()
        before, began = resident_peak(fresh=True), time.process_time()
        model, words = None, ""
        try:
            model = ardens.load(file.name)
        except ardens.FormatError as error:
            words = str(error)
        seconds, grown = time.process_time() - began, resident_peak() - before
    assert seconds < MOST_SECONDS, f"it took {seconds:.2f} s"
    assert grown < ANYHOW + growth * len(data), f"it took {grown:,} bytes"
    assert len(words) < 2000, "the message is long"
    if model is not None:
        check_use(model)
    return Verdict(model is not None, seconds, grown)


def check_use(model: Any) -> None:
    """Score, sample and print it."""
    n = model.n_features_in_
    X = np.array([np.zeros(n), np.ones(n), np.arange(n) % 2], np.uint8)
    nats = model.set_params(n_jobs=1, binarize=None).score_samples(X)
    assert nats.shape == (3,)
    assert (nats <= 0).all(), f"the log-probabilities are {nats}"
    members = getattr(model, "members_", [model])
    certain = any(isinstance(member, ardens.Tabular) for member in members)
    assert certain or np.isfinite(nats).all(), f"the log-probabilities are {nats}"
    assert set(np.unique(model.sample(3, random_state=0))) <= {0, 1}
    assert repr(model)


def resident_peak(fresh: bool = False) -> int:
    """The most bytes of memory that this process had at once since it was asked for afresh."""
    if not _PEAK.exists():  # not a Linux system: memory is not judged
        return 0
    if fresh:
        _PEAK.write_text("5")
    found = re.search(r"VmHWM:\s*(\d+)", _STATUS.read_text())
    assert found
    return 1024 * int(found[1])


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
    with tempfile.TemporaryDirectory(dir=_FOLDER) as folder, still:
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
        ardens.FVSBN(**quick, averaging=0.5, solver="stochastic").fit(X, checkpoint=path)
        keep()
    return files


def fuzz(count: int, seed: int = 0, growth: int = MOST_GROWTH, keep: Path | None = None) -> str:
    """Damage and load so many files; say what was seen, or raise what was wrong with the first."""
    files, loaded, slowest, largest, began = whole_files(), 0, 0.0, 0, time.perf_counter()
    for i in range(count):
        rng = random.Random(f"{seed} {i}")
        data = damaged(rng, rng.choice(files))
        try:
            verdict = fuzz_one(data, growth)
        except BaseException as error:
            if keep:
                (keep / f"damaged-{seed}-{i}").write_bytes(data)
            error.add_note(f"this was file {i} of seed {seed}")
            raise
        loaded += verdict.loaded
        slowest, largest = max(slowest, verdict.seconds), max(largest, verdict.grown)
    return (
        f"{count} files in {time.perf_counter() - began:.0f} s: {loaded} loaded, the others "
        f"refused; at most {1e3 * slowest:.0f} ms and {largest / 2**20:.1f} MiB for a file, "
        f"{resident_peak() / 2**20:.0f} MiB in all"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("count", nargs="?", type=int, default=1000, help="how many files")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--growth",
        type=int,
        default=MOST_GROWTH,
        help="memory that a file may take, in sizes of the file; a sanitizer needs more",
    )
    parser.add_argument("--keep", type=Path, help="folder for a file that fails")
    options = parser.parse_args()
    warnings.simplefilter("error")
    print(fuzz(options.count, options.seed, options.growth, options.keep))


if __name__ == "__main__":
    main()
