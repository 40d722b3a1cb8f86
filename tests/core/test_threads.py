"""Models so large that preparing them is shared out, and that one batch takes several rounds."""

import signal
from collections.abc import Iterator

import numpy as np
import pytest

from ardens import _core
from ardens.parameters import named_views
from helpers.core_model import CoreModel, core_of, rows
from helpers.threads import check_shared

IN_A_ROUND = 10**9  # multiply-adds, of a batch


@pytest.mark.usefixtures("seven_threads")
@pytest.mark.parametrize(("name", "n_hidden"), [("nade", 7000), ("mlp", 130)])
def test_what_several_threads_prepare_has_the_bits_of_one(name: str, n_hidden: int) -> None:
    model, X = CoreModel(name, 150, n_hidden), rows(5, 150)
    X[0] = 0  # the row of the logits before any one, to the last of them
    check_shared(7, 1, model.core.size)
    assert name != "nade" or 150 * n_hidden > 10**6  # logits before any one are shared, too
    # The memory of tables is not cleared: what is missing must not be there from an earlier call.
    model.threads = 7
    many = model.log_prob(X), model.flat_gradient(X)[1]
    model.threads = 1
    np.testing.assert_array_equal(many[0], model.log_prob(X))
    np.testing.assert_array_equal(many[1], model.flat_gradient(X)[1])


@pytest.mark.usefixtures("seven_threads")
def test_every_round_has_parts_of_its_own() -> None:
    n, n_rows = 2900, 128
    core, X = core_of("fvsbn", n, 0), rows(n_rows, n)
    assert n_rows * core.size > IN_A_ROUND
    grad = np.full(core.size, np.nan, np.float32)
    core.value_and_grad(np.zeros(core.size, np.float32), X, grad, 3, None)
    found = dict(named_views(core, grad))
    residuals = X - np.float32(0.5)  # of logits that are 0; no sum of them is rounded
    np.testing.assert_array_equal(found["b"], residuals.mean(axis=0))
    np.testing.assert_array_equal(found["W"], np.tril(residuals.T @ X / np.float32(n_rows), -1))


def test_ctrl_c_gets_through_between_two_rounds(slowest: None) -> None:
    n, n_hidden, n_rows = 400, 10_000, 128
    core, X = core_of("nade", n, n_hidden), rows(n_rows, n)
    assert n_rows * core.size > IN_A_ROUND
    grad = np.zeros(core.size, np.float32)
    V = dict(named_views(core, grad))["V"]

    class Pressed(Exception):
        pass

    def press(*_: object) -> None:
        if V[0, 0] and not V[0, -1]:  # the first round is over, and another is to come
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise Pressed

    before = signal.signal(signal.SIGALRM, press)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    try:
        with pytest.raises(Pressed):
            core.value_and_grad(np.zeros(core.size, np.float32), X, grad, 1, None)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert not V[0, -1]


@pytest.fixture
def slowest() -> Iterator[None]:
    """The oldest instruction set, so that a round lasts longer than what is between two polls."""
    before = _core.level()
    _core.set_level(_core.levels()[0])
    yield
    _core.set_level(before)
