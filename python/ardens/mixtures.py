"""Mixtures in files: the members as they would be alone, their tensors named by their number.

The description of a mixture has the class ``mixture``, its `settings`, the `estimator` (a class and
settings, or null), the `weights`, column names, history, and under `members` the description of
every member. The tensors of member k are named ``k.`` and what they are called alone. A member is
of a class in `ardens.models.MODELS`, so no mixture is in another.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from .checks.options import seed_from
from .core import Model
from .descriptions import blank, describe_model, feature_names, fill, parse, read_nats, refuse
from .models import MODELS, Mixture
from .models.base import AutoregressiveModel
from .models.mixed import Mixed
from .models.mixture import MOST_MEMBERS
from .models.weights import checked_weights
from .parameters import named_views
from .settings import decode_settings, encode_settings

__all__ = ["MIXTURE", "blank_mixture", "describe_mixture", "fill_mixture", "mixture_tensors"]

MIXTURE = "mixture"

Blank: TypeAlias = tuple[AutoregressiveModel, Model]


def describe_mixture(mixture: Mixture) -> dict[str, Any]:
    """Say all of a mixture but its parameters, as JSON can hold it.

    Parameters
    ----------
    mixture : fitted Mixture

    Returns
    -------
    dict of str to object

    Raises
    ------
    NotFittedError
        If the mixture is not fitted.
    TypeError, ValueError
        If an option was set to what `fit` would refuse.
    """
    fitted = mixture._state()
    mixture._check_options(fitted.n_features)
    options = mixture.get_params(deep=False) | {"n_members": len(fitted.models)}
    estimator = options.pop("estimator")
    settings, omitted = encode_settings(options)
    names = fitted.feature_names
    description = {
        "class": MIXTURE,
        "settings": settings,
        "omitted": omitted,
        "estimator": None if estimator is None else _describe_estimator(estimator),
        "weights": fitted.weights.tolist(),
        "feature_names": None if names is None else names.tolist(),
        "history": {
            key: [value if math.isfinite(value) else str(value) for value in column]
            for key, column in fitted.history.items()
        },
        "members": [describe_model(model, model._state()) for model in fitted.models],
    }
    _unfitted(description, fitted.n_features, len(fitted.models))
    return description


def mixture_tensors(mixture: Mixture) -> dict[str, NDArray[np.float32]]:
    """Name the parameters of all members.

    Parameters
    ----------
    mixture : fitted Mixture

    Returns
    -------
    dict of str to ndarray of float32
    """
    states = [model._state() for model in mixture._state().models]
    return {
        f"{k}.{name}": view
        for k, state in enumerate(states)
        for name, view in named_views(state.core, state.params).items()
    }


def blank_mixture(
    description: Mapping[str, Any], tensors: Mapping[str, Any]
) -> tuple[list[Blank], int]:
    """Make the unfitted members, and check the table of tensors before anything is allocated.

    Parameters
    ----------
    description : dict of str to object
        What should be what `describe_mixture` gives.
    tensors : dict of str to object
        The table of tensors.

    Returns
    -------
    blanks : list of (model, Model)
        The members, and their sizes.
    n_bytes : int
        What their tensors take.

    Raises
    ------
    FormatError
        If anything is not as it should be.
    """
    members = description.get("members")
    if not (isinstance(members, list) and 1 <= len(members) <= MOST_MEMBERS):
        refuse(f"the mixture does not have 1 … {MOST_MEMBERS} members")
    tables: list[dict[str, Any]] = [{} for _ in members]
    prefixes = {str(k): table for k, table in enumerate(tables)}
    for name, entry in tensors.items():
        prefix, _, rest = name.partition(".")
        if prefix not in prefixes:
            refuse(f"it has the tensor {name[:20]!r}, which is no member's")
        prefixes[prefix][rest] = entry
    blanks, total = [], 0
    for member, table in zip(members, tables, strict=True):
        if not isinstance(member, dict):
            refuse("a member is not described by a JSON object")
        model, core, n_bytes = blank(member, table)
        blanks.append((model, core))
        total += n_bytes
    if len({core.n_features for _, core in blanks}) > 1:
        refuse("the members have different numbers of features")
    return blanks, total


def fill_mixture(
    blanks: Sequence[Blank],
    description: Mapping[str, Any],
    arrays: dict[str, NDArray[np.float32]],
) -> Mixture:
    """Make a fitted mixture.

    Parameters
    ----------
    blanks : sequence of (model, Model)
        What `blank_mixture` gives.
    description : dict of str to object
        As for `blank_mixture`.
    arrays : dict of str to ndarray
        The tensors, which are taken out.

    Returns
    -------
    Mixture

    Raises
    ------
    FormatError
        If the description or a value is not as it should be.
    """
    n_features = blanks[0][1].n_features
    names = feature_names(description, n_features)
    given = description.get("weights")
    if not (isinstance(given, list) and all(type(weight) in (int, float) for weight in given)):
        refuse("the weights are not a list of numbers")
    weights = parse(checked_weights, given, len(blanks))
    if weights.tolist() != given:
        refuse("the weights do not sum to one")
    history = read_nats(description.get("history"))
    if history and (set(history) != {"valid"} or not history["valid"]):
        refuse(f"the history of a mixture has {sorted(history)[:9]}; ['valid'] is wanted")
    mixture: Mixture = parse(_unfitted, description, n_features, len(blanks))
    for k, (model, core) in enumerate(blanks):
        own = {name: arrays.pop(f"{k}.{name}") for name, _, _, _ in core.layout}
        fill(model, core, description["members"][k], own)
    mixture._fitted = Mixed(
        tuple(model for model, _ in blanks),
        weights,
        None if names is None else np.array(names, dtype=object),
        history,
    )
    return mixture


def _describe_estimator(estimator: AutoregressiveModel) -> dict[str, Any]:
    settings, omitted = encode_settings(estimator.get_params(deep=False))
    return {"class": estimator._core_name, "settings": settings, "omitted": omitted}


def _unfitted(description: Mapping[str, Any], n_features: int, n_members: int) -> Mixture:
    """Make a mixture of settings that came out of JSON, and check them."""
    estimator = description.get("estimator")
    if estimator is not None:
        name = estimator.get("class") if isinstance(estimator, dict) else None
        if not isinstance(name, str) or name not in MODELS:
            raise ValueError(f"the estimator is not of a class of {', '.join(MODELS)}")
        estimator = MODELS[name](**decode_settings(estimator.get("settings")))
    settings = decode_settings(description.get("settings"))
    mixture = Mixture(estimator=estimator, **settings)
    mixture._check_options(n_features)
    seed_from(mixture.random_state)
    if mixture.n_members != n_members:
        raise ValueError(f"the setting n_members is {mixture.n_members}, there are {n_members}")
    return mixture
