"""The reference's models under the core's names for them, NADE's variants too."""

from functools import partial
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from ardens import reference
from ardens.reference import nade
from ardens.reference.philox import uniforms
from helpers.core_model import CoreModel

VARIANTS = ["nade-tanh", "nade-relu", "nade-direct", "nade-tied", "nade-tanh-direct-tied"]


def _variant(name: str) -> SimpleNamespace:
    activation = next((f for f in nade.ACTIVATIONS if f in name), "sigmoid")
    functions = ("logits", "conditionals", "log_prob", "value_and_grad", "sample")
    return SimpleNamespace(
        **{name: partial(getattr(nade, name), activation=activation) for name in functions}
    )


MODELS: dict[str, ModuleType | SimpleNamespace] = {
    **reference.MODELS,
    **{name: _variant(name) for name in VARIANTS},
}


def check_equals_the_reference(model: CoreModel, name: str, X: Any) -> None:
    """Densities, gradients and draws of a model of the core are its reference's."""
    params, reference, n = model.params, MODELS[name], X.shape[1]
    np.testing.assert_allclose(model.log_prob(X), reference.log_prob(X, **params), rtol=2e-6)
    gradient = model.value_and_grad(X)[1]
    for key, slope in reference.value_and_grad(X, **params)[1].items():
        scale = np.abs(slope).max()
        np.testing.assert_allclose(gradient[key], slope, rtol=0, atol=5e-6 * scale, err_msg=key)
    drawn, nats = model.sample_with_log_prob(200, seed=8)
    np.testing.assert_array_equal(nats, model.log_prob(drawn))
    u, p = uniforms(8, 0, 200, n), reference.conditionals(drawn, **params)
    assert np.all(((u < p) == drawn) | (np.abs(u - p) < 1e-6))
    np.testing.assert_array_equal(drawn[150:], model.sample(50, seed=8, start=150))
