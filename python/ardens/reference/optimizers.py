"""Gradient ascent: pure functions that give the next parameters and the next state.

All maximise. Arrays stand for themselves, dicts are updated name by name. Weight decay is decoupled
from the gradient (Loshchilov and Hutter 2019): `weight_decay` is a float for all, or has the shape
of the parameters (array or dict), with 0 where nothing is to decay, such as biases.

References
----------
Nesterov, Y. (1983). A method of solving a convex programming problem with convergence rate
O(1/k^2). Soviet Mathematics Doklady 27, 372-376.
Tieleman, T. and Hinton, G. (2012). Lecture 6.5 - RMSProp. COURSERA: Neural Networks for Machine
Learning.
Sutskever, I., Martens, J., Dahl, G. and Hinton, G. (2013). On the importance of initialization and
momentum in deep learning. Proceedings of ICML, PMLR 28(3), 1139-1147.
Kingma, D. P. and Ba, J. (2015). Adam: a method for stochastic optimization. ICLR.
Loshchilov, I. and Hutter, F. (2019). Decoupled weight decay regularization. ICLR.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Values = TypeVar("Values", Array, dict[str, Array])
Decay = float | Array | dict[str, Array]


def _by_name(update: Callable[..., tuple[Array, ...]], *values: Any) -> tuple[Any, ...]:
    """Apply `update` to arrays, or to every name of dicts of arrays; floats serve all names."""
    if not isinstance(values[0], Mapping):
        return update(*values)
    updated = {
        name: update(*(v[name] if isinstance(v, Mapping) else v for v in values))
        for name in values[0]
    }
    columns = zip(*updated.values(), strict=True)
    return tuple(dict(zip(updated, column, strict=True)) for column in columns)


def sgd(
    params: Values,
    grad: Values,
    velocity: Values,
    learning_rate: float,
    momentum: float = 0.0,
    nesterov: bool = False,
    weight_decay: Decay = 0.0,
) -> tuple[Values, Values]:
    """Stochastic gradient ascent with classical or Nesterov momentum.

    velocity = momentum velocity + grad
    step     = grad + momentum velocity  if nesterov,  else velocity
    params   = params + learning_rate (step - weight_decay params)

    Sutskever et al. (2013), equations 1 and 2 (classical) and 3 and 4 (Nesterov). The step size
    stands outside the velocity here, and Nesterov's parameters are those at which the gradient is
    taken, theta_t + mu v_t in the paper.

    Returns
    -------
    (params, velocity)

    Examples
    --------
    >>> zero = np.zeros(2)
    >>> sgd(zero, grad=np.array([1.0, -2.0]), velocity=zero, learning_rate=0.5)
    (array([ 0.5, -1. ]), array([ 1., -2.]))
    """

    def update(theta: Array, g: Array, v: Array, decay: float | Array) -> tuple[Array, Array]:
        v = momentum * v + g
        step = g + momentum * v if nesterov else v
        return theta + learning_rate * (step - decay * theta), v

    return _by_name(update, params, grad, velocity, weight_decay)


def rmsprop(
    params: Values,
    grad: Values,
    square: Values,
    learning_rate: float,
    rho: float = 0.9,
    epsilon: float = 1e-8,
    weight_decay: Decay = 0.0,
) -> tuple[Values, Values]:
    """RMSProp of Tieleman and Hinton (2012): the gradient over its running root mean square.

    square = rho square + (1 - rho) grad^2
    params = params + learning_rate (grad / (sqrt(square) + epsilon) - weight_decay params)

    Returns
    -------
    (params, square)

    Examples
    --------
    >>> zero = np.zeros(2)
    >>> rmsprop(zero, np.array([3.0, -3.0]), zero, learning_rate=0.1, rho=0.0, epsilon=0.0)
    (array([ 0.1, -0.1]), array([9., 9.]))
    """

    def update(theta: Array, g: Array, s: Array, decay: float | Array) -> tuple[Array, Array]:
        s = rho * s + (1 - rho) * g**2
        return theta + learning_rate * (g / (np.sqrt(s) + epsilon) - decay * theta), s

    return _by_name(update, params, grad, square, weight_decay)


def adam(
    params: Values,
    grad: Values,
    m: Values,
    v: Values,
    step: int,
    learning_rate: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    weight_decay: Decay = 0.0,
) -> tuple[Values, Values, Values]:
    """Adam, Algorithm 1 of Kingma and Ba (2015); `step` is t, counted from 1.

    m      = beta1 m + (1 - beta1) grad,        m_hat = m / (1 - beta1^t)
    v      = beta2 v + (1 - beta2) grad^2,      v_hat = v / (1 - beta2^t)
    params = params + learning_rate (m_hat / (sqrt(v_hat) + epsilon) - weight_decay params)

    Returns
    -------
    (params, m, v)

    Examples
    --------
    >>> zero = np.zeros(2)
    >>> params, m, v = adam(zero, np.array([5.0, -0.1]), zero, zero, step=1, learning_rate=0.01)
    >>> params.round(6)  # the first step has length learning_rate, whatever the gradient
    array([ 0.01, -0.01])
    """

    def update(
        theta: Array, g: Array, m: Array, v: Array, decay: float | Array
    ) -> tuple[Array, Array, Array]:
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g**2
        m_hat = m / (1 - beta1**step)
        v_hat = v / (1 - beta2**step)
        theta = theta + learning_rate * (m_hat / (np.sqrt(v_hat) + epsilon) - decay * theta)
        return theta, m, v

    return _by_name(update, params, grad, m, v, weight_decay)


def ema(average: Values, params: Values, decay: float) -> Values:
    """Exponential moving average of the parameters: average + (1 - decay) (params - average).

    Temporal averaging, Kingma and Ba (2015) section 7.2; there it starts from 0 and its bias is
    corrected, here it starts from the first parameters and has none.

    Examples
    --------
    >>> ema(np.array([1.0]), np.array([2.0]), decay=0.75)
    array([1.25])
    """

    def update(mean: Array, theta: Array) -> tuple[Array]:
        return (mean + (1 - decay) * (theta - mean),)

    (averaged,) = _by_name(update, average, params)
    result: Values = averaged
    return result
