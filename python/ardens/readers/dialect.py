"""How a text lays out its cells: what separates them, and whether its first line is a header."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from .cells import ABSENT
from .explain import TRUTHS, is_number

__all__ = ["Dialect", "sniffed"]

_SEPARATORS = ",\t;|"
_SAMPLE, _ENOUGH = 200, 1 << 20  # lines and bytes that tell
_ALIKE = 0.9  # of the lines have as many cells as each other


class Dialect(NamedTuple):
    """The layout of a text."""

    separator: str
    header: bool
    plain: bool  # whether it is one that rows of 0 and 1 have: commas or blanks, and no quotes


def sniffed(block: bytes) -> Dialect:
    """Guess the layout from the first lines of a text.

    >>> sniffed(b'name;"rather; long"\\nAda;1\\n')
    Dialect(separator=';', header=True, plain=False)
    >>> sniffed(b"Ada,36\\nAlan,41\\n").header
    False
    """
    text = block[:_ENOUGH].decode("utf-8-sig", "replace")
    whole = text if len(block) <= _ENOUGH else text.rpartition("\n")[0]
    lines = [line for line in whole.splitlines() if line.strip()][:_SAMPLE]
    separator = max(_SEPARATORS, key=lambda mark: _columns(lines, mark))
    rows = list(csv.reader(lines, delimiter=separator))
    plain = '"' not in whole and (separator in ",\t" or _columns(lines, separator) == 1)
    return Dialect(separator, bool(rows) and _is_header(rows[0], rows[1:]), plain)


def _columns(lines: Sequence[str], separator: str) -> int:
    """How many columns there are if this separates them; 0 if more than a few lines differ."""
    widths = Counter(len(row) for row in csv.reader(lines, delimiter=separator))
    width, count = max(widths.items(), key=lambda item: item[1], default=(0, 0))
    return width if count >= _ALIKE * sum(widths.values()) else 0


def _is_header(first: Sequence[str], rest: Sequence[Sequence[str]]) -> bool:
    """Whether the first line names the columns.

    That is where all its cells are words, and none of them is a value that its column has again;
    different words, if 0 and 1 are all that comes.
    """
    names = [cell.strip() for cell in first]
    named = all(map(_is_name, names[1:])) and (names[0] == "" or _is_name(names[0]))
    twice = len(set(names)) < len(names) and all(cell in "01" for row in rest for cell in row)
    if not named or twice or all(name.lower() in TRUTHS for name in names):
        return False
    columns = zip(*rest, strict=False) if rest else ()
    return not any(name and name in column for name, column in zip(names, columns, strict=False))


def _is_name(cell: str) -> bool:
    """Whether a cell can be the name of a column."""
    word = any(map(str.isalpha, cell)) and not is_number(cell)
    return word and cell.lower() not in ABSENT | {key for key in TRUTHS if len(key) > 1}
