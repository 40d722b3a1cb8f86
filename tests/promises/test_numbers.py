"""Numbers at the ends of their range: finite where mathematics says finite, and close to it."""

import numpy as np
import pytest

import ardens
from ardens import NADE, reference
from ardens.models import MODELS
from helpers.parameters import parameters
from helpers.processes import run_python

D = 3


def constant(name, n, logit):
    """A model of n columns whose first logits are given, and in which all weights count."""
    ones = parameters(name, n, D, np.ones)
    return MODELS[name].from_parameters(**ones | {"b": np.broadcast_to(logit, n)})


@pytest.fixture(params=[1.0, 100.0, 1e4, 3e6])
def logit(request):
    return request.param


def test_large_logits_cost_what_they_cost_in_double_precision(learned, logit):
    signs = np.array([1, -1, 1, 1, -1, -1, 1, -1])
    model = constant(learned, 8, logit * signs)
    X = np.array([[0] * 8, [1] * 8, [0, 1] * 4, (signs > 0), (signs < 0)], np.uint8)
    exact = {key: value.astype(float) for key, value in model.parameters().items()}
    logits = reference.MODELS[learned].logits(X, **exact)
    nats = -np.logaddexp(0, (1.0 - 2 * X) * logits).sum(axis=1)
    found = model.score_samples(X)
    np.testing.assert_allclose(found, nats, rtol=2e-6, atol=1e-30)
    assert (found <= 0).all()


@pytest.mark.parametrize("size", [1e30, 3e38])
def test_weights_whose_sums_overflow_give_no_nan_and_nothing_positive(learned, size, rng):
    drawn = parameters(learned, 40, D, lambda shape: size * rng.choice([-1, 1], shape))
    model = MODELS[learned].from_parameters(**drawn | {"b": np.zeros(40)})
    X = rng.integers(0, 2, (50, 40), dtype=np.uint8)
    found = model.score_samples(X)
    assert not np.isnan(found).any()
    assert (found <= 0).all()
    assert set(np.unique(model.sample(10, random_state=0))) <= {0, 1}


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("logit", [20.0, 1e4])
def test_ten_thousand_certain_columns_are_certain(sign, logit):
    n = 10_000
    model = NADE.from_parameters(
        W=np.zeros((2, n)), c=np.zeros(2), V=np.zeros((n, 2)), b=np.full(n, sign * logit)
    )
    likely = np.full((1, n), sign > 0, np.uint8)
    exact = -n * np.logaddexp(0, [-logit, logit])
    X = np.vstack([likely, 1 - likely])
    np.testing.assert_allclose(model.score_samples(X), exact, rtol=2e-6, atol=1e-300)
    assert np.array_equal(model.sample(1, random_state=0), likely)


def test_ten_thousand_columns_equal_the_reference(rng):
    n = 10_000
    parameters = {"W": rng.normal(size=(4, n)) / 100, "c": rng.normal(size=4)}
    parameters |= {"V": rng.normal(size=(n, 4)), "b": rng.normal(size=n)}
    model = NADE.from_parameters(**parameters)
    X = rng.integers(0, 2, (2, n), dtype=np.uint8)
    exact = {key: value.astype(float) for key, value in model.parameters().items()}
    np.testing.assert_allclose(
        model.score_samples(X), reference.nade.log_prob(X, **exact), rtol=2e-6
    )


CONSTANT = {
    "all zero": np.zeros((30, 4)),
    "all one": np.ones((30, 4)),
    "two equal columns": np.repeat(np.arange(30)[:, None] % 2, 4, axis=1),
    "one row": np.ones((1, 4)),
    "one column": np.arange(9)[:, None] % 2,
    "one cell": np.ones((1, 1)),
}


@pytest.mark.parametrize("X", CONSTANT.values(), ids=CONSTANT)
@pytest.mark.parametrize("rate", [None, 0.5])
def test_a_fit_of_degenerate_data_is_finite_or_says_in_which_epoch_it_diverged(
    name, small, X, rate
):
    model = small(name) if name == "tabular" else small(name, learning_rate=rate, max_epochs=20)
    try:
        model.fit(X)
    except ardens.DivergenceError as error:
        epochs = error.epoch
    else:
        epochs = None
    if epochs is not None:
        assert 1 <= epochs <= 20
        return
    nats = model.score_samples(X)
    assert np.isfinite(nats).all()
    assert (nats <= 0).all()


MODE = """
import ctypes, threading
import numpy as np
tiny = np.array([1e-310])
environment = (ctypes.c_uint8 * 256)()
def mode():
    # fegetenv leaves MXCSR in the last four of 32 bytes; the low six bits are flags of the past.
    assert ctypes.CDLL("libm.so.6").fegetenv(environment) == 0
    assert (tiny / 2)[0] > 0
    return bytes(environment)[28:32][1:], bytes(environment)[28] & 0xC0
before = mode()
import ardens
from helpers.processes import ROWS, digest, fitted
assert mode() == before
digest(2)
assert mode() == before
def work():
    assert mode() == before
    digest(2)
    seen.append(mode())
seen = []
threads = [threading.Thread(target=work) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert seen == [before] * 4
"""


def test_importing_and_calling_leave_the_floating_point_mode_of_every_thread():
    run_python(MODE)
