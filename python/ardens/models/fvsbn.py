r"""The fully visible sigmoid belief network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self, final

import numpy as np
from numpy.typing import NDArray

from ..arrays import Float32Array
from .base import Shapes
from .gradient import GradientModel

__all__ = ["FVSBN"]


@final
@dataclass(eq=False, repr=False)
class FVSBN(GradientModel):
    r"""Fully visible sigmoid belief network: a logistic regression for every feature.

    .. math:: p(x_i = 1 \mid x_{<i}) = \sigma\Bigl(b_i + \sum_{j<i} W_{ij} x_j\Bigr)

    The log-likelihood is concave in the parameters, so training has one optimum.

    Parameters
    ----------
    ordering, coding, random_state, optimizer, learning_rate, batch_size, max_epochs, \
validation_fraction, patience, weight_decay, averaging, warm_start, verbose, callbacks, binarize, \
n_jobs
        Keyword options of `GradientModel`.

    Attributes
    ----------
    n_features_in_, n_parameters_ : int
        Number of columns n, and of parameters n(n + 1)/2.
    ordering_ : ndarray of intp, shape (n_features,)
        Order of the factors.
    flipped_ : ndarray of bool, shape (n_features,)
        Columns that the coding turned over.
    history_ : dict of str to list of float
        Figures of every epoch.
    best_epoch_ : int
        Epoch that the parameters come from; 0 if none was better than the start.
    feature_names_in_ : ndarray of object, shape (n_features,)
        Column names, if the data had any.

    Notes
    -----
    `parameters` gives `W` (n_features, n_features), strictly lower triangular, and `b`
    (n_features,). Training starts with W = 0 and b at the log-odds of the columns' means. A row
    costs O(n²), whether scored, sampled or learned from.

    References
    ----------
    Neal, R. M. (1992), Connectionist learning of belief networks. Artificial Intelligence 56.
    Frey, B. J., Hinton, G. E. & Dayan, P. (1996), Does the wake-sleep algorithm produce good
    density estimators? NIPS 8. Logistic autoregressive model, equation 3.

    Examples
    --------
    >>> import numpy as np
    >>> from ardens import FVSBN
    >>> X = np.random.default_rng(0).integers(0, 2, (500, 1)).repeat(3, axis=1)  # equal columns
    >>> model = FVSBN(random_state=0).fit(X)
    >>> bool(model.score(X) > -0.8)  # log 2 = 0.69 is what is possible
    True
    """

    _core_name: ClassVar[str] = "fvsbn"
    _dimensions: ClassVar[Mapping[str, int]] = {"W": 2, "b": 1}

    def _hidden(self) -> int:
        return 0

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
    def _with_hidden(cls, n_hidden: int) -> Self:
        return cls()

    @classmethod
    def _check_values(cls, parameters: Mapping[str, Float32Array]) -> None:
        super()._check_values(parameters)
        above = np.argwhere(np.triu(parameters["W"]))
        if len(above):
            row, column = above[0]
            raise ValueError(
                "W must be 0 on and above the diagonal, where x_i would depend on itself or on "
                f"later features; it is {parameters['W'][row, column]:g} at [{row}, {column}]"
            )
