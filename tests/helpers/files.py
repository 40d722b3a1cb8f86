"""Files that are refused."""

import time
from contextlib import contextmanager

import pytest

import ardens


@contextmanager
def refusal(path, words):
    """The block refuses the file, in less than a second and by its name, and leaves it alone."""
    content, began = path.read_bytes(), time.perf_counter()
    with pytest.raises(ardens.FormatError, match=words) as caught:
        yield
    assert time.perf_counter() - began < 1
    assert str(path) in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert path.read_bytes() == content


def refused(path, content, words):
    """A file of this content is not loaded."""
    path.write_bytes(content)
    with refusal(path, words):
        ardens.load(path)
