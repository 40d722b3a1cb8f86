"""What is wrong with a text that could not be read: slow, and so only asked then."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from .cells import A_WEIGHT, ABSENT, HEADER, MISSING, TAKEN, Wanted, looks_numbered

__all__ = ["TRUTHS", "explain", "is_number", "names_in"]

_SHOWN = 40  # characters of a bad cell that an error repeats
_HEADER = "; is this a header line? Remove it"
_HEADER_AND_INDEX = "; is this a header line, over an index? Remove both"
_INDEX = "; column 1 counts the rows: is it an index? Remove it"
_SEPARATORS = "; cells are to be separated by commas or white space"
_CATEGORY = (
    "; code categories as 0 and 1 first, a column for each value (as pandas.get_dummies does)"
)
_NUMBER = "; with binarize, numbers above a threshold count as 1"
_QUOTES = "; numbers are to stand without quotes"
_SPARSE = "; is it in the LIBSVM format? sklearn.datasets.load_svmlight_file reads that"
_TRUTH = "; write truth values as 1 and 0"
_PAIR = re.compile(r"\d+:[-+.\deE]+", re.ASCII)
TRUTHS = {
    "true": True,
    "false": False,
    "yes": True,
    "no": False,
    "t": True,
    "f": False,
    "y": True,
    "n": False,
}
"""What a cell of text says, in any letters, that is a truth value."""


def explain(
    block: bytes, name: str, wanted: Wanted, delimiter: str | None, line: int, first_row: int
) -> None:
    """Raise the error of the first line that is wrong, of a block that begins at a line.

    `first_row` is the line of the first row; the block may be a later one. Nothing is raised where
    nothing is wrong that is known here.
    """
    lines = block.decode("utf-8", "replace").split("\n")
    rows = [(i, row) for i, row in enumerate(lines, line) if row.strip()]
    index: list[str] = []
    for place, (i, row) in enumerate(rows):
        found = _cells(row, delimiter)
        index.append(found[0])
        below = _cells(rows[place + 1][1], delimiter) if place + 1 < len(rows) else []
        if any(map(is_number, below)) and _names(found):
            advice = _HEADER if found[0] else _HEADER_AND_INDEX
            raise _bad_cell(name, i, 0, found[0], wanted, advice)
        bad = next((j for j in range(len(found)) if not _good(found, j, wanted)), None)
        if bad is not None and any(mark in found[bad] for mark in ";|"):
            raise _bad_cell(name, i, bad, found[bad], wanted, _SEPARATORS)
        pair = next((j for j, cell in enumerate(found) if _PAIR.fullmatch(cell)), None)
        if pair is not None:
            raise _bad_cell(name, i, pair, found[pair], wanted, _SPARSE)
        if wanted.width not in (0, len(found)):
            raise ValueError(
                f"{name}: line {i}: expected {wanted.width} columns{wanted.whose}, "
                f"found {len(found)}"
            )
        if bad is not None:
            advice = _advice(found[bad])
            if _numbered(found) and all(_good(below, j, wanted) for j in range(len(below))):
                advice = HEADER
            elif bad == 0 and line <= first_row and _counts(index):
                advice = _INDEX
            raise _bad_cell(name, i, bad, found[bad], wanted, advice)
        wanted = wanted.wide(len(found), f" as in line {i}")


def _bad_cell(
    name: str, line: int, column: int, cell: str, wanted: Wanted, advice: str
) -> ValueError:
    """The error of a cell: where it is, what was wanted, what came, and what to do."""
    kind = "0 or 1" if wanted.binary else "a number"
    if wanted.weighs(column, wanted.width):
        kind, advice = A_WEIGHT, advice if advice in (MISSING, _QUOTES, _SEPARATORS) else ""
    elif advice == MISSING:
        advice += TAKEN
    found = f"{cell[:_SHOWN]!r}{'...' * (len(cell) > _SHOWN)}" if cell else "nothing"
    return ValueError(
        f"{name}: line {line}, column {column + 1}: expected {kind}, found {found}{advice}"
    )


def _advice(cell: str) -> str:
    """What to do about a cell that is not what is wanted."""
    if _absent(cell):
        return MISSING
    if cell.lower() in TRUTHS:
        return _TRUTH
    if is_number(cell.strip("\"'")) and not is_number(cell):
        return _QUOTES
    if set(cell) == {"0", "1"}:
        return _SEPARATORS
    return _NUMBER if is_number(cell) else _CATEGORY


def names_in(first: str, second: str, delimiter: str | None) -> list[str] | None:
    """The names of columns, if that is what a line has above one with numbers.

    >>> names_in("a, b", "0, 1", ","), names_in("0, 1", "1, 1", ",")
    (['a', 'b'], None)
    """
    found, below = _cells(first, delimiter), _cells(second, delimiter)
    if found and found[0] and any(map(is_number, below)) and _names(found):
        return found if len(set(found)) == len(found) and "" not in found else None
    return None


def _names(found: Sequence[str]) -> bool:
    """Whether cells are names of columns, or numbers of columns behind an empty cell."""
    if not found[0] and _numbered(found[1:]):
        return True
    return not all(map(_absent, found)) and not any(map(is_number, found))


def _numbered(found: Sequence[str]) -> bool:
    """Whether cells are like the numbers of columns."""
    return all(map(is_number, found)) and looks_numbered([float(cell) for cell in found])


def _cells(row: str, delimiter: str | None) -> list[str]:
    """The cells of a line."""
    return [cell.strip() for cell in row.split(delimiter)]


def _counts(index: Sequence[str]) -> bool:
    """Whether the first cells of the rows so far are 0, 1, 2, … or 1, 2, 3, …"""
    return any(index == [str(k) for k in range(first, first + len(index))] for first in (0, 1))


def _good(found: Sequence[str], column: int, wanted: Wanted) -> bool:
    """Whether a cell of a line is of the kind that is wanted."""
    cell, weighs = found[column], wanted.weighs(column, len(found))
    if not is_number(cell):
        return wanted.unknown and not weighs and _absent(cell)
    number = float(cell)
    if weighs:
        return 0 <= number < math.inf
    return not wanted.binary or number in (0, 1) or (wanted.unknown and math.isnan(number))


def _absent(cell: str) -> bool:
    """Whether a cell says that it has no value."""
    return cell.lower() in ABSENT


def is_number(cell: str) -> bool:
    """Whether NumPy reads the cell as a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell and cell.isascii()  # which Python reads and NumPy does not
