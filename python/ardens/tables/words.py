"""Values and numbers as JSON can hold them, bit for bit, and back."""

from __future__ import annotations

import datetime
import importlib
import math
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..storage.distrust import believed, refuse

__all__ = ["array_in", "numbers", "read_all", "value_in", "written", "written_all"]


def numbers(array: NDArray[Any]) -> list[Any]:
    """Numbers that come back as they are, short where they are whole."""
    listed: list[Any] = array.tolist()
    if array.dtype.kind != "f":
        return listed
    return [
        int(x) if x.is_integer() and abs(x) < 2**53 else x if math.isfinite(x) else str(x)
        for x in listed
    ]


def array_in(told: Any, dtype: Any) -> NDArray[Any]:
    """Numbers out of a file."""
    wanted = np.dtype(dtype)
    if not isinstance(told, list):
        refuse("numbers of the table are missing")
    kinds = (int,) if wanted.kind == "i" else (int, float)
    values = [float(x) if x in ("inf", "-inf") and wanted.kind == "f" else x for x in told]
    if not all(type(x) in kinds for x in values):
        refuse("numbers of the table are none")
    try:
        return np.array(values, wanted)
    except OverflowError:
        refuse("numbers of the table are too large")


def written_all(values: Sequence[Any] | None) -> list[Any] | None:
    """Values as JSON can hold them."""
    return None if values is None else [written(value) for value in values]


def written(value: Any) -> Any:
    """A value; what JSON has no word for as an object of its kind and its text."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or type(value) in (str, bool, int):
        return value
    if type(value) is float:
        return value if math.isfinite(value) else {"float": str(value)}
    if isinstance(value, Decimal):
        return {"decimal": str(value)}
    if isinstance(value, datetime.datetime):
        return {"time": value.isoformat()}
    if isinstance(value, datetime.date):
        return {"date": value.isoformat()}
    if type(value).__name__ == "Interval":
        return {"interval": [written(value.left), written(value.right), value.closed]}
    raise TypeError(
        f"a model file has no words for {value!r}, a {type(value).__name__}; convert its column to "
        "strings before fit"
    )


def read_all(told: Any) -> list[Any]:
    """Values out of a file."""
    if not isinstance(told, list):
        refuse("values of the table are missing")
    return [value_in(value) for value in told]


def value_in(value: Any) -> Any:
    """A value out of a file."""
    if not isinstance(value, dict):
        if isinstance(value, list):
            refuse("a value of the table is a list")
        return value
    kind, text = next(iter(value.items())) if len(value) == 1 else ("", "")
    if kind not in _TOLD:
        refuse(f"a value of the table is of the kind {kind[:20]!r}")
    return believed(_TOLD[kind], text)


def _interval(told: Any) -> Any:
    """An interval of pandas."""
    left, right, closed = told
    return importlib.import_module("pandas").Interval(value_in(left), value_in(right), closed)


def _decimal(told: Any) -> Decimal:
    """A decimal number."""
    try:
        return Decimal(told)
    except ArithmeticError:
        raise ValueError("a value of the table is no number") from None


_TOLD: Mapping[str, Callable[[Any], Any]] = {
    "float": float,
    "decimal": _decimal,
    "time": datetime.datetime.fromisoformat,
    "date": datetime.date.fromisoformat,
    "interval": _interval,
}
