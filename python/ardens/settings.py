"""An estimator's settings as JSON can hold them."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .optim import OPTIMIZERS
from .schedules import SCHEDULES

__all__ = ["decode_settings", "encode_settings"]

_TABLES: dict[str, Mapping[str, Any]] = {"optimizer": OPTIMIZERS, "schedule": SCHEDULES}


def encode_settings(settings: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Turn settings into JSON values.

    Parameters
    ----------
    settings : dict of str to object
        What `get_params` gives.

    Returns
    -------
    encoded : dict of str to object
        Numbers, strings, lists, and dicts for arrays of integers, and for optimizers and
        schedules with their name.
    omitted : list of str
        The settings that JSON cannot hold.
    """
    encoded, omitted = {}, []
    for name, value in settings.items():
        try:
            encoded[name] = _encode(value)
        except TypeError:
            omitted.append(name)
    return encoded, omitted


def decode_settings(encoded: object) -> dict[str, Any]:
    """Undo `encode_settings`; what was omitted is not there.

    Parameters
    ----------
    encoded : object
        What came out of a file.

    Returns
    -------
    dict of str to object

    Raises
    ------
    TypeError, ValueError
        If `encoded` is not what `encode_settings` makes.
    """
    if not isinstance(encoded, dict):
        raise TypeError("the settings are not a table")
    return {name: _decode(value) for name, value in encoded.items()}


def _encode(value: Any) -> Any:
    if isinstance(value, np.ndarray) and value.dtype.kind in "iu":
        return {"array": value.tolist()}
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, list | tuple):
        return [_encode(item) for item in value]
    for kind, table in _TABLES.items():
        for name, cls in table.items():
            if type(value) is cls:
                names = [field.name for field in dataclasses.fields(cls)]
                fields = {field: _encode(getattr(value, field)) for field in names}
                return {kind: name, "settings": fields}
    raise TypeError(f"{value!r} cannot be written as JSON")


def _decode(value: Any) -> Any:
    if isinstance(value, list):
        return [_decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"array"} and isinstance(value["array"], list):
        return np.array(value["array"])
    for kind, table in _TABLES.items():
        if set(value) == {kind, "settings"} and value[kind] in table:
            return table[value[kind]](**decode_settings(value["settings"]))
    raise ValueError(f"there is no setting of the kind {sorted(value)[:9]}")
