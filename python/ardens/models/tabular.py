r"""The table of all conditional probabilities: exact, and exponentially large."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.machine import thread_count
from ..checks.options import real_number, seed_from
from ..checks.rows import binary_matrix, feature_names
from ..core import Float32Array, Model
from ..parameters import filled
from .base import AutoregressiveModel, Shapes
from .fitted import Fitted

__all__ = ["Tabular"]

_MOST_FEATURES = 20  # 2**20 - 1 parameters: 4 MiB, and what enumeration can still go through


@final
@dataclass(eq=False, repr=False)
class Tabular(AutoregressiveModel):
    r"""One probability for every configuration of the earlier features, fitted by counting.

    .. math:: p(x_i = 1 \mid x_{<i}) = \frac{N(x_{<i}, 1) + \alpha}{N(x_{<i}) + 2 \alpha}

    where N counts rows. The model can be any distribution over :math:`\{0, 1\}^n`, which is why it
    has :math:`2^n - 1` parameters and is limited to n = 20.

    Parameters
    ----------
    alpha : float, default 1.0
        Rows added to each side of every count, at least 0. With 0 the model is the empirical
        distribution, and what was never seen has log-probability -inf.
    ordering, coding, random_state, binarize, n_jobs
        Keyword options of `AutoregressiveModel` and `Density`.

    Attributes
    ----------
    n_features_in_, n_parameters_ : int
        Number of columns n, and of parameters :math:`2^n - 1`.
    ordering_ : ndarray of intp, shape (n_features,)
        Order of the factors.
    flipped_ : ndarray of bool, shape (n_features,)
        Columns that the coding turned over.
    history_ : dict of str to list of float
        One entry: counting takes one pass.
    feature_names_in_ : ndarray of object, shape (n_features,)
        Column names, if the data had any.

    Notes
    -----
    `parameters` gives `logits` (2**n - 1,), the log-odds of :math:`x_i = 1` for every prefix, as a
    binary heap: node 0 is the first feature's, and the node of a row's next feature is
    ``2 * node + 1 + x``. Fitting costs O(rows · n + 2**n), a log-probability or a sample O(n).

    References
    ----------
    Bengio, S. & Bengio, Y. (2000), Taking on the curse of dimensionality in joint distributions
    using neural networks. IEEE Transactions on Neural Networks 11. Section I on tables.

    Examples
    --------
    >>> from ardens import Tabular
    >>> model = Tabular(alpha=0).fit([[0, 0], [1, 1], [1, 1], [1, 0]])
    >>> model.score_samples([[1, 1], [0, 1]]).round(3)
    array([-0.693,   -inf])
    """

    alpha: float = 1.0

    _core_name: ClassVar[str] = "tabular"
    _dimensions: ClassVar[Mapping[str, int]] = {"logits": 1}

    def fit(self, X: ArrayLike, y: object = None, *, X_valid: ArrayLike | None = None) -> Self:
        """Count the rows.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones, at least one row and at most 20 columns.
        y : ignored
            There for pipelines.
        X_valid : array_like of shape (n_valid, n_features), optional
            Rows whose mean log-probability goes into `history_`; they are not learned from.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If `X` is no matrix of zeros and ones, has more than 20 columns, or an option is wrong.
        """
        began = time.perf_counter()
        names = feature_names(X)
        rows = binary_matrix(X, binarize=self.binarize, allow_empty=False)
        n = rows.shape[1]
        self._check_options(n)
        _check_size(n)
        threads = thread_count(self.n_jobs)
        columns = self._columns(rows, np.random.default_rng(seed_from(self.random_state)))
        core = Model(self._core_name, n, 0)
        logits = _log_odds(columns.ordered(rows), float(self.alpha))
        fitted = Fitted(core, filled(core, {"logits": logits}), columns, names, {})
        valid = math.nan
        if X_valid is not None:
            valid = float(np.mean(fitted.log_prob(self._judges(X_valid, n, names), threads)))
        history: dict[str, list[float]] = {
            "epoch": [1],
            "train": [float(np.mean(fitted.log_prob(rows, threads)))],
            "valid": [valid],
            "learning_rate": [math.nan],
            "time": [time.perf_counter() - began],
        }
        self._fitted = Fitted(core, fitted.params, columns, names, history, best_epoch=1)
        return self

    def _check_options(self, n_features: int | None = None) -> None:
        super()._check_options(n_features)
        real_number(self.alpha, "alpha", minimum=0)

    @classmethod
    def _sizes(cls, shapes: Shapes) -> tuple[int, int]:
        nodes = shapes["logits"][0] + 1
        n = nodes.bit_length() - 1
        if nodes != 1 << n or n < 1:
            raise ValueError(f"logits must have 2**n - 1 entries; got {nodes - 1}")
        _check_size(n)
        return n, 0

    @classmethod
    def _check_values(cls, parameters: Mapping[str, Float32Array]) -> None:
        # A log-odds of +-inf is a certainty, which counting without smoothing finds.
        if np.isnan(parameters["logits"]).any():
            raise ValueError("logits must be numbers, infinity included; it has NaN")


def _check_size(n_features: int) -> None:
    if n_features > _MOST_FEATURES:
        spelled_out = f" = {2**n_features - 1:,}" if n_features < 100 else ""
        raise ValueError(
            f"Tabular takes at most {_MOST_FEATURES} features; {n_features} features would need "
            f"2**{n_features} - 1{spelled_out} parameters"
        )


def _log_odds(rows: NDArray[np.uint8], alpha: float) -> NDArray[np.float64]:
    """Log-odds of every prefix, as a heap; 0 where a prefix was not seen and nothing is added."""
    n = rows.shape[1]
    levels: list[NDArray[Any]] = []
    prefix = np.zeros(len(rows), dtype=np.intp)
    for i in range(n):
        bit = rows[:, i]
        ones = np.bincount(prefix, weights=bit, minlength=1 << i)
        # Each side by itself: a difference of smoothed counts would lose a small alpha.
        zeros = np.bincount(prefix, minlength=1 << i) - ones
        with np.errstate(divide="ignore", invalid="ignore"):
            odds = np.log(ones + alpha) - np.log(zeros + alpha)
        odds[np.isnan(odds)] = 0.0
        levels.append(odds)
        prefix = 2 * prefix + bit
    return np.concatenate(levels)
