r"""A multi-layer perceptron of its own for every conditional."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, final

import numpy as np

from ..checks.options import option, whole
from ..checks.weights import Table
from ..codes import RowCode
from ..core import Float32Array, Model
from ..parameters import draw_uniform
from ..training.solver import Solver
from .given import OneForm
from .gradient import GradientModel

__all__ = ["MLP"]


@final
@dataclass(eq=False, repr=False)
class MLP(OneForm, GradientModel):
    r"""Autoregressive perceptrons: one hidden layer of its own for every feature.

    .. math:: p(x_i = 1 \mid x_{<i}) = \sigma\Bigl(V_i \cdot \sigma\Bigl(c_i + \sum_{j<i} x_j
        A_{ij}\Bigr) + b_i\Bigr)

    Unlike in NADE, no weight is shared between conditionals, so there are about n/4 times as many.

    Parameters
    ----------
    n_hidden : int, default 32
        Number d of hidden units of each conditional, at least 1.
    ordering, coding, random_state, optimizer, learning_rate, batch_size, max_epochs, \
validation_fraction, patience, weight_decay, averaging, warm_start, verbose, callbacks, binarize, \
n_jobs
        Keyword options of `GradientModel`.

    Attributes
    ----------
    n_features_in_, n_parameters_ : int
        Number of columns n, and of parameters n(n - 1)d/2 + 2nd + n.
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
    `parameters` gives `A` (n_features * (n_features - 1) / 2, n_hidden), whose row
    i(i - 1)/2 + j has the weights from :math:`x_j` into the hidden layer of conditional i (j < i,
    counted from 0), `c` (n_features, n_hidden), `V` (n_features, n_hidden) and `b` (n_features,).
    A starts uniform in ±1/√i, V in ±0.1/√d, c at 0 and b at the log-odds of the columns' means. A
    row costs O(n²d), whether scored, sampled or learned from.

    References
    ----------
    Bengio, Y. & Bengio, S. (2000), Modeling high-dimensional discrete data with multi-layer neural
    networks. NIPS 12. Section 2, here without sharing of the hidden layer.

    Examples
    --------
    >>> import numpy as np
    >>> from ardens import MLP
    >>> X = np.random.default_rng(0).integers(0, 2, (500, 1)).repeat(3, axis=1)  # equal columns
    >>> model = MLP(8, random_state=0).fit(X)
    >>> bool(model.score(X) > -0.8)  # log 2 = 0.69 is what is possible
    True
    """

    n_hidden: int = field(default=32, metadata=option(whole(1), "--hidden", "hidden units"))

    _family: ClassVar[str] = "mlp"
    _dimensions: ClassVar[Mapping[str, int]] = {"A": 2, "c": 2, "V": 2, "b": 1}

    def _core(self, n_features: int) -> Model:
        return Model(self._family, n_features, self.n_hidden)

    def _solver(self, X: Table, *, validated: bool) -> Solver:
        return self._ascent(len(X), validated=validated)

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
        n, d = views["V"].shape
        inputs = np.arange(n).repeat(np.arange(n))  # of the layer that a row of A leads into
        draw_uniform(views["A"], 1 / np.sqrt(inputs), rng)
        draw_uniform(views["V"], 0.1 / math.sqrt(d), rng)

    @classmethod
    def _options_of(cls, core: Model) -> dict[str, Any]:
        return {"n_hidden": core.n_hidden}

    @classmethod
    def _sizes(cls, shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, int]:
        n_features, n_hidden = shapes["c"]
        return n_features, n_hidden
