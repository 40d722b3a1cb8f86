"""Ctrl-C: every long call ends within 0.2 s of two threads, and the model is as it was."""

import signal
import time

import numpy as np
import pytest

import ardens
from ardens import _core
from helpers.interrupts import cpu_seconds_after_ctrl_c

N = 300


@pytest.fixture(scope="module")
def rows():
    numbers = np.random.default_rng(0).integers(0, 10, (20_000, N), dtype=np.uint8)
    return (numbers < 3).astype(np.uint8)


@pytest.fixture(scope="module")
def models(rows):
    options = {"random_state": 0, "max_epochs": 1, "n_jobs": 2}
    return {
        "nade": ardens.NADE(n_hidden=400, **options).fit(rows[:20]),
        "mlp": ardens.MLP(n_hidden=200, **options).fit(rows[:20]),
        "fvsbn": ardens.FVSBN(penalty=1e-3, l1_ratio=0, **options).fit(rows[:20]),
    }


def ends(work):
    """CPU seconds from Ctrl-C to its KeyboardInterrupt, the median of three."""
    return sorted(cpu_seconds_after_ctrl_c(work, delay) for delay in (0.1, 0.17, 0.23))[1]


def test_a_signal_handler_that_scores_leaves_the_call_it_interrupts_alone(models, rows):
    model, other, X = models["nade"], models["mlp"], rows[:2000]
    began = time.perf_counter()
    value, gradient = model.value_and_grad(X)
    wait = time.perf_counter() - began
    scores = other.score_samples(rows[:300])
    heard = []

    def score(_, frame):
        if frame.f_code.co_name == "value_and_grad":  # and not between two of the calls
            # the second must not take what the first gave back
            heard.extend(other.score_samples(rows[:300]) for _ in range(2))

    before, deadline = signal.signal(signal.SIGALRM, score), time.monotonic() + 60
    try:
        while not heard and time.monotonic() < deadline:
            wait /= 2  # the first call is slower than others, and others may be slowed down
            signal.setitimer(signal.ITIMER_REAL, max(wait, 1e-4))
            again, gradient_again = model.value_and_grad(X)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert heard
    assert again == value
    for key in gradient:
        np.testing.assert_array_equal(gradient_again[key], gradient[key], err_msg=key)
    for found in heard:
        np.testing.assert_array_equal(found, scores)


MANY = np.full((5000, N), np.nan, np.float32)
PARTS = np.ma.array(np.ones((9, N)), mask=np.arange(N) % 2 == np.zeros((9, 1)))
WORK = {
    "score_samples": lambda model, X: model.score_samples(X),
    "value_and_grad": lambda model, X: model.value_and_grad(X),
    "sample": lambda model, X: model.sample(1_000_000),
    "sample given": lambda model, X: model.sample(1_000_000, given={N - 1: 1}),
    "log_marginal": lambda model, X: model.log_marginal(PARTS, n_particles=2**17),
    "most_probable": lambda model, X: model.most_probable(MANY),
    "sample_counts": lambda model, X: model.sample_counts(10**7),
}


@pytest.mark.parametrize("work", WORK)
@pytest.mark.parametrize("name", ["nade", "mlp"])
def test_ctrl_c_ends_a_call_at_once(models, rows, name, work):
    model, before = models[name], models[name].score_samples(rows[:100])
    large = np.tile(rows, (10, 1))
    assert ends(lambda: WORK[work](model, large)) < 2 * 0.2
    assert np.array_equal(model.score_samples(rows[:100]), before)


def test_ctrl_c_ends_solvers_side_by_side_at_once(rows):
    member = ardens.FVSBN(penalty=1e-3, l1_ratio=0)
    mixture = ardens.Mixture(member, n_members=2, random_state=0, n_jobs=2)
    assert ends(lambda: mixture.fit(rows)) < 2 * 0.5


def test_ctrl_c_ends_the_sorting_of_rows_at_once():
    X = np.random.default_rng(0).integers(0, 2, (600_000, 40), dtype=np.uint8)
    assert ends(lambda: _core.SortedRows(X)) < 2 * 0.2


@pytest.mark.parametrize("name", ["nade", "mlp", "fvsbn"])
def test_ctrl_c_ends_a_fit_at_once_and_the_model_stays_as_it_was(models, rows, name):
    model, before = models[name], models[name].parameters()["b"]
    model.set_params(max_epochs=100)
    assert ends(lambda: model.fit(rows)) < 2 * 0.2
    assert np.shares_memory(model.parameters()["b"], before)
