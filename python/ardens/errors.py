"""Exceptions and warnings of the package, and how it warns.

Every other error is a plain `ValueError`, `TypeError`, `OSError` or `MemoryError`.
"""

from __future__ import annotations

import functools
import os
import sys
import warnings
from collections.abc import Callable
from contextvars import ContextVar
from typing import ParamSpec, TypeVar

__all__ = [
    "DivergenceError",
    "FormatError",
    "NotFittedError",
    "VersionWarning",
    "not_fitted",
    "warn",
    "warns_once",
]

_PACKAGE = os.path.join(os.path.dirname(__file__), "")
_said: ContextVar[set[str] | None] = ContextVar("said", default=None)

P = ParamSpec("P")
Result = TypeVar("Result")


class DivergenceError(ArithmeticError):
    """Training left the finite numbers; the message and `epoch` say when.

    Parameters
    ----------
    message : str
        What happened.
    epoch : int
        The epoch in which it happened, counted from 1.

    Examples
    --------
    >>> DivergenceError("a parameter is not finite", 3).epoch
    3
    """

    def __init__(self, message: str, epoch: int) -> None:
        super().__init__(message)
        self.epoch = epoch

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (*self.args, self.epoch)


class FormatError(ValueError):
    """A model file is damaged, foreign, or written by a newer version of the package.

    Examples
    --------
    >>> issubclass(FormatError, ValueError)
    True
    """


class NotFittedError(ValueError, AttributeError):
    """A model is asked for something that only a fitted model has.

    It has the same bases as scikit-learn's exception of that name. Where scikit-learn is loaded,
    what is raised is an instance of both, so ``except sklearn.exceptions.NotFittedError`` catches
    it.

    Examples
    --------
    >>> from ardens import NADE
    >>> try:
    ...     NADE().score_samples([[0, 1]])
    ... except NotFittedError as error:
    ...     print(error)
    this NADE is not fitted yet; call fit(X) or use NADE.from_parameters(...)
    """


class VersionWarning(UserWarning):
    """A pickled model comes from another version of the package.

    Examples
    --------
    >>> issubclass(VersionWarning, UserWarning)
    True
    """


def not_fitted(message: str) -> NotFittedError:
    """Build the error to raise for an unfitted model.

    Parameters
    ----------
    message : str
        What the error says.

    Returns
    -------
    NotFittedError
        Also an instance of `sklearn.exceptions.NotFittedError` if scikit-learn is loaded.
    """
    foreign = getattr(sys.modules.get("sklearn.exceptions"), "NotFittedError", None)
    return NotFittedError(message) if foreign is None else _joined(foreign)(message)


@functools.cache
def _joined(foreign: type[Exception]) -> type[NotFittedError]:
    """The class that is ours and scikit-learn's at once."""

    # Pickled by way of `not_fitted`, because a class made here cannot be found by its name.
    def reduce(self: NotFittedError) -> tuple[object, ...]:
        return not_fitted, self.args

    namespace = {"__reduce__": reduce, "__doc__": NotFittedError.__doc__, "__module__": __name__}
    return type("NotFittedError", (NotFittedError, foreign), namespace)


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn at the line where the user called the package."""
    said = _said.get()
    if said is not None:
        if message in said:
            return
        said.add(message)
    level, frame = 1, sys._getframe()
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)


def warns_once(function: Callable[P, Result]) -> Callable[P, Result]:
    """Let a function say nothing twice, nor what it calls."""

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> Result:
        said = _said.get()
        token = _said.set(set() if said is None else said)
        try:
            return function(*args, **kwargs)
        finally:
            _said.reset(token)

    return call
