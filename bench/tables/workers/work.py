"""What all workers do: read a job, learn, draw, answer, and leave rows and figures in its folder.

A worker runs in an environment of its own, where pandas is all that is sure to be there.
"""

from __future__ import annotations

import json
import resource
import sys
import time
import traceback
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

__all__ = ["Arm", "Complete", "Job", "middle", "run"]

Job = dict[str, Any]


class Arm(Protocol):
    """A model of a table; it may also `impute` cells and say the `nats` of rows."""

    def fit(self, train: pd.DataFrame, job: Job) -> None:
        """Learn."""

    def sample(self, n: int, seed: int) -> pd.DataFrame:
        """Draw rows."""


def run(make: Callable[[], Arm], package: str | None = None) -> None:
    """Do the job whose folder the command line names; what fails is told in the figures."""
    folder = Path(sys.argv[1])
    job = json.loads((folder / "job.json").read_text())
    facts: dict[str, Any] = {"start": _memory()}
    if package:
        facts["version"] = f"{package} {metadata.version(package)}"
    train, arm = read(folder / "train.csv", job), make()

    def step(name: str, call: Callable[[], Any]) -> Any:
        wall, used = time.perf_counter(), _processor()
        try:
            result = call()
        except Exception as error:
            traceback.print_exc()
            facts.setdefault("failed", {})[name] = f"{type(error).__name__}: {error}"[:300]
            result = None
        else:
            facts[name] = {"wall": time.perf_counter() - wall, "cpu": _processor() - used}
            facts[name]["peak"] = _memory()
        (folder / "facts.json").write_text(json.dumps(facts))
        return result

    def drawn(k: int) -> pd.DataFrame:
        return arm.sample(job["rows"], job["seed"] + k)

    step("learn", lambda: arm.fit(train, job))
    if "learn" not in facts:
        return
    facts |= getattr(arm, "notes", {})
    rows = step("draw", lambda: drawn(0))
    if rows is not None:
        more = step("more", lambda: [drawn(k) for k in range(1, job["draws"])]) or []
        for k, frame in enumerate([rows, *more]):
            frame.to_csv(folder / f"drawn{k}.csv", index=False)
    for name, ask in arm.extras().items() if hasattr(arm, "extras") else ():
        answer = step(name, ask)
        if isinstance(answer, dict):
            facts[name] |= answer
    if hasattr(arm, "nats"):
        test = read(folder / "test.csv", job)
        nats = step("score", lambda: arm.nats(test))
        if nats is not None:
            np.savetxt(folder / "nats.txt", nats)
    if hasattr(arm, "impute"):
        asked = read(folder / "asked.csv", job)
        filled = step("impute", lambda: arm.impute(asked, job["seed"]))
        if filled is not None:
            filled.to_csv(folder / "filled.csv", index=False)
    (folder / "facts.json").write_text(json.dumps(facts))


def read(path: Path, job: Job) -> pd.DataFrame:
    """Read rows with the dtypes that a user's frame would have."""
    kinds = job["kinds"]
    text = [name for name, kind in kinds.items() if kind in ("category", "boolean")]
    frame = pd.read_csv(
        path, dtype=dict.fromkeys(text, object), keep_default_na=False, na_values=[""]
    )
    for name, kind in kinds.items():
        if kind == "date":
            frame[name] = pd.to_datetime(frame[name])
        elif kind == "boolean" and frame[name].notna().all():
            frame[name] = frame[name] == "True"
        elif kind == "number":
            frame[name] = frame[name].astype(float)
    return frame


def middle(asked: pd.DataFrame, draws: list[pd.DataFrame]) -> pd.DataFrame:
    """Of several draws of hidden cells the most frequent value; of numbers and dates the median."""
    filled = {}
    for name in asked:
        every = pd.concat([draw[name].reset_index(drop=True) for draw in draws], axis=1)
        kind = every.dtypes.iloc[0].kind
        if kind == "M":
            seconds = every.apply(lambda c: c.astype("datetime64[s]").astype("int64"))
            filled[name] = pd.to_datetime(seconds.median(axis=1).round(), unit="s")
        elif kind in "iuf":
            filled[name] = every.median(axis=1)
        else:
            filled[name] = every.mode(axis=1)[0]
    return pd.DataFrame(filled)


class Complete:
    """Frames of numbers and text for models that know neither dates nor missing cells.

    A date is its seconds; a missing category is one of its own; whether a number is missing is a
    column of its own, and the number itself the column's median.
    """

    MISSING, GAP = "missing", " is missing"

    def __init__(self, train: pd.DataFrame, categories: list[str]) -> None:
        self.kinds = train.dtypes
        self.numbers = [name for name in train if name not in categories]
        self.dates = [name for name in self.numbers if train[name].dtype.kind == "M"]
        plain = self._plain(train)
        self.gaps = [name for name in self.numbers if plain[name].isna().any()]
        self.fill = {name: plain[name].median() for name in self.numbers}
        self.original = {
            name: {str(value): value for value in train[name].dropna().unique()}
            for name in train
            if name not in self.numbers
        }
        self.categories = [*self.original, *(name + self.GAP for name in self.gaps)]

    def _plain(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Dates as seconds, the other numbers as they are."""
        frame = frame.copy()
        for name in self.dates:
            seconds = frame[name].to_numpy().astype("datetime64[s]").astype(float)
            frame[name] = np.where(frame[name].isna(), np.nan, seconds)
        return frame

    def encode(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Make a frame complete."""
        frame = self._plain(frame)
        for name in self.original:
            frame[name] = frame[name].map(str, na_action="ignore").astype(object)
            frame[name] = frame[name].where(frame[name].notna(), self.MISSING)
        for name in self.gaps:
            frame[name + self.GAP] = np.where(frame[name].isna(), "yes", "no").astype(object)
        return frame.fillna(self.fill)

    def decode(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Undo it."""
        frame = frame.copy()
        for name, values in self.original.items():
            frame[name] = frame[name].astype(object).map(values)
        for name in self.numbers:
            frame[name] = pd.to_numeric(frame[name]).astype(float)
        for name in self.gaps:
            frame[name] = frame[name].where(frame[name + self.GAP].astype(str) != "yes")
        for name in self.dates:
            frame[name] = pd.to_datetime(frame[name].round(), unit="s")
        return frame[list(self.kinds.index)]


def _processor() -> float:
    """Seconds of all cores, children that ended included."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _memory() -> float:
    """The most memory so far, in MiB; what `getrusage` says may be that of the parent."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return float(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss) / 1024
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024
