"""What a mixture says of every feature given those before it, where its members share an order."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..core import Rows
from ..models.autoregressive import AutoregressiveModel
from ..models.fitted import Fitted

__all__ = ["Ordered"]

_CELLS = 1 << 20  # values of all members that are worked on at a time

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Ordered:
    r"""The members of positive weight, if they have one ordering of the columns.

    .. math:: p(x_i \mid x_{<i}) = \sum_k v_k(x_{<i}) \, p_k(x_i \mid x_{<i}),
        \qquad v_k(x_{<i}) = \frac{w_k p_k(x_{<i})}{\sum_l w_l p_l(x_{<i})}

    as `ardens.reference.mixture` says. Made by `of`, which checks.
    """

    members: tuple[Fitted, ...]
    weights: Array
    ordering: NDArray[np.intp]

    @classmethod
    def of(cls, models: Sequence[AutoregressiveModel], weights: Array) -> Self:
        """Take the members that count; ValueError if they have several orderings."""
        members = tuple(models[k]._state() for k in np.flatnonzero(weights).tolist())
        orderings = {tuple(member.columns.ordering.tolist()) for member in members}
        if len(orderings) > 1:
            raise ValueError(
                "conditionals and log_prob_per_feature of a mixture need members that share an "
                f"ordering of the columns; these have {len(orderings)}, so that no columns come "
                "before one in all. score_samples(X) scores whole rows, and "
                "members_[k].conditionals(X) says what member k does in its own ordering; with "
                "orderings=None all members have one"
            )
        return cls(members, weights[weights > 0], members[0].columns.ordering)

    def conditionals(self, X: Rows, threads: int) -> Array:
        """Probability of a one in every place of the user's rows."""

        def mixed(rows: Rows, terms: Array) -> Array:
            ones = [self._in_order(member.conditionals(rows, threads)) for member in self.members]
            return np.minimum(_total(_shares(terms, self.weights) * ones), 1.0)

        return self._by_blocks(X, threads, mixed)

    def log_prob_terms(self, X: Rows, threads: int) -> Array:
        """Nats of every value of the user's rows."""

        def mixed(rows: Rows, terms: Array) -> Array:
            shares = _shares(terms, self.weights)
            lost = _total(shares * np.expm1(terms))  # what is nearly sure keeps its digits in this
            with np.errstate(divide="ignore"):
                rare = np.log(_total(shares * np.exp(terms)))
                sure = np.log1p(np.maximum(lost, -1.0))
            nats: Array = np.where(lost > -0.5, sure, rare)
            return nats

        return self._by_blocks(X, threads, mixed)

    def _by_blocks(self, X: Rows, threads: int, mixed: Callable[[Rows, Array], Array]) -> Array:
        """Mix what the members say, in the order of the factors, a few rows at a time."""
        result = np.empty(X.shape)
        step = max(1, _CELLS // (len(self.members) * X.shape[1]))
        for first in range(0, len(X), step):
            some = slice(first, first + step)
            terms = [self._in_order(m.log_prob_terms(X[some], threads)) for m in self.members]
            result[some, self.ordering] = mixed(X[some], np.stack(terms))
        return result

    def _in_order(self, values: Array) -> Array:
        """Bring what belongs to the user's columns into the order of the factors."""
        return values.take(self.ordering, axis=1)


def _shares(terms: Array, weights: Array) -> Array:
    """The v above, of the shape of `terms`; the weights where no member allows what is before."""
    before = np.zeros(terms.shape)
    np.cumsum(terms[:, :, :-1], axis=2, out=before[:, :, 1:])
    before += np.log(weights)[:, None, None]
    highest = before.max(axis=0)
    impossible = highest == -math.inf
    before -= np.where(impossible, 0.0, highest)
    shares = np.exp(before)
    shares /= np.where(impossible, 1.0, _total(shares))
    shares[:, impossible] = weights[:, None]
    return shares


def _total(parts: Array) -> Array:
    """Sum over the members, one after the other: NumPy's order depends on the number of rows."""
    total: Array = parts[0].copy()
    for part in parts[1:]:
        total += part
    return total
