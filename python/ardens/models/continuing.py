"""Going on from a fitted model: a warm start, and `partial_fit`."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..columns import Columns
from ..orderings import GivenFirst
from ..parameters import copy_of
from ..training.solver import Solver
from ..training.state import TrainingState
from .autoregressive import AutoregressiveModel
from .coded import row_code
from .fitted import Fitted, variant_of

__all__ = ["check_continues", "continued"]


def check_continues(
    model: AutoregressiveModel,
    before: Fitted,
    n_features: int,
    names: NDArray[np.object_] | None,
    what: str,
) -> None:
    """Refuse to go on from a model that the options, and the data, no longer describe."""
    core, options = before.core, model.get_params(deep=False)
    variant = variant_of(core)
    last = _told(core.name, core.n_features, core.n_hidden, variant)
    wanted = {name: options.get(name, value) for name, value in variant.items()}
    now = _told(model._family, n_features, options.get("n_hidden", 0), wanted)
    if last != now:
        raise ValueError(
            f"{what} needs the (model, n_features, n_hidden) of the last fit, {last}; got {now}"
        )
    codes = before.columns.codes
    if not isinstance(model.codes, str) and row_code(model.codes, n_features) != codes:
        raise ValueError(f"{what} needs the codes of the last fit, {codes!r}; got {model.codes!r}")
    ordering = before.columns.ordering
    if isinstance(model.ordering, str | GivenFirst):  # "random": the one that was drawn
        return
    if model.ordering is None and codes is not None:  # what that makes of the columns' order
        return
    if not np.array_equal(Columns.of(n_features, model.ordering, names=names).ordering, ordering):
        told = ordering.tolist() if names is None else names[ordering].tolist()
        raise ValueError(
            f"{what} needs the ordering of the last fit, {reprlib.repr(told)}; "
            f"got {reprlib.repr(model.ordering)}"
        )


def continued(before: Fitted, solver: Solver, shuffle: np.random.Generator) -> TrainingState:
    """A state that goes on from a model, with what its optimizer remembers if that was kept."""
    solver.check_memory(before.core)
    state = solver.start(copy_of(before.params), shuffle)
    if before.history:
        state.history = {name: list(column) for name, column in before.history.items()}
        state.epoch, state.best_epoch = len(state.history["epoch"]), before.best_epoch
        state.seconds = state.history["time"][-1]
    if before.training is not None:
        state.optimizer = solver.taking_up(before.training).optimizer
        state.split_seed = before.training.split_seed
    return state


def _told(
    family: str, n_features: int, n_hidden: int, variant: Mapping[str, Any]
) -> tuple[object, ...]:
    """What the options of a model must still be to go on from it."""
    words = [variant["activation"]] * (variant["activation"] != "sigmoid")
    words += [name for name in ("direct", "tied") if variant[name]]
    return ("-".join([family, *words]), n_features, n_hidden)
