"""Mixtures of fitted models, such as one model under several orderings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self, final

import numpy as np
from numpy.typing import ArrayLike

from ..checks.machine import thread_count
from ..checks.options import PART, SEED, Kind, RandomState, one_of, option, seed_from, truth, whole
from ..checks.rows import binary_rows, feature_names
from ..checks.sparse import by_blocks
from ..checks.weights import Table
from ..core import Float32Array
from ..errors import warns_once
from ..models import NADE, AutoregressiveModel
from ..models.description import word
from ..models.estimator import Rule
from ..storage.container import Container
from ..storage.distrust import believed
from ..training.folds import few
from ..training.split import FEWEST_VALID, hold_out
from .description import MOST_MEMBERS, arrays_of, describe_mixture, options_in, read_members
from .fitted import FittedMixture
from .members import Orderings, check_members, clones, given_members, train_members
from .mixed import MixedDensity
from .weights import checked_weights, learned_weights

__all__ = ["Mixture"]

_RULED = Kind(lambda value, name: None)  # checked with the other options of the members


def _members_can_be_made(mixture: Mixture, n_features: int | None) -> None:
    """The estimator is a model whose options, with those of the mixture, are right."""
    check_members(mixture._estimator(), mixture.orderings, mixture.n_members, n_features)


@final
@dataclass(eq=False, repr=False)
class Mixture(MixedDensity):
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
        all members and to learn the weights from; 0 to below 1. Few rows judge every member in
        turn instead, as for `GradientModel`, unless weights are to be learned. Of fewer than 5
        none is held out.
    random_state : None, int, Generator, RandomState or SeedSequence
        The seed of all that `fit` draws, from which every member gets one of its own.
    verbose : bool, default False
        Whether to show on stderr when a member is done: a bar on a terminal, lines elsewhere.
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

    `conditionals` are there where all members share an ordering. Given the features before one in
    the ordering of a member, that of a member under another has no closed form.

    `sample` chooses a member for every row, and draws from it, as `ardens.reference.mixture` says;
    `sample_counts` has columns compared in the order of the data.

    `fit` learns from whole rows; members that learned from others, each with ``missing="sample"``,
    are mixed by `from_models`. What is asked of rows with unknown cells is asked of every member,
    in its own ordering and under its own seed, and its answer counts by its part of the marginal;
    it is exact where all of them are. `most_probable` goes through all completions where they are
    no more than `beam`, and else keeps the best of those that the members find, which is not always
    the best there is.

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

    estimator: AutoregressiveModel | None = field(default=None, metadata=option(_RULED))
    n_members: int = field(
        default=8,
        metadata=option(
            whole(1, MOST_MEMBERS), "--members", "train N of them, and save their mixture"
        ),
    )
    orderings: Orderings = field(default="random", metadata=option(_RULED))
    weights: Literal["equal", "learned"] = field(
        default="equal",
        metadata=option(
            one_of("equal", "learned"),
            "--weights",
            "weights of the members: learned from the validation rows, or equal (the default)",
        ),
    )
    validation_fraction: float = field(default=0.1, metadata=option(PART))
    random_state: RandomState = field(default=None, metadata=option(SEED))
    verbose: bool = field(default=False, metadata=option(truth))
    _rules: ClassVar[tuple[Rule, ...]] = (_members_can_be_made,)

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
        members = given_members(models)
        names = (model._state().names for model in members)
        mixture = cls(n_members=len(members), binarize=members[0].binarize)
        mixture._fitted = FittedMixture(
            members,
            checked_weights(weights, len(members)),
            next((name for name in names if name is not None), None),
        )
        return mixture

    @warns_once
    def fit(
        self,
        X: ArrayLike,
        y: object = None,
        *,
        X_valid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        sample_weight_valid: ArrayLike | None = None,
    ) -> Self:
        """Train the members, and learn the weights if that is asked for.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones, at least one row.
        y : ignored
            There for pipelines.
        X_valid : array_like of shape (n_valid, n_features), optional
            Rows that judge the epochs of all members, and that the weights are learned from. If
            None, `validation_fraction` of `X` is held out, or the rows judge in turn where they
            are few.
        sample_weight, sample_weight_valid : float or array_like of float, optional
            What each row of `X`, and of `X_valid`, counts, as for the estimator.

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
        rows = Table.of(binary_rows(X, binarize=self.binarize, allow_empty=False), sample_weight)
        self._check_options(rows.n_features)
        split, seeds = np.random.SeedSequence(seed_from(self.random_state)).spawn(2)
        judged = self._judges(X_valid, sample_weight_valid, rows, names)
        learned, each = self.weights == "learned", 0.0
        if judged is None and few(rows) and not learned:
            each = self.validation_fraction  # the rows judge every member in turn
        elif judged is None:
            rows, judged = hold_out(rows, self.validation_fraction, np.random.default_rng(split))
        if learned and (judged is None or judged.n_seen < FEWEST_VALID):
            raise ValueError(
                f'weights="learned" needs at least {FEWEST_VALID} validation rows; give X_valid, '
                "more rows, or a larger validation_fraction"
            )
        drawn = seeds.generate_state(self.n_members, np.uint64).tolist()
        models = clones(self._estimator(), self.orderings, drawn, names, each)
        threads = thread_count(self.n_jobs)
        train_members(models, rows, judged, threads, bool(self.verbose))
        for model in models:
            model.n_jobs = self.n_jobs
        fitted = FittedMixture(tuple(models), checked_weights(None, len(models)), names)
        if judged is not None:
            scores = by_blocks(judged.held, lambda rows: fitted.scores(rows, threads))
            weights, nats = learned_weights(scores, judged.weights)
            if learned:
                fitted = fitted.weighted(weights, nats)
            else:
                fitted = fitted.weighted(fitted.weights, nats[:1])
        self._fitted = fitted
        return self

    def fit_weights(self, X: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        r"""Learn the weights of the members that are there, from rows they were not trained on.

        .. math:: \max_w \; \operatorname{mean}_x \log \sum_k w_k p_k(x)

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Zeros and ones, at least one row; validation rows.
        sample_weight : float or array_like of float, shape (n_samples,), optional
            What each row counts, as for `score`.

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
        table, fitted = Table.of(self._held(X, allow_empty=False), sample_weight), self._state()
        threads = thread_count(self.n_jobs)
        scores = by_blocks(table.held, lambda rows: fitted.scores(rows, threads))
        self._fitted = fitted.weighted(*learned_weights(scores, table.weights))
        return self

    def _estimator(self) -> AutoregressiveModel:
        """What is to be trained."""
        return NADE() if self.estimator is None else self.estimator

    def _written(self) -> tuple[dict[str, str], dict[str, Float32Array]]:
        """What a file holds: the description, and the parameters of all members."""
        fitted = self._state()
        self._check_options(fitted.n_features)
        description = describe_mixture(fitted, self.get_params(deep=False))
        self._unfitted(description, fitted)
        return {"model": word(description)}, arrays_of(fitted)

    @classmethod
    def _read(cls, description: Mapping[str, Any], file: Container) -> Self:
        """Read the fitted mixture of a file."""
        fitted = read_members(description, file)
        mixture: Self = believed(cls._unfitted, description, fitted)
        mixture._fitted = fitted
        return mixture

    @classmethod
    def _unfitted(cls, description: Mapping[str, Any], fitted: FittedMixture) -> Self:
        """Make a mixture of options that came out of JSON, and check them."""
        mixture, n_members = cls(**options_in(description)), len(fitted.models)
        mixture._check_options(fitted.n_features)
        seed_from(mixture.random_state)
        if mixture.n_members != n_members:
            raise ValueError(f"the setting n_members is {mixture.n_members}, there are {n_members}")
        return mixture
