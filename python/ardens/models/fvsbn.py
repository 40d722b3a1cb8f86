r"""The fully visible sigmoid belief network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, final

import numpy as np
from numpy.typing import NDArray

from ..checks.machine import thread_count
from ..checks.options import real_number
from ..core import Float32Array, Model, Rows
from ..optim import SGD
from ..parameters import check_triangular
from ..recipe import Settings
from ..training import Epoch, TrainingState
from .base import Shapes
from .convex import PATH, PATIENCE, UNJUDGED, path_epoch, solve, sorted_rows
from .gradient import GradientModel

__all__ = ["FVSBN"]


@final
@dataclass(kw_only=True, eq=False, repr=False)
class FVSBN(GradientModel):
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
        always stochastic) and for thousands of features, where n² numbers for each thread are too
        many; its nats are rarely better.
    penalty : float, optional
        :math:`\lambda`, above 0, for the sum over the rows: the inverse of scikit-learn's `C`. If
        None, the best for the validation rows out of 32, 16, 8, …, 2⁻⁷, from strong to weak; 1 if
        there are no such rows. One penalty serves all features.
    l1_ratio : float, default 1.0
        :math:`\rho`, 0 to 1: 1 is the lasso, 0 is ridge, between them is the elastic net.
    ordering, coding, random_state, optimizer, learning_rate, batch_size, max_epochs, \
validation_fraction, patience, weight_decay, averaging, warm_start, verbose, callbacks, binarize, \
n_jobs
        Keyword options of `GradientModel`. With the convex solver an epoch is one penalty:
        `max_epochs` is the number tried at most and `patience`, 2 by default, the number without
        a better validation likelihood after which no weaker ones are. Rows that `fit` held out
        itself are learned from in the end, at the penalty that they chose; rows given as `X_valid`
        are not. With `penalty` given, none are held out. A warm start is where the solver begins.

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
    not 0 or want to leave it. It needs O(n²) memory for each thread, and visits the ones of the
    distinct x₍<ᵢ₎ a few times for each feature and penalty. Ctrl-C ends it at the best penalty so
    far. A column that is constant keeps W = 0, and b at its log-odds with one row of each kind
    added.

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

    solver: Literal["convex", "stochastic"] = "convex"
    penalty: float | None = None
    l1_ratio: float = 1.0

    _core_name: ClassVar[str] = "fvsbn"
    _dimensions: ClassVar[Mapping[str, int]] = {"W": 2, "b": 1}

    def _hidden(self) -> int:
        return 0

    def _check_options(self, n_features: int | None = None) -> None:
        super()._check_options(n_features)
        if not (isinstance(self.solver, str) and self.solver in ("convex", "stochastic")):
            raise ValueError(f'solver must be "convex" or "stochastic"; got {self.solver!r}')
        if self.penalty is not None and not real_number(self.penalty, "penalty", minimum=0) > 0:
            raise ValueError(f"penalty must be above 0; got {self.penalty!r}")
        real_number(self.l1_ratio, "l1_ratio", minimum=0, maximum=1)

    @property
    def _convex(self) -> bool:
        return self.solver == "convex"

    def _plan(self, n_samples: int, *, validated: bool) -> Settings:
        settings = super()._plan(n_samples, validated=validated)
        if not self._convex:
            return settings
        tried = len(PATH) if validated and self.penalty is None else 1
        return replace(
            settings,
            optimizer=SGD(momentum=0.0),  # has no memory, as there are no steps
            averaging=0.0,
            max_epochs=min(tried, self.max_epochs or tried),
            patience=self.patience or PATIENCE,
        )

    def _split(self, rows: Rows, rng: np.random.Generator) -> tuple[Rows, Rows | None]:
        if self._convex and self.penalty is not None:
            return rows, None
        return super()._split(rows, rng)

    def _epoch(self, core: Model, rows: Rows, settings: Settings, *, judged: bool) -> Epoch | None:
        if not self._convex:
            return None
        path = PATH[: self.max_epochs] if judged else (UNJUDGED,)
        if self.penalty is not None:
            path = (self.penalty,)
        threads = thread_count(self.n_jobs)
        return path_epoch(core, rows, path, settings.max_epochs, self.l1_ratio, threads)

    def _refit(self, core: Model, state: TrainingState, rows: Rows, held_out: Rows) -> None:
        if self._convex:
            penalty = state.history["penalty"][state.best_epoch - 1]
            threads = thread_count(self.n_jobs)
            everything = sorted_rows(np.concatenate([rows, held_out]), threads)
            solve(core, state.best, everything, penalty, self.l1_ratio, threads)
            np.copyto(state.params, state.best)

    @classmethod
    def _initialize(
        cls,
        views: Mapping[str, Float32Array],
        marginal_logits: NDArray[np.float64],
        rng: np.random.Generator,
    ) -> None:
        views["b"][:] = marginal_logits

    @classmethod
    def _sizes(cls, shapes: Shapes) -> tuple[int, int]:
        return shapes["b"][0], 0

    @classmethod
    def _check_values(cls, parameters: Mapping[str, Float32Array]) -> None:
        super()._check_values(parameters)
        check_triangular("W", parameters["W"])
