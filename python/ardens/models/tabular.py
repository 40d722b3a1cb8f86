r"""The table of all conditional probabilities: exact, and exponentially large."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self, final

import numpy as np
from numpy.typing import ArrayLike

from ..checks.options import number, option, seed_from
from ..checks.weights import Table
from ..codes import RowCode
from ..core import Float32Array, Model
from ..training.counting import Counting
from ..training.split import Streams
from .estimator import Rule
from .given import OneForm
from .learning import LearnedModel

__all__ = ["Tabular"]

_MOST_FEATURES = 20  # 2**20 - 1 parameters: 4 MiB, and what enumeration can still go through


def _check_size(n_features: int) -> None:
    """Refuse more features than a table can have."""
    if n_features > _MOST_FEATURES:
        spelled_out = f" = {2**n_features - 1:,}" if n_features < 100 else ""
        raise ValueError(
            f"Tabular takes at most {_MOST_FEATURES} features; {n_features} features would need "
            f"2**{n_features} - 1{spelled_out} parameters"
        )


def _columns_are_few(model: Tabular, n_features: int | None) -> None:
    """A table has no more columns than it can have."""
    if n_features is not None:
        _check_size(n_features)


@final
@dataclass(eq=False, repr=False)
class Tabular(OneForm, LearnedModel):
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

    alpha: float = field(default=1.0, metadata=option(number(0), "--alpha", "additive smoothing"))

    _rules: ClassVar[tuple[Rule, ...]] = (*LearnedModel._rules, _columns_are_few)
    _family: ClassVar[str] = "tabular"
    _dimensions: ClassVar[Mapping[str, int]] = {"logits": 1}
    _certain: ClassVar[bool] = True  # which counting without smoothing finds

    def fit(
        self,
        X: ArrayLike,
        y: object = None,
        *,
        X_valid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        sample_weight_valid: ArrayLike | None = None,
    ) -> Self:
        """Count the rows.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones, at least one row and at most 20 columns.
        y : ignored
            There for pipelines.
        X_valid : array_like of shape (n_valid, n_features), optional
            Rows whose mean log-probability goes into `history_`; they are not learned from.
        sample_weight, sample_weight_valid : float or array_like of float, optional
            What each row counts, at least 0 and not 0 for all: a row of weight 3 is three rows, and
            `alpha` is as many as ever.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If `X` is no matrix of zeros and ones, has more than 20 columns, or an option is wrong.
        """
        data = self._learning_rows(X, X_valid, sample_weight, sample_weight_valid).dense()
        rng = np.random.default_rng(seed_from(self.random_state))
        streams = Streams(rng, rng, rng, rng)  # counting draws nothing but an ordering
        self._learn(self._begin(data, Counting(alpha=float(self.alpha)), streams))
        return self

    def _core(self, n_features: int) -> Model:
        return Model(self._family, n_features, 0)

    def _initialize(
        self,
        views: Mapping[str, Float32Array],
        X: Table,
        X_valid: Table | None,
        rng: np.random.Generator,
        *,
        in_turn: bool,
        codes: RowCode | None,
    ) -> None:
        """Leave the zeros; counting starts from nothing."""

    @classmethod
    def _options_of(cls, core: Model) -> dict[str, Any]:
        return {}

    @classmethod
    def _sizes(cls, shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, int]:
        nodes = shapes["logits"][0] + 1
        n = nodes.bit_length() - 1
        if nodes != 1 << n or n < 1:
            raise ValueError(f"logits must have 2**n - 1 entries; got {nodes - 1}")
        _check_size(n)
        return n, 0
