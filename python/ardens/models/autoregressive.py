"""What every autoregressive model shares: conditionals, gradients, parameters, ordered columns."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.options import SEED, RandomState, listed_names, one_of, option, permutation
from ..codes import Code, RowCode
from ..columns import Columns
from ..core import Float32Array, Model
from ..orderings import NAMES, GivenFirst, Name
from ..parameters import check_finite, check_triangular, filled, named_views
from .coded import Codes, check_codes
from .conditionals import ConditionalDensity
from .estimator import Rule
from .fitted import Fitted

__all__ = ["AutoregressiveModel"]


def _check_ordering(ordering: object, name: str) -> None:
    """Refuse a name that is not one of the helpers'; a permutation is checked with the columns."""
    if isinstance(ordering, str) and ordering not in NAMES:
        names = ", ".join(f'"{known}"' for known in NAMES)
        raise ValueError(f"{name} must be None, a permutation or one of {names}; got {ordering!r}")


def _ordering_is_a_permutation(model: AutoregressiveModel, n_features: int | None) -> None:
    """An ordering that is no name orders so many columns; what they are called, `fit` knows."""
    ordering = model.ordering
    if isinstance(ordering, GivenFirst):
        if n_features is not None:
            ordering.check(n_features)
        return
    if listed_names(ordering) is not None:
        return
    if not (ordering is None or isinstance(ordering, str) or n_features is None):
        permutation(ordering, n_features)


@dataclass(kw_only=True, eq=False, repr=False)
class AutoregressiveModel(ConditionalDensity):
    r"""A distribution given by its conditionals, in a fixed order of the features.

    .. math:: p(x) = \prod_{i=1}^{n} p(x_i \mid x_{<i})

    Parameters
    ----------
    ordering : None, str, GivenFirst or array_like of int or str, shape (n_features,)
        The order of the factors: ``ordering[k]`` is the column that stands at position k, by its
        number or, if the data have names of columns, by its name. None is the order of the columns;
        with "random", "marginal", "chow-liu" or "greedy", `fit` chooses one by the function of
        `ardens.orderings`, from its training rows or from the seed; with
        ``orderings.given_first(columns)`` those columns come first.
    coding : {None, "majority"}, default None
        None learns the columns as they are. With "majority", `fit` turns over
        (:math:`x_i' = 1 - x_i`) those whose mean over the training rows is above 1/2, so that data
        of many ones cost no more than data of few. The equations of the model, and its
        `parameters`, are those of x'. That is one-to-one in x, so p(x) is the p(x') that they give,
        and sums to one over x just the same. All that methods take and return is x. A warm start
        and `partial_fit` keep the coding of the first fit.
    codes : None, RowCode, sequence of Code or "detect", default None
        Which rows there can be. With `ardens.codes`, one for each column, whose bits are the
        features in their order, or a RowCode: all other rows have log-probability -inf and are
        never drawn, and bits that the ones before force have probability one. With "detect", `fit`
        finds the columns of which exactly one, or at most one, is 1 in every row that it is given;
        `codes_` tells. Orderings move the features of a code together.
    random_state : None, int, Generator, RandomState or SeedSequence
        The seed of all that `fit` draws: 0 … 2**64 - 1, or something to draw one from; None, the
        default, takes a fresh one. Sampling has a seed of its own.
    binarize, n_jobs
        As for `Density`.
    """

    ordering: ArrayLike | Name | GivenFirst | None = field(
        default=None,
        metadata=option(_check_ordering, "--ordering", f"order of the columns: {', '.join(NAMES)}"),
    )
    coding: Literal["majority"] | None = field(
        default=None,
        metadata=option(
            one_of(None, "majority"), "--coding", "majority: turn over columns of mostly ones"
        ),
    )
    codes: Codes = field(
        default=None,
        metadata=option(
            check_codes, "--codes", "detect: find columns of which one, or at most one, is 1"
        ),
    )
    random_state: RandomState = field(
        default=None, metadata=option(SEED, "--seed", "seed of start, split and shuffling")
    )
    _rules: ClassVar[tuple[Rule, ...]] = (_ordering_is_a_permutation,)
    _made_by: ClassVar[str] = "from_parameters"
    _family: ClassVar[str]  # what the compiled core, files and the command line call the model
    _dimensions: ClassVar[Mapping[str, int]]  # its parameters and how many dimensions they have
    _triangular: ClassVar[frozenset[str]] = frozenset()  # those from a feature to later ones only
    _certain: ClassVar[bool] = False  # whether a parameter may be infinite

    @abstractmethod
    def fit(
        self,
        X: ArrayLike,
        y: object = None,
        *,
        X_valid: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
        sample_weight_valid: ArrayLike | None = None,
    ) -> Self:
        """Learn from the rows of a binary matrix."""

    @classmethod
    @abstractmethod
    def from_parameters(
        cls,
        *,
        ordering: ArrayLike | None = None,
        flipped: ArrayLike | None = None,
        codes: RowCode | Sequence[Code] | None = None,
        **parameters: ArrayLike,
    ) -> Self:
        """Make a fitted model of given parameters."""

    @abstractmethod
    def _core(self, n_features: int) -> Model:
        """The description of the model that the options ask for."""

    @classmethod
    @abstractmethod
    def _options_of(cls, core: Model) -> dict[str, Any]:
        """The options that say what the parameters are, as those of `core` say it."""

    @classmethod
    @abstractmethod
    def _sizes(cls, shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, int]:
        """Read n_features and n_hidden (0 if there is none) off the shapes of the parameters."""

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
    def codes_(self) -> RowCode | None:
        """The rows that there can be, as `codes` said or as `fit` found; None for all."""
        return self._state().columns.codes

    @property
    def best_epoch_(self) -> int:
        """Epoch that the parameters come from; 0 if none was better than what was there before."""
        return self._state().best_epoch

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

    def _adopt(
        self,
        core: Model,
        arrays: Mapping[str, NDArray[Any]],
        columns: Columns,
        history: Mapping[str, list[float]] | None = None,
        best_epoch: int = 0,
    ) -> None:
        """Become a fitted model of given parameters, whose shapes are those of `core`."""
        with np.errstate(over="ignore"):  # an overflow is an infinity, which is refused below
            rounded = {k: np.asarray(v, dtype=np.float32) for k, v in arrays.items()}
        self._check_values(rounded)
        params = filled(core, rounded)
        self._fitted = Fitted(core, params, columns, history or {}, best_epoch)

    @classmethod
    def _check_values(cls, parameters: Mapping[str, Float32Array]) -> None:
        """Refuse values that the model cannot have."""
        for name, values in parameters.items():
            if cls._certain and np.isnan(values).any():
                raise ValueError(f"{name} must be numbers, infinity included; it has NaN")
            if not cls._certain:
                check_finite({name: values})
            if name in cls._triangular:
                check_triangular(name, values)
