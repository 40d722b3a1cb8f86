"""Hidden units beyond what exp(-a/2) holds in float32, at every level, against the reference."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ardens.parameters import filled
from helpers.core_model import CoreModel, rows
from helpers.first_principles import all_vectors
from helpers.references import MODELS, check_equals_the_reference

pytestmark = pytest.mark.usefixtures("level")
# In the first and the last lane of the registers of a part, whatever they hold.
UNITS = [0, 3, 12, 15, 16, 28, 31]


@pytest.mark.parametrize(
    ("c", "w"),
    [
        (150.0, -300.0),
        (-150.0, 300.0),
        (600.0, -1200.0),
        (0.0, 170.0),
        (0.0, -290.0),
        (0.0, -300.0),
        (-300.0, 0.5),
    ],
)
@pytest.mark.parametrize(("n_hidden", "unit"), [(1, 0), (70, 0), (70, 40), (70, 69)])
@pytest.mark.parametrize("name", ["nade", "nade-tanh"])
def test_large_weights_that_cancel_equal_the_reference(
    name: str, c: float, w: float, n_hidden: int, unit: int
) -> None:
    half = 0.5 if name == "nade-tanh" else 1.0
    model, X = CoreModel(name, 3, n_hidden), all_vectors(3)
    params = {key: array.astype(np.float64) for key, array in model.params.items()}
    params["W"][unit], params["c"][unit] = (half * w, 0.5, 0.0), half * c
    params["V"][:, unit] = (1, 2, 3)
    model.flat = filled(model.core, params)
    expected = MODELS[name].log_prob(X, **params)
    np.testing.assert_allclose(model.log_prob(X), expected, rtol=1e-6)
    gradient = model.value_and_grad(X)[1]
    for key, slope in MODELS[name].value_and_grad(X, **params)[1].items():
        np.testing.assert_allclose(gradient[key], slope, rtol=0, atol=1e-6, err_msg=key)


def _swinging(n_features: int, n_hidden: int) -> dict[str, NDArray[np.float64]]:
    """Weights that carry some rows' hidden units far beyond what exp(-a/2) holds, and back."""
    rng = np.random.default_rng(5)
    W = rng.normal(scale=0.5, size=(n_hidden, n_features))
    W[0, : n_features // 2], W[0, n_features // 2 :] = -30.0, 30.0
    W[1, : n_features // 2], W[1, n_features // 2 :] = 30.0, -30.0
    V = rng.normal(scale=(5 / n_hidden) ** 0.5, size=(n_features, n_hidden))
    return {"W": W, "c": rng.normal(size=n_hidden), "V": V, "b": rng.normal(size=n_features)}


@pytest.mark.parametrize("n_hidden", [5, 1700])  # one slice and several
@pytest.mark.parametrize("name", ["nade", "nade-tanh", "nade-direct"])
def test_rows_that_leave_the_range_of_the_state_equal_the_reference(
    name: str, n_hidden: int
) -> None:
    n = 41
    model = CoreModel(name, n, n_hidden)
    swinging = _swinging(n, n_hidden)
    if name == "nade-direct":
        swinging["D"] = model.params["D"]
    model.flat = filled(model.core, swinging)
    params = model.params
    X = np.vstack([rows(60, n, ones) for ones in (0.05, 0.3, 0.6)])
    a = params["c"][:2] + np.cumsum(X[:, :, None] * params["W"].T[:, :2], axis=1)
    beyond = (np.abs(a).max(axis=(1, 2)) > 200).mean()
    assert 0.2 < beyond < 0.8  # both kinds of rows are there
    check_equals_the_reference(model, name, X)


def test_mlp_with_weights_beyond_the_range_of_the_state_equals_the_reference() -> None:
    n = 41
    model = CoreModel("mlp", n, 5)
    params = {key: array.copy() for key, array in model.params.items()}
    for i in range(n // 2, n):
        A = params["A"][MODELS["mlp"].rows_of(i)]
        A[: i // 2, 0], A[i // 2 :, 0] = -30.0, 30.0
        A[: i // 2, 1], A[i // 2 :, 1] = 30.0, -30.0
    # of the others, one has a step that is larger than every a
    params["c"][9, 2], params["A"][MODELS["mlp"].rows_of(9)][4, 2] = 160.0, -320.0
    model.flat = filled(model.core, params)
    X = np.vstack([rows(60, n, ones) for ones in (0.05, 0.3, 0.6)])
    a = params["c"][n - 1] + X[:, : n - 1] @ A
    assert np.ptp(a[:, :2]) > 400
    check_equals_the_reference(model, "mlp", X)


@pytest.mark.parametrize("unit", [0, 15])
def test_a_unit_of_the_mlp_that_comes_back_from_far_below_equals_the_reference(unit: int) -> None:
    n = 6
    model, X = CoreModel("mlp", n, 16), all_vectors(n)
    params = {key: array.copy() for key, array in model.params.items()}
    # From 9.5 down to -178, where exp(-a/2) is no number, and up to -18, never beyond 170.
    params["A"][MODELS["mlp"].rows_of(n - 1), unit] = [-62.5, -62.5, -62.5, 80.0, 80.0]
    params["c"][n - 1, unit], params["V"][n - 1, unit] = 9.5, 3e7
    model.flat = filled(model.core, params)
    expected = MODELS["mlp"].log_prob(X, **params)
    np.testing.assert_allclose(model.log_prob(X), expected, rtol=5e-6)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("size", [60.0, -60.0, 24.5])  # the last ends below the normal numbers
@pytest.mark.parametrize("name", ["nade", "nade-tanh"])
def test_a_single_unit_that_leaves_the_range_is_seen(name: str, size: float, unit: int) -> None:
    n, d = 21, 32
    model = CoreModel(name, n, d, scale=0.2)
    size /= 2 if name == "nade-tanh" else 1
    params = {key: array.copy() for key, array in model.params.items()}
    # Seven ones lead away, and seven more back to where the unit can be heard; no sum is rounded.
    params["W"][unit] = np.repeat([size, -size, 0.25], 7)
    params["c"][unit], params["V"][:, unit] = 0.5, 1.0
    model.flat = filled(model.core, params)
    X = rows(60, n, 0.5)
    X[:20, :14] = 1
    check_equals_the_reference(model, name, X)


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("name", ["nade", "nade-tanh", "mlp"])
def test_a_unit_far_below_zero_leaves_its_neighbours_alone(name: str, unit: int) -> None:
    n, d = 5, 32
    model = CoreModel(name, n, d)
    params = {key: array.copy() for key, array in model.params.items()}
    params["c"][..., unit] = -60.0 if name == "nade-tanh" else -120.0
    model.flat = filled(model.core, params)
    check_equals_the_reference(model, name, all_vectors(n))
