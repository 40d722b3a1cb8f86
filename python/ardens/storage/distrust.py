"""How what comes out of a file is believed: not before it is checked, and refused in one way."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

from ..errors import FormatError

__all__ = ["believed", "parse_json", "refuse"]

Result = TypeVar("Result")

_LONGEST = 500  # characters of a message


def refuse(message: str) -> NoReturn:
    """Raise a FormatError, cut short where the message quotes too much of a file."""
    raise FormatError(message if len(message) <= _LONGEST else f"{message[:_LONGEST]}…")


def believed(make: Callable[..., Result], *args: Any) -> Result:
    """Call what checks its arguments, as a reader of files: what is wrong is the file."""
    try:
        return make(*args)
    except (TypeError, ValueError, OverflowError) as error:
        refuse(str(error))


def parse_json(text: object, what: str) -> dict[str, Any]:
    """Read a JSON object without NaN, infinities and keys that come twice."""
    if not isinstance(text, str | bytes):
        refuse(f"{what} is missing")

    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) < len(pairs):
            refuse(f"{what} has a key twice")
        return result

    def constant(name: str) -> NoReturn:
        refuse(f"{what} has {name}, which is not JSON")

    try:
        value = json.loads(text, object_pairs_hook=unique, parse_constant=constant)
    except FormatError:
        raise
    except (ValueError, RecursionError) as error:
        refuse(f"{what} is not JSON ({str(error)[:80]})")
    if not isinstance(value, dict):
        refuse(f"{what} is not a JSON object")
    return value
