"""Grids on which numbers lie: integers, multiples, so many decimals, days or minutes.

On a grid a number is a whole number of steps from an origin, and has a probability; off it, a
density.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Grid", "grid_of", "steps_of_times"]

_DECIMALS = 8  # that are looked for
_FINEST = 1e-3  # steps must be so much coarser than what floats can tell apart
_MULTIPLES = 20  # distinct values from which on a common divisor is believed

_STEPS = {
    "ns": (1, 10**3, 10**6, 10**9, 60 * 10**9, 3600 * 10**9, 86400 * 10**9),
    "us": (1, 10**3, 10**6, 60 * 10**6, 3600 * 10**6, 86400 * 10**6),
    "ms": (1, 10**3, 60 * 10**3, 3600 * 10**3, 86400 * 10**3),
    "s": (1, 60, 3600, 86400),
    "D": (1,),
}


@dataclass(frozen=True)
class Grid:
    """Numbers ``origin + step * k``, or ``k / 10**decimals`` where these are given.

    Parameters
    ----------
    step, origin : int
        Of whole numbers.
    decimals : int, optional
        Of real numbers: how many digits they have after the point.
    single : bool
        Whether the real numbers are rounded as float32 are.
    """

    step: int = 1
    origin: int = 0
    decimals: int | None = None
    single: bool = False

    def steps(self, values: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """How many steps each value is from the origin, and which of them lie on the grid."""
        if values.dtype == np.float64:
            scale = 10.0 ** (self.decimals or 0)
            inside = np.abs(values) < 2.0**62 / scale
            k = np.rint(np.where(inside, values, 0.0) * scale)
            near = np.abs(k / scale - values) <= _slack(values, self.single)
            return k.astype(np.int64), inside & near
        k, rest = np.divmod(values - self.origin, self.step)
        return k, rest == 0

    def values(self, steps: NDArray[np.int64]) -> NDArray[Any]:
        """The numbers that are so many steps from the origin."""
        if self.decimals is not None:
            return np.asarray(steps / 10.0**self.decimals)
        return steps if (self.step, self.origin) == (1, 0) else self.origin + self.step * steps


def _slack(values: NDArray[np.float64], single: bool) -> NDArray[np.float64]:
    """How far what was rounded may be from what it stands for."""
    return np.abs(values) * (2.0**-23 if single else 2.0**-50)


def grid_of(values: NDArray[Any], single: bool) -> Grid | None:
    """The coarsest grid that all of the distinct values lie on; None if there is none."""
    if values.dtype != np.float64:
        return _multiples(values)
    finite = values[np.isfinite(values)]
    most = float(np.abs(finite).max(initial=0.0))
    for decimals in range(_DECIMALS + 1):
        grid = Grid(decimals=decimals, single=single)
        if most * (2.0**-23 if single else 2.0**-52) > _FINEST * 10.0**-decimals:
            return None
        if grid.steps(finite)[1].all():
            return grid
    return None


def _multiples(values: NDArray[Any]) -> Grid:
    """Whole numbers, or multiples of one where many distinct values are such."""
    if len(values) < _MULTIPLES:
        return Grid()
    low = int(values.min())
    if int(values.max()) - low >= 2**62:
        return Grid()
    divisor = int(np.gcd.reduce(values - low))
    if divisor < 2:
        return Grid()
    return Grid(divisor, low % divisor)


def steps_of_times(values: NDArray[np.int64], unit: str) -> Grid:
    """The coarsest of days, hours, minutes, … that all of the times are multiples of."""
    step = max(step for step in _STEPS[unit] if not np.any(values % step))
    return Grid(step)
