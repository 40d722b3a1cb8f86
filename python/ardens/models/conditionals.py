"""What is told of every feature, given those before it: conditionals, and their gradient."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.machine import thread_count
from ..core import Float32Array
from ..parameters import aligned, named_views
from .fitted import Fitted
from .questions import AnsweringDensity

__all__ = ["ConditionalDensity"]


@dataclass(kw_only=True, eq=False, repr=False)
class ConditionalDensity(AnsweringDensity[Fitted]):
    r"""A density that is a product of conditionals, :math:`p(x) = \prod_i p(x_i \mid x_{<i})`."""

    def conditionals(self, X: ArrayLike) -> NDArray[np.float64]:
        r"""Probability of a one in every place, given the features before it in the ordering.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones.

        Returns
        -------
        ndarray of float64, shape (n_samples, n_features)
            :math:`p(x_i = 1 \mid x_{<i})`, in the order of the columns of `X`.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            As for `score_samples`.

        Examples
        --------
        >>> from ardens import Tabular
        >>> Tabular(alpha=0).fit([[0, 0], [0, 1], [1, 1], [1, 1]]).conditionals([[0, 0], [1, 0]])
        array([[0.5, 0.5],
               [0.5, 1. ]])
        """
        return self._state().conditionals(self._rows(X), thread_count(self.n_jobs))

    def log_prob_per_feature(self, X: ArrayLike) -> NDArray[np.float64]:
        r"""Log-probability of every value, given the features before it in the ordering.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones.

        Returns
        -------
        ndarray of float64, shape (n_samples, n_features)
            :math:`\log p(x_i \mid x_{<i})` in nats, in the order of the columns of `X`. Rows sum
            to `score_samples`.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            As for `score_samples`.

        Examples
        --------
        >>> from ardens import Tabular
        >>> coins = Tabular().fit([[0, 0], [0, 1], [1, 0], [1, 1]])
        >>> coins.log_prob_per_feature([[0, 1]]).round(4)
        array([[-0.6931, -0.6931]])
        """
        return self._state().log_prob_terms(self._rows(X), thread_count(self.n_jobs))

    def value_and_grad(self, X: ArrayLike) -> tuple[float, dict[str, Float32Array]]:
        r"""Mean log-likelihood of the rows and its gradient.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones, at least one row.

        Returns
        -------
        value : float
            Nats per row, as `score` gives.
        gradients : dict of str to ndarray of float32
            :math:`\partial / \partial \theta` for every parameter, named and shaped as
            `parameters` does.

        Raises
        ------
        NotFittedError, TypeError, ValueError
            As for `score`.

        Examples
        --------
        >>> from ardens import FVSBN
        >>> model = FVSBN.from_parameters(W=[[0, 0], [0, 0]], b=[0, 0])
        >>> value, gradients = model.value_and_grad([[1, 1]])
        >>> round(value, 4), gradients["b"]
        (-1.3863, array([0.5, 0.5], dtype=float32))
        """
        rows, fitted = self._rows(X, allow_empty=False), self._state()
        grad = aligned(fitted.core.size)
        value = fitted.core.value_and_grad(
            fitted.params, fitted.columns.ordered(rows), grad, thread_count(self.n_jobs)
        )
        return value, named_views(fitted.core, grad)
