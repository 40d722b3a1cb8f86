"""Mixtures of fitted models, such as one model under several orderings."""

from __future__ import annotations

import copy
import reprlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, Self, TypeAlias, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.machine import thread_count
from ..checks.options import RandomState, real_number, seed_from, truth
from ..checks.options import whole_number as whole
from ..checks.rows import binary_matrix, feature_names
from ..core import Rows
from ..errors import not_fitted
from ..orderings import Name
from .base import AutoregressiveModel
from .density import Density
from .learning import FEWEST_VALID, check_fraction, hold_out
from .mixed import Mixed
from .nade import NADE
from .together import side_by_side
from .weights import checked_weights, learned_weights

__all__ = ["MOST_MEMBERS", "Mixture"]

MOST_MEMBERS = 1024

Orderings: TypeAlias = Name | Sequence[ArrayLike | Name | None] | NDArray[np.integer] | None


@final
@dataclass(eq=False, repr=False)
class Mixture(Density):
    r"""A mixture of models: of one under several orderings, or of any that are fitted.

    .. math:: p(x) = \sum_{k=1}^{K} w_k \, p_k(x)

    Its log-probability is the log-mean-exp of whole rows, exact as those of its members are.
    `fit` trains K clones of an estimator; `from_models` takes models that are fitted already.

    Parameters
    ----------
    estimator : AutoregressiveModel, optional
        What to train; ``NADE()`` if None. Its `random_state`, `n_jobs`, `verbose` and
        `validation_fraction` do not count, those of the mixture do; its `binarize` must be None.
    n_members : int, default 8
        Number K of clones, 1 … 1024.
    orderings : str, sequence of n_members orderings, or None, default "random"
        Orderings of the members, each anything that the option `ordering` of a model may be: one
        name for all ("random" draws one for each), or a sequence with one for each. None leaves
        the estimator's own.
    weights : {"equal", "learned"}, default "equal"
        Whether all weights are 1/K, or those of the highest likelihood of the validation rows.
    validation_fraction : float, default 0.1
        Part of the rows that `fit` holds out, if it is not given `X_valid`, to judge the epochs of
        all members and to learn the weights from; 0 to below 1. With fewer than 5 such rows none
        is held out.
    random_state : None, int, Generator, RandomState or SeedSequence
        The seed of all that `fit` draws, from which every member gets one of its own.
    verbose : bool, default False
        Whether to print a line on stderr when a member is done.
    binarize, n_jobs
        Keyword options of `Density`.

    Attributes
    ----------
    members_ : tuple of models
        The fitted members; copies, so that fitting one again leaves the mixture as it is.
    weights_ : ndarray of float64, shape (n_members,)
        Their weights, which sum to one.
    n_features_in_, n_parameters_ : int
        Number of columns, and of parameters of all members and K - 1 weights.
    history_ : dict of str to list of float
        Under `valid`, nats a validation row with equal weights, and after every step of learning
        them. Empty without validation rows. The members have histories of their own.
    feature_names_in_ : ndarray of object, shape (n_features,)
        Column names, if the data had any.

    Notes
    -----
    Members are trained side by side in `n_jobs` threads, which changes no bit of the result. A row
    costs what it costs all members together when it is scored, and what it costs one of them when
    it is drawn; with `return_log_prob` it is scored too.

    There are no `conditionals`: given the features before it in one ordering, that of a member
    under another ordering has no closed form.

    `sample` chooses a member for every row, and draws from it, as `ardens.reference.mixture` says;
    `sample_counts` has columns compared in the order of the data.

    References
    ----------
    Uria, B., Murray, I. & Larochelle, H. (2014), A deep and tractable density estimator. ICML.
    Section 4.1 on ensembles of orderings.

    Examples
    --------
    >>> import numpy as np
    >>> from ardens import NADE, Mixture
    >>> X = np.random.default_rng(0).integers(0, 2, (500, 1)).repeat(3, axis=1)  # equal columns
    >>> model = Mixture(NADE(16), n_members=2, random_state=0).fit(X)
    >>> bool(model.score(X) > -0.8)  # log 2 = 0.69 is what is possible
    True
    >>> model.sample(2, random_state=0).shape, model.weights_
    ((2, 3), array([0.5, 0.5]))
    """

    estimator: AutoregressiveModel | None = None
    n_members: int = 8
    orderings: Orderings = "random"
    weights: Literal["equal", "learned"] = "equal"
    validation_fraction: float = 0.1
    random_state: RandomState = None
    verbose: bool = False
    _fitted: Mixed | None = field(default=None, init=False)

    @property
    def n_features_in_(self) -> int:
        """Number of columns of the data."""
        return self._state().models[0].n_features_in_

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

    @property
    def history_(self) -> dict[str, list[float]]:
        """Under `valid`, nats a validation row with equal weights and after every step."""
        return {name: list(column) for name, column in self._state().history.items()}

    def __sklearn_is_fitted__(self) -> bool:
        return self._fitted is not None

    @classmethod
    def from_models(
        cls, models: Sequence[AutoregressiveModel], weights: ArrayLike | None = None
    ) -> Self:
        """Mix fitted models, of any classes and orderings.

        Parameters
        ----------
        models : sequence of fitted models
            1 … 1024 models over the same features, none of them a mixture.
        weights : array_like of float, shape (n_models,), optional
            At least 0, scaled to sum to one; None for equal ones. `fit_weights` learns them.

        Returns
        -------
        Mixture
            With the `binarize` of the models and otherwise the default options.

        Raises
        ------
        NotFittedError
            If a model is not fitted.
        TypeError, ValueError
            If something is no model or no weight, or the models differ in their features, the
            names of those, or `binarize`.

        Examples
        --------
        >>> from ardens import Mixture, Tabular
        >>> sure, fair = Tabular(alpha=0).fit([[1]]), Tabular().fit([[0], [1]])
        >>> Mixture.from_models([sure, fair], weights=[3, 1]).score_samples([[0]]).round(3)
        array([-2.079])
        """
        wanted = "models must be a sequence of fitted models of this package, none a mixture"
        if not isinstance(models, Sequence):
            raise TypeError(f"{wanted}; got {models!r}")
        members = tuple(models)
        for model in members:
            if not isinstance(model, AutoregressiveModel):
                raise TypeError(f"{wanted}; it has {model!r}")
        if not 1 <= len(members) <= MOST_MEMBERS:
            raise ValueError(f"models must be 1 … {MOST_MEMBERS} models; got {len(members)}")
        sizes = [model.n_features_in_ for model in members]
        _check_equal(sizes, "the same number of features")
        names = [model._feature_names() for model in members]
        known = [name.tolist() for name in names if name is not None]
        _check_equal(known, "the same names of features")
        _check_equal([model.binarize for model in members], "the same binarize")
        mixture = cls(n_members=len(members), binarize=members[0].binarize)
        mixture._fitted = Mixed(
            tuple(map(copy.copy, members)),
            checked_weights(weights, len(members)),
            next((name for name in names if name is not None), None),
        )
        return mixture

    def fit(self, X: ArrayLike, y: object = None, *, X_valid: ArrayLike | None = None) -> Self:
        """Train the members, and learn the weights if that is asked for.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones, at least one row.
        y : ignored
            There for pipelines.
        X_valid : array_like of shape (n_valid, n_features), optional
            Rows that judge the epochs of all members, and that the weights are learned from. If
            None, `validation_fraction` of `X` is held out.

        Returns
        -------
        self

        Raises
        ------
        TypeError, ValueError
            If data or an option are wrong, or if weights are to be learned without at least 5
            validation rows.
        MemoryError, DivergenceError
            As for the estimator. The mixture stays as it was, as with Ctrl-C.
        """
        names = feature_names(X)
        rows = binary_matrix(X, binarize=self.binarize, allow_empty=False)
        n_features = rows.shape[1]
        self._check_options(n_features)
        split, seeds = np.random.SeedSequence(seed_from(self.random_state)).spawn(2)
        if X_valid is None:
            rows, judged = hold_out(rows, self.validation_fraction, np.random.default_rng(split))
        else:
            judged = self._judges(X_valid, n_features, names)
        learned = self.weights == "learned"
        if learned and (judged is None or len(judged) < FEWEST_VALID):
            raise ValueError(
                f'weights="learned" needs at least {FEWEST_VALID} validation rows; give X_valid, '
                "more rows, or a larger validation_fraction"
            )
        models = self._members(seeds.generate_state(self.n_members, np.uint64).tolist())
        threads = thread_count(self.n_jobs)
        workers = min(threads, len(models))
        for model in models:
            model.n_jobs = threads // workers
        side_by_side(
            [partial(self._fit_member, k, model, rows, judged) for k, model in enumerate(models)],
            workers,
        )
        for model in models:
            model.n_jobs = self.n_jobs
        fitted = Mixed(tuple(models), checked_weights(None, len(models)), names)
        if judged is not None:
            weights, nats = learned_weights(fitted.scores(judged, threads))
            if learned:
                fitted = _weighted(fitted, weights, nats)
            else:
                fitted = _weighted(fitted, fitted.weights, nats[:1])
        self._fitted = fitted
        return self

    def fit_weights(self, X: ArrayLike) -> Self:
        r"""Learn the weights of the members that are there, from rows they were not trained on.

        .. math:: \max_w \; \operatorname{mean}_x \log \sum_k w_k p_k(x)

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones, at least one row; validation rows.

        Returns
        -------
        self

        Raises
        ------
        NotFittedError, TypeError, ValueError
            As for `score`.

        Notes
        -----
        The members score the rows once. The steps are those of the EM algorithm from equal weights
        on, of which none lowers the likelihood; they end within 0.0001 nats a row of the maximum,
        or after 1000.

        Examples
        --------
        >>> from ardens import Mixture, Tabular
        >>> sure, fair = Tabular(alpha=0).fit([[1]]), Tabular().fit([[0], [1]])
        >>> Mixture.from_models([sure, fair]).fit_weights([[0], [1], [1], [1]]).weights_.round(2)
        array([0.5, 0.5])
        """
        rows, fitted = self._rows(X, allow_empty=False), self._state()
        scores = fitted.scores(rows, thread_count(self.n_jobs))
        self._fitted = _weighted(fitted, *learned_weights(scores))
        return self

    def _members(self, seeds: Sequence[int]) -> list[AutoregressiveModel]:
        """Clones of the estimator, each with its ordering and seed."""
        estimator, orderings = self._estimator(), self._orderings()
        models = []
        for ordering, seed in zip(orderings, seeds, strict=True):
            options = estimator.get_params(deep=False)
            changes = {"ordering": ordering, "random_state": seed, "validation_fraction": 0.0}
            changes |= {"verbose": False}
            options |= {name: value for name, value in changes.items() if name in options}
            models.append(type(estimator)(**options))
        return models

    def _fit_member(
        self, k: int, model: AutoregressiveModel, rows: Rows, judged: Rows | None
    ) -> None:
        model.fit(rows, X_valid=judged)
        if self.verbose and sys.stderr is not None:
            nats = "" if judged is None else f": valid {model.score(judged):.3f} nats"
            print(f"member {k + 1} of {self.n_members}{nats}", file=sys.stderr, flush=True)

    def _estimator(self) -> AutoregressiveModel:
        return NADE() if self.estimator is None else self.estimator

    def _orderings(self) -> list[ArrayLike | None]:
        """The option `ordering` of every member."""
        wanted = f"orderings must be None, a name, or a sequence of n_members={self.n_members}"
        if self.orderings is None:
            return [self._estimator().ordering] * self.n_members
        if isinstance(self.orderings, str):
            return [self.orderings] * self.n_members
        if not isinstance(self.orderings, Sequence | np.ndarray):
            raise TypeError(f"{wanted} orderings; got {self.orderings!r}")
        if len(self.orderings) != self.n_members:
            raise ValueError(f"{wanted} orderings; got {len(self.orderings)} of them")
        return list(self.orderings)

    def _check_options(self, n_features: int | None = None) -> None:
        """Refuse wrong options, all but the seed, which a look may advance."""
        if self.binarize is not None:
            real_number(self.binarize, "binarize")
        thread_count(self.n_jobs)
        truth(self.verbose, "verbose")
        whole(self.n_members, "n_members", minimum=1, maximum=MOST_MEMBERS)
        check_fraction(self.validation_fraction)
        if not (isinstance(self.weights, str) and self.weights in ("equal", "learned")):
            raise ValueError(f'weights must be "equal" or "learned"; got {self.weights!r}')
        estimator = self._estimator()
        if not isinstance(estimator, AutoregressiveModel):
            raise TypeError(
                "estimator must be None or a model of this package, not a mixture; "
                f"got {estimator!r}"
            )
        if estimator.binarize is not None:
            raise ValueError(
                "the estimator's binarize must be None, as that of the mixture counts; "
                f"got {estimator.binarize!r}"
            )
        for model in self._members([0] * self.n_members):
            model._check_options(n_features)

    def _state(self) -> Mixed:
        fitted = self._fitted
        if fitted is None:
            raise not_fitted(
                "this Mixture is not fitted yet; call fit(X) or use Mixture.from_models(...)"
            )
        return fitted

    def _feature_names(self) -> NDArray[np.object_] | None:
        return self._state().feature_names

    def _log_prob(self, X: Rows, threads: int) -> NDArray[np.float64]:
        return self._state().log_prob(X, threads)

    def _sample(
        self,
        X: Rows,
        log_prob: NDArray[np.float64] | None,
        seed: int,
        start: int,
        threads: int,
        packed: bool,
    ) -> None:
        self._state().sample(X, log_prob, seed, start, threads, packed)

    def _sample_counts(
        self, n_samples: int, seed: int, threads: int
    ) -> tuple[Rows, NDArray[np.int64]]:
        return self._state().sample_counts(n_samples, seed, threads)


def _weighted(fitted: Mixed, weights: NDArray[np.float64], nats: list[float]) -> Mixed:
    """The same members under other weights."""
    weights = checked_weights(weights, len(fitted.models))
    return Mixed(fitted.models, weights, fitted.feature_names, {"valid": nats})


def _check_equal(values: Sequence[object], what: str) -> None:
    for value in values[1:]:
        if value != values[0]:
            raise ValueError(
                f"the models must have {what}; they have "
                f"{reprlib.repr(values[0])} and {reprlib.repr(value)}"
            )
