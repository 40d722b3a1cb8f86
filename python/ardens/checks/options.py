"""The public door for options: numbers, names, orderings, seeds.

Each check names the option in its error, what was wanted and what came: TypeError for another
type, ValueError for what is out of range. An estimator declares its options with `option`, beside
each field: what it may be, and the flag of the command line that sets it.
"""

from __future__ import annotations

import dataclasses
import math
import operator
import os
import reprlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from numbers import Integral, Real
from typing import Any, Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = [
    "PART",
    "SEED",
    "SWITCH",
    "Kind",
    "Option",
    "RandomState",
    "listed_names",
    "maybe",
    "number",
    "one_of",
    "option",
    "options_of",
    "permutation",
    "real_number",
    "seed_from",
    "truth",
    "vector",
    "whole",
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

Check: TypeAlias = Callable[[Any, str], object]
Reading: TypeAlias = Literal["whole", "number", "word", "switch", "seed"]


def whole_number(value: object, name: str, *, minimum: int = 0, maximum: int = 2**63 - 1) -> int:
    """Check an integer of Python or NumPy, no bool; a minimum of -2**63 goes without saying.

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
    """Check a finite number of Python or NumPy, no bool.

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


def fraction(value: object, name: str) -> float:
    """Check a part of the rows that leaves some: at least 0 and below 1."""
    part = real_number(value, name, minimum=0)
    if part >= 1:
        raise ValueError(f"{name} must be below 1; got {part:g}")
    return part


def truth(value: object, name: str) -> bool:
    """Check a truth value of Python or NumPy; the integers 1 and 0 are such, no other number is.

    >>> truth(1, "verbose"), truth(np.False_, "verbose")
    (True, False)
    """
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value[()]
    if isinstance(value, bool | np.bool_) or (isinstance(value, Integral) and value in (0, 1)):
        return bool(value)
    raise TypeError(f"{name} must be True or False; got {reprlib.repr(value)}")


def vector(value: ArrayLike, size: int, wanted: str, *, below: int, kinds: str) -> NDArray[Any]:
    """Check `size` whole numbers of 0 … below - 1, of these kinds of dtype.

    `wanted` is how an error begins.
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


def permutation(
    ordering: ArrayLike, n_features: int, names: Iterable[str] | None = None
) -> NDArray[np.intp]:
    """Check an ordering of the columns, by number or by name, and copy it into a read-only array.

    >>> permutation(["old", "male"], 2, ["male", "old"])
    array([1, 0])
    """
    wanted = f"ordering must be None, a name or a permutation of 0 … {n_features - 1}"
    listed = listed_names(ordering)
    if listed is not None:
        wanted += " or of the names of the columns"
        ordering = _places(listed, n_features, names, wanted)
    array = vector(ordering, n_features, wanted, below=n_features, kinds="iu")
    result = array.astype(np.intp)
    counts = np.bincount(result, minlength=n_features)
    if counts.max() > 1:
        column = int(np.argmax(counts))
        twice = column if listed is None else repr(listed[result.tolist().index(column)])
        raise ValueError(f"{wanted}; it has {twice} more than once")
    result.flags.writeable = False
    return result


def listed_names(ordering: object) -> list[str] | None:
    """The names of columns that an ordering consists of; None if it has anything else."""
    in_order = isinstance(ordering, Sequence) or getattr(ordering, "ndim", 0) == 1
    if isinstance(ordering, str) or not (in_order and isinstance(ordering, Iterable)):
        return None
    names = list(ordering)
    return names if names and all(isinstance(name, str) for name in names) else None


def _places(
    listed: Sequence[str], n_features: int, names: Iterable[str] | None, wanted: str
) -> list[int]:
    """The numbers of the columns that are listed by name."""
    if names is None:
        raise ValueError(
            f"{wanted}; got names, {reprlib.repr(listed)}, but the columns have none: give a data "
            "frame, or the numbers of the columns"
        )
    if len(listed) != n_features:
        raise ValueError(f"{wanted}; got {len(listed)} names for {n_features} columns")
    places = {name: i for i, name in enumerate(names)}
    unknown = [name for name in listed if name not in places]
    if unknown:
        raise ValueError(f"{wanted}; it has {reprlib.repr(unknown[0])}, which no column is called")
    return [places[name] for name in listed]


def seed_from(random_state: RandomState, name: str = "random_state") -> int:
    """Turn what a user calls a seed into 64 bits.

    None draws a fresh seed from the operating system. A generator is asked for one draw, which
    advances it. A seed sequence gives the same seed every time.
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


class Kind(NamedTuple):
    """What an option may be: what refuses all else, and how the command line reads it."""

    check: Check
    reading: Reading = "word"


@dataclass(frozen=True)
class Option:
    """An option of an estimator, and the flag of the command line that sets it, if any."""

    kind: Kind
    flag: str = ""
    help: str = ""


def option(kind: Kind | Check, flag: str = "", help: str = "") -> dict[str, Option]:
    """Metadata of a dataclass's field."""
    return {"option": Option(kind if isinstance(kind, Kind) else Kind(kind), flag, help)}


def options_of(estimator: Any) -> dict[str, Option]:
    """The options that an estimator, or its class, declares, by name."""
    found = dataclasses.fields(estimator)
    return {field.name: field.metadata["option"] for field in found if "option" in field.metadata}


def whole(minimum: int = 0, maximum: int = 2**63 - 1) -> Kind:
    """An integer."""
    return Kind(partial(whole_number, minimum=minimum, maximum=maximum), "whole")


def number(minimum: float = -math.inf, maximum: float = math.inf) -> Kind:
    """A finite number."""
    return Kind(partial(real_number, minimum=minimum, maximum=maximum), "number")


def maybe(kind: Kind) -> Kind:
    """Something or None."""
    return Kind(lambda value, name: value is None or kind.check(value, name), kind.reading)


def one_of(*values: str | None) -> Kind:
    """One of a few words, or None."""
    if len(values) == 2:
        wanted = " or ".join(f'"{value}"' if value else "None" for value in values)
    else:
        wanted = f"one of {', '.join(map(str, values))}"

    def check(value: object, name: str) -> None:
        if not (value is None or isinstance(value, str)) or value not in values:
            raise ValueError(f"{name} must be {wanted}; got {value!r}")

    return Kind(check)


SWITCH = Kind(truth, "switch")
PART = Kind(fraction, "number")
SEED = Kind(lambda value, name: None, "seed")  # only `fit` looks at it, as a look may advance it
