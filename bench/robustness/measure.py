"""Measures arms on sets, all on the same splits."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..figures import significant
from .arms import WIDEST, Arm, Rows
from .sets import LARGER, SMALL

__all__ = ["PARTS", "by_part", "measured"]

PARTS = 10  # of the test rows of a larger set, for a standard error
DIGITS = 6


def measured(
    names: Iterable[str],
    arms: Mapping[str, Arm],
    *,
    splits: int,
    folder: Path,
    announce: Callable[[str, dict[str, Any]], object] = lambda name, table: None,
) -> dict[str, dict[str, Any]]:
    """Nats of every arm on every set, by split or part of the test rows, and the seconds of a fit.

    A set whose file is not in the folder is left out, and so are arms on sets too wide for them.
    """
    tables = {}
    for name in names:
        pairs = list(_pairs(name, splits, folder))
        if not pairs:
            continue
        table: dict[str, Any] = {"rows": len(pairs[0][0]), "columns": pairs[0][0].shape[1]}
        table |= {"test": len(pairs[0][1]), "seconds": {}, "nats": {}}
        for arm, nats_of in arms.items():
            if table["columns"] > WIDEST.get(arm, table["columns"]):
                continue
            began, nats = time.process_time(), []
            for seed, (train, test) in enumerate(pairs):
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    nats.append(nats_of(train, test, seed))
            seconds = (time.process_time() - began) / len(pairs)
            parts = [significant(float(np.mean(some)), DIGITS) for some in nats]
            table["nats"][arm] = parts if len(parts) > 1 else by_part(nats[0])
            table["seconds"][arm] = significant(seconds, 3)
        tables[name] = table
        announce(name, table)
    return tables


def by_part(nats: NDArray[np.float64]) -> list[float]:
    """Means of ten parts of the rows."""
    parts = np.array_split(nats, min(PARTS, len(nats)))
    return [significant(float(np.mean(part)), DIGITS) for part in parts]


def _pairs(name: str, splits: int, folder: Path) -> Iterator[tuple[Rows, Rows]]:
    """Rows to learn from and rows of the test: of several splits, or of one."""
    if name in SMALL:
        yield from SMALL[name].splits(splits, seed=0)
    else:
        pair = LARGER[name].split(folder)
        if pair is not None:
            yield pair
