"""Each optimizer's core call equals its formula, in place, at any number of threads."""

import copy
import dataclasses
import math

import numpy as np
import pytest

from ardens import _core
from ardens.optim import OPTIMIZERS, SGD, Adam, RMSProp, as_optimizer
from ardens.reference import optimizers as reference

SIZES = [16, 32, 48, 1008, 70_000]  # whole blocks of 16, as the core lays parameters out
CASES = [
    SGD(momentum=0.0),
    SGD(momentum=0.9),
    SGD(momentum=0.9, nesterov=True),
    RMSProp(),
    RMSProp(rho=0.5, epsilon=1e-3),
    Adam(),
    Adam(beta1=0.5, beta2=0.75, epsilon=1e-3),
]


def formula(optimizer, params, grad, arrays, step, rate, weight_decay):
    """Do one step by the reference; return the parameters and the arrays of the state."""
    options = dataclasses.asdict(optimizer) | {"weight_decay": weight_decay}
    match optimizer:
        case SGD():
            params, velocity = reference.sgd(params, grad, arrays["velocity"], rate, **options)
            return params, {"velocity": velocity}
        case RMSProp():
            params, square = reference.rmsprop(params, grad, arrays["square"], rate, **options)
            return params, {"square": square}
        case Adam():
            m, v = arrays["m"], arrays["v"]
            params, m, v = reference.adam(params, grad, m, v, step, rate, **options)
            return params, {"m": m, "v": v}


def gradients(size, count, seed=0):
    rng = np.random.default_rng(seed)
    scale = 10.0 ** rng.uniform(-4, 2, size)  # gradients of many magnitudes, some of them zero
    scale[rng.random(size) < 0.1] = 0.0
    return (rng.standard_normal((count, size)) * scale).astype(np.float32)


def largest_term(optimizer, grad, arrays):
    """Bound the terms that a step sums before the learning rate multiplies them."""
    if isinstance(optimizer, SGD):
        return 2 * np.abs(grad) + np.abs(arrays["velocity"])
    return np.full(grad.shape, 4.0)  # a gradient over its root mean square


@pytest.mark.parametrize("optimizer", CASES, ids=repr)
@pytest.mark.parametrize("size", SIZES)
def test_steps_equal_the_formula(optimizer, size):
    params = np.random.default_rng(1).standard_normal(size).astype(np.float32)
    n_decayed = size // 32 * 16
    decay = np.where(np.arange(size) < n_decayed, 0.05, 0.0)
    state = optimizer.start(size)
    for step, grad in enumerate(gradients(size, 5), start=1):
        # Every step starts from the core's own state, so one step's rounding shows, not their sum.
        arrays = {name: array.astype(np.float64) for name, array in state.arrays.items()}
        before = params.astype(np.float64)
        wanted, wanted_arrays = formula(
            optimizer, before, grad.astype(np.float64), arrays, step, 0.01, decay
        )
        state.update(params, grad, 0.01, weight_decay=0.05, n_decayed=n_decayed)
        rounding = 5e-7  # eight roundings of 2**-24
        bound = rounding * (np.abs(before) + 0.01 * largest_term(optimizer, grad, arrays))
        assert (np.abs(params - wanted) <= bound).all()
        for name, array in wanted_arrays.items():
            power = 1 if name in ("velocity", "m") else 2
            bound = rounding * (np.abs(arrays[name]) + np.abs(grad) ** power)
            assert (np.abs(state.arrays[name] - array) <= bound).all()
    assert state.step == 5


@pytest.mark.parametrize("size", SIZES)
def test_moving_average_equals_the_formula(size):
    average, params = gradients(size, 2)
    wanted = reference.ema(average.astype(np.float64), params.astype(np.float64), 0.9)
    _core.ema_step(average, params, 0.9, 1)
    np.testing.assert_allclose(average, wanted, rtol=1e-6, atol=2e-7 * np.abs(params).max())


