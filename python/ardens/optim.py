r"""Optimizers of a flat float32 array, by ascent: they move along the gradient of what is to grow.

Every update is one fused call into the core. Weight decay is decoupled from the gradient: the first
`n_decayed` parameters (the weights; biases come after them) also move by :math:`-r_t \lambda
\theta`.

What to use when: `Adam` needs the least care and is the default; `SGD` with momentum can end
slightly better when its learning rate and schedule are tuned; `RMSProp` is there to repeat work
that used it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, TypeAlias, final

import numpy as np

from .checks.options import real_number, truth
from .core import Float32Array, adam_step, rmsprop_step, sgd_step

__all__ = ["OPTIMIZERS", "SGD", "Adam", "Optimizer", "OptimizerState", "RMSProp", "as_optimizer"]

Rest: TypeAlias = tuple[float, int, int]  # weight_decay, n_decayed, threads

_LONGEST = 0.999999  # a memory of a million steps; 1 would never learn, and divide by zero in Adam
_SMALLEST = 1e-30  # well inside the normal float32 numbers


@dataclass
class OptimizerState:
    """What an optimizer remembers between steps.

    Parameters
    ----------
    optimizer : Optimizer
        The settings.
    arrays : dict of str to ndarray
        Flat float32 arrays of the parameters' length, by name.
    step : int, default 0
        The number of updates done.
    """

    optimizer: Optimizer
    arrays: dict[str, Float32Array]
    step: int = 0

    def update(
        self,
        params: Float32Array,
        grad: Float32Array,
        learning_rate: float,
        *,
        weight_decay: float = 0.0,
        n_decayed: int = 0,
        threads: int = 1,
    ) -> None:
        r"""Move `params` one step along `grad`, in place.

        Parameters
        ----------
        params : ndarray, shape (size,), float32
            The parameters; overwritten.
        grad : ndarray, shape (size,), float32
            The gradient of what is to grow.
        learning_rate : float
            The rate :math:`r_t` of this step.
        weight_decay : float, default 0.0
            The decay :math:`\lambda` of the first `n_decayed` parameters.
        n_decayed : int, default 0
            How many of the parameters, counted from the first, decay; a multiple of 16.
        threads : int, default 1
            How many threads may share the work; the result does not depend on it.

        Notes
        -----
        Cost O(size), one pass over the arrays.
        """
        self.step += 1
        rest = weight_decay, n_decayed, threads
        self.optimizer.apply(self, params, grad, learning_rate, rest)


class Optimizer(ABC):
    """The settings of an optimizer; `start` gives the state that does the work."""

    slots: ClassVar[tuple[str, ...]]

    @final
    def start(self, size: int) -> OptimizerState:
        """Make the state before the first step.

        Parameters
        ----------
        size : int
            The length of the flat array of parameters, a multiple of 16 as the core has it.

        Returns
        -------
        OptimizerState
            Zeros in every array, no step done.
        """
        return OptimizerState(self, {slot: np.zeros(size, dtype=np.float32) for slot in self.slots})

    @abstractmethod
    def apply(
        self,
        state: OptimizerState,
        params: Float32Array,
        grad: Float32Array,
        rate: float,
        rest: Rest,
    ) -> None:
        """Do step number `state.step` (1-based) in place; called by `OptimizerState.update`."""


@final
@dataclass(frozen=True)
class SGD(Optimizer):
    r"""Stochastic gradient ascent with momentum.

    .. math::
        u &\leftarrow \mu u + g \\
        \theta &\leftarrow \theta + r_t (s - \lambda \theta),
        \quad s = g + \mu u \text{ (Nesterov) or } s = u

    Parameters
    ----------
    momentum : float, default 0.9
        The momentum :math:`\mu`, 0 to 0.999999.
    nesterov : bool, default False
        Whether to look ahead along the momentum.

    References
    ----------
    Sutskever, I., Martens, J., Dahl, G. & Hinton, G. (2013), On the importance of initialization
    and momentum in deep learning. ICML. Equations 1 to 4.

    Examples
    --------
    >>> import numpy as np
    >>> params = np.zeros(16, np.float32)
    >>> SGD(momentum=0.0).start(16).update(params, np.ones(16, np.float32), 0.5)
    >>> params[:2].round(4)
    array([0.5, 0.5], dtype=float32)
    """

    momentum: float = 0.9
    nesterov: bool = False
    slots: ClassVar[tuple[str, ...]] = ("velocity",)

    def __post_init__(self) -> None:
        real_number(self.momentum, "momentum", minimum=0, maximum=_LONGEST)
        object.__setattr__(self, "nesterov", truth(self.nesterov, "nesterov"))

    def apply(
        self,
        state: OptimizerState,
        params: Float32Array,
        grad: Float32Array,
        rate: float,
        rest: Rest,
    ) -> None:
        velocity = state.arrays["velocity"]
        sgd_step(params, grad, velocity, rate, self.momentum, self.nesterov, *rest)


@final
@dataclass(frozen=True)
class RMSProp(Optimizer):
    r"""Gradient ascent scaled by a running root mean square of the gradient.

    .. math::
        q &\leftarrow \rho q + (1 - \rho) g^2 \\
        \theta &\leftarrow \theta + r_t \left(\frac{g}{\sqrt q + \epsilon} - \lambda \theta\right)

    Parameters
    ----------
    rho : float, default 0.9
        The decay :math:`\rho` of the running mean square, 0 to 0.999999.
    epsilon : float, default 1e-8
        What keeps the division finite, at least 1e-30.

    References
    ----------
    Tieleman, T. & Hinton, G. (2012), Lecture 6.5: RMSProp. Coursera, Neural networks for machine
    learning.

    Examples
    --------
    >>> import numpy as np
    >>> params = np.zeros(16, np.float32)
    >>> RMSProp(rho=0.75).start(16).update(params, np.ones(16, np.float32), 0.5)
    >>> params[:2]
    array([1., 1.], dtype=float32)
    """

    rho: float = 0.9
    epsilon: float = 1e-8
    slots: ClassVar[tuple[str, ...]] = ("square",)

    def __post_init__(self) -> None:
        real_number(self.rho, "rho", minimum=0, maximum=_LONGEST)
        real_number(self.epsilon, "epsilon", minimum=_SMALLEST)

    def apply(
        self,
        state: OptimizerState,
        params: Float32Array,
        grad: Float32Array,
        rate: float,
        rest: Rest,
    ) -> None:
        square = state.arrays["square"]
        rmsprop_step(params, grad, square, rate, self.rho, self.epsilon, *rest)


@final
@dataclass(frozen=True)
class Adam(Optimizer):
    r"""Adaptive moments with decoupled weight decay (AdamW when `weight_decay` is above 0).

    .. math::
        m &\leftarrow \beta_1 m + (1 - \beta_1) g, \quad v \leftarrow \beta_2 v + (1 - \beta_2) g^2
        \\ \theta &\leftarrow \theta + r_t \left(
            \frac{m / (1 - \beta_1^t)}{\sqrt{v / (1 - \beta_2^t)} + \epsilon}
            - \lambda \theta\right)

    Parameters
    ----------
    beta1 : float, default 0.9
        The decay :math:`\beta_1` of the running mean, 0 to 0.999999.
    beta2 : float, default 0.999
        The decay :math:`\beta_2` of the running mean square, 0 to 0.999999.
    epsilon : float, default 1e-8
        What keeps the division finite, at least 1e-30.

    References
    ----------
    Kingma, D. P. & Ba, J. (2015), Adam: a method for stochastic optimization. ICLR. Algorithm 1.
    Loshchilov, I. & Hutter, F. (2019), Decoupled weight decay regularization. ICLR. Algorithm 2.

    Examples
    --------
    >>> import numpy as np
    >>> params = np.zeros(16, np.float32)
    >>> Adam().start(16).update(params, np.ones(16, np.float32), 0.5)
    >>> params[:2].round(4)
    array([0.5, 0.5], dtype=float32)
    """

    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-8
    slots: ClassVar[tuple[str, ...]] = ("m", "v")

    def __post_init__(self) -> None:
        real_number(self.beta1, "beta1", minimum=0, maximum=_LONGEST)
        real_number(self.beta2, "beta2", minimum=0, maximum=_LONGEST)
        real_number(self.epsilon, "epsilon", minimum=_SMALLEST)

    def apply(
        self,
        state: OptimizerState,
        params: Float32Array,
        grad: Float32Array,
        rate: float,
        rest: Rest,
    ) -> None:
        m, v = state.arrays["m"], state.arrays["v"]
        adam_step(params, grad, m, v, state.step, rate, self.beta1, self.beta2, self.epsilon, *rest)


OPTIMIZERS: dict[str, type[Optimizer]] = {"sgd": SGD, "rmsprop": RMSProp, "adam": Adam}


def as_optimizer(value: str | Optimizer) -> Optimizer:
    """Turn a name into an optimizer with its default settings.

    Parameters
    ----------
    value : {"sgd", "rmsprop", "adam"} or Optimizer
        A name, or settings such as ``SGD(momentum=0.5)``, which are returned as they are.

    Returns
    -------
    Optimizer
        The settings.

    Raises
    ------
    ValueError
        If the name is not known.
    TypeError
        If `value` is neither a name nor an optimizer.

    Examples
    --------
    >>> as_optimizer("sgd")
    SGD(momentum=0.9, nesterov=False)
    """
    known = ", ".join(repr(name) for name in OPTIMIZERS)
    if isinstance(value, Optimizer):
        return value
    wanted = f"optimizer must be one of {known}, or settings such as ardens.optim.Adam()"
    if not isinstance(value, str):
        raise TypeError(f"{wanted}; got {value!r}")
    if value not in OPTIMIZERS:
        raise ValueError(f"{wanted}; got {value!r}")
    return OPTIMIZERS[value]()
