"""Choose on validation rows, then open the test split.

`choose` reads training and validation rows; `judge`, which alone reads the test split, needs the
choice that it made. Neither reads what the other does.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ardens
from ardens import data as files

from ..internals import Trial
from .recipes import Recipe

__all__ = ["Choice", "choose", "judge", "learning_rows", "set_path"]

Rows = NDArray[np.uint8]


@dataclass(frozen=True)
class Choice:
    """A model that was chosen, fitted, and will not change."""

    path: Path  # of the set
    recipe: Recipe
    seed: int
    model: Any
    trials: tuple[Trial, ...]  # all candidates, the chosen one first
    valid: NDArray[np.float64]  # log-probabilities of the validation rows
    train_nats: float  # mean of the training rows
    rows: dict[str, int]  # how many there are to train and to validate
    fit_seconds: float  # of one fit with the chosen settings
    search_seconds: float  # of finding them


def set_path(folder: Path, name: str) -> Path:
    """Find the file of a set, or say what there is."""
    path = folder / f"{name}.npz"
    if not path.exists():
        known = ", ".join(sorted(file.stem for file in folder.glob("*.npz"))) or "no .npz file"
        raise FileNotFoundError(f"there is no set {name!r} in {folder} (--data): it has {known}")
    return path


def learning_rows(path: Path) -> tuple[Rows, Rows]:
    """Read the training and the validation rows."""
    splits = files.read(path, only=("train", "valid"))
    if splits.keys() != {"train", "valid"}:
        raise ValueError(f"{path}: expected arrays train and valid; found {', '.join(splits)}")
    return splits["train"], splits["valid"]


def choose(recipe: Recipe, path: Path, seed: int, announce: Any = lambda trial: None) -> Choice:
    """Train the candidates of a recipe and take the one with the best validation likelihood.

    The seed is that of the draw of candidates and of every fit; `announce` is called with the
    `Trial` of a candidate after each of its rungs. The model is that of one uninterrupted fit: a
    winner of rungs is fitted once more.
    """
    train, valid = learning_rows(path)
    began = time.perf_counter()
    found = ardens.tune(
        recipe.estimator(seed),
        train,
        recipe.grid,
        X_valid=valid,
        n_candidates=recipe.candidates,
        factor=recipe.factor or max(2, recipe.candidates),
        min_epochs=recipe.min_epochs,
        random_state=seed,
        announce=announce,
    )
    model, fit_seconds = found.estimator, found.best.seconds
    search_seconds = time.perf_counter() - began
    if len(found.best.nats) > 1:
        model = recipe.estimator(seed).set_params(**found.best.params)
        began = time.perf_counter()
        model.fit(train, X_valid=valid)
        fit_seconds = time.perf_counter() - began
    return Choice(
        path=path,
        recipe=recipe,
        seed=seed,
        model=model,
        trials=found.trials,
        valid=model.score_samples(valid),
        train_nats=model.score(train),
        rows={"train": len(train), "valid": len(valid)},
        fit_seconds=fit_seconds,
        search_seconds=search_seconds,
    )


def judge(choice: Choice) -> NDArray[np.float64]:
    """Score the test rows under the model that was chosen."""
    splits = files.read(choice.path, only=("test",))
    return np.asarray(choice.model.score_samples(splits["test"]))
