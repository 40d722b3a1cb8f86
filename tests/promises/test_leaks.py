"""Memory after many calls, failing ones among them, is what it was before."""

import gc
import os
import resource

import numpy as np
import pytest

import ardens
from helpers.processes import run_python

CYCLES = """
import sys
from promises.test_leaks import growth
print(growth(int(sys.argv[1])))
"""


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


def cycle(seed):
    X = np.random.default_rng(seed).integers(0, 2, (20, 12), dtype=np.uint8)
    options = {"random_state": seed, "max_epochs": 1, "n_jobs": 1 + seed % 2}
    model = [
        ardens.NADE(n_hidden=8, **options),
        ardens.MLP(n_hidden=4, **options),
        ardens.FVSBN(**options, solver=("convex", "stochastic")[seed // 4 % 2]),
        ardens.Tabular(),
    ][seed % 4].fit(X)
    model.score_samples(X)
    model.sample(50, random_state=seed, return_log_prob=True)
    model.sample_counts(50, random_state=seed)
    failing = [
        lambda: model.score_samples(X[:, 1:]),
        lambda: model.score_samples(X + 2),
        lambda: model.fit(np.full((2, 12), np.nan)),
        lambda: model.sample(2**62),
        lambda: model.sample(-1),
        lambda: ardens.NADE(**options, callbacks=[lambda event: 1 / 0]).fit(X),
        lambda: ardens.NADE.from_parameters(W=X),
        lambda: ardens.load(os.devnull),
    ]
    with pytest.raises((ValueError, TypeError, MemoryError, ArithmeticError)):
        failing[seed % len(failing)]()


def growth(cycles):
    """Bytes that the cycles leave behind, after enough of them to fill all caches."""
    for seed in range(200):
        cycle(seed)
    gc.collect()
    before = resident()
    for seed in range(cycles):
        cycle(seed)
    gc.collect()
    return resident() - before


def test_hundreds_of_cycles_leave_nothing_behind():
    assert int(run_python(CYCLES, 400)) < 2**20


@pytest.mark.slow
def test_ten_thousand_cycles_leave_nothing_behind():
    assert int(run_python(CYCLES, 10_000, seconds=600)) < 2**20
