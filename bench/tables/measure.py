"""Runs an arm on a table in a process of its own, and judges what it left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ..figures import significant
from ..robustness.measure import by_part
from .arms import ARMS, OURS, QUALITY, WORKERS, Arm, python_of
from .data import Table, frame_of
from .judges import (
    Closeness,
    classifier_auc,
    errors,
    exact_copies,
    matching,
    telling_aucs,
    telling_columns,
)
from .simple import FILLERS, HIDDEN, holed

__all__ = ["Runner", "drawn_rows"]

SMALL, DRAWS = 2000, 5  # rows to learn from below which everything is drawn so often
ASKED = 1000  # rows of which cells are imputed
QUESTIONS = 20
MILLION = 1_000_000
DIGITS = 4
GRACE = 3  # times the seconds to learn: then a worker is ended


class Runner:
    """One table: its job, which is the same for all arms, and its judges."""

    HIDDEN = HIDDEN

    def __init__(self, table: Table, folder: Path, environments: Path, seconds: float) -> None:
        self.table, self.folder, self.environments = table, folder, environments
        self.seconds = seconds
        self.draws = DRAWS if len(table.train) < SMALL else 1
        self.asked = holed(table, table.test.iloc[:ASKED], seed=1)
        self.questions = list(questions(table))

    def about(self) -> dict[str, Any]:
        """What is true of the table without any arm: real rows and simple ways to fill cells."""
        table, truth = self.table, self.table.test.iloc[:ASKED]
        closeness = Closeness(table)
        return {
            "rows": len(table.train),
            "columns": table.frame.shape[1],
            "target": table.target,
            "test": len(table.test),
            "draws": self.draws,
            "real": {
                "classifier": _short(classifier_auc(table, table.train)),
                "copies": _short(exact_copies(table, table.test)),
                "distance": _short(float(np.median(closeness.held))),
            },
            "fill": {
                name: [_short(e) for e in errors(table, truth, self.asked, fill(table, self.asked))]
                for name, fill in FILLERS.items()
            },
        }

    def run(self, name: str) -> dict[str, Any]:
        """Learn and draw by one arm, and judge it."""
        arm, place = ARMS[name], self.folder / self.table.name / name
        self._lay(arm, place)
        facts = self._work(arm, place)
        return _figures(facts) | self.judged(name, place)

    def _lay(self, arm: Arm, place: Path) -> None:
        """Lay the job into an empty folder."""
        place.mkdir(parents=True, exist_ok=True)
        for old in place.iterdir():
            old.unlink()
        table = self.table
        job = {
            "kinds": table.kinds,
            "categories": table.categories,
            "decimals": table.decimals,
            "options": arm.options,
            "questions": self.questions,
            "million": MILLION,
            "rows": len(table.train),
            "draws": self.draws,
            "seconds": self.seconds,
            "seed": 0,
        }
        (place / "job.json").write_text(json.dumps(job, indent=1), "utf-8")
        frames = {"train": table.train, "test": table.test, "asked": self.asked}
        for file, frame in frames.items():
            frame.to_csv(place / f"{file}.csv", index=False)

    def _work(self, arm: Arm, place: Path) -> dict[str, Any]:
        """Run the worker; what it says goes to a file beside its figures."""
        python = python_of(arm.environment, self.environments)
        command = [str(python), "-W", "ignore", str(arm.path), str(place)]
        with (place / "said.txt").open("w") as said:
            process = subprocess.Popen(
                command, stdout=said, stderr=said, start_new_session=True, env=_environment()
            )
            try:
                process.wait(GRACE * self.seconds)
                ended = f"ended with {process.returncode}"
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                ended = f"not done after {GRACE * self.seconds:g} s"
        file = place / "facts.json"
        facts: dict[str, Any] = json.loads(file.read_text()) if file.exists() else {}
        if process.returncode:
            facts.setdefault("failed", {})["process"] = ended
        return facts

    def judged(self, name: str, place: Path) -> dict[str, Any]:
        """Everything that is made of the rows which an arm left."""
        table, found = self.table, {}
        draws = drawn_rows(table, place)
        if draws:
            classifier = [classifier_auc(table, drawn) for drawn in draws]
            told, closeness = telling_aucs(table, draws), Closeness(table)
            nearer, distance = closeness.nearer(draws[0])
            found = {
                "classifier": _spread(classifier),
                "told": _spread(told),
                "copies": _short(exact_copies(table, draws[0])),
                "nearer": _short(nearer),
                "distance": _short(distance),
                "quality": self._quality(place, draws[0]),
            }
            if name == OURS:
                found["telling"] = _first(telling_columns(table, draws[0]))
            if self.questions:
                fits = [self._matched(draws, question) for question in self.questions]
                found["wasted"] = _short(1 - float(np.mean(fits)))
        if (place / "nats.txt").exists():
            nats = np.loadtxt(place / "nats.txt")
            found |= {"nats": by_part(nats), "impossible": int(np.isneginf(nats).sum())}
        if (place / "filled.csv").exists():
            filled = frame_of(place / "filled.csv", table.kinds)
            pair = errors(table, table.test.iloc[:ASKED], self.asked, filled)
            found["errors"] = [_short(value) for value in pair]
        return found

    def _matched(self, draws: list[pd.DataFrame], question: dict[str, str]) -> float:
        """The share of drawn rows that a question fits."""
        return float(np.mean([matching(self.table, drawn, question) for drawn in draws]))

    def _quality(self, place: Path, drawn: pd.DataFrame) -> float:
        """SDMetrics' score, which has an environment of its own."""
        drawn.to_csv(place / "drawn.csv", index=False)
        python = python_of("sdmetrics", self.environments)
        command = [str(python), "-W", "ignore", str(WORKERS / f"{QUALITY}.py"), str(place)]
        subprocess.run(command, check=True, capture_output=True)
        return _short(json.loads((place / "quality.json").read_text())["quality"])


