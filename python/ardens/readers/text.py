"""Matrices in text: a row a line, cells separated by commas or by white space."""

from __future__ import annotations

import io
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from . import cells
from .cells import first_other
from .foreign import HEAD, refuse_foreign

__all__ = ["read_text"]

_SHOWN = 40  # characters of a bad cell that an error repeats


def read_text(stream: BinaryIO, name: str, binary: bool) -> NDArray[Any]:
    """Read a matrix, a block of lines at a time; ValueError names the place of what is wrong."""
    matrices: list[NDArray[Any]] = []
    text = _Text(name, binary)
    while block := stream.read(cells.BLOCK):
        block += stream.readline()  # up to the end of the line
        if (matrix := text.parse(block)) is not None:
            matrices.append(matrix)
    if not matrices:
        raise ValueError(f"{name}: expected rows of 0 and 1, found no rows")
    return np.concatenate(matrices)


class _Text:
    """The parser of one text: what its first row fixed, and the line it has come to."""

    def __init__(self, name: str, binary: bool) -> None:
        self.name = name
        self.binary = binary
        self.line = 1  # of the block's first line
        self.first_row = 0  # the line that fixed delimiter and width
        self.delimiter: str | None = None
        self.width = 0

    def parse(self, block: bytes) -> NDArray[Any] | None:
        """Rows of whole lines, or None where all lines are blank."""
        if self.line == 1:
            refuse_foreign(block[:HEAD], self.name, "rows of 0 and 1 as text")
            block = block.removeprefix(b"\xef\xbb\xbf")
        n_lines = block.count(b"\n")
        if not (content := block.strip()):
            self.line += n_lines
            return None
        if not self.first_row:
            self.first_row = self.line + block[: block.index(content[:1])].count(b"\n")
            self.delimiter = "," if b"," in content.partition(b"\n")[0] else None
        block = block.replace(b"\r\n", b"\n").replace(b" \n", b"\n")
        matrix = self._characters(block if block.endswith(b"\n") else block + b"\n")
        if matrix is None:
            matrix = self._numbers(block)
        self.width = matrix.shape[1]
        self.line += n_lines
        return matrix

    def _characters(self, block: bytes) -> NDArray[np.uint8] | None:
        """Lines of single characters 0 and 1 in equal steps; None for any other text."""
        step = block.find(b"\n") + 1
        if step % 2 or len(block) % step or self.width not in (0, step // 2):
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
        """Lines of any numbers."""
        try:
            X = np.loadtxt(io.BytesIO(block), delimiter=self.delimiter, comments=None, ndmin=2)
        except ValueError as error:
            self._explain(block)
            raise ValueError(f"{self.name}: {error}") from error
        if self.width not in (0, X.shape[1]):
            self._explain(block)
        if first_other(X) is None:
            return X.astype(np.uint8)
        if self.binary:
            self._explain(block)
        return X

    def _explain(self, block: bytes) -> None:
        """Raise the error of the first bad cell: slow, and so only after the block has failed."""
        wanted = "0 or 1" if self.binary else "a number"
        for line, row in enumerate(block.decode("utf-8", "replace").split("\n"), self.line):
            if not row.strip():
                continue
            cells = [cell.strip() for cell in row.split(self.delimiter)]
            for column, cell in enumerate(cells, 1):
                if not self._good(cell):
                    found = (
                        f"{cell[:_SHOWN]!r}{'...' * (len(cell) > _SHOWN)}" if cell else "nothing"
                    )
                    header = line == self.first_row and not any(map(_is_number, cells))
                    raise ValueError(
                        f"{self.name}: line {line}, column {column}: "
                        f"expected {wanted}, found {found}"
                        + "; is this a header line? Remove it"
                        * header
                    )
            self.width = self.width or len(cells)
            if len(cells) != self.width:
                raise ValueError(
                    f"{self.name}: line {line}: expected {self.width} columns "
                    f"as in line {self.first_row}, found {len(cells)}"
                )

    def _good(self, cell: str) -> bool:
        """Whether the cell is of the kind that is wanted."""
        return _is_number(cell) and (not self.binary or float(cell) in (0, 1))


def _is_number(cell: str) -> bool:
    """Whether NumPy reads the cell as a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell and cell.isascii()  # which Python reads and NumPy does not
