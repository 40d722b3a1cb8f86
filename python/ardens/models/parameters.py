"""Checks of parameters that come from a user or a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..core import Float32Array, Model

__all__ = ["check_finite", "check_shapes", "check_triangular", "named_arrays"]


def named_arrays(
    model: str, dimensions: Mapping[str, int], parameters: Mapping[str, ArrayLike]
) -> dict[str, NDArray[Any]]:
    """Check names, types and numbers of dimensions.

    Parameters
    ----------
    model : str
        The model's name, for messages.
    dimensions : dict of str to int
        The number of dimensions of every parameter.
    parameters : dict of str to array_like
        What was given.

    Returns
    -------
    dict of str to ndarray

    Raises
    ------
    TypeError
        If a parameter is missing, unknown, or does not hold real numbers.
    ValueError
        If it is ragged or has another number of dimensions.
    """
    if unknown := [name for name in parameters if name not in dimensions]:
        raise TypeError(f"{model} has the parameters {list(dimensions)}; got {unknown[0]!r}")
    if missing := [name for name in dimensions if name not in parameters]:
        raise TypeError(f"{model} needs the parameter {missing[0]!r}")
    arrays = {}
    for name, wanted in dimensions.items():
        try:
            array = np.asarray(parameters[name])
        except ValueError as error:
            raise ValueError(f"{name} must be an array of numbers; {error}") from error
        if array.dtype.kind not in "iuf":
            raise TypeError(f"{name} must be an array of real numbers; got {array.dtype}")
        if array.ndim != wanted:
            raise ValueError(f"{name} must have {wanted} dimension(s); got {array.ndim}")
        arrays[name] = array
    return arrays


def check_shapes(core: Model, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Check that all shapes speak of the same sizes.

    Parameters
    ----------
    core : Model
        The sizes that some of the shapes speak of.
    arrays : dict of str to ndarray
        The parameters.

    Raises
    ------
    ValueError
        If one has another shape than `core` gives it.
    """
    for name, shape, _, _ in core.layout:
        if arrays[name].shape != shape:
            raise ValueError(
                f"{name} must have shape {shape}, for n_features={core.n_features} and "
                f"n_hidden={core.n_hidden}; got {arrays[name].shape}"
            )


def check_finite(parameters: Mapping[str, Float32Array]) -> None:
    """Refuse NaN and infinity.

    Parameters
    ----------
    parameters : dict of str to ndarray of float32

    Raises
    ------
    ValueError
        If there is any.
    """
    for name, values in parameters.items():
        if not np.isfinite(values).all():
            raise ValueError(f"{name} must be finite; it has NaN, inf or overflows float32")


def check_triangular(name: str, values: Float32Array) -> None:
    """Refuse weights from a feature to its own logit or an earlier one.

    Parameters
    ----------
    name : str
        The parameter, for the message.
    values : ndarray, shape (n_features, n_features), float32
        The weights, from column to row.

    Raises
    ------
    ValueError
        If any on or above the diagonal is not 0.
    """
    above = np.argwhere(np.triu(values))
    if len(above):
        row, column = above[0]
        raise ValueError(
            f"{name} must be 0 on and above the diagonal, where x_i would depend on itself or on "
            f"later features; it is {values[row, column]:g} at [{row}, {column}]"
        )
