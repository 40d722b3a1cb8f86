"""What every autoregressive model shares: conditionals, gradients, parameters, ordered columns."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.machine import thread_count
from ..checks.options import RandomState, permutation, real_number
from ..core import Float32Array, Model, Rows
from ..errors import not_fitted
from ..orderings import NAMES, Name, choose
from ..parameters import aligned, check_finite, check_shapes, filled, named_arrays, named_views
from .columns import Columns
from .counts import draw_counts
from .density import Density
from .fitted import Fitted

__all__ = ["AutoregressiveModel", "Shapes"]

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(kw_only=True, eq=False, repr=False)
class AutoregressiveModel(Density):
    r"""A distribution given by its conditionals, in a fixed order of the features.

    .. math:: p(x) = \prod_{i=1}^{n} p(x_i \mid x_{<i})

    Parameters
    ----------
    ordering : None, str or array_like of int, shape (n_features,)
        The order of the factors: ``ordering[k]`` is the column that stands at position k. None is
        the order of the columns; with "random", "marginal", "chow-liu" or "greedy", `fit` chooses
        one by the function of `ardens.orderings`, from its training rows or from the seed.
    coding : {None, "majority"}, default None
        None learns the columns as they are. With "majority", `fit` turns over
        (:math:`x_i' = 1 - x_i`) those whose mean over the training rows is above 1/2, so that data
        of many ones cost no more than data of few. The equations of the model, and its
        `parameters`, are those of x'. That is one-to-one in x, so p(x) is the p(x') that they give,
        and sums to one over x just the same. All that methods take and return is x. A warm start
        and `partial_fit` keep the coding of the first fit.
    random_state : None, int, Generator, RandomState or SeedSequence
        The seed of all that `fit` draws: 0 … 2**64 - 1, or something to draw one from; None, the
        default, takes a fresh one. Sampling has a seed of its own.
    binarize, n_jobs
        As for `Density`.
    """

    ordering: ArrayLike | Name | None = None
    coding: Literal["majority"] | None = None
    random_state: RandomState = None
    _fitted: Fitted | None = field(default=None, init=False)

    _core_name: ClassVar[str]  # what the compiled core calls the model, without its variant
    _dimensions: ClassVar[Mapping[str, int]]  # its parameters and how many dimensions they have

    @abstractmethod
    def fit(self, X: ArrayLike, y: object = None, *, X_valid: ArrayLike | None = None) -> Self:
        """Learn from the rows of a binary matrix."""

    @classmethod
    @abstractmethod
    def _sizes(cls, shapes: Shapes) -> tuple[int, int]:
        """Read n_features and n_hidden (0 if there is none) off the shapes of the parameters."""

    @property
    def _variant(self) -> str:
        """What the compiled core calls the model that the options ask for."""
        return self._core_name

    @classmethod
    def _options_of(cls, core: Model) -> dict[str, Any]:
        """The options that say what the parameters are, as those of `core` say it."""
        return {}

    @classmethod
    def _check_values(cls, parameters: Mapping[str, Float32Array]) -> None:
        """Refuse values that the model cannot have."""
        check_finite(parameters)

    @property
    def n_features_in_(self) -> int:
        """Number of columns of the data."""
        return self._state().core.n_features

    @property
    def n_parameters_(self) -> int:
        """Number of free parameters."""
        return self._state().core.n_parameters

    @property
    def ordering_(self) -> NDArray[np.intp]:
        """Order of the factors, read-only: ``ordering_[k]`` is the column at position k."""
        return self._state().columns.ordering

    @property
    def flipped_(self) -> NDArray[np.bool_]:
        """Whether the model has 1 - x for x, for every column of the data; read-only."""
        return self._state().columns.flipped

    @property
    def history_(self) -> dict[str, list[float]]:
        """Figures of training, one value per epoch.

        Under `epoch`, `train` and `valid` (mean nats per row; nan without validation rows),
        `learning_rate`, `time` (seconds since the start) and, where epochs were penalties,
        `penalty`. Empty for a model that was not fitted but made from parameters.
        """
        return {name: list(column) for name, column in self._state().history.items()}

    @property
    def best_epoch_(self) -> int:
        """Epoch that the parameters come from; 0 if none was better than what was there before."""
        return self._state().best_epoch

    def __sklearn_is_fitted__(self) -> bool:
        return self._fitted is not None

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

    def parameters(self) -> dict[str, Float32Array]:
        """Named views of the parameters, in the order of `ordering_`, for the columns as coded.

        They are read-only, because what is derived from them is kept between calls. To change
        them, copy them and make a new model with `from_parameters`.

        Returns
        -------
        dict of str to ndarray of float32
            Names and shapes are those of the class's documentation.

        Raises
        ------
        NotFittedError
            If the model is not fitted.
        """
        fitted = self._state()
        return named_views(fitted.core, fitted.params)

    @classmethod
    def from_parameters(
        cls,
        *,
        ordering: ArrayLike | None = None,
        flipped: ArrayLike | None = None,
        **parameters: ArrayLike,
    ) -> Self:
        """Make a fitted model of given parameters.

        Parameters
        ----------
        ordering : array_like of int, shape (n_features,), optional
            ``ordering[k]`` is the column that stands at position k; None for the order of the
            columns.
        flipped : array_like of bool, shape (n_features,), optional
            Which columns of the data the model has turned over, as `flipped_` tells; None for none.
        **parameters : array_like of float
            What `parameters` gives, copied and rounded to float32.

        Returns
        -------
        model
            A fitted model with the default options, `ordering` and `n_hidden` excepted.

        Raises
        ------
        TypeError
            If a parameter is missing, unknown, or does not hold real numbers.
        ValueError
            If shapes do not fit together, or a value is not finite.

        Examples
        --------
        >>> from ardens import FVSBN
        >>> model = FVSBN.from_parameters(W=[[0, 0], [2, 0]], b=[0, -1])
        >>> model.conditionals([[0, 0], [1, 0]]).round(3)
        array([[0.5  , 0.269],
               [0.5  , 0.731]])
        """
        return cls._of_arrays(cls._core_name, cls._dimensions, ordering, flipped, parameters)

    @classmethod
    def _of_arrays(
        cls,
        core_name: str,
        dimensions: Mapping[str, int],
        ordering: ArrayLike | None,
        flipped: ArrayLike | None,
        parameters: Mapping[str, ArrayLike],
    ) -> Self:
        arrays = named_arrays(cls.__name__, dimensions, parameters)
        sizes = cls._sizes({name: array.shape for name, array in arrays.items()})
        core = Model(core_name, *sizes)
        check_shapes(core, arrays)
        model = cls(**cls._options_of(core))
        model.ordering = ordering
        model._adopt(core, arrays, Columns.of(core.n_features, ordering, flipped))
        return model

    def _adopt(
        self,
        core: Model,
        arrays: Mapping[str, NDArray[Any]],
        columns: Columns,
        feature_names: Sequence[str] | None = None,
        history: Mapping[str, list[float]] | None = None,
        best_epoch: int = 0,
    ) -> None:
        """Become a fitted model of given parameters, whose shapes are those of `core`."""
        with np.errstate(over="ignore"):  # an overflow is an infinity, which is refused below
            rounded = {k: np.asarray(v, dtype=np.float32) for k, v in arrays.items()}
        self._check_values(rounded)
        self._fitted = Fitted(
            core=core,
            params=filled(core, rounded),
            columns=columns,
            feature_names=None if feature_names is None else np.array(feature_names, dtype=object),
            history=history or {},
            best_epoch=best_epoch,
        )

    def _state(self) -> Fitted:
        fitted = self._fitted
        if fitted is None:
            name = type(self).__name__
            raise not_fitted(
                f"this {name} is not fitted yet; call fit(X) or use {name}.from_parameters(...)"
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
        fitted = self._state()
        fitted.core.sample(
            fitted.params,
            fitted.tables(threads),
            seed,
            start,
            X,
            log_prob,
            threads,
            fitted.columns.positions,
            packed,
        )
        fitted.columns.flip(X, packed=packed)

    def _sample_counts(
        self, n_samples: int, seed: int, threads: int
    ) -> tuple[Rows, NDArray[np.int64]]:
        return draw_counts(self._state(), n_samples, seed, threads)

    def _check_options(self, n_features: int | None = None) -> None:
        """Refuse wrong options, all but the seed, which a look may advance."""
        if self.binarize is not None:
            real_number(self.binarize, "binarize")
        thread_count(self.n_jobs)
        if self.coding is not None and not (
            isinstance(self.coding, str) and self.coding == "majority"
        ):
            raise ValueError(f'coding must be None or "majority"; got {self.coding!r}')
        if isinstance(self.ordering, str):
            if self.ordering not in NAMES:
                names = ", ".join(f'"{name}"' for name in NAMES)
                raise ValueError(
                    f"ordering must be None, a permutation or one of {names}; got {self.ordering!r}"
                )
        elif self.ordering is not None and n_features is not None:
            permutation(self.ordering, n_features)

    def _columns(self, rows: Rows, rng: np.random.Generator) -> Columns:
        """The ordering and the coding that the options ask for."""
        n_samples, n_features = rows.shape
        ordering, flipped = self.ordering, None
        if isinstance(ordering, str):
            ordering = choose(cast(Name, ordering), rows, rng)
        if self.coding is not None:
            flipped = 2 * rows.sum(axis=0, dtype=np.int64) > n_samples
        return Columns.of(n_features, ordering, flipped)
