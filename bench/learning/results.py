"""The table of results, and what is kept of every run beside it.

The table has a part for each set: ``results`` by model, in nats and seconds, ``differences`` of two
models in mean and standard error over the rows, and what an ablation found. The log-probabilities
of the test rows, which differences are taken of, learning curves and models are large and can be
made again, so they go to a folder of the user.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..figures import Tables, significant, write
from ..machine import facts
from .literature import known
from .run import Choice

__all__ = [
    "DEFAULT",
    "DIGITS",
    "FILE",
    "add",
    "difference",
    "every_result",
    "keep",
    "kept_of",
    "mean_and_error",
    "model_file",
    "save",
    "split",
]

FILE = "results.toml"
ABOUT = (
    "Mean log-likelihoods in nats, standard errors over rows, seconds; differences are means and\n"
    "errors of the rows' own. `python -m bench.learning --render --publish` makes report.md of it."
)
DIGITS = 6
CURVE = {"epoch", "train", "valid", "time"}
DEFAULT = " (default)"  # after the name of a model whose settings are none

Values = NDArray[np.float64]


def mean_and_error(values: Values) -> tuple[float, float]:
    """Mean and standard error of log-probabilities, or of their differences."""
    spread = float(values.std(ddof=1)) if len(values) > 1 else math.nan
    mean, error = float(values.mean()), spread / math.sqrt(len(values))
    return significant(mean, DIGITS), significant(error, DIGITS)


def add(
    tables: Tables, choice: Choice, test: Values, kept: Path, *, default: bool
) -> tuple[str, dict[str, Any]]:
    """Put a result into the table, in place of an older one; its name and its figures.

    Its differences from other results are taken where those' rows lie in the folder `kept`.
    """
    name = choice.recipe.model + (DEFAULT if default else "")
    table = tables.setdefault(choice.path.stem, {})
    figures = _figures(choice, test)
    table["rows"] = [choice.rows["train"], choice.rows["valid"], len(test)]
    table.setdefault("results", {})[name] = figures
    older = table.get("differences", {})
    pairs = {pair: both for pair, both in older.items() if name not in pair.split(" − ")}
    for other, its in table["results"].items():
        if other != name and _compared(name, other):
            values = kept_of(kept, choice.path.stem, other, its["digest"]).get("test")
            if values is not None and values.shape == test.shape:
                pairs[f"{name} − {other}"] = list(mean_and_error(test - values))
    table["differences"] = pairs
    return name, figures


def keep(folder: Path, set_name: str, name: str, model: Any, test: Values) -> None:
    """Write the rows of a result, its learning curve and its model."""
    folder.mkdir(parents=True, exist_ok=True)
    history = model.history_
    curve = {key: history[key] for key in CURVE} if history.keys() >= CURVE else {}
    np.savez(folder / f"{_file_name(set_name, name)}.npz", test=test, **curve)
    model.save(model_file(folder, set_name, name))


def model_file(folder: Path, set_name: str, name: str) -> Path:
    """Where the model of a result is kept."""
    return folder / f"{_file_name(set_name, name)}.safetensors"


def kept_of(folder: Path, set_name: str, name: str, digest: str) -> dict[str, Any]:
    """Read rows and curve of a result; nothing if they are not there or another run's."""
    path = folder / f"{_file_name(set_name, name)}.npz"
    if not path.exists():
        return {}
    with np.load(path, allow_pickle=False) as arrays:
        found = dict(arrays)
    return found if _digest(found["test"]) == digest else {}


def every_result(tables: Tables) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Set, name and figures of all results: sets as in the literature, the best first."""
    sets = dict.fromkeys([*known()["sets"], *tables])
    for set_name in sets:
        results = tables.get(set_name, {}).get("results", {})
        for name in sorted(results, key=lambda name: (-results[name]["test"], *split(name))):
            yield set_name, name, results[name]


def split(name: str) -> tuple[str, bool]:
    """The model that a name in the table tells of, and whether its settings were chosen."""
    return name.removesuffix(DEFAULT), not name.endswith(DEFAULT)


def difference(table: Mapping[str, Any], a: str, b: str) -> tuple[float, float] | None:
    """Mean and standard error of a − b over the test rows, if the two were compared."""
    pairs = table.get("differences", {})
    if f"{b} − {a}" in pairs:
        mean, error = pairs[f"{b} − {a}"]
        return 0.0 - mean, error
    found = pairs.get(f"{a} − {b}")
    return None if found is None else (found[0], found[1])


def save(tables: Tables, path: Path) -> None:
    """Write the table, sets and results in the order of the page."""
    ordered: Tables = {}
    for set_name, name, figures in every_result(tables):
        table = ordered.setdefault(set_name, {"rows": tables[set_name]["rows"], "results": {}})
        table["results"][name] = figures
    for set_name, table in tables.items():
        here = ordered.setdefault(set_name, {})
        pairs = {
            f"{a} − {b}": difference(table, a, b)
            for a, b in combinations(here.get("results", ()), 2)
        }
        if any(pairs.values()):
            here["differences"] = {pair: both for pair, both in pairs.items() if both}
        here.update({key: value for key, value in table.items() if value and key not in here})
    write(path, ordered, ABOUT)


def _figures(choice: Choice, test: Values) -> dict[str, Any]:
    """What the table has of a result."""
    model, machine = choice.model, facts()
    mean, error = mean_and_error(test)
    figures: dict[str, Any] = {
        "test": mean,
        "error": error,
        "valid": mean_and_error(choice.valid)[0],
        "train": significant(choice.train_nats, DIGITS),
        "fit": significant(choice.fit_seconds, DIGITS),
    }
    if len(choice.trials) > 1:
        figures["search"] = significant(choice.search_seconds, DIGITS)
    names = dict.fromkeys([*choice.recipe.options, *choice.trials[0].params])
    if all(isinstance(trial.params.get("ordering"), str) for trial in choice.trials):
        found = {trial.params["ordering"]: max(trial.nats) for trial in choice.trials}
        figures["orderings"] = {k: significant(found[k], DIGITS) for k in sorted(found)}
    return figures | {
        "settings": {name: _plain(getattr(model, name)) for name in names},
        "seed": choice.seed,
        "machine": "{cpu}, {cores} cores, {level}, {commit}".format(**machine),
        "digest": _digest(test),
    }


def _compared(a: str, b: str) -> bool:
    """Whether the page shows the difference: of chosen settings, or of them and none."""
    (model, chosen), (other, too) = split(a), split(b)
    return (chosen and too) or model == other


def _file_name(set_name: str, name: str) -> str:
    """Set, model and, for estimators without options, that they are."""
    model, chosen = split(name)
    return f"{set_name}.{model}" if chosen else f"{set_name}.{model}.default"


def _digest(values: Values) -> str:
    """What tells rows from those of another run."""
    rows = np.ascontiguousarray(values, dtype=np.float64)
    return hashlib.sha256(rows.tobytes()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    """A value as TOML has it; of objects, what they print."""
    return value if isinstance(value, str | int | float | list) else repr(value)
