"""Progress on stderr: a bar on a terminal or in a notebook, plain lines or nothing elsewhere."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

__all__ = ["Report", "progress"]

_SOON = 0.5  # seconds that work may take of which only rows are counted, before a bar is drawn


class Report(Protocol):
    """What is called as work goes on; any thread may do so."""

    def __call__(self, done: int, told: str = "", name: str = "") -> None:
        """Say how many are done, what came of the last one, and what a line calls that one."""


@contextmanager
def progress(
    total: int, unit: str, *, done: int = 0, verbose: bool = True, lines: bool = True
) -> Iterator[Report]:
    """Open a report of so many epochs, penalties, members or rows; what is yielded is called.

    With `lines`, each call is a line where no bar can move. Without, nothing is said there, and a
    bar is drawn only where the work lasts, its numbers are shortened, and it goes when it is done.

    >>> import contextlib
    >>> with contextlib.redirect_stderr(sys.stdout), progress(2, "epoch") as report:
    ...     report(1, "train -3.2 nats")
    epoch 1: train -3.2 nats
    """
    bar = _open_bar(total, unit, done, lines) if verbose else None
    if bar is None:
        yield _line_writer(unit) if verbose and lines else _silent
        return
    door = threading.Lock()

    def advance(done: int, told: str = "", name: str = "") -> None:
        with door:
            if told:
                bar.set_postfix_str(told, refresh=False)
            bar.update(max(0, done - bar.n))

    with bar:
        yield advance


def _open_bar(total: int, unit: str, done: int, lines: bool) -> Any:
    """Open a tqdm bar, or return None without tqdm or a place where a bar can move."""
    in_notebook = "ipykernel" in sys.modules
    if not (in_notebook or (sys.stderr is not None and sys.stderr.isatty())):
        return None
    try:
        from tqdm.auto import tqdm  # type: ignore[import-untyped]
    except ImportError:
        return None
    brief = {} if lines else {"unit_scale": True, "delay": _SOON, "leave": False}
    return tqdm(total=total, initial=done, unit=unit, **brief)


def _silent(done: int, told: str = "", name: str = "") -> None:
    """Say nothing."""


def _line_writer(unit: str) -> Report:
    """What writes a line for each call."""

    def write(done: int, told: str = "", name: str = "") -> None:
        if sys.stderr is not None:
            sys.stderr.write(f"{name or f'{unit} {done}'}: {told}\n")  # whole, whatever comes next
            sys.stderr.flush()

    return write
