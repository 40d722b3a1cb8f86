"""What a fitted mixture is asked: its members, and through them scores and draws."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.machine import thread_count
from ..models import AutoregressiveModel
from ..models.questions import AnsweringDensity
from .fitted import FittedMixture
from .ordered import Ordered

__all__ = ["MixedDensity"]


@dataclass(kw_only=True, eq=False, repr=False)
class MixedDensity(AnsweringDensity[FittedMixture]):
    r"""A density that is a weighted mean of others, :math:`p(x) = \sum_k w_k \, p_k(x)`."""

    _made_by: ClassVar[str] = "from_models"

    def conditionals(self, X: ArrayLike) -> NDArray[np.float64]:
        r"""Probability of a one in every place, given the features before it in the ordering.

        .. math:: p(x_i = 1 \mid x_{<i}) = \sum_k v_k(x_{<i}) \, p_k(x_i = 1 \mid x_{<i}),
            \qquad v_k(x_{<i}) \propto w_k \, p_k(x_{<i})

        It is there where all members of positive weight share an ordering; the conditionals are
        given the columns before each in that one, the order of the data if it is none other.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones.

        Returns
        -------
        ndarray of float64, shape (n_samples, n_features)
            :math:`p(x_i = 1 \mid x_{<i})`, in the order of the columns of `X`. Where no member
            allows :math:`x_{<i}`, the members count by their weights.

        Raises
        ------
        ValueError
            If the members have several orderings; the message names the calls that have an answer.
        NotFittedError, TypeError, ValueError
            As for `score_samples`.

        Examples
        --------
        >>> from ardens import Mixture, Tabular
        >>> zeros, ones = (Tabular(alpha=0).fit([[bit, bit]]) for bit in (0, 1))
        >>> Mixture.from_models([zeros, ones]).conditionals([[0, 0], [1, 1]])
        array([[0.5, 0. ],
               [0.5, 1. ]])
        """
        return self._ordered().conditionals(self._rows(X), thread_count(self.n_jobs))

    def log_prob_per_feature(self, X: ArrayLike) -> NDArray[np.float64]:
        r"""Log-probability of every value, given the features before it in the ordering.

        It is there where `conditionals` is.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones.

        Returns
        -------
        ndarray of float64, shape (n_samples, n_features)
            :math:`\log p(x_i \mid x_{<i})` in nats, in the order of the columns of `X`. Rows sum
            to `score_samples`, but for rounding.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            As for `conditionals`.

        Examples
        --------
        >>> from ardens import Mixture, Tabular
        >>> zeros, ones = (Tabular(alpha=0).fit([[bit, bit]]) for bit in (0, 1))
        >>> Mixture.from_models([zeros, ones]).log_prob_per_feature([[0, 0]]).round(4)
        array([[-0.6931,  0.    ]])
        """
        return self._ordered().log_prob_terms(self._rows(X), thread_count(self.n_jobs))

    def _ordered(self) -> Ordered:
        """The members as models of one ordering."""
        fitted = self._state()
        return Ordered.of(fitted.models, fitted.weights)

    @property
    def n_parameters_(self) -> int:
        """Number of parameters of all members, and of weights but one."""
        models = self._state().models
        return sum(model.n_parameters_ for model in models) + len(models) - 1

    @property
    def members_(self) -> tuple[AutoregressiveModel, ...]:
        """Copies of the members; they share the parameters, which are read-only."""
        return tuple(map(copy.copy, self._state().models))

    @property
    def weights_(self) -> NDArray[np.float64]:
        """Weights of the members, read-only; they sum to one."""
        return self._state().weights