def drawn_rows(table: Table, place: Path) -> list[pd.DataFrame]:
    """What an arm drew, on the grids of the training rows."""
    paths = (place / f"drawn{k}.csv" for k in range(DRAWS))
    return [table.rounded(frame_of(path, table.kinds)) for path in paths if path.exists()]


def questions(table: Table) -> Iterator[dict[str, str]]:
    """Evidence that occurs and is rare: two categories of a held-out row, the target aside."""
    rng, names = np.random.default_rng(2), [c for c in table.categories if c != table.about.target]
    rows = pd.DataFrame({name: table.text_of(table.test, name) for name in names}).dropna()
    for _ in range(QUESTIONS if len(names) > 1 else 0):
        row = rows.iloc[rng.integers(len(rows))]
        pairs = [rng.choice(len(names), 2, replace=False) for _ in range(5)]
        asked = [{names[k]: row.iloc[k] for k in pair} for pair in pairs]
        yield min(asked, key=lambda question: matching(table, table.train, question))


def _figures(facts: dict[str, Any]) -> dict[str, Any]:
    """What a worker measured, in few digits."""
    found: dict[str, Any] = {}
    for key, value in facts.items():
        if isinstance(value, dict) and key != "failed":
            found[key] = {name: _short(one) for name, one in value.items()}
        else:
            found[key] = _short(value) if isinstance(value, float) else value
    return found


def _first(columns: dict[str, float], count: int = 3) -> dict[str, float]:
    """Those that tell most."""
    return {name: _short(lost) for name, lost in list(columns.items())[:count]}


def _spread(values: Any) -> list[float]:
    """A mean with its standard error over draws; zero of a single one."""
    array = np.asarray(values, np.float64)
    error = array.std(ddof=1) / np.sqrt(len(array)) if len(array) > 1 else 0.0
    return [_short(float(array.mean())), _short(float(error))]


def _short(value: float) -> float:
    """A figure in few digits."""
    return significant(float(value), DIGITS)


def _environment() -> dict[str, str]:
    """That of this process, without what would lead a worker to its packages.

    Threads that wait sleep, as spinning ones take the processor from whoever else is there.
    """
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    return {"OMP_WAIT_POLICY": "PASSIVE"} | kept
