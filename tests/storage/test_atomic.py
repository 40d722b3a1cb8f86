"""Temporary files: those that nobody needs any more are swept, and no others."""

import fcntl
import os
import subprocess
import sys

import pytest

from ardens.storage.atomic import replacing

KILLED = """
import os, signal, sys
from ardens.storage.atomic import replacing
with replacing(sys.argv[1]) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model"


def write(path, content=b"new"):
    with replacing(path) as file:
        file.write(content)


def names(path):
    return sorted(os.listdir(path.parent))


def temporary(path, digits="0123456789abcdef"):
    return path.parent / f".{path.name}.{digits}.tmp"


def test_what_a_killed_process_left_is_swept_by_the_next_write(path):
    write(path, b"old")
    subprocess.run([sys.executable, "-c", KILLED, path], timeout=60, check=False)
    assert len(names(path)) == 2
    assert path.read_bytes() == b"old"
    write(path)
    assert names(path) == ["model"]
    assert path.read_bytes() == b"new"


def test_the_file_of_a_living_writer_is_left_alone(path):
    with replacing(path) as file:
        file.write(b"first")
        write(path, b"second")
        assert path.read_bytes() == b"second"
    assert path.read_bytes() == b"first"
    assert names(path) == ["model"]


def test_other_files_are_left_alone(path):
    others = [
        temporary(path.parent / "other"),
        temporary(path, "0123456789abcde"),
        temporary(path, "0123456789ABCDEF"),
        path.parent / ".model.tmp",
        path.parent / "model.0123456789abcdef.tmp",
        path.parent / ".model.0123456789abcdef.tmp.txt",
    ]
    for other in others:
        other.write_bytes(b"x")
    temporary(path, "f" * 16).mkdir()
    temporary(path, "e" * 16).symlink_to(others[0])
    os.mkfifo(temporary(path, "d" * 16))
    before = names(path)
    write(path)
    assert names(path) == sorted([*before, "model"])


def test_files_of_another_user_are_left_alone(path, monkeypatch):
    temporary(path).write_bytes(b"x")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    write(path)
    assert names(path) == [temporary(path).name, "model"]
    monkeypatch.undo()
    write(path)
    assert names(path) == ["model"]


def test_a_file_that_is_swept_before_it_is_locked_is_made_again(path, monkeypatch):
    flock, swept = fcntl.flock, []

    def late(descriptor, operation):
        if not swept:
            swept.append(os.readlink(f"/proc/self/fd/{descriptor}"))
            os.unlink(swept[0])
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", late)
    write(path)
    assert len(swept) == 1
    assert names(path) == ["model"]
    assert path.read_bytes() == b"new"


def test_files_are_written_where_nothing_can_be_locked(path, monkeypatch):
    def fail(*args):
        raise OSError("no locks here")

    temporary(path).write_bytes(b"x")
    monkeypatch.setattr(fcntl, "flock", fail)
    write(path)
    assert path.read_bytes() == b"new"
    assert names(path) == [temporary(path).name, "model"]


def test_descriptors_are_closed(path):
    before = os.listdir("/proc/self/fd")
    write(path)
    with pytest.raises(RuntimeError), replacing(path):
        raise RuntimeError
    assert os.listdir("/proc/self/fd") == before
