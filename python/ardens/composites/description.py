"""Mixtures in files: the members as they would be alone, their tensors named by their number.

The description of a mixture has the class ``mixture``, its `settings`, the `estimator` (a class and
settings, or null), the `weights`, column names, history, and under `members` the description of
every member. The tensors of member k are named ``k.`` and what they are called alone. A member is
of a class in `ardens.models.MODELS`, so no mixture is in another.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..core import Float32Array
from ..models import MODELS, AutoregressiveModel
from ..models.description import Blank, describe, names_in, nats_in, nats_of
from ..models.encoding import decode_settings, encode_settings
from ..parameters import named_views
from ..storage.container import Container
from ..storage.distrust import believed, refuse
from ..training.restore import WORD
from .fitted import FittedMixture
from .weights import checked_weights

__all__ = ["CLASS", "MOST_MEMBERS", "arrays_of", "describe_mixture", "options_in", "read_members"]

CLASS = "mixture"
MOST_MEMBERS = 1024


def describe_mixture(fitted: FittedMixture, options: Mapping[str, Any]) -> dict[str, Any]:
    """Say all of a fitted mixture but its parameters, as JSON can hold it."""
    own = dict(options) | {"n_members": len(fitted.models)}
    estimator = own.pop("estimator")
    settings, omitted = encode_settings(own)
    return {
        "class": CLASS,
        "settings": settings,
        "omitted": omitted,
        "estimator": None if estimator is None else _described(estimator),
        "weights": fitted.weights.tolist(),
        "feature_names": None if fitted.names is None else fitted.names.tolist(),
        "history": nats_of(fitted.history),
        "members": [describe(model, model._state()) for model in fitted.models],
    }


def arrays_of(fitted: FittedMixture) -> dict[str, Float32Array]:
    """The parameters of all members, under their numbers."""
    states = [model._state() for model in fitted.models]
    return {
        f"{k}.{name}": view
        for k, state in enumerate(states)
        for name, view in named_views(state.core, state.params).items()
    }


def options_in(description: Mapping[str, Any]) -> dict[str, Any]:
    """The options of a mixture that was described; they are not checked yet."""
    estimator = description.get("estimator")
    if estimator is not None:
        name = estimator.get("class") if isinstance(estimator, dict) else None
        if not isinstance(name, str) or name not in MODELS:
            raise ValueError(f"the estimator is not of a class of {', '.join(MODELS)}")
        estimator = MODELS[name](**decode_settings(estimator.get("settings")))
    settings = decode_settings(description.get("settings"))
    if "estimator" in settings:
        raise TypeError("multiple values for the setting estimator")
    return settings | {"estimator": estimator}


def read_members(description: Mapping[str, Any], file: Container) -> FittedMixture:
    """Read the members and their weights; FormatError if anything is not as it should be."""
    if WORD in file.words:
        refuse("a mixture is no checkpoint")
    members = description.get("members")
    if not (isinstance(members, list) and 1 <= len(members) <= MOST_MEMBERS):
        refuse(f"the mixture does not have 1 … {MOST_MEMBERS} members")
    if not all(isinstance(member, dict) for member in members):
        refuse("a member is not described by a JSON object")
    numbers = {str(k) for k in range(len(members))}
    if foreign := [name for name in file.names if name.partition(".")[0] not in numbers]:
        refuse(f"it has the tensor {foreign[0][:20]!r}, which is no member's")
    blanks = [Blank(member, MODELS) for member in members]
    sizes = {blank.core.n_features for blank in blanks}
    shapes = {
        f"{k}.{name}": shape
        for k, blank in enumerate(blanks)
        for name, shape in blank.shapes.items()
    }
    arrays = file.arrays(shapes)
    if len(sizes) > 1:
        refuse("the members have different numbers of features")
    names = names_in(description, *sizes)
    models = tuple(
        blank.fitted({name: arrays[f"{k}.{name}"] for name in blank.shapes})
        for k, blank in enumerate(blanks)
    )
    return FittedMixture(
        models,
        _weights(description.get("weights"), len(models)),
        None if names is None else np.array(names, dtype=object),
        _history(description.get("history")),
    )


def _described(estimator: AutoregressiveModel) -> dict[str, Any]:
    """What is to be trained, as JSON can hold it."""
    settings, omitted = encode_settings(estimator.get_params(deep=False))
    return {"class": estimator._family, "settings": settings, "omitted": omitted}


def _weights(given: object, n_members: int) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Weights out of a file."""
    if not (isinstance(given, list) and all(type(weight) in (int, float) for weight in given)):
        refuse("the weights are not a list of numbers")
    weights = believed(checked_weights, given, n_members)
    if weights.tolist() != given:
        refuse("the weights do not sum to one")
    return weights


def _history(given: object) -> dict[str, list[float]]:
    """A history out of a file."""
    history = nats_in(given)
    if history and (set(history) != {"valid"} or not history["valid"]):
        refuse(f"the history of a mixture has {sorted(history)[:9]}; ['valid'] is wanted")
    return history
