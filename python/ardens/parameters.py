"""The parameters of a model: one flat array, the names in it, and what they may hold."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checks.machine import check_memory
from .core import Float32Array, Model

__all__ = [
    "aligned",
    "check_finite",
    "check_shapes",
    "check_triangular",
    "copy_into",
    "copy_of",
    "draw_uniform",
    "filled",
    "frozen",
    "frozen_copy",
    "named_arrays",
    "named_views",
    "output_views",
    "sparse_zeros",
]

_ALIGNMENT = 64  # bytes: a cache line, and the widest vector
_SMALL = 4096  # floats, below which finding a cache line costs more than it saves
_SPARSE, _COPIED = 1 << 28, 1 << 13  # floats: from so many on zeros take no memory; a part of them
_BLOCK = 1 << 20  # numbers drawn at a time, so that Ctrl-C gets through


def aligned(size: int, allocate: Callable[..., NDArray[Any]] = np.empty) -> Float32Array:
    """Allocate a flat array that begins at a cache line, unless it is small."""
    n_bytes = 4 * size
    check_memory(n_bytes, f"a model of {size:,} parameters")
    if size < _SMALL:
        return allocate(size, np.float32)
    room = allocate(n_bytes + _ALIGNMENT, np.uint8)
    first = -room.__array_interface__["data"][0] % _ALIGNMENT
    return room[first : first + n_bytes].view(np.float32)


def sparse_zeros(size: int) -> Float32Array:
    """Allocate zeros, of which only those parts take memory that are written to, if they are many.

    NumPy's own have large pages, of which a few numbers here and there take all; what goes through
    all of them is up to a fifth faster.
    """
    if size < _SPARSE or not hasattr(mmap, "MAP_PRIVATE"):
        return aligned(size, np.zeros)
    check_memory(4 * size, f"a model of {size:,} parameters")
    try:
        room = mmap.mmap(-1, 4 * size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    except OSError as error:
        raise MemoryError(f"no room for {size:,} parameters: {error}") from error
    return np.frombuffer(room, np.float32)


def _is_sparse(flat: Float32Array) -> bool:
    """Whether an array is one of `sparse_zeros`, in memory that NumPy does not own."""
    return not (flat.base is None or isinstance(flat.base, np.ndarray))


def frozen_copy(flat: Float32Array) -> Float32Array:
    """Copy a flat array into one of its kind that is read-only."""
    return frozen(copy_of(flat))


def copy_of(flat: Float32Array) -> Float32Array:
    """Copy a flat array into one of its kind."""
    copy = sparse_zeros(flat.size) if _is_sparse(flat) else aligned(flat.size)
    copy_into(copy, flat)
    return copy


def copy_into(target: Float32Array, source: Float32Array) -> None:
    """Copy one flat array into another; if that is sparse, no zeros into zeros."""
    if not _is_sparse(target):
        np.copyto(target, source)
        return
    for first in range(0, source.size, _COPIED):
        part, new = target[first : first + _COPIED], source[first : first + _COPIED]
        if new.any() or part.any():
            part[:] = new


def filled(core: Model, parameters: Mapping[str, NDArray[Any]]) -> Float32Array:
    """Put named parameters into a new, read-only flat array; padding is 0."""
    flat = aligned(core.size, np.zeros)
    for name, view in named_views(core, flat).items():
        view[...] = parameters[name]
    return frozen(flat)


def named_views(core: Model, flat: Float32Array) -> dict[str, Float32Array]:
    """Views of the parameters in a flat array, by name; read-only if it is."""
    return {
        name: np.ndarray(shape, np.float32, flat, offset, strides)
        for name, shape, strides, offset in _layout(core)
    }


def output_views(core: Model, flat: Float32Array) -> dict[str, Float32Array]:
    """Views of what leads to the features, by name; row i of each belongs to feature i."""
    views = named_views(core, flat)
    outputs = {name: view for name, view in views.items() if name in ("V", "D", "b")}
    if core.tied:
        outputs["W"] = views["W"].T
    elif core.name == "fvsbn":
        outputs["W"] = views["W"]
    return outputs


@lru_cache(maxsize=64)
def _layout(core: Model) -> list[tuple[str, tuple[int, ...], tuple[int, ...], int]]:
    """Names, shapes, strides and places in bytes; kept, because every call makes views."""
    return [
        (name, shape, tuple(4 * stride for stride in strides), 4 * offset)
        for name, shape, strides, offset in core.layout
    ]


def draw_uniform(
    view: Float32Array, bounds: float | NDArray[np.float64], rng: np.random.Generator
) -> None:
    """Fill a matrix with uniform numbers between -bound and bound, one for all rows or for each."""
    each = np.broadcast_to(np.asarray(bounds, np.float32), len(view))
    step = max(1, _BLOCK // view.shape[1])
    for first in range(0, len(view), step):
        block = view[first : first + step]
        drawn = rng.random(block.shape, np.float32)
        np.multiply(2 * drawn - 1, each[first : first + step, None], out=block)


def frozen(flat: Float32Array) -> Float32Array:
    """Make it read-only, and the memory behind it, or its views could be made writeable again."""
    flat.flags.writeable = False
    if _is_sparse(flat):
        return np.frombuffer(flat.data.toreadonly(), np.float32)
    if isinstance(flat.base, np.ndarray):
        flat.base.flags.writeable = False
    return flat


def named_arrays(
    model: str, dimensions: Mapping[str, int], parameters: Mapping[str, ArrayLike]
) -> dict[str, NDArray[Any]]:
    """Check names (TypeError), types (TypeError) and numbers of dimensions (ValueError)."""
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
    """Refuse shapes that do not speak of the sizes of `core`, which some of them speak of."""
    for name, shape, _, _ in core.layout:
        if arrays[name].shape != shape:
            raise ValueError(
                f"{name} must have shape {shape}, for n_features={core.n_features} and "
                f"n_hidden={core.n_hidden}; got {arrays[name].shape}"
            )


def check_finite(parameters: Mapping[str, Float32Array]) -> None:
    """Refuse NaN and infinity."""
    for name, values in parameters.items():
        if not np.isfinite(values).all():
            raise ValueError(f"{name} must be finite; it has NaN, inf or overflows float32")


def check_triangular(name: str, values: Float32Array) -> None:
    """Refuse weights from a feature to its own logit or an earlier one."""
    above = np.argwhere(np.triu(values))
    if len(above):
        row, column = above[0]
        raise ValueError(
            f"{name} must be 0 on and above the diagonal, where x_i would depend on itself or on "
            f"later features; it is {values[row, column]:g} at [{row}, {column}]"
        )
