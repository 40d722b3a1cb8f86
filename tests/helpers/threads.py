"""Whether what a test computes is worth several threads: less is not shared out at all."""

from typing import Any

from ardens import _core


def check_shared(threads: int, rows: int, parameters: int) -> None:
    """Every one of the threads has something to do in a call with so many rows."""
    assert _core.useful_threads(threads, rows * parameters) == threads


def n_parameters(model: Any) -> int:
    """Of a fitted model."""
    return sum(array.size for array in model.parameters().values())
