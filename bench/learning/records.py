"""What is kept of a result: a small JSON file, and its rows and model in a folder of the user.

The file has summaries only. Rows, which paired comparisons need, and models are large and can be
made again, so they go to the cache.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ardens.files import replacing

from ..machine import facts
from .run import Choice

__all__ = ["CACHE", "FOLDER", "keep", "mean_and_error", "read_all", "record_of", "write"]

FOLDER = Path("docs/results/records")
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ardens" / "results"
POINTS = 100  # of a learning curve
FACTS = ("date", "cpu", "cores", "level", "ardens", "commit")

Values = NDArray[np.float64]


def mean_and_error(values: Values) -> dict[str, float]:
    """Mean and standard error of log-probabilities, or of their differences."""
    spread = float(values.std(ddof=1)) if len(values) > 1 else math.nan
    return {"nats": float(values.mean()), "error": spread / math.sqrt(len(values))}


def record_of(choice: Choice, test: Values, *, mode: str, command: str) -> dict[str, Any]:
    """Collect what is kept of a result.

    Parameters
    ----------
    choice : Choice
        The model and how it was found.
    test : ndarray of float64
        Its log-probabilities of the test rows.
    mode : {"recipe", "default"}
        Whether the settings were chosen, or are none.
    command : str
        What makes the record again.

    Returns
    -------
    dict
        Ready for JSON.
    """
    model, machine = choice.model, facts()
    names = dict.fromkeys([*choice.recipe.options, *choice.trials[0].params])
    return {
        "set": choice.path.stem,
        "model": choice.recipe.model,
        "mode": mode,
        "command": command,
        "seed": choice.seed,
        "test": mean_and_error(test),
        "valid": mean_and_error(choice.valid),
        "train": {"nats": choice.train_nats},
        "rows": choice.rows | {"test": len(test)},
        "features": int(model.n_features_in_),
        "parameters": int(model.n_parameters_),
        "settings": {name: _plain(getattr(model, name)) for name in names},
        "fit_seconds": choice.fit_seconds,
        "search_seconds": choice.search_seconds,
        "best_epoch": getattr(model, "best_epoch_", None),
        "history": _thinned(model.history_),
        "candidates": [_plain(vars(trial)) for trial in choice.trials],
        "digest": _digest(test),
        "pairs": {},
        "machine": {name: machine[name] for name in FACTS},
    }


def keep(record: dict[str, Any], model: Any, test: Values, folder: Path, cache: Path) -> Path:
    """Compare with the other models on the same rows, and write record, rows and model.

    Parameters
    ----------
    record : dict
        What `record_of` made; its ``pairs`` are filled.
    model : estimator
        The fitted model.
    test : ndarray of float64
        Its log-probabilities of the test rows.
    folder, cache : Path
        Where records go, and where rows and models do.

    Returns
    -------
    Path
        The record.
    """
    cache.mkdir(parents=True, exist_ok=True)
    name = file_name(record)
    for other in read_all(folder):
        rows = cache / f"{file_name(other)}.npy"
        if other["set"] != record["set"] or file_name(other) == name or not rows.exists():
            continue
        values = np.load(rows, allow_pickle=False)
        if _digest(values) == other["digest"] and values.shape == test.shape:
            against = mean_and_error(test - values) | {"digest": other["digest"]}
            record["pairs"][file_name(other)] = against
    with replacing(cache / f"{name}.npy") as file:
        np.save(file, test)
    model.save(cache / f"{name}.safetensors")
    return write(record, folder / f"{name}.json")


def file_name(record: Mapping[str, Any]) -> str:
    """Set, model and, for estimators without options, that they are."""
    name = f"{record['set']}.{record['model']}"
    return name if record["mode"] == "recipe" else f"{name}.{record['mode']}"


def read_all(folder: Path) -> list[dict[str, Any]]:
    """Read the records of a folder, in the order of their names."""
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))]


def write(record: Mapping[str, Any], path: Path) -> Path:
    """Write a record, one line for each of its entries."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (f" {json.dumps(key)}: {json.dumps(_rounded(value))}" for key, value in record.items())
    with replacing(path) as file:
        file.write(("{\n" + ",\n".join(lines) + "\n}\n").encode())
    return path


def _thinned(history: Mapping[str, Sequence[float]]) -> dict[str, list[float]]:
    """At most so many points of the curves, the best and the last among them."""
    valid = np.asarray(history.get("valid", ()), dtype=np.float64)
    n = len(valid)
    if n == 0 or "epoch" not in history:
        return {}
    places = set(np.unique(np.geomspace(1, n, POINTS).astype(int) - 1).tolist()) | {n - 1}
    if np.isfinite(valid).any():
        places.add(int(np.nanargmax(valid)))
    names = ("epoch", "train", "valid", "time")
    return {name: [history[name][place] for place in sorted(places)] for name in names}


def _digest(values: Values) -> str:
    return hashlib.sha256(np.ascontiguousarray(values, dtype=np.float64)).hexdigest()[:16]


def _plain(value: Any) -> Any:
    """A value as JSON has it; of objects, what they print."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float) or value is None else repr(value)


def _rounded(value: Any) -> Any:
    """Six significant digits are more than any figure here is good for; JSON has no infinity."""
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value
