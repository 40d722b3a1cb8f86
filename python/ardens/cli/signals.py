"""SIGTERM and SIGHUP as exceptions: what a command has begun to write is removed as with Ctrl-C."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["Ended", "signals_raised"]

_WORDS = {"SIGTERM": "terminated", "SIGHUP": "hung up"}  # SIGHUP is not everywhere
_ONE_END = 1.0  # seconds; `timeout` sends its signal twice, to the process and to its group


class Ended(BaseException):
    """A signal asks the process to end; `code` is what a shell gives for that."""

    def __init__(self, number: int) -> None:
        super().__init__(_WORDS[signal.Signals(number).name])
        self.code = 128 + number


@contextmanager
def signals_raised() -> Iterator[None]:
    """Raise `Ended` in the block where a signal would end the process, and nothing where it is set.

    One that comes again, a second or more later, ends the process at once, as it would have.
    """
    ours: list[int] = []
    first = 0.0

    def end(number: int, frame: FrameType | None) -> None:
        nonlocal first
        if not first:
            first = time.monotonic()
            raise Ended(number)
        if time.monotonic() - first > _ONE_END:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    if threading.current_thread() is threading.main_thread():  # no other may set handlers
        numbers = (getattr(signal, name) for name in _WORDS if hasattr(signal, name))
        ours += [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    try:
        for number in ours:
            signal.signal(number, end)
        yield
    finally:
        if not first:  # else the process is about to end, and the signal may come again
            for number in ours:
                signal.signal(number, signal.SIG_DFL)
