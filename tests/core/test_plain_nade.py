"""The plain NADE of cpp/kernels/nade: the reference's equal, and what fast kernels are held to."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ardens import _core
from ardens.reference import nade
from ardens.reference.philox import uniforms
from helpers.core_model import CoreModel

SIZES = (1, 15, 16, 17, 31, 100)
SEED, ROWS = 2**40 + 3, 70  # more rows than a tile

Params = dict[str, NDArray[np.float64]]


@pytest.fixture(params=SIZES)
def n(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(params=SIZES)
def d(request: pytest.FixtureRequest) -> int:
    return int(request.param)


@pytest.fixture(params=_core.levels())
def level(request: pytest.FixtureRequest) -> Iterator[str]:
    before = _core.level()
    _core.set_level(request.param)
    yield request.param
    _core.set_level(before)


@pytest.fixture
def X(n: int) -> NDArray[np.uint8]:
    return (np.random.default_rng(n).random((ROWS, n)) < 0.3).astype(np.uint8)


def as_doubles(model: CoreModel) -> Params:
    return {key: np.ascontiguousarray(model.params[key], np.float64) for key in "WcVb"}


def plain_log_prob_and_grad(params: Params, X: Any) -> tuple[NDArray[np.float64], Params]:
    """Log-probabilities of the rows, and the gradient of their mean."""
    grad = {key: np.zeros_like(array) for key, array in params.items()}
    nats = _core.plain_nade_log_prob_and_grad(*params.values(), X, *(grad[key] for key in params))
    return nats, {key: array / len(X) for key, array in grad.items()}


def test_the_plain_nade_is_the_reference(n: int, d: int, X: Any) -> None:
    params = as_doubles(CoreModel("nade", n, d))
    nats, grad = plain_log_prob_and_grad(params, X)
    np.testing.assert_allclose(nats, nade.log_prob(X, **params), rtol=1e-12)
    for key, expected in nade.value_and_grad(X, **params)[1].items():
        np.testing.assert_allclose(grad[key], expected, rtol=1e-10, atol=1e-14)
    drawn = _core.plain_nade_draw(*params.values(), uniforms(SEED, 0, ROWS, n))
    np.testing.assert_array_equal(drawn, nade.sample(ROWS, SEED, **params))


@pytest.mark.usefixtures("level")
def test_fast_kernels_are_the_plain_nade(n: int, d: int, X: Any) -> None:
    model = CoreModel("nade", n, d)
    nats, grad = plain_log_prob_and_grad(as_doubles(model), X)
    np.testing.assert_allclose(model.log_prob(X), nats, rtol=2e-6, atol=2e-6 * n)
    for key, found in model.value_and_grad(X)[1].items():
        # Of one feature the sum over rows cancels, and rounding is that of what one row adds.
        scale = np.abs(grad[key]).max(initial=1e-3 if n > 1 else 1e-2)
        np.testing.assert_allclose(found, grad[key], rtol=0, atol=5e-6 * scale)


@pytest.mark.usefixtures("level")
def test_fast_kernels_draw_what_the_plain_nade_draws(n: int, d: int) -> None:
    model, params = CoreModel("nade", n, d), as_doubles(CoreModel("nade", n, d))
    U = uniforms(SEED, 0, ROWS, n)
    drawn, plain = model.sample(ROWS, SEED), _core.plain_nade_draw(*params.values(), U)
    # A uniform number may fall between the float64 and the float32 probability, and only there.
    for row in np.flatnonzero((drawn != plain).any(axis=1)):
        i = int(np.argmax(drawn[row] != plain[row]))
        assert abs(U[row, i] - nade.conditionals(plain[row : row + 1], **params)[0, i]) < 1e-6
    assert (drawn == plain).all(axis=1).mean() > 0.95
