r"""The neural autoregressive distribution estimator."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Self, final

import numpy as np
from numpy.typing import NDArray

from ..arrays import Float32Array
from ..options import whole_number
from .base import Shapes
from .flat import draw_uniform
from .gradient import GradientModel

__all__ = ["NADE"]


@final
@dataclass(eq=False, repr=False)
class NADE(GradientModel):
    r"""Neural autoregressive distribution estimator: hidden units whose weights all features share.

    .. math::
        h_i &= \sigma\Bigl(c + \sum_{j<i} W_{\cdot,j} x_j\Bigr) \\
        p(x_i = 1 \mid x_{<i}) &= \sigma(V_i \cdot h_i + b_i)

    The sum grows by one column of W from feature to feature, which is why a row costs O(nd) only.

    Parameters
    ----------
    n_hidden : int, default 500
        Number d of hidden units, at least 1.
    ordering, coding, random_state, optimizer, learning_rate, batch_size, max_epochs, \
validation_fraction, patience, weight_decay, averaging, warm_start, verbose, callbacks, binarize, \
n_jobs
        Keyword options of `GradientModel`.

    Attributes
    ----------
    n_features_in_, n_parameters_ : int
        Number of columns n, and of parameters 2nd + d + n.
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
    `parameters` gives `W` (n_hidden, n_features), `c` (n_hidden,), `V` (n_features, n_hidden) and
    `b` (n_features,). W starts uniform in ±1/√n, V in ±0.1/√d, c at 0 and b at the log-odds of the
    columns' means. A row costs O(nd), whether scored, sampled or learned from.

    References
    ----------
    Larochelle, H. & Murray, I. (2011), The neural autoregressive distribution estimator. AISTATS.
    Equations 8 and 9, Algorithm 1.
    Uria, B., Côté, M.-A., Gregor, K., Murray, I. & Larochelle, H. (2016), Neural autoregressive
    distribution estimation. JMLR 17(205).

    Examples
    --------
    >>> import numpy as np
    >>> from ardens import NADE
    >>> X = np.random.default_rng(0).integers(0, 2, (500, 1)).repeat(3, axis=1)  # equal columns
    >>> model = NADE(16, random_state=0).fit(X)
    >>> bool(model.score(X) > -0.8)  # log 2 = 0.69 is what is possible
    True
    >>> model.sample(2, random_state=0).shape
    (2, 3)
    """

    n_hidden: int = 500

    _core_name: ClassVar[str] = "nade"
    _dimensions: ClassVar[Mapping[str, int]] = {"W": 2, "c": 1, "V": 2, "b": 1}

    def _hidden(self) -> int:
        return whole_number(self.n_hidden, "n_hidden", minimum=1)

    @classmethod
    def _initialize(
        cls,
        views: Mapping[str, Float32Array],
        marginal_logits: NDArray[np.float64],
        rng: np.random.Generator,
    ) -> None:
        n, d = views["V"].shape
        draw_uniform(views["W"], 1 / math.sqrt(n), rng)
        draw_uniform(views["V"], 0.1 / math.sqrt(d), rng)
        views["b"][:] = marginal_logits

    @classmethod
    def _sizes(cls, shapes: Shapes) -> tuple[int, int]:
        return shapes["b"][0], shapes["c"][0]

    @classmethod
    def _with_hidden(cls, n_hidden: int) -> Self:
        return cls(n_hidden)
