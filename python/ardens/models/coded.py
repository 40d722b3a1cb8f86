"""The option `codes`: which rows there can be."""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from typing import Literal, TypeAlias

from ..checks.sparse import Held
from ..codes import Code, RowCode, detect

__all__ = ["Codes", "check_codes", "row_code"]

Codes: TypeAlias = RowCode | Sequence[Code] | Literal["detect"] | None


def check_codes(codes: object, name: str) -> None:
    """Refuse what is no code of rows."""
    wanted = f'{name} must be None, "detect", a RowCode or a sequence of Code'
    if codes is None or isinstance(codes, RowCode) or codes == "detect":
        return
    if not isinstance(codes, Sequence):
        raise TypeError(f"{wanted}; got {codes!r}")
    if not codes or not all(isinstance(code, Code) for code in codes):
        raise ValueError(f"{wanted}; got {reprlib.repr(codes)}")


def row_code(codes: Codes, n_features: int, *given: Held) -> RowCode | None:
    """The code that the option asks for, of rows that all are to have."""
    if codes is None:
        return None
    if isinstance(codes, str):
        return detect(*given)
    row = codes if isinstance(codes, RowCode) else RowCode(codes)
    if row.n_bits != n_features:
        raise ValueError(
            f"codes must have one bit for each of the {n_features} features; they have {row.n_bits}"
        )
    return row
