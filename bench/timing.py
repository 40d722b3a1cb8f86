"""Interleaved rounds: every arm once in each, so that what a machine does to one it does to all."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

__all__ = ["Band", "Effort", "Race", "calls_for", "digits", "race"]

PAUSE = 0.01  # seconds for the threads of the last arm to go to sleep
LONG = 0.5  # seconds: calls that take longer are not repeated within a round


@dataclass(frozen=True)
class Effort:
    """How much is measured."""

    rounds: int  # how often every arm has its turn
    repeats: int  # measurements of a turn, of which the best counts
    min_seconds: float  # of a measurement, by calling several times


def digits(value: float) -> str:
    """A number with three digits and no exponent, as 0.0412, 4.21, 15.3 or 1,230."""
    if abs(value) >= 999.5:
        return f"{float(f'{value:.3g}'):,.0f}"
    if value == 0:
        return "0"
    places = max(0, 2 - math.floor(math.log10(abs(float(f"{value:.3g}")))))
    return f"{value:.{places}f}"


@dataclass(frozen=True)
class Band:
    """A figure with the least and the greatest of its rounds."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        if self.low == self.high:
            return digits(self.value)
        return f"{digits(self.value)} ({digits(self.low)}–{digits(self.high)})"


@dataclass(frozen=True)
class Race:
    """Seconds of every round, by arm; entry k of each list was measured in round k."""

    seconds: dict[str, list[float]]

    def best(self, arm: str) -> float:
        """The least of the rounds, in seconds."""
        return min(self.seconds[arm])

    def spread(self, arm: str) -> Band:
        """Best, best and worst of the rounds, in seconds."""
        return Band(self.best(arm), self.best(arm), max(self.seconds[arm]))

    def ratio(self, slow: str, fast: str) -> Band:
        """How many times longer `slow` takes: of the bests, and the band over the rounds."""
        each = [s / f for s, f in zip(self.seconds[slow], self.seconds[fast], strict=True)]
        return Band(self.best(slow) / self.best(fast), min(each), max(each))

    def fastest(self, arms: list[str]) -> str:
        """Which of the arms has the best time."""
        return min(arms, key=self.best)


def calls_for(seconds: float, effort: Effort) -> int:
    """How many calls of that length make a measurement."""
    return max(1, min(100_000, math.ceil(effort.min_seconds / max(seconds, 1e-9))))


def race(arms: Mapping[str, Callable[[], float]], effort: Effort) -> Race:
    """Give every arm its turn in every round, beginning with another one each time.

    An arm measures once and returns seconds; of the repeats of a turn the best counts.
    """
    names = list(arms)
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for k in range(effort.rounds):
        for name in names[k % len(names) :] + names[: k % len(names)]:
            time.sleep(PAUSE)
            seconds[name].append(_best(arms[name], effort.repeats))
    return Race(seconds)


def _best(measure: Callable[[], float], repeats: int) -> float:
    """The least of several measurements, or the only one that is long."""
    best = math.inf
    for _ in range(repeats):
        began = time.perf_counter()
        best = min(best, measure())
        if time.perf_counter() - began > LONG:
            break
    return best
