"""Threads side by side: whatever ends the wait for them ends them, at whatever point it comes."""

import sys
import threading
import time

import pytest

from ardens.composites import side_by_side as module
from ardens.composites.side_by_side import side_by_side


class Pressed(BaseException):
    """What a handler of a signal raises."""


@pytest.fixture
def long():
    """Work that takes half a minute, unless it is stopped; and that has not been stopped."""
    unstopped = []

    def work():
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            time.sleep(0.001)
        unstopped.append(work)

    yield work
    assert not unstopped


@pytest.fixture(autouse=True)
def _no_thread_stays():
    before = set(threading.enumerate())
    yield
    deadline = time.monotonic() + 40
    while set(threading.enumerate()) - before and time.monotonic() < deadline:
        time.sleep(0.001)
    assert set(threading.enumerate()) <= before


def pressed_at(line, work):
    """Work with `Pressed` raised before that line, of those of the module in the order they run."""
    left = [line]

    def trace(frame, event, _):
        if frame.f_code.co_filename != module.__file__:
            return None
        if event == "line":
            left[0] -= 1
            if left[0] == 0:
                raise Pressed
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        work()
    finally:
        sys.settrace(before)


@pytest.mark.parametrize("line", range(1, 30))
def test_a_signal_before_any_line_stops_all_threads(long, line):
    with pytest.raises(Pressed):
        pressed_at(line, lambda: side_by_side([long] * 3, workers=2))


def test_a_signal_while_a_thread_is_started_stops_it(long, monkeypatch):
    """It runs then, and the pool does not know of it."""
    start = threading.Thread.start

    def pressed(thread):
        start(thread)
        raise Pressed

    monkeypatch.setattr(threading.Thread, "start", pressed)
    with pytest.raises(Pressed):
        side_by_side([long] * 2, workers=2)


def test_a_thread_that_does_not_hear_the_first_time_is_stopped(long):
    def deaf():
        try:
            long()
        except KeyboardInterrupt:
            long()

    def fail():
        time.sleep(0.1)
        raise ArithmeticError("diverged")

    with pytest.raises(ArithmeticError):
        side_by_side([deaf, fail], workers=2)


def test_what_has_not_begun_does_not_begin_any_more(long):
    begun = []

    def work():
        begun.append(work)
        long()

    def fail():
        time.sleep(0.1)
        raise ArithmeticError("diverged")

    with pytest.raises(ArithmeticError):
        side_by_side([fail] + [work] * 30, workers=2)
    assert len(begun) < 30
