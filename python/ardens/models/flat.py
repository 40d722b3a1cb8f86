"""The flat array of parameters and the names in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..checks.machine import check_memory
from ..core import Float32Array, Model

__all__ = ["aligned", "draw_uniform", "filled", "frozen_copy", "named_views"]

_ALIGNMENT = 64  # bytes: a cache line, and the widest vector
_SMALL = 4096  # floats, below which finding a cache line costs more than it saves
_BLOCK = 1 << 20  # numbers drawn at a time, so that Ctrl-C gets through


def aligned(size: int, allocate: Callable[..., NDArray[Any]] = np.empty) -> Float32Array:
    """Allocate a flat array that begins at a cache line, unless it is small.

    Parameters
    ----------
    size : int
        The number of floats.
    allocate : callable, default=numpy.empty
        Or `numpy.zeros`.

    Returns
    -------
    ndarray, shape (size,), float32

    Raises
    ------
    MemoryError
        If the machine does not have that much memory.
    """
    n_bytes = 4 * size
    check_memory(n_bytes, f"a model of {size:,} parameters")
    if size < _SMALL:
        return allocate(size, np.float32)
    room = allocate(n_bytes + _ALIGNMENT, np.uint8)
    first = -room.__array_interface__["data"][0] % _ALIGNMENT
    return room[first : first + n_bytes].view(np.float32)


def frozen_copy(flat: Float32Array) -> Float32Array:
    """Copy a flat array into one of `aligned` that is read-only.

    Parameters
    ----------
    flat : ndarray, shape (size,), float32

    Returns
    -------
    ndarray, shape (size,), float32
    """
    copy = aligned(flat.size)
    copy[:] = flat
    return _freeze(copy)


def filled(core: Model, parameters: Mapping[str, NDArray[Any]]) -> Float32Array:
    """Put named parameters into a new, read-only flat array; padding is 0.

    Parameters
    ----------
    core : Model
        Names, shapes and places.
    parameters : dict of str to ndarray
        One array of the right shape for every name.

    Returns
    -------
    ndarray, shape (core.size,), float32
    """
    flat = aligned(core.size, np.zeros)
    for name, view in named_views(core, flat).items():
        view[...] = parameters[name]
    return _freeze(flat)


def named_views(core: Model, flat: Float32Array) -> dict[str, Float32Array]:
    """Views of the parameters in a flat array, by name.

    Parameters
    ----------
    core : Model
        Names, shapes and places.
    flat : ndarray, shape (core.size,), float32
        The flat array; the views are read-only if it is.

    Returns
    -------
    dict of str to ndarray of float32
    """
    return {
        name: np.ndarray(shape, np.float32, flat, offset, strides)
        for name, shape, strides, offset in _layout(core.name, core.n_features, core.n_hidden)
    }


@lru_cache(maxsize=64)
def _layout(
    name: str, n_features: int, n_hidden: int
) -> list[tuple[str, tuple[int, ...], tuple[int, ...], int]]:
    """Names, shapes, strides and places in bytes; kept, because every call makes views."""
    core = Model(name, n_features, n_hidden)
    return [
        (parameter, shape, tuple(4 * stride for stride in strides), 4 * offset)
        for parameter, shape, strides, offset in core.layout
    ]


def draw_uniform(
    view: Float32Array, bounds: float | NDArray[np.float64], rng: np.random.Generator
) -> None:
    """Fill a matrix with uniform numbers between -bound and bound.

    Parameters
    ----------
    view : ndarray, shape (rows, columns), float32
        What to fill, in blocks of rows.
    bounds : float or ndarray of float64, shape (rows,)
        One bound, or one for each row.
    rng : numpy.random.Generator
        Where the numbers come from.
    """
    each = np.broadcast_to(np.asarray(bounds, np.float32), len(view))
    step = max(1, _BLOCK // view.shape[1])
    for first in range(0, len(view), step):
        block = view[first : first + step]
        drawn = rng.random(block.shape, np.float32)
        np.multiply(2 * drawn - 1, each[first : first + step, None], out=block)


def _freeze(flat: Float32Array) -> Float32Array:
    # The memory behind the array as well, or its views could be made writeable again.
    if isinstance(flat.base, np.ndarray):
        flat.base.flags.writeable = False
    flat.flags.writeable = False
    return flat
