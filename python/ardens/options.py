"""The public door for options: numbers, orderings, seeds, threads and amounts of memory.

Each function names the argument in its error, what was wanted and what came.
"""

from __future__ import annotations

import math
import operator
import os
import reprlib
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import _core
from .cgroups import cpu_quota, memory_limit

__all__ = [
    "RandomState",
    "check_memory",
    "permutation",
    "real_number",
    "seed_from",
    "thread_count",
    "truth",
    "vector",
    "whole_number",
]

RandomState: TypeAlias = (
    int
    | np.random.Generator
    | np.random.BitGenerator
    | np.random.RandomState
    | np.random.SeedSequence
    | None
)

_SMALL = 1 << 28  # bytes that any machine has; asking the system takes longer than a small call


def whole_number(value: object, name: str, *, minimum: int = 0, maximum: int = 2**63 - 1) -> int:
    """Check an integer and its range.

    Parameters
    ----------
    value : int
        A Python or NumPy integer; bool is refused.
    name : str
        What an error message calls it.
    minimum, maximum : int, default 0 and 2**63 - 1
        The range allowed, ends included; a minimum of -2**63 goes without saying.

    Returns
    -------
    int

    Raises
    ------
    TypeError
        If `value` is no integer.
    ValueError
        If it is out of range.

    Examples
    --------
    >>> whole_number(0, "n_hidden", minimum=1)
    Traceback (most recent call last):
        ...
    ValueError: n_hidden must be an integer of at least 1; got 0
    """
    wanted = f"{name} must be an integer"
    if minimum > -(2**63):
        wanted += f" of at least {minimum}"
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"{wanted}; got {reprlib.repr(value)}") from None
    if number < minimum:
        raise ValueError(f"{wanted}; got {number}")
    if number > maximum:
        bits = maximum.bit_length()
        limit = f"2**{bits} - 1" if bits > 32 and maximum == 2**bits - 1 else maximum
        raise ValueError(f"{name} must be at most {limit}; got {reprlib.repr(number)}")
    return number


def real_number(
    value: object, name: str, *, minimum: float = -math.inf, maximum: float = math.inf
) -> float:
    """Check a finite number and its range.

    Parameters
    ----------
    value : float
        A Python or NumPy number; bool is refused.
    name : str
        What an error message calls it.
    minimum, maximum : float, default -inf and inf
        The range allowed, ends included.

    Returns
    -------
    float

    Raises
    ------
    TypeError
        If `value` is no number.
    ValueError
        If it is not finite or out of range.

    Examples
    --------
    >>> real_number(-0.5, "alpha", minimum=0)
    Traceback (most recent call last):
        ...
    ValueError: alpha must be a finite number of at least 0; got -0.5
    """
    wanted = f"{name} must be a finite number"
    if minimum > -math.inf:
        wanted += f" of at least {minimum:g}"
    if maximum < math.inf:
        wanted += f" and at most {maximum:g}"
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{wanted}; got {reprlib.repr(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not (math.isfinite(number) and minimum <= number <= maximum):
        raise ValueError(f"{wanted}; got {reprlib.repr(value)}")
    return number


def truth(value: object, name: str) -> bool:
    """Check a truth value.

    Parameters
    ----------
    value : bool
        A Python or NumPy truth value.
    name : str
        What an error message calls it.

    Returns
    -------
    bool

    Raises
    ------
    TypeError
        If `value` is anything else.
    """
    if not isinstance(value, bool | np.bool_):
        raise TypeError(f"{name} must be True or False; got {reprlib.repr(value)}")
    return bool(value)


def vector(value: ArrayLike, size: int, wanted: str, *, below: int, kinds: str) -> NDArray[Any]:
    """Check one whole number for every column.

    Parameters
    ----------
    value : array_like of shape (size,)
        What was given.
    size : int
        How many are wanted.
    wanted : str
        How an error begins.
    below : int
        They must be 0 … below - 1.
    kinds : str
        Kinds of dtype that will do.

    Returns
    -------
    ndarray, shape (size,)

    Raises
    ------
    TypeError
        If `value` does not hold such numbers.
    ValueError
        If there are more or fewer, or one is out of range.
    """
    try:
        array = np.asarray(value)
    except ValueError:
        raise TypeError(f"{wanted}; got {reprlib.repr(value)}") from None
    if array.dtype.kind not in kinds:
        raise TypeError(f"{wanted}; got {reprlib.repr(value)}")
    if array.shape != (size,):
        raise ValueError(f"{wanted}; got an array of shape {array.shape}")
    outside = (array < 0) | (array >= below)
    if outside.any():
        raise ValueError(f"{wanted}; it has {array[outside][0]}")
    return array


def permutation(ordering: ArrayLike, n_features: int) -> NDArray[np.intp]:
    """Check an ordering of the columns.

    Parameters
    ----------
    ordering : array_like of int, shape (n_features,)
        ``ordering[k]`` is the column that stands at position k.
    n_features : int
        The number of columns.

    Returns
    -------
    ndarray of intp, shape (n_features,)
        A read-only copy.

    Raises
    ------
    TypeError
        If `ordering` does not hold integers.
    ValueError
        If it is not a permutation of 0 … n_features - 1.
    """
    wanted = f"ordering must be None, a name or a permutation of 0 … {n_features - 1}"
    array = vector(ordering, n_features, wanted, below=n_features, kinds="iu")
    result = array.astype(np.intp)
    counts = np.bincount(result, minlength=n_features)
    if counts.max() > 1:
        raise ValueError(f"{wanted}; it has {int(np.argmax(counts))} more than once")
    result.flags.writeable = False
    return result


def seed_from(random_state: RandomState, name: str = "random_state") -> int:
    """Turn what a user calls a seed into 64 bits.

    Parameters
    ----------
    random_state : None, int, Generator, BitGenerator, RandomState or SeedSequence
        None draws a fresh seed from the operating system. An integer of 0 … 2**64 - 1 is the seed.
        A generator is asked for one draw, which advances it. A seed sequence gives the same seed
        every time.
    name : str, default "random_state"
        What an error message calls it.

    Returns
    -------
    int
        The seed, 0 … 2**64 - 1.

    Raises
    ------
    TypeError
        If `random_state` is of another type.
    ValueError
        If an integer is out of range.
    """
    if random_state is None:
        return int.from_bytes(os.urandom(8), "little")
    if isinstance(random_state, np.random.BitGenerator):
        random_state = np.random.Generator(random_state)
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(0, 2**64 - 1, dtype=np.uint64, endpoint=True))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(0, 2**64, dtype=np.uint64))
    if isinstance(random_state, np.random.SeedSequence):
        return int(random_state.generate_state(1, np.uint64)[0])
    try:
        return whole_number(random_state, name, maximum=2**64 - 1)
    except TypeError:
        raise TypeError(
            f"{name} must be None, an integer of 0 … 2**64 - 1, or a numpy.random Generator, "
            f"RandomState or SeedSequence; got {reprlib.repr(random_state)}"
        ) from None


