"""A signal at any point of a write: the old file or the new one is there, and nothing beside it."""

import fcntl
import os
import sys

import pytest

from ardens.storage import atomic
from ardens.storage.atomic import replacing


class Pressed(BaseException):
    """What a handler of a signal raises."""


@pytest.fixture
def path(tmp_path):
    (tmp_path / "model").write_bytes(b"old")
    return tmp_path / "model"


def write(path):
    with replacing(path) as file:
        file.write(b"new")


def pressed_at(line, work):
    """Work with `Pressed` raised before that line, of those of `atomic` in the order they run."""
    left = [line]

    def trace(frame, event, _):
        if frame.f_code.co_filename != atomic.__file__:
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


# The collector closes a file whose name a signal took away; Python says so.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_signal_before_any_line_of_a_write_leaves_the_old_file_or_the_new_one(path):
    line, found = 0, set()
    while True:
        line += 1
        path.write_bytes(b"old")
        try:
            pressed_at(line, lambda: write(path))
        except Pressed:
            pass
        else:
            break
        assert os.listdir(path.parent) == ["model"], f"line {line}"
        found.add(path.read_bytes())
    assert found == {b"old", b"new"}
    assert line > 30


def test_a_signal_while_the_file_is_locked_removes_it(path, monkeypatch):
    """Made and locked is two calls, and a signal may come from within the second."""

    def flock(*_):
        raise Pressed

    before = os.listdir("/proc/self/fd")
    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(Pressed):
        write(path)
    assert os.listdir(path.parent) == ["model"]
    assert path.read_bytes() == b"old"
    assert os.listdir("/proc/self/fd") == before
