"""Files that are refused, and places where none can be written."""

import errno
import os
import resource
import time
from contextlib import contextmanager

import pytest

import ardens


@contextmanager
def refusal(path, words):
    """The block refuses the file by its name, with little computing, and leaves it alone."""
    content, began = path.read_bytes(), time.process_time()
    with pytest.raises(ardens.FormatError, match=words) as caught:
        yield
    assert time.process_time() - began < 1
    assert str(path) in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert path.read_bytes() == content


def refused(path, content, words):
    """A file of this content is not loaded."""
    path.write_bytes(content)
    with refusal(path, words):
        ardens.load(path)


def every_fault(test):
    """Run a test for every call of `os` that may fail while a file is replaced."""
    problems = [OSError(errno.ENOSPC, "disk full"), KeyboardInterrupt()]
    test = pytest.mark.parametrize("problem", problems, ids=["disk full", "Ctrl-C"])(test)
    return pytest.mark.parametrize("broken", ["fsync", "replace"])(test)


@contextmanager
def umask(mask):
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def largest_file(n_bytes):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@contextmanager
def unprivileged():
    """Be bound by permission bits, which root is not."""
    user = os.geteuid()
    os.seteuid(user or 65534)
    try:
        yield
    finally:
        os.seteuid(user)
