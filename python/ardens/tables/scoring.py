"""How probable rows of a table are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.machine import thread_count
from ..checks.weights import mean, row_weights
from .fitted import Coded
from .frames import Frame
from .holder import TableHolder

__all__ = ["ScoringTable"]


@dataclass(eq=False, repr=False)
class ScoringTable(TableHolder):
    """A model of tables that scores rows."""

    def score_samples(self, X: Any) -> NDArray[np.float64]:
        r"""Log-probability of every row; `log_prob` is the same method.

        .. math:: \log p(\text{bits}) + \sum_j \log p(\text{value}_j \mid \text{leaf}_j)

        Parameters
        ----------
        X : data frame
            Of pandas, polars or pyarrow, or a dictionary of arrays, with the columns of `fit` in
            any order; others are not looked at. A missing cell is a value like others.

        Returns
        -------
        ndarray of float64, shape (n_samples,)
            Nats: of densities where columns are of numbers on no grid, else of probabilities. A
            value that was never seen counts as the event that something unseen comes, and so does
            a number off the grid, or below zero where none was; -inf where a column is not what it
            is a function of.

        Raises
        ------
        NotFittedError
            If the model is not fitted.
        TypeError, ValueError
            If `X` is no data frame, lacks a column, or has one of another kind.

        Examples
        --------
        >>> import ardens
        >>> model = ardens.TableModel(random_state=0).fit({"coin": ["head", "tail"] * 50})
        >>> model.score_samples({"coin": ["head", "edge"]}).round(2)
        array([-0.7, -5.3])
        """
        return self._log_prob(self._frame(X))

    log_prob = score_samples

    def _log_prob(self, frame: Frame) -> NDArray[np.float64]:
        """Log-probability of whole rows."""
        coded = self._state().coded(frame)
        return np.asarray(self._log_bits(coded) + coded.nats.sum(axis=1))

    def score(self, X: Any, y: object = None, sample_weight: ArrayLike | None = None) -> float:
        """Mean log-probability of the rows.

        Parameters
        ----------
        X : data frame
            At least one row, as for `score_samples`.
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
        """
        nats = self.score_samples(X)
        if not len(nats):
            raise ValueError("X must have at least one row; got none")
        weights = row_weights(sample_weight, len(nats))
        if weights is not None:
            nats, weights = nats[weights > 0], weights[weights > 0]
        return mean(nats, weights)

    def log_prob_per_column(self, X: Any) -> Any:
        """Log-probability of every cell, given those before it in the order of the model.

        Parameters
        ----------
        X : data frame
            As for `score_samples`.

        Returns
        -------
        data frame
            Nats, of the kind that `X` is, with the columns that were learned; rows sum to
            `score_samples`.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            As for `score_samples`, and if the model is a mixture of several orderings, for which
            there is no such sum.
        """
        fitted = self._state()
        frame = self._frame(X)
        coded = fitted.coded(frame)
        nats = coded.nats.copy()
        if fitted.model is not None:
            terms = fitted.model.log_prob_per_feature(coded.bits)
            if coded.left_out is not None:
                terms[coded.left_out] = 0.0
            for unit in fitted.varying:
                own, begin = terms[:, fitted.slice_of(unit)], 0
                for column, end in zip(unit.columns, unit.n_bits, strict=True):
                    nats[:, fitted.places[column.name]] += own[:, begin:end].sum(axis=1)
                    begin = end
        return frame.schema.numbers([column.name for column in fitted.learned], nats, frame.index)

    def _log_bits(self, coded: Coded) -> NDArray[np.float64]:
        """Nats of the bits, without those that are left out."""
        model = self._state().model
        if model is None:
            return np.zeros(len(coded.bits))
        if coded.left_out is None or not coded.left_out.any():
            return model.score_samples(coded.bits)
        unseen = coded.left_out.any(axis=1)
        nats = np.empty(len(coded.bits))
        nats[~unseen] = model.score_samples(coded.bits[~unseen])
        nats[unseen] = model._state().log_prob_without(
            coded.bits[unseen], coded.left_out[unseen], thread_count(model.n_jobs)
        )
        return nats
