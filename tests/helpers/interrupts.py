"""Ctrl-C while something runs."""

import os
import signal
import threading
import time

import pytest


def cpu_seconds_after_ctrl_c(work, delay):
    """Of all threads, from Ctrl-C, so long after work() begins, to its KeyboardInterrupt."""
    pressed = []

    def press():
        pressed.append(time.process_time())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(delay, press)
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            work()
    finally:
        timer.cancel()
    return time.process_time() - pressed[0]
