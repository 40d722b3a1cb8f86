"""The members of a mixture: clones that are trained side by side, or models that are given."""

from __future__ import annotations

import copy
import reprlib
from collections.abc import Sequence
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.options import listed_names, permutation
from ..checks.weights import Table
from ..models import AutoregressiveModel
from ..orderings import GivenFirst, Name
from ..progress import progress
from .description import MOST_MEMBERS
from .side_by_side import side_by_side

__all__ = ["Members", "Orderings", "check_members", "clones", "given_members", "train_members"]

Members: TypeAlias = tuple[AutoregressiveModel, ...]
Orderings: TypeAlias = (
    Name | GivenFirst | Sequence[ArrayLike | Name | GivenFirst | None] | NDArray[np.integer] | None
)


def given_members(models: Sequence[AutoregressiveModel]) -> Members:
    """Copies of fitted models, if they may be mixed."""
    wanted = "models must be a sequence of fitted models of this package, none a mixture"
    if not isinstance(models, Sequence):
        raise TypeError(f"{wanted}; got {models!r}")
    for model in models:
        if not isinstance(model, AutoregressiveModel):
            raise TypeError(f"{wanted}; it has {model!r}")
    if not 1 <= len(models) <= MOST_MEMBERS:
        raise ValueError(f"models must be 1 … {MOST_MEMBERS} models; got {len(models)}")
    _check_equal([model.n_features_in_ for model in models], "the same number of features")
    names = [name.tolist() for model in models if (name := model._state().names) is not None]
    _check_equal(names, "the same names of features")
    _check_equal([model.binarize for model in models], "the same binarize")
    return tuple(map(copy.copy, models))


def check_members(
    estimator: object, orderings: Orderings, n_members: int, n_features: int | None
) -> None:
    """Refuse an estimator of which no members can be made."""
    if not isinstance(estimator, AutoregressiveModel):
        raise TypeError(
            f"estimator must be None or a model of this package, not a mixture; got {estimator!r}"
        )
    if estimator.binarize is not None:
        raise ValueError(
            "the estimator's binarize must be None, as that of the mixture counts; "
            f"got {estimator.binarize!r}"
        )
    for model in clones(estimator, orderings, [0] * n_members):
        model._check_options(n_features)


def clones(
    estimator: AutoregressiveModel,
    orderings: Orderings,
    seeds: Sequence[int],
    names: NDArray[np.object_] | None = None,
    validation_fraction: float = 0.0,
) -> list[AutoregressiveModel]:
    """Unfitted copies of an estimator, one for each seed, each with its ordering.

    With `names`, orderings of those become orderings of numbers, as the members see rows alone.
    """
    models = []
    for ordering, seed in zip(_each(estimator, orderings, len(seeds)), seeds, strict=True):
        if isinstance(ordering, GivenFirst):
            ordering = ordering if names is None else ordering.numbered(names)
        elif not (ordering is None or names is None or listed_names(ordering) is None):
            ordering = permutation(ordering, len(names), names)
        options = estimator.get_params(deep=False)
        changes = {"ordering": ordering, "random_state": seed, "verbose": False}
        changes |= {"validation_fraction": validation_fraction}
        options |= {name: value for name, value in changes.items() if name in options}
        models.append(type(estimator)(**options))
    return models


def train_members(
    models: Sequence[AutoregressiveModel],
    X: Table,
    X_valid: Table | None,
    threads: int,
    verbose: bool,
) -> None:
    """Fit the models side by side, with so many threads in all; say on stderr when one is done."""
    count = len(models)
    workers = min(threads, count)
    for model in models:
        model.n_jobs = threads // workers
    ready: list[int] = []
    judges = (None, None) if X_valid is None else (X_valid.held, X_valid.weights)

    def train(k: int, model: AutoregressiveModel) -> None:
        model.fit(X.held, X_valid=judges[0], sample_weight=X.weights, sample_weight_valid=judges[1])
        ready.append(k)
        if verbose:
            told = "trained"
            if judges[0] is not None:
                told = f"valid {model.score(judges[0], sample_weight=judges[1]):.3f} nats"
            report(len(ready), told, f"member {k + 1} of {count}")

    with progress(count, "member", verbose=verbose) as report:
        side_by_side([partial(train, k, model) for k, model in enumerate(models)], workers)


def _each(
    estimator: AutoregressiveModel, orderings: Orderings, n_members: int
) -> Sequence[ArrayLike | GivenFirst | None]:
    """The option `ordering` of every member."""
    wanted = f"orderings must be None, a name, or a sequence of n_members={n_members}"
    if orderings is None:
        return [estimator.ordering] * n_members
    if isinstance(orderings, str | GivenFirst):
        return [orderings] * n_members
    if not isinstance(orderings, Sequence | np.ndarray):
        raise TypeError(f"{wanted} orderings; got {orderings!r}")
    if len(orderings) != n_members:
        raise ValueError(f"{wanted} orderings; got {len(orderings)} of them")
    return list(orderings)


def _check_equal(values: Sequence[object], what: str) -> None:
    """Refuse models that differ in something."""
    for value in values[1:]:
        if value != values[0]:
            raise ValueError(
                f"the models must have {what}; they have "
                f"{reprlib.repr(values[0])} and {reprlib.repr(value)}"
            )
