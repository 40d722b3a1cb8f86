"""Ctrl-C while something runs."""

import os
import signal
import threading
import time

import pytest


def seconds_after_ctrl_c(work, delay):
    """From Ctrl-C, so many seconds after work() begins, to the KeyboardInterrupt that ends it."""
    pressed = []

    def press():
        pressed.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(delay, press)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            work()
    finally:
        timer.cancel()
    return time.perf_counter() - pressed[0]