@pytest.mark.parametrize("optimizer", CASES, ids=repr)
@pytest.mark.parametrize("threads", [2, 3, 7])
def test_bits_do_not_depend_on_threads(optimizer, threads):
    runs = []
    for count in (1, threads):
        params = np.random.default_rng(1).standard_normal(70_000).astype(np.float32)
        average = np.zeros_like(params)
        state = optimizer.start(params.size)
        for grad in gradients(params.size, 3):
            state.update(params, grad, 0.01, weight_decay=0.1, n_decayed=50_000, threads=count)
            _core.ema_step(average, params, 0.9, count)
        runs.append([params, average, *state.arrays.values()])
    for one, many in zip(*runs, strict=True):
        assert one.tobytes() == many.tobytes()


@pytest.mark.parametrize("optimizer", CASES, ids=repr)
def test_weight_decay_reaches_the_decayed_prefix_alone(optimizer):
    params = np.ones(48, np.float32)
    nothing = np.zeros(48, np.float32)
    optimizer.start(48).update(params, nothing, 0.5, weight_decay=0.5, n_decayed=32)
    assert (params[:32] == 0.75).all()
    assert (params[32:] == 1.0).all()


@pytest.mark.parametrize("optimizer", CASES, ids=repr)
def test_zero_gradient_moves_nothing(optimizer):
    params = np.ones(48, np.float32)
    optimizer.start(48).update(params, np.zeros(48, np.float32), 0.5)
    assert (params == 1.0).all()


@pytest.mark.parametrize("optimizer", CASES, ids=repr)
def test_optimizer_climbs(optimizer):
    params = np.full(32, -3.0, np.float32)
    state = optimizer.start(32)
    for _ in range(1500):
        state.update(params, 1.0 - params, 0.01)  # the gradient of -(theta - 1)**2 / 2
    np.testing.assert_allclose(params, 1.0, atol=0.05)


@pytest.mark.parametrize("optimizer", CASES, ids=repr)
def test_copied_state_goes_on_with_the_same_bits(optimizer):
    params = np.ones(48, np.float32)
    state = optimizer.start(48)
    first, second = gradients(48, 2)
    state.update(params, first, 0.01)
    other, other_state = params.copy(), copy.deepcopy(state)
    state.update(params, second, 0.01)
    other_state.update(other, second, 0.01)
    assert other.tobytes() == params.tobytes()


def test_momentum_of_zero_is_plain_gradient_ascent():
    params = np.zeros(16, np.float32)
    grad = np.arange(-8, 8).astype(np.float32)
    state = SGD(momentum=0.0).start(16)
    for _ in range(4):
        state.update(params, grad, 0.25)
    np.testing.assert_array_equal(params, grad)


def test_as_optimizer_knows_every_name():
    assert [as_optimizer(name) for name in OPTIMIZERS] == [SGD(), RMSProp(), Adam()]


def test_as_optimizer_returns_settings_unchanged():
    settings = Adam(beta1=0.5)
    assert as_optimizer(settings) is settings


def test_as_optimizer_lists_the_names_it_knows():
    with pytest.raises(ValueError, match=r"must be one of 'sgd', 'rmsprop', 'adam'.*got 'adagrad'"):
        as_optimizer("adagrad")


@pytest.mark.parametrize("value", [None, 3, Adam])
def test_as_optimizer_refuses_other_types(value):
    with pytest.raises(TypeError, match="optimizer must be one of"):
        as_optimizer(value)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: SGD(momentum=1.0), ValueError, r"momentum must be .* at most 0\.999999; got 1\.0"),
        (lambda: SGD(momentum=-0.1), ValueError, "momentum must be .* at least 0"),
        (lambda: SGD(nesterov=2), TypeError, "nesterov must be True or False; got 2"),
        (lambda: RMSProp(rho=math.nan), ValueError, "rho must be a finite number"),
        (lambda: RMSProp(epsilon=0), ValueError, "epsilon must be"),
        (lambda: Adam(beta1=1), ValueError, "beta1 must be"),
        (lambda: Adam(beta2="0.9"), TypeError, "beta2 must be .*got '0.9'"),
        (lambda: Adam(epsilon=math.inf), ValueError, "epsilon must be a finite number"),
    ],
)
def test_optimizer_refuses_settings_that_make_no_sense(make, error, message):
    with pytest.raises(error, match=message):
        make()
