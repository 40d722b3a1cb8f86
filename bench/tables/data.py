"""The tables: what their columns are, what is to be predicted, which rows learn and which judge."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["FEW", "KNOWN", "Table", "found", "frame_of", "number"]

FEW = 10  # values of an integer that peers are told to be a category
LEARN, CHOOSE = 0.7, 0.1  # of the rows; the rest judges
END = ".csv.gz"


@dataclass(frozen=True)
class About:
    """What its file does not say of a table."""

    about: str
    target: str
    above: float | None = None  # the target is whether it is above this
    dates: tuple[str, ...] = ()
    telltales: tuple[str, ...] = ()  # columns that say the target in other words


KNOWN = {
    "census": About("integers with spikes, categories", "income"),
    "bank_marketing": About("integers with heavy tails, day and month", "y"),
    "diamonds": About("prices, lengths with two decimals, grades", "cut"),
    "taxis": About("times, money on grids, 200 zones", "payment", dates=("pickup", "dropoff")),
    "titanic": About("missing ages, redundant columns", "survived", telltales=("alive",)),
    "german_credit": About("coded categories", "good"),
    "penguins": About("small, missing cells", "species"),
    "winequality_red": About("real values on grids", "quality", above=5.5),
}


@dataclass(frozen=True)
class Table:
    """Rows of a file, in the order of the split, and what their columns are."""

    name: str
    frame: pd.DataFrame
    about: About
    kinds: Mapping[str, str] = field(default_factory=dict)
    """Of every column: category, boolean, integer, number or date."""

    @classmethod
    def read(cls, path: Path) -> Table:
        """Read a file; of one that nobody knows the last column is the target."""
        name, frame = path.name.removesuffix(END), pd.read_csv(path)
        about = KNOWN.get(name) or About("", str(frame.columns[-1]))
        for column in about.dates:
            frame[column] = pd.to_datetime(frame[column])
        return cls.of(name, frame, about)

    @classmethod
    def of(cls, name: str, frame: pd.DataFrame, about: About) -> Table:
        """Bring rows into the order of the split."""
        order = np.random.default_rng(0).permutation(len(frame))
        kinds = {str(column): _kind(frame[column]) for column in frame}
        return cls(name, frame.iloc[order].reset_index(drop=True), about, kinds)

    @property
    def learned(self) -> int:
        """How many rows are learned from."""
        return int(LEARN * len(self.frame))

    @cached_property
    def train(self) -> pd.DataFrame:
        """The rows that are learned from."""
        return self.frame.iloc[: self.learned]

    @cached_property
    def test(self) -> pd.DataFrame:
        """The rows that judge; no arm sees them, nor those between, which were to choose by."""
        start = self.learned + int(CHOOSE * len(self.frame))
        return self.frame.iloc[start:].reset_index(drop=True)

    @cached_property
    def categories(self) -> list[str]:
        """What an arm that wants to be told is told to be categories."""
        few = {
            name
            for name, kind in self.kinds.items()
            if kind == "integer" and self.train[name].nunique() <= FEW
        }
        return [name for name in self.kinds if name in few or self.is_category(name)]

    def is_category(self, column: str) -> bool:
        """Whether the values of a column have no order."""
        return self.kinds[column] in ("category", "boolean")

    @cached_property
    def decimals(self) -> dict[str, int]:
        """How many decimals the numbers of the training rows have, where some have."""
        return {
            name: _decimals(self.train[name])
            for name, kind in self.kinds.items()
            if kind in ("integer", "number")
        }

    @property
    def target(self) -> str:
        """What is to be predicted, in words."""
        above = "" if self.about.above is None else f" > {self.about.above:g}"
        return self.about.target + above

    def target_of(self, frame: pd.DataFrame) -> pd.Series[Any]:
        """What is to be predicted, as text; NaN where it is missing."""
        values = frame[self.about.target]
        if self.about.above is not None:
            return (values > self.about.above).astype(str).where(values.notna())
        return self.text_of(frame, self.about.target)

    def text_of(self, frame: pd.DataFrame, column: str) -> pd.Series[Any]:
        """Cells as text, the same for equal values of any dtype; NaN where they are missing."""
        values = frame[column]
        if self.kinds[column] in ("integer", "number"):
            return values.astype(float).map("{:.12g}".format, na_action="ignore")
        return values.map(str, na_action="ignore")

    def inputs_of(self, frame: pd.DataFrame) -> pd.DataFrame:
        """What may be predicted from."""
        return frame.drop(columns=[self.about.target, *self.about.telltales])

    def rounded(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Drawn rows on the grids of the training rows; dates on whole seconds."""
        frame = frame.copy()
        for name, places in self.decimals.items():
            frame[name] = frame[name].astype(float).round(places)
        for name, kind in self.kinds.items():
            if kind == "date":
                frame[name] = pd.to_datetime(frame[name]).dt.round("s")
        return frame


def found(folder: Path) -> dict[str, Path]:
    """Files of tables in a folder: those that are known first, in their order."""
    paths = {path.name.removesuffix(END): path for path in sorted(folder.glob(f"*{END}"))}
    return {name: paths[name] for name in [*KNOWN, *paths] if name in paths}


def frame_of(path: Path, kinds: Mapping[str, str]) -> pd.DataFrame:
    """Read rows that a worker wrote."""
    text = [name for name, kind in kinds.items() if kind in ("category", "boolean")]
    frame = pd.read_csv(
        path, dtype=dict.fromkeys(text, object), keep_default_na=False, na_values=[""]
    )
    for name, kind in kinds.items():
        if kind == "date":
            frame[name] = pd.to_datetime(frame[name], format="mixed")
        elif kind in ("integer", "number"):
            frame[name] = pd.to_numeric(frame[name])
    return frame[list(kinds)]


def number(column: pd.Series[Any]) -> NDArray[np.float64]:
    """Numbers, and seconds of dates; NaN where they are missing."""
    if column.dtype.kind != "M":
        return column.to_numpy(np.float64)
    seconds = column.to_numpy().astype("datetime64[s]").astype(np.float64)
    return np.where(column.isna(), np.nan, seconds)


def _kind(column: pd.Series[Any]) -> str:
    """What a column is."""
    if pd.api.types.is_bool_dtype(column):
        return "boolean"
    if pd.api.types.is_datetime64_any_dtype(column):
        return "date"
    if not pd.api.types.is_numeric_dtype(column):
        return "category"
    return "integer" if pd.api.types.is_integer_dtype(column) else "number"


def _decimals(column: pd.Series[Any], most: int = 8) -> int:
    """The least number of decimals that tells all values."""
    values = column.dropna().to_numpy(float)
    return next((k for k in range(most) if np.allclose(values, values.round(k), 1e-12)), most)
