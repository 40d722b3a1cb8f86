"""Work that is done side by side, in threads that can be stopped."""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, CancelledError, ThreadPoolExecutor, wait
from contextvars import copy_context
from typing import TypeVar

__all__ = ["side_by_side"]

Result = TypeVar("Result")

_AWAKE = 0.05  # seconds


def side_by_side(works: Sequence[Callable[[], Result]], workers: int) -> list[Result]:
    """Call functions in threads, so many at once, and return what they return, in order.

    Each should come back to Python often, as training does after every step, and the compiled core
    does from within every call. What the first of them raises is raised here; the others are
    stopped before, as they are by Ctrl-C. With one worker they run here, one after the other.

    >>> side_by_side([lambda: 1, lambda: 2, lambda: 3], workers=2)
    [1, 2, 3]
    """
    if workers <= 1:
        return [work() for work in works]
    crew = _Crew()
    with ThreadPoolExecutor(workers) as pool:
        try:  # before the first thread: a signal may be raised while it is started
            futures = [pool.submit(copy_context().run, crew.tracked, work) for work in works]
            waiting = True
            while waiting:
                # For a while only: a signal that reached another thread does not end the wait.
                done, left = wait(futures, _AWAKE, return_when=FIRST_EXCEPTION)
                for future in futures:
                    if future in done:
                        future.result()
                waiting = bool(left)
            return [future.result() for future in futures]
        except BaseException:
            crew.stop()
            raise


class _Crew:
    """The threads that are at work, and how they are stopped."""

    def __init__(self) -> None:
        self._running: set[int] = set()
        self._stopping = False
        self._door = threading.Lock()  # none begins or ends unseen while the others are stopped

    def tracked(self, work: Callable[[], Result]) -> Result:
        """Work in this thread, unless all are to stop."""
        with self._door:
            if self._stopping:
                raise CancelledError
            self._running.add(threading.get_ident())
        try:
            return work()
        finally:
            with self._door:
                self._running.discard(threading.get_ident())

    def stop(self) -> None:
        """Interrupt all that are at work, again and again until they have heard it."""
        self._stopping = True
        while True:
            with self._door:
                for thread in tuple(self._running):
                    _interrupt(thread)
                if not self._running:
                    return
            time.sleep(_AWAKE)


def _interrupt(thread: int) -> None:
    """Raise KeyboardInterrupt in another thread; signals reach the main one only."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread), ctypes.py_object(KeyboardInterrupt)
    )
