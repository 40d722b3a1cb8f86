"""Work that is done side by side, in threads that can be stopped."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, CancelledError, ThreadPoolExecutor, wait
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
    running: set[int] = set()
    stopping = False
    door = threading.Lock()  # nobody begins unseen while the others are being stopped

    def tracked(work: Callable[[], Result]) -> Result:
        with door:
            if stopping:
                raise CancelledError
            running.add(threading.get_ident())
        try:
            return work()
        finally:
            running.discard(threading.get_ident())

    with ThreadPoolExecutor(workers) as pool:
        futures = [pool.submit(tracked, work) for work in works]
        try:
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
            with door:
                stopping = True
                for thread in tuple(running):
                    _interrupt(thread)
            raise


def _interrupt(thread: int) -> None:
    """Raise KeyboardInterrupt in another thread; signals reach the main one only."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread), ctypes.py_object(KeyboardInterrupt)
    )
