"""What every distribution of the package holds once it is fitted, and how that is asked."""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Generic, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..core import Rows
from ..errors import not_fitted
from ..inference.answers import Asking, Estimates
from .estimator import Estimator

__all__ = ["Distribution", "Draw", "Holder", "State"]


class Draw(NamedTuple):
    """Which rows to draw, and how: row i of what is drawn is row start + i under the seed."""

    seed: int
    start: int
    packed: bool
    threads: int


class Distribution(Protocol):
    """What `fit` leaves, whatever the class: it never changes, and checks nothing."""

    @property
    def n_features(self) -> int:
        """Number of columns."""

    @property
    def names(self) -> NDArray[np.object_] | None:
        """Column names seen in `fit`, if there were any."""

    @property
    def history(self) -> Mapping[str, list[float]]:
        """Figures of training."""

    def log_prob(self, X: Rows, threads: int) -> NDArray[np.float64]:
        """Nats of the user's rows."""

    def log_prob_without(
        self, X: Rows, left_out: NDArray[np.bool_], threads: int
    ) -> NDArray[np.float64]:
        """Nats of the user's rows, in which these values count nothing; later ones see them."""

    def sample(self, X: Rows, log_prob: NDArray[np.float64] | None, draw: Draw) -> None:
        """Fill `X`, and `log_prob` where it is given, with rows."""

    def sample_counts(
        self, n_samples: int, seed: int, threads: int
    ) -> tuple[Rows, NDArray[np.int64]]:
        """Draw distinct rows and how often each comes."""

    def is_exact(self, cells: Rows, n_particles: int) -> NDArray[np.bool_]:
        """Whether what is said of the user's rows of cells is exact."""

    def log_marginal(self, cells: Rows, asking: Asking) -> Estimates:
        """Nats of the known cells of every row."""

    def draws(
        self, cells: Rows, numbers: NDArray[np.uint64], count: int, asking: Asking
    ) -> tuple[Rows, NDArray[np.float64]]:
        """Complete each row `count` times, with numbers from these on; nats of what is known."""

    def posterior(
        self, cells: Rows, asking: Asking
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Probability of a one in every cell given those known; nats of what is known."""

    def most_probable(
        self, cells: Rows, beam: int, threads: int
    ) -> tuple[Rows, NDArray[np.float64], NDArray[np.float64]]:
        """The most probable completion that is found, its nats, and what none has more of."""


State = TypeVar("State", bound=Distribution)


@dataclass(kw_only=True, eq=False, repr=False)
class Holder(Estimator, ABC, Generic[State]):
    """An estimator whose `fit` leaves one object, swapped in one statement."""

    _fitted: State | None = field(default=None, init=False)

    _made_by: ClassVar[str]  # what makes a fitted one without `fit`

    @property
    def n_features_in_(self) -> int:
        """Number of columns of the data."""
        return self._state().n_features

    @property
    def feature_names_in_(self) -> NDArray[np.object_]:
        """Column names of the data frame seen in `fit`; only there if it had names."""
        names = self._state().names
        if names is None:
            raise AttributeError(f"this {type(self).__name__} was fitted without feature names")
        return names

    @property
    def history_(self) -> dict[str, list[float]]:
        """Figures of training, one value per epoch; empty for a model that was not fitted.

        Under `epoch`, `train` and `valid` (mean nats per row; nan without validation rows),
        `learning_rate`, `time` (seconds since the start) and, where epochs were penalties,
        `penalty`. A `Mixture` has `valid` alone: its own nats, after every step of its weights.
        """
        return {name: list(column) for name, column in self._state().history.items()}

    def __sklearn_is_fitted__(self) -> bool:
        return self._fitted is not None

    def _state(self) -> State:
        """What `fit` left; NotFittedError if there was none."""
        fitted = self._fitted
        if fitted is None:
            name = type(self).__name__
            raise not_fitted(
                f"this {name} is not fitted yet; call fit(X) or use {name}.{self._made_by}(...)"
            )
        return fitted
