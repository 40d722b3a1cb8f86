"""Drawing from a distribution over binary vectors as counts of distinct rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..checks.machine import thread_count
from ..checks.options import RandomState, seed_from, whole_number
from .holder import State
from .sampling import Sampler

__all__ = ["MultinomialSampler"]

_MOST_COUNTED = 2**53  # float64, in which binomial numbers are drawn, has every integer up to it


@dataclass(kw_only=True, eq=False, repr=False)
class MultinomialSampler(Sampler[State]):
    """What draws binary vectors, and counts how often each comes."""

    def sample_counts(
        self, n_samples: int, *, random_state: RandomState = None
    ) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
        r"""Draw a sample as its distinct rows and how often each comes.

        .. math:: (c_x)_x \sim \operatorname{Multinomial}(n_{samples}, p)

        This is an exact draw, of the law that counting the rows of `sample` has; its cost depends
        on how many rows are distinct and not on how many are drawn.

        Parameters
        ----------
        n_samples : int
            Number of draws, 0 … 2**53.
        random_state : None, int, Generator, RandomState or SeedSequence
            The seed, as for `sample`; the same seed there gives other draws in general.

        Returns
        -------
        X : ndarray of uint8, shape (n_distinct, n_features)
            Distinct rows in lexicographic order, features compared in the order of the model's
            factors. Columns are in the order of the data.
        counts : ndarray of int64, shape (n_distinct,)
            How often each row comes, at least 1; their sum is `n_samples`.

        Raises
        ------
        NotFittedError
            If the model is not fitted.
        TypeError, ValueError
            If an argument is of the wrong type or out of range.
        MemoryError
            If the distinct rows would not fit into the machine's memory; told after the first
            rows wherever they show it.

        Notes
        -----
        Features are gone through in the order of the factors, and the count of every distinct
        prefix is divided by a binomial draw of its less likely value, so that both tails of
        :math:`p(x_i = 1 \mid x_{<i})` keep their precision. Conditionals come from whole rows: a
        prefix and the continuation that is likely. They hold for as long as draws follow that
        continuation, so a row is scored once for every distinct prefix that leaves it, O(1) times
        for each distinct row where rows repeat. As long as most rows that are drawn are new ones,
        drawing them singly costs less, and is what is done.

        The same seed gives the same result at any number of threads, and with the same version of
        NumPy, whose binomial numbers may change between versions.

        References
        ----------
        Devroye, L. (1986), Non-Uniform Random Variate Generation. Springer. Section XI.1.4 has
        the multinomial as a sequence of binomial draws.

        Examples
        --------
        >>> from ardens import Tabular
        >>> coins = Tabular().fit([[0, 0], [0, 1], [1, 0], [1, 1]])
        >>> X, counts = coins.sample_counts(10**9, random_state=0)
        >>> X.tolist(), int(counts.sum())
        ([[0, 0], [0, 1], [1, 0], [1, 1]], 1000000000)
        """
        rows = whole_number(n_samples, "n_samples", maximum=_MOST_COUNTED)
        seed = seed_from(random_state)
        return self._state().sample_counts(rows, seed, thread_count(self.n_jobs))
