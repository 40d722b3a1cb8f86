"""Dates and times that are written as strings, in one of the forms of ISO 8601."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from .cells import Cells

__all__ = ["Format", "format_of"]

_ISO = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:(?P<between>[ T])\d\d:\d\d(?P<seconds>:\d\d(?P<parts>\.\d{1,9})?)?(?P<zone>Z?))?"
)


_NONE = "1970-01-01"  # stands where there is no time


@dataclass(frozen=True)
class Format:
    """How times are written: what stands between date and time, how fine they are, and a Z.

    Parameters
    ----------
    unit : str
        ``"D"``, ``"m"``, ``"s"``, ``"ms"``, ``"us"`` or ``"ns"``, as NumPy names them.
    between, zone : str
        What stands between date and time, and behind.
    """

    unit: str
    between: str = "T"
    zone: str = ""

    @property
    def counted(self) -> str:
        """The unit in which the times are counted: minutes are counted in seconds."""
        return "s" if self.unit == "m" else self.unit

    def read(self, cells: Cells) -> tuple[Cells, NDArray[np.bool_]]:
        """Strings as times, and which of the cells are written so."""
        levels = cells.levels or []
        fits = np.array([*(_form(level) == self and _is_time(level) for level in levels), False])
        texts = [_plain(x) if ok else _NONE for x, ok in zip(levels, fits[:-1], strict=True)]
        stamps = np.array([*texts, _NONE], f"M8[{self.counted}]").view(np.int64)
        return Cells(stamps[cells.values], cells.missing, unit=self.counted), fits[cells.values]

    def write(self, cells: Cells) -> Cells:
        """Times as strings."""
        stamps, codes = np.unique(cells.values, return_inverse=True)
        times: Any = stamps.view(f"M8[{self.counted}]")
        texts = np.datetime_as_string(times, unit=cast(Any, self.unit)).tolist()
        if self.between != "T":
            texts = [text.replace("T", self.between) for text in texts]
        if self.zone:
            texts = [text + self.zone for text in texts]
        return Cells(codes, cells.missing, texts)


def format_of(levels: Sequence[Any]) -> Format | None:
    """The form that all strings have; None if there is none, or one is no date."""
    if not levels or not isinstance(levels[0], str):
        return None
    form = _form(levels[0])
    if form is None or not all(_form(level) == form and _is_time(level) for level in levels):
        return None
    return form


def _is_time(text: str) -> bool:
    """Whether a string in the form of a time is one: no 31st of February."""
    try:
        datetime.datetime.fromisoformat(text[:19])
    except ValueError:
        return False
    return True


def _form(text: Any) -> Format | None:
    """The form of one string."""
    found = _ISO.fullmatch(text) if isinstance(text, str) else None
    if found is None:
        return None
    if found["between"] is None:
        return Format("D")
    digits = len(found["parts"] or ".") - 1
    fine = {0: "s", 3: "ms", 6: "us", 9: "ns"}.get(digits)
    if fine is None:
        return None
    return Format(fine if found["seconds"] else "m", found["between"], found["zone"])


def _plain(text: str) -> str:
    """A string as NumPy reads it."""
    return text.removesuffix("Z")
