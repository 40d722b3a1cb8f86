"""One step of each optimizer, computed by hand."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from ardens.reference.optimizers import adam, ema, rmsprop, sgd


def one(value: float) -> NDArray[np.float64]:
    return np.array([value])


def test_sgd_with_classical_momentum() -> None:
    params, velocity = sgd(one(1), one(0.5), one(0.2), 0.1, momentum=0.9, weight_decay=0.01)
    assert velocity == pytest.approx(0.9 * 0.2 + 0.5)  # 0.68
    assert params == pytest.approx(1 + 0.1 * (0.68 - 0.01))


def test_sgd_with_nesterov_momentum() -> None:
    params, velocity = sgd(one(1), one(0.5), one(0.2), 0.1, momentum=0.9, nesterov=True)
    assert velocity == pytest.approx(0.68)
    assert params == pytest.approx(1 + 0.1 * (0.5 + 0.9 * 0.68))


def test_sgd_without_momentum_is_plain_ascent() -> None:
    params, _ = sgd(one(1), one(0.5), one(0.2), 0.1)
    assert params == pytest.approx(1.05)


def test_nesterov_walks_as_sutskever_wrote_it() -> None:
    """Equations 3 and 4 of Sutskever et al. 2013, seen from where the gradient is taken."""
    rate, mu, target = 0.05, 0.9, np.array([3.0, -1.0])
    theta, v = np.zeros(2), np.zeros(2)
    params, velocity = np.zeros(2), np.zeros(2)
    for _ in range(20):
        v = mu * v + rate * (target - (theta + mu * v))
        theta = theta + v
        params, velocity = sgd(params, target - params, velocity, rate, momentum=mu, nesterov=True)
        np.testing.assert_allclose(params, theta + mu * v, rtol=1e-13)


def test_rmsprop() -> None:
    params, square = rmsprop(one(2), one(3), one(21), 0.1, rho=0.75, epsilon=1, weight_decay=0.05)
    assert square == pytest.approx(0.75 * 21 + 0.25 * 9)  # 18
    assert params == pytest.approx(2 + 0.1 * (3 / (18**0.5 + 1) - 0.05 * 2))


def test_adam() -> None:
    params, m, v = adam(
        one(1), one(3), one(1), one(15), step=2, learning_rate=0.3,
        beta1=0.5, beta2=0.5, epsilon=4, weight_decay=0.1,
    )  # fmt: skip
    assert m == 2
    assert v == 12
    # m_hat = 2 / (1 - 1/4) = 8/3, v_hat = 12 / (1 - 1/4) = 16, so m_hat / (4 + epsilon) = 1/3
    assert params == pytest.approx(1 + 0.3 * (1 / 3 - 0.1))


def test_first_step_of_adam_has_the_length_of_the_learning_rate() -> None:
    zero = np.zeros(3)
    params, _, _ = adam(zero, np.array([1e-3, -7.0, 1e4]), zero, zero, 1, learning_rate=0.02)
    np.testing.assert_allclose(params, [0.02, -0.02, 0.02], rtol=1e-4)


def test_ema_goes_part_of_the_way() -> None:
    assert ema(one(1), one(2), decay=0.9) == pytest.approx(1.1)


OPTIMIZERS: dict[str, tuple[Any, int]] = {
    "sgd": (lambda p, g, s, wd: sgd(p, g, s[0], 0.1, 0.9, True, wd), 1),
    "rmsprop": (lambda p, g, s, wd: rmsprop(p, g, s[0], 0.1, weight_decay=wd), 1),
    "adam": (lambda p, g, s, wd: adam(p, g, s[0], s[1], 3, 0.1, weight_decay=wd), 2),
    "ema": (lambda p, g, s, wd: (ema(p, g, 0.9),), 0),
}


@pytest.mark.parametrize(("step", "n_state"), OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_dict_is_updated_name_by_name_and_inputs_are_left_alone(step: Any, n_state: int) -> None:
    rng = np.random.default_rng(0)
    flat = rng.random((2 + n_state, 6))
    kept = flat.copy()
    named = [{"W": row[:4].reshape(2, 2), "b": row[4:]} for row in flat]
    as_array = step(flat[0], flat[1], flat[2:], np.array([0.5] * 4 + [0.0] * 2))
    as_dict = step(named[0], named[1], named[2:], {"W": 0.5, "b": 0.0})
    assert len(as_dict) == len(as_array)
    for whole, parts in zip(as_array, as_dict, strict=True):
        np.testing.assert_array_equal(np.append(parts["W"], parts["b"]), whole)
    np.testing.assert_array_equal(flat, kept)


@pytest.mark.parametrize("name", ["sgd", "rmsprop", "adam"])
def test_weight_decay_is_decoupled_from_the_gradient(name: str) -> None:
    step, n_state = OPTIMIZERS[name]
    theta, g, state = one(2.0), one(0.3), [one(0.7)] * n_state
    plain, *plain_state = step(theta, g, state, 0.0)
    decayed, *decayed_state = step(theta, g, state, 0.25)
    assert decayed == pytest.approx(plain - 0.1 * 0.25 * 2.0)
    assert decayed_state == plain_state


@pytest.mark.parametrize("name", ["sgd", "rmsprop", "adam"])
def test_a_step_goes_uphill(name: str) -> None:
    step, n_state = OPTIMIZERS[name]
    params, *_ = step(one(0.0), one(1.0), [one(0.0)] * n_state, 0.0)
    assert params > 0
