r"""The fully visible sigmoid belief network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, final

import numpy as np

from ..checks.machine import thread_count
from ..checks.options import Kind, maybe, number, one_of, option, real_number
from ..checks.weights import Table
from ..codes import RowCode
from ..core import Float32Array, Model
from ..training.convex import PATIENCE, UNJUDGED, PenaltyPath, penalties, too_large
from ..training.solver import Solver
from .given import OneForm
from .gradient import GradientModel

__all__ = ["FVSBN"]


def _above_zero(penalty: object, name: str) -> None:
    """Refuse a penalty that is none."""
    if not real_number(penalty, name, minimum=0) > 0:
        raise ValueError(f"{name} must be above 0; got {penalty!r}")


_PENALTY = maybe(Kind(_above_zero, "number"))


@final
@dataclass(kw_only=True, eq=False, repr=False)
class FVSBN(OneForm, GradientModel):
    r"""Fully visible sigmoid belief network: a logistic regression for every feature.

    .. math:: p(x_i = 1 \mid x_{<i}) = \sigma\Bigl(b_i + \sum_{j<i} W_{ij} x_j\Bigr)

    The log-likelihood is concave in the parameters. The convex solver maximises, for each feature
    by itself,

    .. math:: \sum_x \log p(x_i \mid x_{<i})
        - \lambda \Bigl(\rho \|W_i\|_1 + \tfrac{1 - \rho}{2} \|W_i\|_2^2\Bigr)

    over :math:`W_i` and :math:`b_i`, with the penalty :math:`\lambda` and the ratio :math:`\rho`.

    Parameters
    ----------
    solver : {"convex", "stochastic"}, default "convex"
        How `fit` learns. "convex" finds the optimum itself, without a learning rate, and chooses
        the penalty; the result depends neither on the order of the rows nor, but for the rows held
        out, on `random_state`. "stochastic" is that of the other models: gradient steps and early
        stopping, with `learning_rate`, `batch_size`, `weight_decay`, `averaging` and `optimizer`,
        which the convex solver does not have. It is for data that come in pieces (`partial_fit` is
        always stochastic); its nats are rarely better. It takes the place of the other one beyond
        12,000 columns that vary, or 2·10¹⁰ pairs of a rarer value in a distinct row and a column
        after it (binarized MNIST has 2·10⁹), unless `penalty` is given: then `verbose` counts
        epochs and not penalties, and `history_` has no `penalty`.
    penalty : float, optional
        :math:`\lambda`, above 0, for the sum over the rows: the inverse of scikit-learn's `C`. If
        None, the best for the validation rows out of the least one under which all weights are 0
        (nothing depends on anything) and the powers of two below it, down to 2⁻⁷ and at least
        thirteen of them; 1 if there are no such rows. One penalty serves all features.
    l1_ratio : float, default 1.0
        :math:`\rho`, 0 to 1: 1 is the lasso, 0 is ridge, between them is the elastic net.
    ordering, coding, random_state, optimizer, learning_rate, batch_size, max_epochs, \