def thread_count(n_jobs: int | None) -> int:
    """Number of threads for `n_jobs`, by scikit-learn's rules.

    Parameters
    ----------
    n_jobs : int or None
        None for the default: one for each CPU this process may use, fewer if OMP_NUM_THREADS or
        threadpoolctl say so. -1 for all of these CPUs, -2 for all but one, and so on; a positive
        number is that many threads, at most one per CPU. The core holds all of them to what
        OMP_NUM_THREADS and threadpoolctl allow.

    Returns
    -------
    int
        At least 1.

    Raises
    ------
    TypeError
        If `n_jobs` is neither None nor an integer.
    ValueError
        If `n_jobs` is 0.
    """
    if n_jobs is None:
        threads = _core.max_threads()
        return min(threads, cpu_quota() or threads)
    jobs = whole_number(n_jobs, "n_jobs", minimum=-(2**63))
    if jobs == 0:
        raise ValueError(
            "n_jobs must be None, a positive number of threads, or -1 for all CPUs; got 0"
        )
    if jobs == 1:
        return 1
    cpus = _cpus()
    return max(1, min(jobs if jobs > 0 else cpus + 1 + jobs, cpus))


def _cpus() -> int:
    """CPUs that affinity and the quota of a container leave to this process."""
    try:
        cpus = len(os.sched_getaffinity(0))
    except AttributeError:  # not a Linux system
        cpus = os.cpu_count() or 1
    return min(cpus, cpu_quota() or cpus)


def check_memory(n_bytes: int, what: str) -> None:
    """Refuse an allocation that is larger than the memory of the machine or of the container.

    A system that overcommits would grant it, and end the process when it is filled.

    Parameters
    ----------
    n_bytes : int
        The bytes needed.
    what : str
        What needs them, for the message.

    Raises
    ------
    MemoryError
        If the machine does not have that much.
    """
    if n_bytes < _SMALL:
        return
    try:
        available = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # unknown here: the allocation itself will tell
        return
    available = min(available, memory_limit() or available)
    if n_bytes > available:
        raise MemoryError(
            f"{what} needs {n_bytes / 2**30:,.1f} GiB; this machine has {available / 2**30:,.1f}"
        )
