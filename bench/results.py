"""The table of a run: microseconds per row in every round, and what has to stand beside them.

A section of the report has a part of the table, in which a race is named by what was timed and by
the rows of a call. Races are kept with all their rounds, from which ratios and bands follow; of
curves the best rounds are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .figures import Tables, significant
from .settings import Settings
from .suite import Suite
from .timing import Race

__all__ = [
    "ABOUT",
    "FILE",
    "best_rounds",
    "every_race",
    "facts_of",
    "key",
    "merged",
    "races",
    "rounds",
    "run_of",
]

FILE = "results.toml"
ABOUT = (
    "Microseconds per row of every arm in every round, and all else that report.md shows;\n"
    "`python -m bench --render --publish` makes the page and its pictures of this table."
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


def run_of(settings: Settings) -> dict[str, Any]:
    """The settings that the page says once for all sections."""
    return {
        "rounds": settings.effort.rounds,
        "repeats": settings.effort.repeats,
        "milliseconds": 1000 * settings.effort.min_seconds,
        "threads": settings.threads,
        "quick": settings.quick,
    }


def facts_of(suite: Suite, machine: Mapping[str, Any]) -> Tables:
    """What stands in the table beside the parts of the sections."""
    workloads = {
        name: {"n": w.n, "d": w.d, "ones": significant(100 * w.X.mean(), DIGITS), "about": w.about}
        for name, w in suite.workloads.items()
    }
    return {
        "machine": dict(machine),
        "run": run_of(suite.settings),
        "workloads": workloads,
        "errors": suite.errors(),
        "failures": suite.failures(),
    }


def merged(old: Tables, new: Tables, names: Iterable[str], command: str) -> Tables:
    """Put some sections of a run in the place of those of an older one with the same settings.

    The machine of the older one stays on top of the page; the sections get a note of their commit
    and of the command that measured them.
    """
    errors = {model: dict(arms) for model, arms in old.get("errors", {}).items()}
    for model, arms in new.get("errors", {}).items():
        for arm, found in arms.items():
            before = errors.setdefault(model, {}).get(arm, {})
            worst = {op: max(error, before.get(op, 0.0)) for op, error in found.items()}
            errors[model][arm] = before | worst
    note = {"measured": {"commit": new["machine"]["commit"], "command": command}}
    return {
        **old,
        "workloads": new.get("workloads", {}) | old.get("workloads", {}),
        "errors": errors,
        "failures": old.get("failures", {}) | new.get("failures", {}),
        **{name: new[name] | note for name in names},
    }


def _race(arms: Mapping[str, list[float]]) -> Race:
    """A race, in seconds, of its rounds in microseconds."""
    return Race({arm: [1e-6 * value for value in values] for arm, values in arms.items()})
