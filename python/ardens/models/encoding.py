"""An estimator's options as JSON can hold them: the settings of a file."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..codes import Code, RowCode
from ..optim import OPTIMIZERS
from ..orderings import GivenFirst
from ..schedules import SCHEDULES

__all__ = ["decode_settings", "encode_settings"]

_TABLES: dict[str, Mapping[str, Any]] = {
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "ordering": {"given_first": GivenFirst},
    "codes": {"column": Code, "row": RowCode},
}


def encode_settings(settings: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Turn options into JSON values, and name those that JSON cannot hold.

    Arrays of integers become dicts; optimizers, schedules and such dicts with their names.
    """
    encoded, omitted = {}, []
    for name, value in settings.items():
        try:
            encoded[name] = _encode(value)
        except TypeError:
            omitted.append(name)
    return encoded, omitted


def decode_settings(encoded: object) -> dict[str, Any]:
    """Undo `encode_settings`, of what came out of a file; what was omitted is not there."""
    if not isinstance(encoded, dict):
        raise TypeError("the settings are not a table")
    return {name: _decode(value) for name, value in encoded.items()}


def _encode(value: Any) -> Any:
    """One option; TypeError if JSON cannot hold it."""
    if hasattr(value, "__array__") and not isinstance(value, np.generic):
        value = np.asarray(value)  # an index of a data frame too
        value = value[()] if value.ndim == 0 else value
    if isinstance(value, np.ndarray) and (
        value.dtype.kind in "iu" or all(isinstance(item, str) for item in value.flat)
    ):
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
                names = [field.name for field in dataclasses.fields(cls) if field.init]
                fields = {field: _encode(getattr(value, field)) for field in names}
                return {kind: name, "settings": fields}
    raise TypeError(f"{value!r} cannot be written as JSON")


def _decode(value: Any) -> Any:
    """One option out of a file."""
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
