"""How to train: the settings of a run, and every default of a fit without options."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from ..checks.options import real_number, whole_number
from ..optim import SGD, Adam, Optimizer, RMSProp, as_optimizer
from ..schedules import Constant, Schedule, as_schedule

__all__ = ["Settings", "settings_for"]

_LEARNING_RATES: dict[type[Optimizer], float] = {Adam: 0.002, RMSProp: 0.002, SGD: 0.03}


@dataclass(frozen=True)
class Settings:
    r"""How to train.

    Parameters
    ----------
    optimizer : Optimizer, default Adam()
        What turns a gradient into a step.
    schedule : callable, default Constant(0.001)
        The learning rate as a function of the 0-based step.
    batch_size : int, default 100
        The rows of a step, at least 1; the last step of an epoch takes what is left.
    max_epochs : int, default 100
        The epoch at which training ends at the latest, at least 1.
    patience : int, default 10
        The look-ahead: how many epochs without a better validation likelihood are waited for, at
        least 1.
    weight_decay : float, default 0.0
        The decay of the weights towards 0, decoupled from the gradient, at least 0.
    averaging : float, default 0.0
        The decay :math:`\beta` of the exponential moving average of the parameters, 0 (none) to
        0.999999. In step t = 1, 2, ... it is :math:`\min(\beta, t / (t + 9))`, so that the start
        is soon forgotten.

    Raises
    ------
    TypeError, ValueError
        If a number is of the wrong type or out of range; the message names it.

    References
    ----------
    Polyak, B. T. & Juditsky, A. B. (1992), Acceleration of stochastic approximation by averaging.
    SIAM Journal on Control and Optimization 30.
    Prechelt, L. (1998), Early stopping - but when? Neural Networks: Tricks of the Trade.
    """

    optimizer: Optimizer = field(default_factory=Adam)
    schedule: Schedule = field(default_factory=lambda: Constant(0.001))
    batch_size: int = 100
    max_epochs: int = 100
    patience: int = 10
    weight_decay: float = 0.0
    averaging: float = 0.0

    def __post_init__(self) -> None:
        for name in ("batch_size", "max_epochs", "patience"):
            whole_number(getattr(self, name), name, minimum=1)
        real_number(self.weight_decay, "weight_decay", minimum=0)
        real_number(self.averaging, "averaging", minimum=0, maximum=0.999999)


def settings_for(
    n_samples: int,
    *,
    validated: bool,
    optimizer: str | Optimizer = "adam",
    learning_rate: float | Schedule | None = None,
    batch_size: int | None = None,
    max_epochs: int | None = None,
    patience: int | None = None,
    weight_decay: float = 0.0,
    averaging: float | None = None,
) -> Settings:
    """Check the options of a fit and choose those that are None, for so many rows.

    The rate is constant because the average, over about the steps of one epoch, takes over what a
    falling rate is for. Look-ahead and length are counted in steps, so that small sets get more
    epochs; they depend on whether validation rows will judge the epochs.

    >>> settings_for(50_000, validated=True).patience, settings_for(400, validated=True).patience
    (5, 25)
    """
    method = as_optimizer(optimizer)
    if learning_rate is None:
        learning_rate = _LEARNING_RATES.get(type(method), 0.001)
    if batch_size is None:
        batch_size = _within(10, n_samples // 100, 100)
    steps = math.ceil(n_samples / whole_number(batch_size, "batch_size", minimum=1))
    if max_epochs is None:
        # Nobody stops a fit without validation rows, so it must not be long enough to do harm.
        max_epochs = _within(100, 100_000 // steps, 1000) if validated else 50
    if patience is None:
        patience = _within(5, 1000 // steps, 50)
    if averaging is None:
        averaging = 1 - 1 / _within(100, steps, 2000)
    return Settings(
        optimizer=method,
        schedule=as_schedule(learning_rate),
        batch_size=batch_size,
        max_epochs=max_epochs,
        patience=patience,
        weight_decay=weight_decay,
        averaging=averaging,
    )


def _within(low: int, value: int, high: int) -> int:
    """A value, held to a range."""
    return max(low, min(value, high))
