"""What is tried: one TOML file of settings and candidates for each model, or variant of one.

The name of a file is the model's, and what comes after a hyphen tells its variants apart.
A recipe has ``[options]`` that all candidates share and a ``[grid]`` of values whose combinations
are the candidates; an option of an estimator within is ``estimator__n_hidden``. ``candidates = K``
draws so many of them, ``factor = F`` lets one of F go on from rung to rung, of which the
first has ``min_epochs``. A table ``[sets.NAME]``
has more options for one set, and replaces what else it names. A value that is a table stands for an
object:

- ``{estimator = "nade", n_hidden = 100}``
- ``{schedule = "Cosine", learning_rate = 0.01, steps = 5000}``
- ``{optimizer = "sgd", momentum = 0.9}``
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import ardens
from ardens.optim import OPTIMIZERS
from ardens.schedules import SCHEDULES

from ..internals import MODELS

__all__ = ["FOLDER", "Recipe", "default", "estimator_class", "read"]

FOLDER = Path(__file__).parent / "recipes"
ALL = 2**31  # more candidates than any recipe has
KEYS = {"options", "grid", "candidates", "factor", "min_epochs", "sets"}


@dataclass(frozen=True)
class Recipe:
    """A model with the settings to choose from."""

    model: str
    options: dict[str, Any] = field(default_factory=dict)  # what all candidates have in common
    grid: dict[str, list[Any]] = field(default_factory=dict)  # values by option
    candidates: int = ALL  # so many are drawn from the grid
    # one of so many goes on from rung to rung; None trains all to their end
    factor: int | None = None
    min_epochs: int | None = None  # of the first rung; few favour fast learners
    epochs: int | None = None  # where all fits end at the latest, members' too

    def estimator(self, seed: int) -> Any:
        """Make the estimator that all candidates start from."""
        made = estimator_class(self.model)(**self.options).set_params(random_state=seed)
        if self.epochs is not None:
            names = [name for name in made.get_params() if name.split("__")[-1] == "max_epochs"]
            made.set_params(**dict.fromkeys(names, self.epochs))
        return made

    def quick(self) -> Recipe:
        """The same with two candidates and three epochs."""
        return replace(self, candidates=2, factor=None, epochs=3)


def default(model: str) -> Recipe:
    """The estimator without any options."""
    estimator_class(model)
    return Recipe(model)


def read(model: str, name: str, folder: Path = FOLDER) -> Recipe:
    """Read the recipe of a model, or of a variant of one, for a set."""
    path = folder / f"{model}.toml"
    if not path.exists():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.toml")))
        raise ValueError(f"there is no recipe for {model!r}; there are {known}")
    estimator_class(model)
    content = tomllib.loads(path.read_text("utf-8"))
    own = content.get("sets", {}).get(name, {})
    for table in (content, own):
        if unknown := set(table) - KEYS:
            raise ValueError(f"{path}: a recipe has {sorted(KEYS)}; found {sorted(unknown)}")
    options = content.get("options", {}) | own.get("options", {})
    grid = own.get("grid", content.get("grid", {}))
    return Recipe(
        model,
        {key: _value(value) for key, value in options.items()},
        {key: _value(values) for key, values in grid.items()},
        candidates=own.get("candidates", content.get("candidates", ALL)),
        factor=own.get("factor", content.get("factor")),
        min_epochs=own.get("min_epochs", content.get("min_epochs")),
    )


def estimator_class(model: str) -> Any:
    """Find an estimator by the name of a recipe, be it a model or a combination of models."""
    family = model.partition("-")[0]
    found = MODELS.get(family) or getattr(ardens, family.capitalize(), None)
    if not (isinstance(found, type) and hasattr(found, "fit")):
        raise ValueError(f"ardens has no model {model!r}")
    return found


def _value(value: Any) -> Any:
    """Make objects of the tables that stand for them."""
    if isinstance(value, list):
        return [_value(item) for item in value]
    if not isinstance(value, dict):
        return value
    kinds = {"estimator": estimator_class, "schedule": SCHEDULES.get, "optimizer": OPTIMIZERS.get}
    for kind, find in kinds.items():
        if kind in value and (made := find(value[kind])) is not None:
            return made(**{key: _value(item) for key, item in value.items() if key != kind})
    raise ValueError(f"a table must name an estimator, a schedule or an optimizer; got {value!r}")
