r"""The neural autoregressive distribution estimator."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self, final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.options import truth, whole_number
from ..core import Float32Array, Model, Rows
from ..parameters import check_triangular, draw_uniform
from .base import Shapes
from .fvsbn import FVSBN
from .gradient import GradientModel

__all__ = ["NADE"]

_ACTIVATIONS = ("sigmoid", "tanh", "relu")


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
    activation : {"sigmoid", "tanh", "relu"}, default "sigmoid"
        What takes the place of :math:`\sigma` in the hidden units.
    direct : bool, default False
        Whether inputs have weights to the logits, as in `FVSBN`: :math:`D_i \cdot x_{<i}` is added
        to logit i.
    tied : bool, default False
        Whether V is W transposed, which halves the number of weights.
    start : {"random", "fvsbn"}, default "random"
        Where training starts. With "fvsbn", which needs direct weights, an `FVSBN` is fitted first,
        by its defaults; D and b start there, and V at 0, so that the hidden units learn what it
        leaves.
    ordering, coding, random_state, optimizer, learning_rate, batch_size, max_epochs, \
validation_fraction, patience, weight_decay, averaging, warm_start, verbose, callbacks, binarize, \
n_jobs
        Keyword options of `GradientModel`.

    Attributes
    ----------
    n_features_in_, n_parameters_ : int
        Number of columns n, and of parameters: 2nd + d + n, with direct weights n(n - 1)/2 more,
        with tied ones nd less.
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
    `parameters` gives `W` (n_hidden, n_features), `c` (n_hidden,), `V` (n_features, n_hidden),
    unless tied, `D` (n_features, n_features), strictly lower triangular, if direct, and `b`
    (n_features,). W starts uniform in ±1/√n, V (and W, if tied) in ±0.1/√d, c and D at 0 and b
    at the log-odds of the columns' means. A row costs O(nd), whether scored, sampled or learned
    from, and direct weights O(n) more for each of its ones.

    References
    ----------
    Larochelle, H. & Murray, I. (2011), The neural autoregressive distribution estimator. AISTATS.
    Equations 8 and 9, Algorithm 1.
    Uria, B., Côté, M.-A., Gregor, K., Murray, I. & Larochelle, H. (2016), Neural autoregressive
    distribution estimation. JMLR 17(205).
    Germain, M., Gregor, K., Murray, I. & Larochelle, H. (2015), MADE: masked autoencoder for
    distribution estimation. ICML. Section 4.2 has the direct weights.

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
    activation: Literal["sigmoid", "tanh", "relu"] = field(default="sigmoid", kw_only=True)
    direct: bool = field(default=False, kw_only=True)
    tied: bool = field(default=False, kw_only=True)
    start: Literal["random", "fvsbn"] = field(default="random", kw_only=True)

    _core_name: ClassVar[str] = "nade"
    _dimensions: ClassVar[Mapping[str, int]] = {"W": 2, "c": 1, "V": 2, "D": 2, "b": 1}

    @classmethod
    def from_parameters(  # type: ignore[override]
        cls,
        *,
        activation: str = "sigmoid",
        tied: bool = False,
        ordering: ArrayLike | None = None,
        flipped: ArrayLike | None = None,
        **parameters: ArrayLike,
    ) -> Self:
        """Make a fitted model of given parameters.

        Parameters
        ----------
        activation : {"sigmoid", "tanh", "relu"}, default "sigmoid"
            The hidden units' activation.
        tied : bool, default False
            Whether V is W transposed, and not given.
        ordering, flipped
            As for `FVSBN.from_parameters`.
        **parameters : array_like of float
            What `parameters` gives, copied and rounded to float32: W, c, V unless tied, b, and D if
            there are direct weights.

        Returns
        -------
        model
            A fitted model, its other options the defaults.

        Raises
        ------
        TypeError
            If a parameter is missing, unknown, or does not hold real numbers.
        ValueError
            If shapes do not fit together, or a value is not finite.

        Examples
        --------
        >>> from ardens import NADE
        >>> model = NADE.from_parameters(W=[[4, 0]], c=[0], V=[[0], [2]], b=[0, -2])
        >>> model.conditionals([[0, 0], [1, 0]]).round(3)
        array([[0.5  , 0.269],
               [0.5  , 0.491]])
        """
        variant = cls(activation=activation, direct="D" in parameters, tied=tied)  # type: ignore[arg-type]
        absent = {name for name, there in (("V", not tied), ("D", variant.direct)) if not there}
        dimensions = {k: ndim for k, ndim in cls._dimensions.items() if k not in absent}
        return cls._of_arrays(variant._variant, dimensions, ordering, flipped, parameters)

    def _hidden(self) -> int:
        return whole_number(self.n_hidden, "n_hidden", minimum=1)

    @property
    def _variant(self) -> str:
        if not (isinstance(self.activation, str) and self.activation in _ACTIVATIONS):
            raise ValueError(
                f"activation must be one of {', '.join(_ACTIVATIONS)}; got {self.activation!r}"
            )
        parts = [self._core_name] + [self.activation] * (self.activation != _ACTIVATIONS[0])
        parts += ["direct"] * truth(self.direct, "direct") + ["tied"] * truth(self.tied, "tied")
        return "-".join(parts)

    @classmethod
    def _options_of(cls, core: Model) -> dict[str, Any]:
        parts = core.name.split("-")
        direct, tied = "direct" in parts, "tied" in parts
        options = {
            "n_hidden": core.n_hidden,
            "activation": next((part for part in parts if part in _ACTIVATIONS), _ACTIVATIONS[0]),
            "direct": direct,
            "tied": tied,
        }
        return options if direct and not tied else options | {"start": "random"}

    def _check_options(self, n_features: int | None = None) -> None:
        super()._check_options(n_features)
        _ = self._variant
        if not (isinstance(self.start, str) and self.start in ("random", "fvsbn")):
            raise ValueError(f'start must be "random" or "fvsbn"; got {self.start!r}')
        if self.start == "fvsbn" and not self.direct:
            raise ValueError('start="fvsbn" needs direct=True; got direct=False')
        if self.start == "fvsbn" and self.tied:
            raise ValueError('start="fvsbn" needs tied=False, as V starts at 0; got tied=True')

    def _learn_start(
        self, views: Mapping[str, Float32Array], rows: Rows, judged: Rows | None
    ) -> None:
        if self.start == "fvsbn":
            simple = FVSBN(random_state=0, n_jobs=self.n_jobs).fit(rows, X_valid=judged)
            learned = simple.parameters()
            views["D"][...], views["b"][...] = learned["W"], learned["b"]
            views["V"][...] = 0

    @classmethod
    def _check_values(cls, parameters: Mapping[str, Float32Array]) -> None:
        super()._check_values(parameters)
        if "D" in parameters:
            check_triangular("D", parameters["D"])

    @classmethod
    def _initialize(
        cls,
        views: Mapping[str, Float32Array],
        marginal_logits: NDArray[np.float64],
        rng: np.random.Generator,
    ) -> None:
        d, n = views["W"].shape
        if "V" in views:
            draw_uniform(views["W"], 1 / math.sqrt(n), rng)
            draw_uniform(views["V"], 0.1 / math.sqrt(d), rng)
        else:
            draw_uniform(views["W"], 0.1 / math.sqrt(d), rng)
        views["b"][:] = marginal_logits

    @classmethod
    def _sizes(cls, shapes: Shapes) -> tuple[int, int]:
        return shapes["b"][0], shapes["c"][0]
