r"""The neural autoregressive distribution estimator."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Self, final

import numpy as np
from numpy.typing import ArrayLike

from ..checks.options import SWITCH, one_of, option, truth, whole
from ..checks.weights import Table
from ..codes import Code, RowCode
from ..core import Float32Array, Model
from ..parameters import draw_uniform
from ..training.solver import Solver
from .estimator import Rule
from .fvsbn import FVSBN
from .given import made_of
from .gradient import GradientModel

__all__ = ["NADE"]

_AT_0_AND_1 = {
    "sigmoid": (0.5, 1 / (1 + math.exp(-1))),
    "tanh": (0.0, math.tanh(1)),
    "relu": (0.0, 1.0),
}
_ACTIVATION = one_of("sigmoid", "tanh", "relu")


def _an_fvsbn_can_be_started_from(model: NADE, n_features: int | None) -> None:
    """What starts from an FVSBN has its weights, and a V that may be 0."""
    if model.start == "fvsbn" and not model.direct:
        raise ValueError('start="fvsbn" needs direct=True; got direct=False')
    if model.start == "fvsbn" and model.tied:
        raise ValueError('start="fvsbn" needs tied=False, as V starts at 0; got tied=True')


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
        leaves. With few rows, which judge in turn, that is so whatever is asked for, unless tied;
        without direct weights, n of at least n hidden units take the place of D, each of them for
        one feature.
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

    n_hidden: int = field(default=500, metadata=option(whole(1), "--hidden", "hidden units"))
    activation: Literal["sigmoid", "tanh", "relu"] = field(
        default="sigmoid",
        kw_only=True,
        metadata=option(_ACTIVATION, "--activation", "sigmoid, tanh or relu"),
    )
    direct: bool = field(
        default=False,
        kw_only=True,
        metadata=option(SWITCH, "--direct", "weights from inputs to logits as well"),
    )
    tied: bool = field(
        default=False,
        kw_only=True,
        metadata=option(SWITCH, "--tied", "the same weights into and out of the hidden units"),
    )
    start: Literal["random", "fvsbn"] = field(
        default="random",
        kw_only=True,
        metadata=option(
            one_of("random", "fvsbn"), "--start", "random, or fvsbn with direct weights"
        ),
    )

    _rules: ClassVar[tuple[Rule, ...]] = (*GradientModel._rules, _an_fvsbn_can_be_started_from)
    _family: ClassVar[str] = "nade"
    _dimensions: ClassVar[Mapping[str, int]] = {"W": 2, "c": 1, "V": 2, "D": 2, "b": 1}
    _triangular: ClassVar[frozenset[str]] = frozenset({"D"})

    @classmethod
    def from_parameters(  # type: ignore[override]
        cls,
        *,
        activation: str = "sigmoid",
        tied: bool = False,
        ordering: ArrayLike | None = None,
        flipped: ArrayLike | None = None,
        codes: RowCode | Sequence[Code] | None = None,
        **parameters: ArrayLike,
    ) -> Self:
        """Make a fitted model of given parameters.

        Parameters
        ----------
        activation : {"sigmoid", "tanh", "relu"}, default "sigmoid"
            The hidden units' activation.
        tied : bool, default False
            Whether V is W transposed, and not given.
        ordering, flipped, codes
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
        _ACTIVATION.check(activation, "activation")
        direct, tied = "D" in parameters, truth(tied, "tied")
        absent = {name for name, there in (("V", not tied), ("D", direct)) if not there}
        dimensions = {k: ndim for k, ndim in cls._dimensions.items() if k not in absent}
        variant = {"activation": activation, "direct": direct, "tied": tied}
        return made_of(cls, dimensions, ordering, flipped, codes, parameters, **variant)

    def _core(self, n_features: int) -> Model:
        return Model(
            self._family,
            n_features,
            self.n_hidden,
            activation=self.activation,
            direct=bool(self.direct),
            tied=bool(self.tied),
        )

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
        d, n = views["W"].shape
        if "V" in views:
            draw_uniform(views["W"], 1 / math.sqrt(n), rng)
            draw_uniform(views["V"], 0.1 / math.sqrt(d), rng)
        else:
            draw_uniform(views["W"], 0.1 / math.sqrt(d), rng)
        contained = "V" in views and ("D" in views or n <= d)
        if self.start == "fvsbn" or (in_turn and contained):
            simple = FVSBN(codes=codes, random_state=0, n_jobs=self.n_jobs).fit(
                X.held,
                X_valid=None if X_valid is None else X_valid.held,
                sample_weight=X.weights,
                sample_weight_valid=None if X_valid is None else X_valid.weights,
            )
            learned = simple.parameters()
            views["V"][...], views["b"][...] = 0, learned["b"]
            if "D" in views:
                views["D"][...] = learned["W"]
            else:
                self._contain(views, learned["W"])

    def _contain(self, views: Mapping[str, Float32Array], D: Float32Array) -> None:
        """Let unit j say x_j and no more, so that V is direct weights; others stay as drawn."""
        n, units = len(D), views["W"][: len(D)]
        units[...] = np.eye(n)
        off, on = _AT_0_AND_1[self.activation]
        views["V"][:, :n] = D / (on - off)
        views["b"][...] -= off * views["V"][:, :n].sum(axis=1)

    @classmethod
    def _options_of(cls, core: Model) -> dict[str, Any]:
        options = {
            "n_hidden": core.n_hidden,
            "activation": core.activation,
            "direct": core.direct,
            "tied": core.tied,
        }
        return options if core.direct and not core.tied else options | {"start": "random"}

    @classmethod
    def _sizes(cls, shapes: Mapping[str, tuple[int, ...]]) -> tuple[int, int]:
        return shapes["b"][0], shapes["c"][0]
