"""Measures what answers cost, how good they are, and what they are worth."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

import ardens
from ardens import FVSBN, NADE

from ..figures import significant
from ..robustness.measure import by_part
from ..timing import race
from .arms import BASELINES, OURS, PARTICLES
from .sizes import Rows, Sizes, holed, some, splits

__all__ = ["PARTS", "Table", "kept_model"]

Table: TypeAlias = dict[str, Any]

HALF, THIRTY, FIFTH = 0.5, 0.3, 0.2  # of cells that are unknown
BEYOND = 16  # times the particles, for an estimate that stands for the truth
RELIABLE = 0.5  # nats of a told error
DIGITS = 5
MODELS: dict[str, Callable[..., FVSBN | NADE]] = {"fvsbn": FVSBN, "nade": NADE}


def kept_model(sizes: Sizes, folder: Path, kept: Path) -> NADE | None:
    """The NADE of images: as it was kept, or learned now; None where the data are missing."""
    path = kept / f"{sizes.images}-{sizes.hidden}-{sizes.epochs}.safetensors"
    if path.exists():
        return ardens.load(path)
    found = splits(sizes.images, folder)
    if found is None:
        return None
    model = NADE(n_hidden=sizes.hidden, max_epochs=sizes.epochs, random_state=0)
    model.fit(found["train"], X_valid=found["valid"])
    kept.mkdir(parents=True, exist_ok=True)
    model.save(path)
    return model


def cost(sizes: Sizes, folder: Path, kept: Path) -> Table:
    """Processor time of populations and of as many plain rows, one thread, by round."""
    model, found = kept_model(sizes, folder, kept), splits(sizes.images, folder)
    if model is None or found is None:
        return {}
    model.n_jobs = 1
    size = sizes.particles[-1]
    half = holed(found["test"][:1], HALF, seed=0)[0]
    last = np.full(half.shape, np.nan)
    last[-1] = 0

    def drawn(given: NDArray[np.float64] | None) -> Callable[[], float]:
        return lambda: _seconds(
            lambda: model.sample(size, given=given, n_particles=size, random_state=0)
        )

    raced = race({"rows": drawn(None), "last": drawn(last), "half": drawn(half)}, sizes.effort)
    rounded = {arm: _rounded(seconds) for arm, seconds in raced.seconds.items()}
    return {sizes.images: {"particles": size, "hidden": sizes.hidden, "seconds": rounded}}


def estimates(sizes: Sizes, folder: Path, kept: Path) -> Table:
    """How far estimates with different seeds are apart, and whether their errors are told."""
    tables = {}
    for name, found in _sets(sizes.estimated, folder):
        model = (
            kept_model(sizes, folder, kept)
            if name == sizes.images
            else NADE(random_state=0).fit(found["train"], X_valid=found["valid"])
        )
        assert model is not None  # its data are there
        test = found["test"]
        rows = holed(some(test, sizes.questions), HALF, seed=0)
        most = BEYOND * sizes.particles[-1]
        truth = model.log_marginal(rows, n_particles=most, random_state=sizes.seeds)
        table: Table = {
            "questions": len(rows),
            "columns": rows.shape[1],
            "seeds": sizes.seeds,
            "truth": most,
            "particles": list(sizes.particles),
        }
        for size in sizes.particles:
            began = time.process_time()
            answers = [
                model.log_marginal(rows, n_particles=size, random_state=seed, return_error=True)
                for seed in range(sizes.seeds)
            ]
            seconds = (time.process_time() - began) / (sizes.seeds * len(rows))
            nats, told = np.array(answers).swapaxes(0, 1)
            spread, reliable = nats.std(axis=0, ddof=1), told <= RELIABLE
            within = np.abs(nats - truth) <= 2 * told
            for key, value in {
                "median": np.median(spread),
                "mean": spread.mean(),
                "most": spread.max(),
                "reliable": reliable.mean(),
                "covered": within[reliable].mean() if reliable.any() else math.nan,
                "seconds": seconds,
            }.items():
                table.setdefault(key, []).append(significant(float(value), 3))
        tables[name] = table
    return tables


def imputation(sizes: Sizes, folder: Path, kept: Path) -> Table:
    """Nats of hidden cells given the rest, by arm, and how long rows take to be imputed."""
    tables = {}
    for name, found in _sets(sizes.imputed, folder):
        cut = _cut(found, sizes)
        test, scored = (some(found["test"], most) for most in (sizes.rows, sizes.scored))
        cells = holed(scored, FIFTH, seed=0)
        table: Table = {
            "learned": len(cut["train"]),
            "columns": test.shape[1],
            "scored": len(scored),
            "nats": {
                arm: by_part(hidden(cut, scored, cells, FIFTH))
                for arm, hidden in (BASELINES | OURS).items()
            },
        }
        model = NADE(random_state=0).fit(cut["train"], X_valid=cut["valid"])
        asked = holed(test, FIFTH, seed=1)
        wall, used = time.perf_counter(), time.process_time()
        model.impute(asked, n_particles=PARTICLES, random_state=0)
        table |= {
            "rows": len(asked),
            "wall": significant(time.perf_counter() - wall, 3),
            "processor": significant(time.process_time() - used, 3),
        }
        tables[name] = table
    return tables


def missing(sizes: Sizes, folder: Path, kept: Path) -> Table:
    """Test nats of complete rows after learning from rows with missing cells, by arm."""
    tables = {}
    for name, found in _sets(sizes.missing, folder):
        cut = _cut(found, sizes)
        pairs = cut["train"], cut["valid"]
        holes = [holed(rows, FIFTH, seed) for seed, rows in enumerate(pairs)]
        mode = np.nanmean(holes[0], axis=0) > HALF
        dropped = [rows[~np.isnan(rows).any(axis=1)] for rows in holes]
        arms: dict[str, tuple[list[NDArray[Any]], dict[str, Any]]] = {
            "complete": (list(pairs), {}),
            "sample": (holes, {"missing": "sample"}),
            "mode": ([np.where(np.isnan(rows), mode, rows) for rows in holes], {}),
            "dropped": (dropped, {}),
        }
        table: Table = {"learned": len(cut["train"]), "columns": mode.size}
        table |= {"whole": len(dropped[0]), "nats": {}, "seconds": {}}
        for kind, make in MODELS.items():
            epochs = {"max_epochs": sizes.max_epochs} if kind == "nade" else {}
            for arm, ((train, valid), options) in arms.items():
                if not (len(train) and len(valid)):
                    continue
                model = make(random_state=0, **epochs, **options)
                key, began = f"{kind} {arm}", time.process_time()
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    model.fit(train, X_valid=valid)
                table["seconds"][key] = significant(time.process_time() - began, 3)
                table["nats"][key] = significant(model.score(found["test"]), DIGITS)
        tables[name] = table
    return tables


def images(sizes: Sizes, folder: Path, kept: Path) -> Table:
    """The same of images, of which more is missing, with the NADE and the epochs of the costs."""
    whole, found = kept_model(sizes, folder, kept), splits(sizes.images, folder)
    if whole is None or found is None:
        return {}
    rows = holed(found["train"], THIRTY, seed=0)
    judges = holed(some(found["valid"], sizes.scored), THIRTY, seed=1)
    mode = np.nanmean(rows, axis=0) > HALF
    table: Table = {"learned": len(rows), "columns": mode.size, "epochs": sizes.epochs}
    table |= {"nats": {"complete": significant(whole.score(found["test"]), DIGITS)}, "seconds": {}}
    for arm, options, (train, valid) in (
        ("sample", {"missing": "sample"}, (rows, judges)),
        ("mode", {}, [np.where(np.isnan(X), mode, X) for X in (rows, judges)]),
    ):
        model = NADE(n_hidden=sizes.hidden, max_epochs=sizes.epochs, random_state=0, **options)
        began = time.process_time()
        model.fit(train, X_valid=valid)
        table["seconds"][arm] = significant(time.process_time() - began, 3)
        table["nats"][arm] = significant(model.score(found["test"]), DIGITS)
    return {sizes.images: table}


PARTS: dict[str, Callable[[Sizes, Path, Path], Table]] = {
    "cost": cost,
    "estimates": estimates,
    "imputation": imputation,
    "missing": missing,
    "images": images,
}


def _sets(names: Iterable[str], folder: Path) -> Iterable[tuple[str, dict[str, Rows]]]:
    """Those whose files are there."""
    for name in names:
        found = splits(name, folder)
        if found is not None:
            yield name, found


def _cut(found: dict[str, Rows], sizes: Sizes) -> dict[str, Rows]:
    """Not more rows to learn from and to judge than wanted."""
    return {
        "train": some(found["train"], sizes.learned),
        "valid": some(found["valid"], sizes.learned // 2),
    }


def _seconds(call: Callable[[], object]) -> float:
    """Processor time of a call."""
    began = time.process_time()
    call()
    return time.process_time() - began


def _rounded(values: Any) -> list[float]:
    """Figures for a table."""
    return [significant(float(value), DIGITS) for value in values]
