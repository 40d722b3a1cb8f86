"""Files are replaced in one step, whatever writes them and whatever goes wrong."""

import fcntl
import os
import stat
import subprocess
import sys
import tempfile
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

import ardens
import golden_values
from ardens.cli import main
from ardens.storage.atomic import replacing
from helpers.files import every_fault, largest_file, umask, unprivileged
from helpers.models import random_model

ROWS = np.random.default_rng(0).integers(0, 2, (50, 7), np.uint8)
KILLED = """
import os, signal, sys
from ardens.storage.atomic import replacing
with replacing(sys.argv[1]) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def path():
    """A file that is not there yet, in a folder that any user may enter."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        yield Path(folder) / "out.npy"


# What writes


def write(path, content=b"new"):
    with replacing(path) as file:
        file.write(content)


def save(path, **_):
    random_model("nade", n_hidden=500).save(path)


def begin(path, resume=False, **options):
    run = ardens.NADE(5, max_epochs=1, random_state=0, n_jobs=1, **options)
    run.fit(ROWS, checkpoint=path, resume=resume)


def resume(path, **options):
    begin(path, resume=True, **options)


def sample(path):
    model = golden_values.FOLDER / "nade.safetensors"
    assert main(["sample", str(model), "--out", str(path)]) == 0


@pytest.fixture(
    params=[(save, None), (save, "a file"), (begin, None), (resume, "a run")],
    ids=["save", "save again", "begin", "resume"],
)
def attempt(request, path):
    """What writes to the path, where there may be something of its kind before."""
    function, before = request.param
    if before == "a file":
        path.write_bytes(b"old")
    elif before == "a run":
        begin(path)
    return function


def contents(folder):
    """The names in a folder and what they stand for, if there is the folder."""
    return folder.is_dir() and {
        path.name: (path.lstat().st_ino, readable(path) and path.read_bytes())
        for path in folder.iterdir()
    }


def readable(path):
    return path.is_file() and os.access(path, os.R_OK)


def fails(function, path, error=OSError, when=None):
    """Whatever was there stays, nothing else is left, and no work is done in vain."""
    before, epochs = contents(path.parent), []
    with pytest.raises(error) as caught, when or nullcontext():
        function(path, callbacks=[epochs.append])
    assert epochs == []
    assert contents(path.parent) == before
    if isinstance(caught.value, OSError):
        assert caught.value.filename == str(path)


# In one step


@pytest.mark.parametrize("mask", [0o022, 0o077, 0o002, 0o027], ids=oct)
@pytest.mark.parametrize("function", [write, save, begin, sample])
def test_the_mode_obeys_the_umask(path, function, mask):
    with umask(mask):
        function(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


@pytest.mark.parametrize("function", [write, save, begin, sample])
def test_file_and_folder_are_flushed_before_and_after_the_change_of_name(
    path, monkeypatch, function
):
    steps, fsync, replace = [], os.fsync, os.replace

    def flush(descriptor):
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def rename(*args):
        steps.append("rename")
        replace(*args)

    monkeypatch.setattr(os, "fsync", flush)
    monkeypatch.setattr(os, "replace", rename)
    function(path)
    writes = 2 if function is begin else 1  # a run writes when it begins and when it ends
    assert steps == ["file", "rename", "folder"] * writes


@every_fault
def test_a_failed_write_leaves_the_old_file_alone(attempt, path, monkeypatch, broken, problem):
    monkeypatch.setattr(os, broken, Mock(side_effect=problem))
    fails(attempt, path, type(problem))


def test_a_limit_on_the_size_of_files_is_an_error_with_the_path(attempt, path):
    fails(attempt, path, when=largest_file(1000))


def test_no_permission_is_an_error_with_the_path(attempt, path):
    path.parent.chmod(0o555)
    fails(attempt, path, PermissionError, when=unprivileged())
    if path.exists():
        path.chmod(0)
        fails(attempt, path, PermissionError, when=unprivileged())


@pytest.mark.parametrize("function", [save, begin, resume])
def test_a_path_that_cannot_be_written_is_named(tmp_path, function):
    folder, loose, loop = (tmp_path / name for name in ("folder", "loose", "loop"))
    folder.mkdir()
    loose.symlink_to(tmp_path / "gone" / "model")
    loop.symlink_to(loop)
    fails(function, folder, IsADirectoryError)
    fails(function, loop)
    for path in (tmp_path / "no" / "model", loose, loose / "model"):
        fails(function, path, FileNotFoundError)


def test_a_link_is_followed(attempt, path, tmp_path):
    link = tmp_path / "link"
    link.symlink_to(path)
    attempt(link)
    assert link.is_symlink()
    assert isinstance(ardens.load(path), ardens.NADE)
    assert os.listdir(path.parent) == [path.name]
    assert os.listdir(tmp_path) == ["link"]


# Temporary files: those that nobody needs any more are swept, and no others


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
    assert names(path) == [path.name]
    assert path.read_bytes() == b"new"


def test_the_file_of_a_living_writer_is_left_alone(path):
    with replacing(path) as file:
        file.write(b"first")
        write(path, b"second")
        assert path.read_bytes() == b"second"
    assert path.read_bytes() == b"first"
    assert names(path) == [path.name]


def test_a_file_is_left_alone_until_it_has_its_name(path, monkeypatch):
    replace = os.replace

    def late(*args):
        monkeypatch.setattr(os, "replace", replace)
        write(path, b"second")
        replace(*args)

    monkeypatch.setattr(os, "replace", late)
    write(path, b"first")
    assert path.read_bytes() == b"first"
    assert names(path) == [path.name]


def test_other_files_are_left_alone(path):
    others = [
        temporary(path.parent / "other"),
        temporary(path, "0123456789abcde"),
        temporary(path, "0123456789ABCDEF"),
        path.parent / f".{path.name}.tmp",
        path.parent / f"{path.name}.0123456789abcdef.tmp",
        path.parent / f".{path.name}.0123456789abcdef.tmp.txt",
    ]
    for other in others:
        other.write_bytes(b"x")
    temporary(path, "f" * 16).mkdir()
    temporary(path, "e" * 16).symlink_to(others[0])
    os.mkfifo(temporary(path, "d" * 16))
    before = names(path)
    write(path)
    assert names(path) == sorted([*before, path.name])


def test_files_of_another_user_are_left_alone(path, monkeypatch):
    temporary(path).write_bytes(b"x")
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    write(path)
    assert names(path) == [temporary(path).name, path.name]
    monkeypatch.undo()
    write(path)
    assert names(path) == [path.name]


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
    assert names(path) == [path.name]
    assert path.read_bytes() == b"new"


def test_files_are_written_where_nothing_can_be_locked(path, monkeypatch):
    def fail(*args):
        raise OSError("no locks here")

    temporary(path).write_bytes(b"x")
    monkeypatch.setattr(fcntl, "flock", fail)
    write(path)
    assert path.read_bytes() == b"new"
    assert names(path) == [temporary(path).name, path.name]


def test_descriptors_are_closed(path):
    before = os.listdir("/proc/self/fd")
    write(path)
    with pytest.raises(RuntimeError), replacing(path):
        raise RuntimeError
    assert os.listdir("/proc/self/fd") == before
