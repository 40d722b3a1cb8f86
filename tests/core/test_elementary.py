"""Logits to nats and probabilities, at every level, to a few roundings of float32."""

import numpy as np
import pytest

from ardens.parameters import filled
from helpers.core_model import CoreModel
from helpers.first_principles import all_vectors

pytestmark = pytest.mark.usefixtures("level")


def independent(logits):
    n = logits.size
    model = CoreModel("fvsbn", n)
    model.flat = filled(model.core, {"W": np.zeros((n, n)), "b": logits})
    return model, model.params["b"].astype(np.float64)


@pytest.mark.parametrize("x", [0, 1])
def test_a_term_is_right_to_a_few_roundings(x):
    model, b = independent(np.linspace(-86, 86, 301))
    terms = model.log_prob_terms(np.full((1, b.size), x))[0]
    np.testing.assert_allclose(terms, -np.logaddexp(0, b - 2 * x * b), rtol=3e-7)


def test_both_tails_of_a_probability_are_right_to_a_few_roundings():
    model, b = independent(np.linspace(-12, 12, 301))
    p = model.conditionals(np.zeros((1, b.size)))[0]
    np.testing.assert_allclose(p, 1 / (1 + np.exp(-b)), rtol=3e-7)
    np.testing.assert_allclose(1 - p, 1 / (1 + np.exp(b)), rtol=3e-7)


@pytest.mark.parametrize("name", ["fvsbn", "mlp", "nade", "nade-tanh", "nade-relu"])
def test_what_is_no_number_reaches_all_that_depends_on_it_and_nothing_else(name):
    n, unit = 5, 32
    model, X = CoreModel(name, n, unit + 1), all_vectors(n)
    params = {key: array.copy() for key, array in model.params.items()}
    if name == "fvsbn":
        params["W"][1:, 0] = np.nan
    elif name == "mlp":
        params["A"][[i * (i - 1) // 2 for i in range(1, n)], unit] = np.nan
    else:
        params["W"][unit, 0] = np.nan
    model.flat = filled(model.core, params)
    for found in (model.log_prob_terms(X), model.conditionals(X)):
        np.testing.assert_array_equal(np.isnan(found), (X[:, :1] == 1) & (np.arange(n) > 0))
