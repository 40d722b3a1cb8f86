"""The public door of every distribution over binary vectors: scoring, and what draws behind it."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.cells import evidence
from ..checks.machine import thread_count
from ..checks.options import maybe, number, option
from ..checks.rows import binary_rows, check_feature_names
from ..checks.sparse import Held, by_blocks
from ..checks.weights import Table
from ..core import Rows
from ..storage.container import stamped, write
from ..training.split import warn_of_copies
from .asked import Given
from .holder import State
from .multinomial import MultinomialSampler

__all__ = ["Density"]


@dataclass(kw_only=True, eq=False, repr=False)
class Density(MultinomialSampler[State]):
    """A distribution over binary vectors with exact log-probabilities.

    What is here checks, once, and asks what `fit` has left.
    `Sampler` has the methods that draw.

    Parameters
    ----------
    binarize : float, optional
        Values of `X` above this threshold count as 1, the others as 0. None, the default, is
        strict: every value must be 0 or 1.
    n_jobs : int, optional
        Number of threads, as for `Sampler`.
    """

    binarize: float | None = field(
        default=None,
        metadata=option(maybe(number()), "--binarize", "count values above X as 1, others as 0"),
    )

    @abstractmethod
    def _written(self) -> tuple[Mapping[str, str], Mapping[str, NDArray[np.float32]]]:
        """What a file holds of the fitted model: words and arrays."""

    def score_samples(self, X: ArrayLike) -> NDArray[np.float64]:
        r"""Log-probability of every row; `log_prob` is the same method.

        .. math:: \log p(x) = \sum_i \log p(x_i \mid x_{<i})

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones of any dtype and memory layout. Packed rows must be unpacked first, by
            ``np.unpackbits(packed, axis=1, count=n_features)``.

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
        return self._nats(self._held(X))

    log_prob = score_samples

    def score(
        self, X: ArrayLike, y: object = None, sample_weight: ArrayLike | None = None
    ) -> float:
        """Mean log-probability of the rows.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones, at least one row.
        y : ignored
            There for pipelines.
        sample_weight : float or array_like of float, shape (n_samples,), optional
            What each row counts in the mean, at least 0 and not 0 for all.

        Returns
        -------
        float
            Nats per row; higher is better.

        Raises
        ------
        TypeError, ValueError
            If `X` has no row, a weight is wrong, or as for `score_samples`.

        Examples
        --------
        >>> from ardens import Tabular
        >>> round(Tabular(alpha=0).fit([[0], [1]]).score([[0], [1]]), 4)
        -0.6931
        """
        table = Table.of(self._held(X, allow_empty=False), sample_weight)
        return table.mean(self._nats(table.held))

    def bits_per_dimension(self, X: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        r"""Mean number of bits that an ideal code spends on a feature.

        .. math:: -\frac{1}{n \ln 2} \; \operatorname{mean}_x \log p(x)

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones, at least one row.
        sample_weight : float or array_like of float, shape (n_samples,), optional
            As for `score`.

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
        return -self.score(X, sample_weight=sample_weight) / (self.n_features_in_ * math.log(2))

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
        words, arrays = self._written()
        write(path, stamped(words), arrays)

    def _nats(self, X: Held) -> NDArray[np.float64]:
        """Log-probabilities of rows that are checked."""
        fitted, threads = self._state(), thread_count(self.n_jobs)
        return by_blocks(X, lambda rows: fitted.log_prob(rows, threads))

    def _rows(self, X: ArrayLike, *, allow_empty: bool = True) -> Rows:
        """Check the data of any method but `fit`, and make them dense."""
        rows = self._held(X, allow_empty=allow_empty)
        return rows if isinstance(rows, np.ndarray) else rows[:]

    def _held(self, X: ArrayLike, *, allow_empty: bool = True, to_learn: bool = False) -> Held:
        """Check the data of any method but `fit`; what is sparse stays so."""
        model = type(self).__name__
        n_features = self.n_features_in_
        check_feature_names(X, self._state().names, model)
        return (self._matrix if to_learn else binary_rows)(
            X,
            n_features=n_features,
            binarize=self.binarize,
            allow_empty=allow_empty,
            model=model,
            names=self._state().names,
        )

    def _evidence(self, given: Given) -> NDArray[np.uint8]:
        fitted = self._state()
        return evidence(
            given,
            fitted.n_features,
            binarize=self.binarize,
            model=type(self).__name__,
            names=fitted.names,
        )

    def _matrix(self, X: ArrayLike, **how: Any) -> Held:
        """Check rows to learn from."""
        return binary_rows(X, **how)

    def _judges(
        self,
        X_valid: ArrayLike | None,
        sample_weight_valid: ArrayLike | None,
        X: Table,
        names: NDArray[np.object_] | None,
    ) -> Table | None:
        """Check the validation rows that the user gives beside those to learn, if any."""
        if X_valid is None:
            if sample_weight_valid is not None:
                raise ValueError("sample_weight_valid needs X_valid, whose rows it weighs")
            return None
        model = type(self).__name__
        check_feature_names(X_valid, names, model)
        rows = self._matrix(
            X_valid,
            n_features=X.n_features,
            binarize=self.binarize,
            name="X_valid",
            allow_empty=False,
            model=model,
            names=names,
        )
        judges = Table.of(rows, sample_weight_valid, "sample_weight_valid")
        warn_of_copies(X, judges)
        return judges
