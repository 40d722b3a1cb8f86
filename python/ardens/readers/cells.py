"""Cells that are to be 0 or 1, or may be unknown, in columns that may be known."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.weights import row_weights
from ..errors import warn

__all__ = [
    "ABSENT",
    "A_WEIGHT",
    "BLOCK",
    "HEADER",
    "MISSING",
    "SINGLE",
    "TAKEN",
    "Wanted",
    "apart",
    "check_first_row",
    "first_wrong",
    "looks_numbered",
    "short",
]

SINGLE = "data"
"""The name of the only matrix of a file, where it is none of a split."""


BLOCK = 1 << 22  # bytes worked on at a time: memory beside the result stays near this
_LONGEST = 300  # characters
HEADER = "; these look like column numbers: is it a header? Remove it"
A_WEIGHT = "a weight, a finite number from 0 on"
ABSENT = {"", "?", "-", "na", "n/a", "<na>", "nan", "null", "none", "missing"}
"""What a cell of text says, in any letters, that has no value."""
MISSING = "; fill or drop missing values first"
TAKEN = (
    ", or read them as unknown: data.read(..., unknown=True); "
    "ardens impute, score --marginal, fit --missing sample"
)


class Wanted(NamedTuple):
    """What a matrix is to be: of 0 and 1 or of any numbers, as wide as something if that is known.

    `whose` is how an error goes on that names the width, such as " as in line 1". `weights` is the
    column of any numbers, if there is one: its number, below 0 from the end, or its name. `unknown`
    is whether there may be cells without a value, which are NaN then; none of them is a weight.
    """

    binary: bool
    width: int = 0
    whose: str = ""
    weights: int | str | None = None
    unknown: bool = False

    def wide(self, width: int, whose: str) -> Wanted:
        """The same, and so wide, unless that was known."""
        return self if self.width else self._replace(width=width, whose=whose)

    def weighs(self, column: int, width: int) -> bool:
        """Whether a column of so many is the one of weights."""
        return self.weights in (column, column - width)

    def place(self, width: int, where: str) -> int | None:
        """The number of the column of weights of so many, if there is to be one."""
        if self.weights is None:
            return None
        if isinstance(self.weights, str):
            raise ValueError(
                f"{where}: expected a column named {self.weights!r}, found no names; "
                "give its number"
            )
        if width < 2 or not -width <= self.weights < width:
            raise ValueError(
                f"{where}: expected a column {self.weights} of weights beside others, "
                f"found {width} column{'s' * (width != 1)}"
            )
        return self.weights % width


def apart(name: str, matrix: NDArray[Any], wanted: Wanted, where: str) -> dict[str, NDArray[Any]]:
    """A matrix under its name, and beside it the column of weights that it had, if any."""
    place = wanted.place(matrix.shape[1], where)
    if place is None:
        return {name: matrix}
    rest = np.delete(matrix, place, axis=1)
    if wanted.binary and first_wrong(rest, True) is None:
        rest = rest.astype(np.uint8)
    weights = np.ascontiguousarray(matrix[:, place])
    if len(weights):
        row_weights(weights, len(weights), f"{where}: the column of weights")
    return {name: rest, f"{name}_weight": weights}


def short(text: str) -> str:
    """What an error repeats of a file or of another's error."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def first_wrong(
    array: NDArray[Any], binary: bool, weights: int | None = None, unknown: bool = False
) -> tuple[int, int] | None:
    """Row and column of the first value that is not what it is to be, in bounded memory.

    That is 0 or 1, or NaN too if `unknown`, or anything if not `binary`; in a column of `weights` a
    finite number from 0 on.
    """
    if not binary and weights is None:
        return None
    step = max(1, BLOCK // max(1, array.shape[1]))
    for start in range(0, len(array), step):
        block = array[start : start + step]
        good = (block == 0) | (block == 1) | (not binary)
        if unknown:
            good |= np.isnan(block)
        if weights is not None:
            good[:, weights] = (block[:, weights] >= 0) & np.isfinite(block[:, weights])
        if not good.all():
            row, column = divmod(int(np.argmin(good)), array.shape[1])
            return start + row, column
    return None


def looks_numbered(row: ArrayLike) -> bool:
    """Whether a row is of whole numbers, each above the one before, as those of columns are.

    >>> looks_numbered([1.0, 2.0, 3.0]), looks_numbered([1990, 2000, 2005]), looks_numbered([0, 1])
    (True, True, False)
    """
    numbers = np.asarray(row)
    whole = len(numbers) > 2 and np.isfinite(numbers).all() and (numbers == np.floor(numbers)).all()
    return bool(whole and (numbers[:-1] < numbers[1:]).all())


def check_first_row(
    X: NDArray[Any], where: str, place: str, weights: int | None = None, unknown: bool = False
) -> None:
    """Refuse column numbers above rows of 0 and 1; above other numbers they are a warning."""
    if len(X) < 2:
        return
    first = X[0] if weights is None else np.delete(X[0], weights)
    if not looks_numbered(first):
        return
    if first_wrong(X[1:], True, weights, unknown) is None:
        raise ValueError(
            f"{where}: expected a row, found column numbers at {place}, above rows of 0 and 1: "
            "is it a header? Remove it"
        )
    if first[-1].item() - first[0].item() == len(first) - 1:  # they count
        warn(
            f"{where}: {place} looks like column numbers, and is read as a row; remove it if it is "
            "a header"
        )
