"""The speed of every operation and model: ``pytest bench --benchmark-only``."""

from __future__ import annotations

import numpy as np
import pytest

from ardens import get_config
from ardens.optim import OPTIMIZERS

from .internals import MODELS, core, named_views

SIZES = {"tabular": (16, 0), "fvsbn": (784, 0), "mlp": (123, 32), "nade": (784, 500)}
LEARNED = [name for name in MODELS if name != "tabular"]
ROWS = 100
PARAMETERS = 1 << 20


@pytest.fixture
def rows():
    """A function that makes rows of independent bits, 13 % of them ones."""
    rng = np.random.default_rng(0)
    return lambda name: (rng.random((ROWS, SIZES[name][0])) < 0.13).astype(np.uint8)


@pytest.fixture
def model():
    """A function that makes a model of random parameters, as large as learned ones."""

    def make(name):
        described = core.Model(name, *SIZES[name])
        rng = np.random.default_rng(0)
        drawn = {}
        for key, view in named_views(described, np.zeros(described.size, np.float32)).items():
            drawn[key] = rng.normal(0, 3 / np.sqrt(view.shape[-1]), view.shape)
        if name == "fvsbn":
            drawn["W"] = np.tril(drawn["W"], -1)
        return MODELS[name].from_parameters(**drawn)

    return make


@pytest.fixture(autouse=True)
def machine(benchmark):
    """What stands beside every figure."""
    benchmark.extra_info.update(get_config() | {"rows": ROWS})


@pytest.mark.parametrize("name", MODELS)
def test_log_prob(benchmark, model, rows, name):
    benchmark(model(name).score_samples, rows(name))


@pytest.mark.parametrize("name", MODELS)
def test_conditionals(benchmark, model, rows, name):
    benchmark(model(name).conditionals, rows(name))


@pytest.mark.parametrize("name", MODELS)
def test_sample(benchmark, model, name):
    benchmark(model(name).sample, ROWS, random_state=0)


@pytest.mark.parametrize("name", MODELS)
def test_value_and_grad(benchmark, model, rows, name):
    benchmark(model(name).value_and_grad, rows(name))


@pytest.mark.parametrize("name", LEARNED)
def test_an_epoch_of_training(benchmark, model, rows, name):
    """Twenty steps of a warm fit."""
    X = np.tile(rows(name), (20, 1))
    options: dict[str, object] = {"max_epochs": 1, "batch_size": ROWS, "validation_fraction": 0.0}
    if name == "fvsbn":
        options["solver"] = "stochastic"
    fitted = model(name).set_params(warm_start=True, random_state=0, **options)
    benchmark.pedantic(fitted.fit, (X,), rounds=5, warmup_rounds=1)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_step(benchmark, name):
    """A step of a million parameters, with all threads."""
    params, grad = np.zeros(PARAMETERS, np.float32), np.ones(PARAMETERS, np.float32)
    state = OPTIMIZERS[name]().start(PARAMETERS)
    benchmark(state.update, params, grad, 1e-6, threads=get_config()["threads"])


@pytest.mark.parametrize("name", MODELS)
def test_one_row_from_python(benchmark, name):
    """A call where there is next to nothing to compute."""
    described = core.Model(name, 8, 4)
    views = named_views(described, np.zeros(described.size, np.float32))
    tiny = MODELS[name].from_parameters(**views)
    benchmark(tiny.score_samples, np.zeros((1, 8), np.uint8))
