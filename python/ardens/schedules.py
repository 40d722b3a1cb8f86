"""Learning rates as functions of the step.

A schedule is any callable that maps the 0-based index of an optimizer step to the learning rate of
that step.

What to use when: `Constant` with averaging of the parameters is the plain choice; `InverseTime` is
the schedule of the NADE paper; `Cosine` wants to know the number of steps and rewards it; `WarmUp`
tames the first steps of any other.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import TypeAlias

from .checks.options import real_number, whole_number

__all__ = [
    "SCHEDULES",
    "Constant",
    "Cosine",
    "Exponential",
    "InverseTime",
    "Schedule",
    "Step",
    "WarmUp",
    "as_schedule",
    "rate_at",
]

Schedule: TypeAlias = Callable[[int], float]


@dataclass(frozen=True)
class Constant:
    r"""The same learning rate at every step: :math:`r_t = r_0`.

    Parameters
    ----------
    learning_rate : float
        The rate :math:`r_0`, at least 0.

    Examples
    --------
    >>> Constant(0.01)(1000)
    0.01
    """

    learning_rate: float

    def __post_init__(self) -> None:
        real_number(self.learning_rate, "learning_rate", minimum=0)

    def __call__(self, step: int) -> float:
        return self.learning_rate


@dataclass(frozen=True)
class InverseTime:
    r"""A rate that falls with the inverse of time: :math:`r_t = r_0 / (1 + \lambda t)`.

    Parameters
    ----------
    learning_rate : float
        The first rate :math:`r_0`, at least 0.
    decay : float
        The decrease constant :math:`\lambda`, at least 0; the rate is halved after 1 / decay steps.

    References
    ----------
    Robbins, H. & Monro, S. (1951), A stochastic approximation method. Annals of Mathematical
    Statistics 22.
    Larochelle, H. & Murray, I. (2011), The neural autoregressive distribution estimator. AISTATS.

    Examples
    --------
    >>> InverseTime(0.1, decay=0.001)(1000)
    0.05
    """

    learning_rate: float
    decay: float

    def __post_init__(self) -> None:
        real_number(self.learning_rate, "learning_rate", minimum=0)
        real_number(self.decay, "decay", minimum=0)

    def __call__(self, step: int) -> float:
        return self.learning_rate / (1.0 + self.decay * step)


@dataclass(frozen=True)
class Step:
    r"""A rate that falls in stairs: :math:`r_t = r_0 \gamma^{\lfloor t / s \rfloor}`.

    Parameters
    ----------
    learning_rate : float
        The first rate :math:`r_0`, at least 0.
    every : int
        The width :math:`s` of a stair in steps, at least 1.
    factor : float, default 0.5
        The multiplier :math:`\gamma` from one stair to the next, 0 to 1.

    Examples
    --------
    >>> stairs = Step(0.1, every=100)
    >>> stairs(99), stairs(100)
    (0.1, 0.05)
    """

    learning_rate: float
    every: int
    factor: float = 0.5

    def __post_init__(self) -> None:
        real_number(self.learning_rate, "learning_rate", minimum=0)
        whole_number(self.every, "every", minimum=1)
        real_number(self.factor, "factor", minimum=0, maximum=1)

    def __call__(self, step: int) -> float:
        return self.learning_rate * float(self.factor ** (step // self.every))


@dataclass(frozen=True)
class Exponential:
    r"""A rate that falls by the same factor at every step: :math:`r_t = r_0 \gamma^t`.

    Parameters
    ----------
    learning_rate : float
        The first rate :math:`r_0`, at least 0.
    factor : float
        The multiplier :math:`\gamma` from one step to the next, 0 to 1.

    Examples
    --------
    >>> Exponential(0.1, factor=0.5)(2)
    0.025
    """

    learning_rate: float
    factor: float

    def __post_init__(self) -> None:
        real_number(self.learning_rate, "learning_rate", minimum=0)
        real_number(self.factor, "factor", minimum=0, maximum=1)

    def __call__(self, step: int) -> float:
        return self.learning_rate * float(self.factor**step)


@dataclass(frozen=True)
class Cosine:
    r"""Half a cosine from the first rate to a floor, then the floor.

    .. math:: r_t = f + (r_0 - f) \, \tfrac12 \left(1 + \cos(\pi \min(t / s, 1))\right)

    Parameters
    ----------
    learning_rate : float
        The first rate :math:`r_0`, at least 0.
    steps : int
        The number of steps :math:`s` after which the floor is reached, at least 1.
    floor : float, default 0.0
        The last rate :math:`f`, 0 to `learning_rate`.

    References
    ----------
    Loshchilov, I. & Hutter, F. (2017), SGDR: stochastic gradient descent with warm restarts. ICLR.
    Equation 5.

    Examples
    --------
    >>> half_wave = Cosine(0.1, steps=1000, floor=0.01)
    >>> round(half_wave(500), 6), half_wave(2000)
    (0.055, 0.01)
    """

    learning_rate: float
    steps: int
    floor: float = 0.0

    def __post_init__(self) -> None:
        real_number(self.learning_rate, "learning_rate", minimum=0)
        whole_number(self.steps, "steps", minimum=1)
        real_number(self.floor, "floor", minimum=0, maximum=self.learning_rate)

    def __call__(self, step: int) -> float:
        if step >= self.steps:
            return self.floor
        wave = 0.5 * (1.0 + math.cos(math.pi * step / self.steps))
        return self.floor + (self.learning_rate - self.floor) * wave


@dataclass(frozen=True)
class WarmUp:
    r"""A linear rise to another schedule: :math:`r_t = \min(1, (t + 1) / s) \, r'_t`.

    Parameters
    ----------
    schedule : float or callable
        The schedule :math:`r'` that is followed after the rise; it too counts from step 0. A number
        means `Constant`.
    steps : int
        The number of steps :math:`s` of the rise, at least 1; step s - 1 is the first at the full
        rate.

    References
    ----------
    Goyal, P. et al. (2017), Accurate, large minibatch SGD. arXiv:1706.02677, section 2.2.

    Examples
    --------
    >>> rise = WarmUp(0.1, steps=4)
    >>> rise(0), rise(1), rise(3), rise(9)
    (0.025, 0.05, 0.1, 0.1)
    """

    schedule: float | Schedule
    steps: int

    def __post_init__(self) -> None:
        as_schedule(self.schedule, "schedule")
        whole_number(self.steps, "steps", minimum=1)

    def __call__(self, step: int) -> float:
        return min(1.0, (step + 1) / self.steps) * as_schedule(self.schedule)(step)


SCHEDULES = {
    kind.__name__: kind for kind in (Constant, InverseTime, Step, Exponential, Cosine, WarmUp)
}


def as_schedule(value: float | Schedule, name: str = "learning_rate") -> Schedule:
    """Turn a number or a callable into a schedule.

    Parameters
    ----------
    value : float or callable
        A rate of at least 0, or a function of the 0-based step.
    name : str, default "learning_rate"
        What an error message calls the value.

    Returns
    -------
    callable
        `Constant(value)` for a number, otherwise `value` itself.

    Raises
    ------
    TypeError
        If `value` is neither a number nor callable.
    ValueError
        If `value` is a number that is not finite or below 0.

    Examples
    --------
    >>> as_schedule(0.5)
    Constant(learning_rate=0.5)
    """
    if isinstance(value, Real) and not isinstance(value, bool):
        return Constant(real_number(value, name, minimum=0))
    if isinstance(value, type) or not callable(value):
        raise TypeError(
            f"{name} must be a number, a schedule such as ardens.schedules.Cosine(...), "
            f"or a callable of the step; got {value!r}"
        )
    return value


def rate_at(schedule: Schedule, step: int) -> float:
    """Ask a schedule for the rate of a step and check the answer.

    Parameters
    ----------
    schedule : callable
        A function of the 0-based step.
    step : int
        The step, counted from 0.

    Returns
    -------
    float
        The learning rate, finite and at least 0.

    Raises
    ------
    ValueError
        If the schedule answers with anything else.
    """
    answer = schedule(step)
    try:
        rate = float(answer)
    except (TypeError, ValueError):
        rate = math.nan
    if not (math.isfinite(rate) and rate >= 0):
        raise ValueError(
            f"a learning-rate schedule must return a finite number of at least 0; "
            f"{schedule!r} returned {answer!r} at step {step}"
        )
    return rate
