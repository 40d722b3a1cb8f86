"""Grids of settings: values by option, and the combinations of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from ..models.density import Density
from ..schedules import Constant
from ..training.settings import settings_for

__all__ = ["Grid", "combinations", "default_grid", "learns_by_steps", "own_values"]

Grid: TypeAlias = "Mapping[str, Sequence[Any]] | Sequence[Mapping[str, Sequence[Any]]]"

_MULTIPLES = {"n_hidden": (0.25, 0.5, 1, 2), "batch_size": (0.5, 1, 2)}
_RATES = (0.25, 0.5, 1, 2, 4)
_VALUES: dict[str, tuple[Any, ...]] = {
    "weight_decay": (0.0, 0.01, 0.1, 0.5),
    "l1_ratio": (0.0, 0.5, 1.0),
    "alpha": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0),
}
_OF_STEPS = {"batch_size", "weight_decay"}
_OF_SOLVERS = {"l1_ratio"}


def learns_by_steps(estimator: Density[Any]) -> bool:
    """Whether an estimator is trained in epochs of gradient steps that a warm start goes on with.

    >>> from ardens import NADE, Tabular
    >>> learns_by_steps(NADE()), learns_by_steps(Tabular())
    (True, False)
    """
    params = estimator.get_params(deep=False)
    trained = {"warm_start", "max_epochs", "batch_size"} <= params.keys()
    return trained and params.get("solver", "stochastic") == "stochastic"


def own_values(estimator: Density[Any], n_samples: int) -> dict[str, Any]:
    """Options of an estimator, with what suits the rows where its rate or batch size is None.

    Those of estimators within it are among them; a `learning_rate` is a number unless it is a
    schedule.

    >>> from ardens import NADE
    >>> own_values(NADE(40), 5000)["batch_size"]
    50
    """
    values = estimator.get_params()
    if learns_by_steps(estimator):
        known = ("optimizer", "learning_rate", "batch_size")
        settings = settings_for(n_samples, validated=True, **{name: values[name] for name in known})
        values["batch_size"] = settings.batch_size
        if isinstance(settings.schedule, Constant):
            values["learning_rate"] = settings.schedule.learning_rate
    return values


def default_grid(estimator: Density[Any], n_samples: int) -> dict[str, list[Any]]:
    """Values worth trying for an estimator, around its own and around what suits the rows.

    Parameters
    ----------
    estimator : estimator
        Only its options are in the grid.
    n_samples : int
        The number of rows to learn from.

    Returns
    -------
    dict of str to list
        Values by option.

    Examples
    --------
    >>> from ardens import NADE
    >>> default_grid(NADE(), 5000)["batch_size"]
    [25, 50, 100]
    """
    own = own_values(estimator, n_samples)
    steps = learns_by_steps(estimator)
    names = own.keys() - (_OF_SOLVERS if steps else _OF_STEPS)
    grid = {name: list(values) for name, values in _VALUES.items() if name in names}
    if steps and not callable(own["learning_rate"]):
        grid["learning_rate"] = [own["learning_rate"] * times for times in _RATES]
    for name, multiples in _MULTIPLES.items():
        if name in names:
            sizes = (max(1, round(own[name] * times)) for times in multiples)
            grid[name] = list(dict.fromkeys(sizes))
    return grid


def combinations(grid: Grid, at_most: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    """List the combinations of a grid in their order, or `at_most` of them, drawn.

    One value for every option of a mapping; the last option changes fastest. It costs what the list
    does, however many combinations there are.

    >>> rng = np.random.default_rng(0)
    >>> combinations({"a": [1, 2], "b": [3]}, 9, rng)
    [{'a': 1, 'b': 3}, {'a': 2, 'b': 3}]
    """
    grids: Sequence[Any] = [grid] if isinstance(grid, Mapping) else grid
    for one in grids:
        if not isinstance(one, Mapping):
            raise TypeError(f"grid must map options to sequences of values; got {one!r}")
        for name, values in one.items():
            if isinstance(values, str) or not hasattr(values, "__getitem__"):
                raise TypeError(f"grid[{name!r}] must be a sequence of values; got {values!r}")
    sizes = [math.prod(map(len, one.values())) for one in grids]
    total = sum(sizes)
    if total == 0:
        raise ValueError(f"grid must have at least one combination; got {grid!r}")
    if total > at_most:
        places = sorted(rng.choice(total, at_most, replace=False).tolist())
    else:
        places = list(range(total))
    found = []
    for place in places:
        which, first = 0, 0
        while place >= first + sizes[which]:
            which, first = which + 1, first + sizes[which]
        found.append(_combination(grids[which], place - first))
    return found


def _combination(grid: Mapping[str, Sequence[Any]], place: int) -> dict[str, Any]:
    """The combination at a place, whose digits are the places of the values."""
    chosen = {}
    for name, values in reversed(list(grid.items())):
        place, digit = divmod(place, len(values))
        chosen[name] = values[digit]
    return {name: chosen[name] for name in grid}
