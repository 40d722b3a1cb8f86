"""What a frame was: its package, the names of its columns, and their dtypes as words of a file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .cells import Cells
from .native import MAKERS

__all__ = ["Dtype", "Schema"]


@dataclass(frozen=True)
class Dtype:
    """What a column was: the name of its dtype, and its categories where it lists them."""

    name: str
    categories: tuple[Any, ...] | None = None
    ordered: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether all that it holds are whole numbers, and missing cells perhaps."""
        return bool(re.match(r"u?int\d", self.name.lower()))


@dataclass(frozen=True)
class Schema:
    """What a frame was: of which package, and its columns in their order."""

    package: str
    names: tuple[Any, ...]
    dtypes: tuple[Dtype, ...]

    def frame(
        self, columns: Sequence[Cells], index: Any = None, markers: Sequence[Any] = ()
    ) -> Any:
        """A frame of that kind; a marker stands for missing cells where a dtype holds none."""
        held = [
            cells if self._holds_missing(dtype) else cells.with_marker(markers)
            for dtype, cells in zip(self.dtypes, columns, strict=True)
        ]
        return MAKERS[self.package](self, held, index)

    def _holds_missing(self, dtype: Dtype) -> bool:
        """Whether a column of a dtype may have missing cells."""
        if self.package not in ("pandas", "dict") or dtype.categories is not None:
            return True
        return not re.fullmatch(r"u?int\d+|bool|[<>|=]?[US]\d+", dtype.name)

    def numbers(self, names: Sequence[Any], values: NDArray[np.float64], index: Any = None) -> Any:
        """A frame of that kind with columns of float64, (n, n_names)."""
        dtype = Dtype({"polars": "Float64", "pyarrow": "double"}.get(self.package, "float64"))
        none = np.zeros(len(values), np.bool_)
        cells = [Cells(np.ascontiguousarray(column), none) for column in values.T]
        return Schema(self.package, tuple(names), (dtype,) * len(names)).frame(cells, index)

    def only(self, names: Sequence[Any]) -> Schema:
        """The schema of some of the columns."""
        where = [self.names.index(name) for name in names]
        return Schema(self.package, tuple(names), tuple(self.dtypes[k] for k in where))
