"""The table of a run: microseconds per row in every round, and what has to stand beside them.

A section of the report has a part of the table, in which a race is named by what was timed and by
the rows of a call. Races are kept with all their rounds, from which ratios and bands follow; of
curves the best rounds are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .suite import Suite
from .tables import Tables, significant
from .timing import Race

__all__ = ["ABOUT", "FILE", "best_rounds", "every_race", "facts_of", "key", "races", "rounds"]

FILE = "results.toml"
ABOUT = (
    "Microseconds per row of every arm in every round, and all else that report.md shows;\n"
    "`python -m bench --render` makes the page and its pictures of this table."
)
DIGITS = 6  # of microseconds: more than enough for ratios of three


def key(what: str, n_rows: int) -> str:
    """The name of a race in its part of the table."""
    return f"{what}, {n_rows} rows"


def rounds(race: Race) -> dict[str, list[float]]:
    """Microseconds of every round, by arm."""
    return {
        arm: [significant(1e6 * s, DIGITS) for s in seconds]
        for arm, seconds in race.seconds.items()
    }


def best_rounds(race: Race, arms: Iterable[str]) -> list[float]:
    """Microseconds of the best round of arms; not a number where one was not timed."""
    best = (race.best(arm) if arm in race.seconds else math.nan for arm in arms)
    return [significant(1e6 * s, DIGITS) for s in best]


def races(part: Mapping[str, Any], what: str) -> dict[int, Race]:
    """Races of one kind by the rows of a call."""
    found = {}
    for name, arms in part.items():
        start, _, rows = name.removesuffix(" rows").rpartition(", ")
        if start == what and arms:
            found[int(rows)] = _race(arms)
    return found


def every_race(tables: Tables) -> Iterator[Race]:
    """All races of a table."""
    for part in tables.values():
        for name, arms in part.items():
            if name.endswith(" rows"):
                yield _race(arms)


def facts_of(suite: Suite, machine: Mapping[str, Any]) -> Tables:
    """What stands in the table beside the parts of the sections."""
    s = suite.settings
    run = {
        "rounds": s.effort.rounds,
        "repeats": s.effort.repeats,
        "milliseconds": 1000 * s.effort.min_seconds,
        "threads": s.threads,
        "quick": s.quick,
    }
    workloads = {
        name: {"n": w.n, "d": w.d, "ones": significant(100 * w.X.mean(), DIGITS), "about": w.about}
        for name, w in suite.workloads.items()
    }
    return {
        "machine": dict(machine),
        "run": run,
        "workloads": workloads,
        "errors": suite.errors(),
        "failures": suite.failures(),
    }


def _race(arms: Mapping[str, list[float]]) -> Race:
    """A race, in seconds, of its rounds in microseconds."""
    return Race({arm: [1e-6 * value for value in values] for arm, values in arms.items()})
