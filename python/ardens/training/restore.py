"""What a resumed run takes from a checkpoint, checked before it is believed."""

from __future__ import annotations

import hashlib
import math
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import Float32Array, Model
from ..parameters import filled
from ..storage.container import Container
from ..storage.distrust import refuse
from .solver import Solver
from .state import TrainingState

__all__ = ["WORD", "digest", "restored", "shapes"]

WORD = "training"  # of the header, and of the tensors' names
JUDGED = f"{WORD}.judged"


def shapes(file: Container, core: Model) -> dict[str, tuple[int, ...]]:
    """The shapes that the tensors of a checkpoint have, of those of the names that are such."""
    names = file.names
    own = {name: shape for name, shape, _, _ in core.layout}
    known = {
        name: own.get(name.rpartition(".")[2]) for name in names if name.startswith(f"{WORD}.")
    }
    found = {name: shape for name, shape in known.items() if shape is not None}
    return found | ({JUDGED: file.length(JUDGED)} if JUDGED in names else {})


def _judged(nats: NDArray[np.float32] | None, n_valid: int) -> NDArray[np.float32] | None:
    """Nats of the validation rows, which version 0.1 did not write."""
    if nats is None:
        return None
    if nats.shape != (n_valid,) or not np.isfinite(nats).all():
        refuse("the nats of the validation rows are none")
    return nats.copy()


def restored(
    told: Mapping[str, Any],
    arrays: Mapping[str, NDArray[np.float32]],
    before: TrainingState,
    solver: Solver,
    core: Model,
    n_valid: int,
    check: Callable[[Mapping[str, Float32Array]], None],
) -> TrainingState:
    """The state that was saved.

    `before` has what the model file tells of it: the best parameters, history and best epoch, and
    the generator that shuffles, which is brought to where it was. `check` refuses values that
    parameters cannot have; FormatError says what is wrong.
    """
    flats = _flats({k: v for k, v in arrays.items() if k != JUDGED}, solver, core, check)
    epoch = len(before.history["epoch"])
    state = replace(
        before,
        params=flats.pop("params"),
        average=flats.pop("average", None),
        epoch=epoch,
        best_valid=_best_valid(told),
        waiting=_whole(told, "waiting", 0, epoch),
        judged=_judged(arrays.get(JUDGED), n_valid),
        seconds=before.history["time"][-1] if epoch else 0.0,
    )
    step = _whole(told, "step", 0)
    if solver.optimizer is not None:
        state.optimizer = solver.optimizer.start(0)
        state.optimizer.arrays = {
            name.removeprefix("optimizer."): array for name, array in flats.items()
        }
        state.optimizer.step = step
    _restore(told.get("shuffle"), state.rng)
    if type(told.get("first")) is not bool:
        refuse("first is not true or false")
    _whole(told, "until", max(1, epoch))
    return state


def digest(words: Mapping[str, Any], arrays: Mapping[str, NDArray[np.float32]]) -> str:
    """128 bits of BLAKE2b, hexadecimal, of all words but the digest and of all arrays."""
    result = hashlib.blake2b(digest_size=16)
    for name in sorted(words.keys() - {"digest"}):
        result.update(f"{name}\0{words[name]}\0".encode(errors="surrogatepass"))
    for name in sorted(arrays):
        result.update(f"{name}\0".encode(errors="surrogatepass"))
        result.update(np.ascontiguousarray(arrays[name]).data)
    return result.hexdigest()


def _flats(
    arrays: Mapping[str, NDArray[np.float32]],
    solver: Solver,
    core: Model,
    check: Callable[[Mapping[str, Float32Array]], None],
) -> dict[str, Float32Array]:
    """The flat arrays of a state by name, writeable."""
    named: dict[str, dict[str, NDArray[np.float32]]] = {}
    for key, tensor in arrays.items():
        flat, _, name = key.removeprefix(f"{WORD}.").rpartition(".")
        named.setdefault(flat, {})[name] = tensor
    wanted = ["params", *(["average"] if solver.averaged else [])]
    if solver.optimizer is not None:
        wanted += [f"optimizer.{slot}" for slot in solver.optimizer.slots]
    else:
        named.pop("optimizer.velocity", None)  # zeros, which 0.1 wrote of the convex solver too
    if set(named) != set(wanted):
        refuse(f"it has the arrays {sorted(named)[:9]} where {wanted} are wanted")
    for flat, tensors in named.items():
        if len(tensors) < len(core.layout):
            refuse(f"a tensor of {flat} is missing")
        try:
            check(tensors)
        except ValueError as error:
            refuse(f"in {flat}, {error}")
    return {flat: filled(core, named[flat]).copy() for flat in wanted}


def _best_valid(told: Mapping[str, Any]) -> float:
    """The likelihood of the best epoch, or what stands for none."""
    value = told.get("best_valid")
    if value is None:
        return -math.inf
    if type(value) is not float or not math.isfinite(value):
        refuse("best_valid is no number")
    return value


def _restore(state: Any, shuffle: np.random.Generator) -> None:
    """Bring a generator to a state that was saved."""
    try:
        if not _alike(state, shuffle.bit_generator.state):
            raise ValueError
        shuffle.bit_generator.state = state
    except (TypeError, ValueError, OverflowError):
        refuse("the state of the shuffling stream is none")


def _whole(told: Mapping[str, Any], name: str, minimum: int, maximum: int = 2**62) -> int:
    """A whole number out of a file."""
    value = told.get(name)
    if type(value) is not int or not minimum <= value <= maximum:
        refuse(f"{name} is {reprlib.repr(value)}")
    return value


def _alike(value: object, sample: object) -> bool:
    """Whether a value out of a file has the form of one from here."""
    if isinstance(sample, dict):
        return (
            isinstance(value, dict)
            and value.keys() == sample.keys()
            and all(_alike(value[key], sample[key]) for key in sample)
        )
    if isinstance(sample, int):
        return type(value) is int and value >= 0
    return value == sample
