"""The ordering for a question that is asked often: what will be known stands first."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.options import whole_number
from ..checks.sparse import Held
from .choices import Name, choose

__all__ = ["GivenFirst", "given_first"]


@dataclass(frozen=True)
class GivenFirst:
    """Some columns first, the others behind them; made by `given_first`.

    Parameters
    ----------
    columns : sequence of int or str
        What stands first, in this order.
    rest : {None, "random", "marginal", "chow-liu", "greedy"}
        The order of the others.
    """

    columns: Sequence[int | str]
    rest: Name | None = None

    def __post_init__(self) -> None:
        wanted = "columns must be a sequence of names or numbers of columns, none twice"
        if isinstance(self.columns, str) or not isinstance(self.columns, Iterable):
            raise TypeError(f"{wanted}; got {reprlib.repr(self.columns)}")
        columns = tuple(
            column if isinstance(column, str) else whole_number(column, "a column")
            for column in self.columns
        )
        if len(set(columns)) < len(columns):
            twice = next(column for column in columns if columns.count(column) > 1)
            raise ValueError(f"{wanted}; {twice!r} comes more than once")
        if self.rest is not None and self.rest not in get_args(Name):
            names = ", ".join(f'"{name}"' for name in get_args(Name))
            raise ValueError(f"rest must be None or one of {names}; got {self.rest!r}")
        object.__setattr__(self, "columns", columns)

    def __repr__(self) -> str:
        rest = "" if self.rest is None else f", rest={self.rest!r}"
        return f"given_first({list(self.columns)!r}{rest})"

    def check(self, n_features: int) -> None:
        """Refuse columns that are not there; what names there are is not asked."""
        for column in self.columns:
            if not isinstance(column, str):
                whole_number(column, "a column of given_first", maximum=n_features - 1)

    def numbered(self, names: Iterable[str] | None) -> GivenFirst:
        """The same by the numbers of the columns; ValueError if a name is no column's."""
        places = {name: k for k, name in enumerate(() if names is None else names)}
        for column in self.columns:
            if isinstance(column, str) and column not in places:
                what = "no column is called so" if places else "the columns have no names"
                raise ValueError(f"given_first has the column {column!r}, but {what}")
        columns = [places[c] if isinstance(c, str) else c for c in self.columns]
        return GivenFirst(columns, self.rest)

    def ordering(
        self,
        X: Held,
        rng: np.random.Generator,
        sample_weight: ArrayLike | None = None,
        names: Iterable[str] | None = None,
    ) -> NDArray[np.intp]:
        """The ordering of so many columns, the others ordered by what the rows tell."""
        n = X.shape[1]
        self.check(n)
        first = np.array(self.numbered(names).columns, np.intp)
        others = np.arange(n) if self.rest is None else choose(self.rest, X, rng, sample_weight)
        return np.concatenate([first, others[~np.isin(others, first)]])


def given_first(columns: Sequence[int | str], rest: Name | None = None) -> GivenFirst:
    """Put some columns before all others, so that rows given these are drawn exactly.

    What a model says given columns that stand first in its ordering needs no particles: the
    probability of what is known there is exact, and a draw given it costs less than a whole one.

    Parameters
    ----------
    columns : sequence of int or str
        What will be known, by the numbers or the names of the columns, in the order wanted.
    rest : {"random", "marginal", "chow-liu", "greedy"}, optional
        The order of the others, as the option `ordering` of a model has it; None, the default,
        leaves them as they come.

    Returns
    -------
    GivenFirst
        What the option `ordering` of a model, or `orderings` of a `Mixture`, takes; `fit` makes the
        ordering of it.

    Raises
    ------
    TypeError, ValueError
        If a column is neither a name nor a number or comes twice, or `rest` is no name of an
        ordering. `fit` refuses columns that are not there.

    Examples
    --------
    >>> from ardens import Tabular
    >>> X = [[0, 0, 1], [1, 0, 1], [1, 1, 0]]
    >>> model = Tabular(ordering=given_first([2])).fit(X)
    >>> model.ordering_
    array([2, 0, 1])
    >>> model.reliability([[None, None, 1]], n_particles=1).exact
    array([ True])
    """
    return GivenFirst(columns, rest)
