"""Exceptions and warnings of the package.

Every other error is a plain `ValueError`, `TypeError`, `OSError` or `MemoryError`.
"""

from __future__ import annotations

import functools
import sys

__all__ = ["DivergenceError", "FormatError", "NotFittedError", "VersionWarning", "not_fitted"]


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