validation_fraction, patience, weight_decay, averaging, warm_start, verbose, callbacks, binarize, \
n_jobs
        Keyword options of `GradientModel`. With the convex solver an epoch is one penalty:
        `max_epochs` is the number tried, spread over the same range, and `patience`, 2 by default,
        the number without a gain that the validation rows can tell after which no weaker ones are;
        what changes nothing before the first gain does not count. Rows that `fit` held out
        itself are learned from in the end, at the penalty that they chose; rows given as `X_valid`
        are not. Few rows judge the penalties in turn, and so they do in a warm start. With
        `penalty` given, none are held out. A warm start is where the solver begins.

    Attributes
    ----------
    n_features_in_, n_parameters_ : int
        Number of columns n, and of parameters n(n + 1)/2.
    ordering_ : ndarray of intp, shape (n_features,)
        Order of the factors.
    flipped_ : ndarray of bool, shape (n_features,)
        Columns that the coding turned over.
    history_ : dict of str to list of float
        Figures of every epoch; with the convex solver `learning_rate` is nan, and `penalty` is
        there as well.
    best_epoch_ : int
        Epoch that the parameters, or with rows held out the penalty, come from; 0 if none was
        better than the start of stochastic training.
    feature_names_in_ : ndarray of object, shape (n_features,)
        Column names, if the data had any.

    Notes
    -----
    `parameters` gives `W` (n_features, n_features), strictly lower triangular, and `b`
    (n_features,). Training starts with W = 0 and b at the log-odds of the columns' means. A row
    costs O(n²), whether scored, sampled or learned from.

    The convex solver takes proximal Newton steps by coordinate descent over the weights that are
    not 0 or want to leave it. It needs 8n² bytes, and 9n² for each thread, and visits the ones
    of the distinct x₍<ᵢ₎ a few times for each feature and penalty. Ctrl-C ends it at the best
    penalty so far. A column that is constant keeps W = 0, and b at its log-odds with one row of
    each kind added; it does not count in n.

    References
    ----------
    Neal, R. M. (1992), Connectionist learning of belief networks. Artificial Intelligence 56.
    Frey, B. J., Hinton, G. E. & Dayan, P. (1996), Does the wake-sleep algorithm produce good
    density estimators? NIPS 8. Logistic autoregressive model, equation 3.
    Friedman, J., Hastie, T. & Tibshirani, R. (2010), Regularization paths for generalized linear
    models via coordinate descent. Journal of Statistical Software 33.
    Lee, J. D., Sun, Y. & Saunders, M. A. (2014), Proximal Newton-type methods for minimizing
    composite functions. SIAM Journal on Optimization 24.

    Examples
    --------
    >>> import numpy as np
    >>> from ardens import FVSBN
    >>> X = np.random.default_rng(0).integers(0, 2, (500, 1)).repeat(3, axis=1)  # equal columns
    >>> model = FVSBN(random_state=0).fit(X)
    >>> bool(model.score(X) > -0.75)  # log 2 = 0.69 is what is possible
    True
    >>> model.history_["penalty"][model.best_epoch_ - 1] < 1  # there is no noise to guard against
    True
    """

    solver: Literal["convex", "stochastic"] = field(
        default="convex",
        metadata=option(one_of("convex", "stochastic"), "--solver", "convex or stochastic"),
    )
    penalty: float | None = field(
        default=None,
        metadata=option(_PENALTY, "--penalty", "weight of the penalty; chosen by validation"),
    )
    l1_ratio: float = field(
        default=1.0,
        metadata=option(number(0, 1), "--l1-ratio", "1 for the lasso, 0 for ridge, or between"),
    )

    _family: ClassVar[str] = "fvsbn"
    _dimensions: ClassVar[Mapping[str, int]] = {"W": 2, "b": 1}
    _triangular: ClassVar[frozenset[str]] = frozenset({"W"})

    def _core(self, n_features: int) -> Model:
        return Model(self._family, n_features, 0)

    def _solver(self, X: Table, *, validated: bool) -> Solver:
        if self.solver == "stochastic" or (self.penalty is None and too_large(X)):
            return self._ascent(len(X), validated=validated)
        chosen = validated and self.penalty is None
        if chosen:
            threads = thread_count(self.n_jobs)
            path = penalties(X, self.l1_ratio, at_most=self.max_epochs, threads=threads)
        else:
            path = (UNJUDGED if self.penalty is None else self.penalty,)
        return PenaltyPath(
            path=path,
            l1_ratio=self.l1_ratio,
            max_epochs=len(path),
            patience=self.patience or PATIENCE,
            chooses=chosen,
        )

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
        """Leave W at 0, where the features are independent."""

    @classmethod
    def _options_of(cls, core: Model) -> dict[str, Any]:
        return {}

    @classmethod
    def _sizes(cls, shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, int]:
        return shapes["b"][0], 0
