"""Matrices in text: a row a line, cells separated by commas or by white space."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cells import ABSENT, SINGLE, Wanted, apart, check_first_row, first_wrong, short
from .explain import explain, names_in
from .named import named

__all__ = ["read_text"]

_BLANK = b" \t\n\r\v\f\x1c\x1d\x1e\x1f\x85\xa0"  # what NumPy takes for white space
_WORDS = "|".join(re.escape(word) for word in sorted(ABSENT - {""}))
_CELLS = {  # those that have no value, by delimiter; one between commas may be empty
    None: rf"(?<!\S)({_WORDS})(?!\S)",
    ",": rf"(?<![^,\n])[^\S\n]*({_WORDS})[^\S\n]*(?![^,\n])"
    r"|(?<=,)[^\S\n]*(?![^,\n])|(?<![^\n])[^\S\n]*(?=,)",
}
_ABSENT = {key: re.compile(cell.encode(), re.IGNORECASE) for key, cell in _CELLS.items()}


def read_text(blocks: Iterable[bytes], name: str, wanted: Wanted) -> dict[str, NDArray[Any]]:
    """Read a matrix, a block of lines at a time; ValueError names the place of what is wrong."""
    text = _Text(name, wanted)
    matrices = [matrix for block in blocks if (matrix := text.parse(block)) is not None]
    if not matrices:
        raise ValueError(f"{name}: expected rows of 0 and 1, found no rows")
    X = np.concatenate(matrices)
    if not wanted.binary:
        weights = text.wanted.place(X.shape[1], name)
        check_first_row(X, name, f"line {text.first_row}", weights, wanted.unknown)
    found = apart(SINGLE, X, text.wanted, name)
    found[SINGLE] = named(found[SINGLE], text.names)
    return found


class _Text:
    """The parser of one text: what its first row fixed, and the line it has come to."""

    def __init__(self, name: str, wanted: Wanted) -> None:
        self.name = name
        self.wanted = wanted
        self.line = 1  # of the block's first line
        self.first_row = 0  # the line that fixed delimiter and width
        self.delimiter: str | None = None
        self.names: list[str] | None = None  # of the columns but that of weights

    def parse(self, block: bytes) -> NDArray[Any] | None:
        """Rows of whole lines, or None where all lines are blank."""
        if self.line == 1:
            block = block.removeprefix(b"\xef\xbb\xbf")
        block = block.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b" \n", b"\n")
        n_lines = block.count(b"\n")
        if not (content := block.strip(_BLANK)):
            self.line += n_lines
            return None
        header = b""
        if not self.first_row:
            self.first_row = self.line + block[: block.index(content[:1])].count(b"\n")
            self.delimiter = "," if b"," in content.partition(b"\n")[0] else None
            header = self._header(content)
        if header:
            begin = block.index(header)
            end = begin + len(header)
            block = (
                b"\n" * block.count(b"\n", 0, begin) + block[end:]
            )  # its line stays, and is blank
            if not block.strip(_BLANK):
                self.line += n_lines
                return None
        lines = block.lstrip(b"\n")
        matrix = self._characters(lines if lines.endswith(b"\n") else lines + b"\n")
        if matrix is None:
            matrix = self._numbers(block)
        self.wanted = self.wanted.wide(matrix.shape[1], f" as in line {self.first_row}")
        self.line += n_lines
        return matrix

    def _header(self, content: bytes) -> bytes:
        """The first line if it has names, which it must where weights have one; else nothing."""
        header, _, rest = content.partition(b"\n")
        below = rest.lstrip().partition(b"\n")[0].decode("utf-8", "replace")
        first, name = header.decode("utf-8", "replace"), self.wanted.weights
        if isinstance(name, str):
            names = [cell.strip(" \t\"'") for cell in first.split(self.delimiter)]
            if names.count(name) != 1:
                raise ValueError(
                    f"{self.name}: line {self.first_row}: expected names of columns, one of them "
                    f"{name!r}, found {short(', '.join(names))}"
                )
            self.wanted = self.wanted._replace(weights=names.index(name))
        else:
            found = names_in(first, below, self.delimiter)
            if found is None:
                return b""
            names = found
        width = self.wanted.width or len(names)
        if width != len(names):
            raise ValueError(
                f"{self.name}: line {self.first_row}: expected {width} columns"
                f"{self.wanted.whose}, found {len(names)}"
            )
        self.wanted = self.wanted.wide(width, f" as in line {self.first_row}")
        self.names = [name for k, name in enumerate(names) if not self.wanted.weighs(k, len(names))]
        return header

    def _characters(self, block: bytes) -> NDArray[np.uint8] | None:
        """Lines of single characters 0 and 1 in equal steps; None for any other text."""
        step = block.find(b"\n") + 1
        if step % 2 or len(block) % step or self.wanted.width not in (0, step // 2):
            return None
        cells = np.frombuffer(block, np.uint8).reshape(-1, step)
        X = cells[:, ::2] - np.uint8(ord("0"))
        separators = cells[:, 1:-1:2]
        separator = block[1:2] if step > 2 else b" "
        if (
            separator not in ((b",",) if self.delimiter else (b" ", b"\t"))
            or X.max() > 1
            or np.any(separators != ord(separator))
            or np.any(cells[:, -1] != ord("\n"))
        ):
            return None
        return X

    def _numbers(self, block: bytes) -> NDArray[Any]:
        """Lines of any numbers, and of cells without a value where there may be any."""
        text = _ABSENT[self.delimiter].sub(b"nan", block) if self.wanted.unknown else block
        try:
            X = np.loadtxt(io.BytesIO(text), delimiter=self.delimiter, comments=None, ndmin=2)
        except ValueError as error:
            self._explain(block)
            raise ValueError(f"{self.name}: {error}") from error
        if self.wanted.width not in (0, X.shape[1]):
            self._explain(block)
        weights = self.wanted.place(X.shape[1], self.name)
        if first_wrong(X, True) is None:
            return X.astype(np.uint8)
        if first_wrong(X, self.wanted.binary, weights, self.wanted.unknown) is not None:
            self._explain(block)
        return X

    def _explain(self, block: bytes) -> None:
        """Raise the error of the first line that is wrong."""
        explain(block, self.name, self.wanted, self.delimiter, self.line, self.first_row)
