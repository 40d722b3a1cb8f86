"""Progress of training: a bar on a terminal or in a notebook, plain lines elsewhere."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

__all__ = ["Report", "reporting"]

Report: TypeAlias = Callable[[int, float, float], None]


@contextmanager
def reporting(verbose: bool, max_epochs: int, done: int = 0) -> Iterator[Report]:
    """Open the report of a run on stderr; what is yielded wants each epoch and its nats."""
    if not verbose:
        yield _silent
        return
    bar = _open_bar(max_epochs, done)
    if bar is None:
        yield _print_line
        return

    def advance(epoch: int, train: float, valid: float) -> None:
        bar.set_postfix_str(_figures(train, valid), refresh=False)
        bar.update(epoch - bar.n)

    with bar:
        yield advance


def _open_bar(max_epochs: int, done: int) -> Any:
    """Open a tqdm bar, or return None without tqdm or a place where a bar can move."""
    in_notebook = "ipykernel" in sys.modules
    if not (in_notebook or (sys.stderr is not None and sys.stderr.isatty())):
        return None
    try:
        from tqdm.auto import tqdm  # type: ignore[import-untyped]
    except ImportError:
        return None
    return tqdm(total=max_epochs, initial=done, unit="epoch")


def _silent(epoch: int, train: float, valid: float) -> None:
    """Say nothing."""


def _print_line(epoch: int, train: float, valid: float) -> None:
    """Print a line."""
    if sys.stderr is not None:
        sys.stderr.write(f"epoch {epoch}: {_figures(train, valid)}\n")  # whole, whatever comes next
        sys.stderr.flush()


def _figures(train: float, valid: float) -> str:
    """The nats, as text."""
    judged = "" if math.isnan(valid) else f", valid {valid:.3f}"
    return f"train {train:.3f}{judged} nats"
