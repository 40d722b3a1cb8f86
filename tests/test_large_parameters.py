"""Very large flat arrays of parameters: the same numbers, and zeros that take no memory."""

import mmap
import pickle

import numpy as np
import pytest

import ardens
from ardens import parameters
from ardens.parameters import copy_into, copy_of, frozen, sparse_zeros


@pytest.fixture
def sparse(monkeypatch):
    """As if all but the smallest were very large, and copied in parts of eight."""
    monkeypatch.setattr(parameters, "_SPARSE", parameters._SMALL)
    monkeypatch.setattr(parameters, "_COPIED", 8)


def resident():
    """Bytes that this process has in memory."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * mmap.PAGESIZE


def test_zeros_that_nobody_wrote_take_no_memory(monkeypatch):
    monkeypatch.setattr(parameters, "_SPARSE", parameters._SMALL)
    size, before = 1 << 25, resident()
    flat = sparse_zeros(size)
    flat[:: 1 << 20] = 1
    copy = copy_of(flat)
    assert resident() - before < size  # of 8 times as many bytes
    np.testing.assert_array_equal(copy, flat)
    assert flat.__array_interface__["data"][0] % 64 == 0


def test_what_was_there_before_a_copy_is_gone(sparse):
    rng = np.random.default_rng(0)
    source, target = (sparse_zeros(5003) for _ in range(2))
    source[:2000], target[1500:] = rng.random(2000), 7
    copy_into(target, source)
    np.testing.assert_array_equal(target, source)


def test_frozen_ones_cannot_be_written_to(sparse):
    view = frozen(sparse_zeros(5000))[:10]
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1
    with pytest.raises(ValueError, match="WRITEABLE"):
        view.flags.writeable = True


@pytest.mark.parametrize("cls", [ardens.FVSBN, ardens.NADE])
def test_models_of_them_learn_the_same_bits_and_travel(cls, monkeypatch, tmp_path):
    X = np.random.default_rng(0).integers(0, 2, (300, 70))
    X[:, 30:50] = 0

    def fitted():
        return cls(max_epochs=4, random_state=0, warm_start=True).fit(X).fit(X)

    small = fitted()
    monkeypatch.setattr(parameters, "_SPARSE", 0)
    monkeypatch.setattr(parameters, "_COPIED", 64)
    large = fitted()
    large.save(tmp_path / "m.safetensors")
    again = pickle.loads(pickle.dumps(large)), ardens.load(tmp_path / "m.safetensors")
    for model in (large, *again):
        for name, values in small.parameters().items():
            np.testing.assert_array_equal(model.parameters()[name], values)


@pytest.mark.parametrize(
    ("model", "sparse"), [(ardens.FVSBN(), True), (ardens.NADE(n_hidden=2, max_epochs=1), False)]
)
def test_those_that_stay_at_zero_are_sparse_alone(model, sparse, monkeypatch):
    """What goes through all of them is faster in large pages."""
    monkeypatch.setattr(parameters, "_SPARSE", 0)
    params = model.fit(np.random.default_rng(0).integers(0, 2, (300, 9)))._state().params
    assert parameters._is_sparse(params) == sparse


def test_too_little_memory_is_a_memory_error(sparse, monkeypatch):
    def refuses(*arguments, **options):
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(mmap, "mmap", refuses)
    with pytest.raises(MemoryError, match="no room for 5,000 parameters"):
        sparse_zeros(5000)
