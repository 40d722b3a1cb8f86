"""The public door of every distribution over binary vectors: scoring and sampling."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from os import PathLike
from typing import Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..options import RandomState, check_memory, seed_from, thread_count, whole_number
from ..validation import binary_matrix, check_feature_names
from .protocol import Estimator

__all__ = ["Density"]


@dataclass(kw_only=True, eq=False, repr=False)
class Density(Estimator, ABC):
    """A distribution over binary vectors with exact log-probabilities.

    What a class adds is how checked rows are scored and drawn; what is here checks, once.

    Parameters
    ----------
    binarize : float, optional
        Values of `X` above this threshold count as 1, the others as 0. None, the default, is
        strict: every value must be 0 or 1.
    n_jobs : int, optional
        Number of threads: None for the default (OMP_NUM_THREADS and threadpoolctl govern it), -1
        for all CPUs, -2 for all but one; clamped to the CPUs this process may use. No result
        depends on it.
    """

    binarize: float | None = None
    n_jobs: int | None = None

    @property
    @abstractmethod
    def n_features_in_(self) -> int:
        """Number of columns of the data."""

    @property
    def feature_names_in_(self) -> NDArray[np.object_]:
        """Column names of the data frame seen in `fit`; only there if it had names."""
        names = self._feature_names()
        if names is None:
            raise AttributeError(f"this {type(self).__name__} was fitted without feature names")
        return names

    @abstractmethod
    def _feature_names(self) -> NDArray[np.object_] | None:
        """Column names seen in `fit`, if there were any."""

    @abstractmethod
    def _log_prob(self, X: NDArray[np.uint8], threads: int) -> NDArray[np.float64]:
        """Score checked rows."""

    @abstractmethod
    def _sample(
        self,
        X: NDArray[np.uint8],
        log_prob: NDArray[np.float64] | None,
        seed: int,
        start: int,
        threads: int,
    ) -> NDArray[np.uint8]:
        """Draw rows, with `X` as scratch memory of their shape, and fill `log_prob`."""

    def score_samples(self, X: ArrayLike) -> NDArray[np.float64]:
        r"""Log-probability of every row; `log_prob` is the same method.

        .. math:: \log p(x) = \sum_i \log p(x_i \mid x_{<i})

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones of any dtype and memory layout.

        Returns
        -------
        ndarray of float64, shape (n_samples,)
            Nats; -inf for a row of probability 0.

        Raises
        ------
        NotFittedError
            If the model is not fitted.
        TypeError, ValueError
            If `X` is no matrix of zeros and ones with the model's number of columns.

        Examples
        --------
        >>> from ardens import Tabular
        >>> Tabular(alpha=0).fit([[0], [1], [1], [1]]).score_samples([[0], [1]]).round(3)
        array([-1.386, -0.288])
        """
        return self._log_prob(self._rows(X), thread_count(self.n_jobs))

    log_prob = score_samples

    def score(self, X: ArrayLike, y: object = None) -> float:
        """Mean log-probability of the rows.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones, at least one row.
        y : ignored
            There for pipelines.

        Returns
        -------
        float
            Nats per row; higher is better.

        Raises
        ------
        ValueError
            If `X` has no row, or as for `score_samples`.

        Examples
        --------
        >>> from ardens import Tabular
        >>> round(Tabular(alpha=0).fit([[0], [1]]).score([[0], [1]]), 4)
        -0.6931
        """
        rows = self._rows(X, allow_empty=False)
        return float(np.mean(self._log_prob(rows, thread_count(self.n_jobs))))

    def bits_per_dimension(self, X: ArrayLike) -> float:
        r"""Mean number of bits that an ideal code spends on a feature.

        .. math:: -\frac{1}{n \ln 2} \; \operatorname{mean}_x \log p(x)

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones, at least one row.

        Returns
        -------
        float
            Bits per dimension; lower is better, 1 is what a fair coin for every feature gives.

        Examples
        --------
        >>> from ardens import Tabular
        >>> round(Tabular(alpha=0).fit([[0], [1]]).bits_per_dimension([[0], [1]]), 6)
        1.0
        """
        return -self.score(X) / (self.n_features_in_ * math.log(2))

    @overload
    def sample(
        self,
        n_samples: int = 1,
        *,
        random_state: RandomState = None,
        start: int = 0,
        return_log_prob: Literal[False] = False,
    ) -> NDArray[np.uint8]: ...

    @overload
    def sample(
        self,
        n_samples: int = 1,
        *,
        random_state: RandomState = None,
        start: int = 0,
        return_log_prob: Literal[True],
    ) -> tuple[NDArray[np.uint8], NDArray[np.float64]]: ...

    @overload
    def sample(
        self,
        n_samples: int = 1,
        *,
        random_state: RandomState = None,
        start: int = 0,
        return_log_prob: bool,
    ) -> NDArray[np.uint8] | tuple[NDArray[np.uint8], NDArray[np.float64]]: ...

    def sample(
        self,
        n_samples: int = 1,
        *,
        random_state: RandomState = None,
        start: int = 0,
        return_log_prob: bool = False,
    ) -> NDArray[np.uint8] | tuple[NDArray[np.uint8], NDArray[np.float64]]:
        """Draw rows from the model.

        Row ``start + i`` depends on the model, the seed and ``start + i`` alone: `sample(10)[:5]`
        equals `sample(5)` for the same seed, and pieces drawn with `start` equal the whole.

        Parameters
        ----------
        n_samples : int, default 1
            Number of rows, at least 0.
        random_state : None, int, Generator, RandomState or SeedSequence
            The seed: 0 … 2**64 - 1, or something to draw one from; None, the default, takes a
            fresh one from the operating system.
        start : int, default 0
            Index of the first row, 0 … 2**64 - 1.
        return_log_prob : bool, default False
            Whether to return the log-probabilities too; they come with the draws at no cost.

        Returns
        -------
        X : ndarray of uint8, shape (n_samples, n_features)
            Zeros and ones.
        log_prob : ndarray of float64, shape (n_samples,)
            Nats; only if `return_log_prob`.

        Raises
        ------
        NotFittedError
            If the model is not fitted.
        TypeError, ValueError
            If an argument is of the wrong type or out of range.
        MemoryError
            If the machine's memory cannot hold that many rows.

        References
        ----------
        Salmon, J. K. et al. (2011), Parallel random numbers: as easy as 1, 2, 3. SC11. The
        generator is their Philox4x32-10.

        Examples
        --------
        >>> from ardens import Tabular
        >>> coin = Tabular().fit([[0], [1]])
        >>> (coin.sample(10, random_state=1)[5:] == coin.sample(5, random_state=1, start=5)).all()
        np.True_
        """
        n_features = self.n_features_in_
        rows = whole_number(n_samples, "n_samples")
        first = whole_number(start, "start", maximum=2**64 - 1)
        if first + rows > 2**64:
            raise ValueError(f"start + n_samples must be at most 2**64; got {first} + {rows}")
        seed = seed_from(random_state)
        threads = thread_count(self.n_jobs)
        check_memory(rows * n_features, f"a sample of {rows:,} rows of {n_features:,} features")
        X = np.empty((rows, n_features), np.uint8)
        log_prob = np.empty(rows) if return_log_prob else None
        X = self._sample(X, log_prob, seed, first, threads)
        return X if log_prob is None else (X, log_prob)

    def save(self, path: str | PathLike[str]) -> None:
        """Write the model to a file; `ardens.load` reads it.

        Parameters
        ----------
        path : path-like
            Where to write. A file that is there is replaced in one step, and stays as it was if
            anything fails.

        Raises
        ------
        NotFittedError
            If the model is not fitted.
        OSError
            If the file cannot be written.

        See Also
        --------
        ardens.save : The same as a function, with the format described.
        """
        from ..persistence import save  # persistence is a layer above the models

        save(self, path)

    def _rows(self, X: ArrayLike, *, allow_empty: bool = True) -> NDArray[np.uint8]:
        """Check the data of any method but `fit`."""
        model = type(self).__name__
        n_features = self.n_features_in_
        check_feature_names(X, self._feature_names(), model)
        return binary_matrix(
            X,
            n_features=n_features,
            binarize=self.binarize,
            allow_empty=allow_empty,
            model=model,
        )
