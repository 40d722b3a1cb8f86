"""Fixtures that several files of tests share."""

import faulthandler
import os
import signal
import sys

# Lets scikit-learn's checks of the array API run; it is read when scipy is imported.
os.environ.setdefault("SCIPY_ARRAY_API", "1")

import numpy as np
import pytest

from ardens import _core
from ardens.checks import machine
from ardens.models import MODELS

pytest.register_assert_rewrite("helpers")

from helpers import models  # noqa: E402

# A suite that a shell starts in the background is born deaf to Ctrl-C, and so are its children.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _no_test_hangs(request):
    """Whatever waits for ever ends the run, and shows where it waits."""
    seconds = 1800 if request.node.get_closest_marker("slow") else 300
    faulthandler.dump_traceback_later(seconds, exit=True, file=sys.__stderr__)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture(params=MODELS)
def name(request):
    """The name of every model, one after the other."""
    return request.param


@pytest.fixture(params=[name for name in MODELS if name != "tabular"])
def learned(request):
    """The name of every model that learns by gradient, one after the other."""
    return request.param


@pytest.fixture
def random_model():
    """A function that makes a fitted model of random parameters."""
    return models.random_model


@pytest.fixture
def small():
    """A function that makes an unfitted model that learns fast."""

    def make(name, **options):
        quick = {"random_state": 0, "n_jobs": 1}
        if name != "tabular":
            quick |= {"max_epochs": 3}
        if name in ("mlp", "nade"):
            quick |= {"n_hidden": models.D}
        return MODELS[name](**(quick | options))

    return make


@pytest.fixture
def seven_threads(monkeypatch):
    """As if there were seven processors."""
    monkeypatch.setattr(machine, "_cpus", lambda: 7)
    _core.force_threads(7)
    yield
    _core.force_threads(0)


@pytest.fixture
def leave_memory(monkeypatch):
    """A function after which the machine has so many bytes, and none are too few to count."""

    def leave(n_bytes):
        monkeypatch.setattr(machine, "_SMALL", 0)
        monkeypatch.setattr(os, "sysconf", {"SC_PAGE_SIZE": 1, "SC_PHYS_PAGES": n_bytes}.get)

    return leave


@pytest.fixture(params=_core.levels())
def level(request):
    """Every instruction set that runs here, one after the other."""
    before = _core.level()
    _core.set_level(request.param)
    yield request.param
    _core.set_level(before)


@pytest.fixture
def data(rng):
    """Rows in which later columns depend on earlier ones."""
    X = rng.integers(0, 2, (200, models.N), dtype=np.uint8)
    X[:, 3] = X[:, 0] ^ X[:, 1]
    X[:, 5] = X[:, 2]
    return X


@pytest.fixture
def frame(data):
    """The same rows, their columns with names."""
    import pandas as pd

    return pd.DataFrame(data, columns=list("abcdefg"))


@pytest.fixture
def path(tmp_path):
    """A file that is not there yet."""
    return tmp_path / "model.safetensors"


@pytest.fixture
def saved(random_model, path):
    """The bytes of a small file, which is there too."""
    random_model("nade", n=3, n_hidden=2).save(path)
    return path.read_bytes()


@pytest.fixture
def same():
    """A function that tells whether two fitted models have the same parameters, bit for bit."""

    def compare(a, b):
        a, b = a.parameters(), b.parameters()
        return a.keys() == b.keys() and all(np.array_equal(a[key], b[key]) for key in a)

    return compare
