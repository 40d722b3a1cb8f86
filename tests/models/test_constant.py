"""Columns with one value only keep what their counts say."""

import numpy as np
import pytest

from ardens import FVSBN, MLP, NADE

MODELS = {
    "nade": lambda **o: NADE(30, **o),
    "tied": lambda **o: NADE(30, tied=True, **o),
    "direct": lambda **o: NADE(30, direct=True, start="fvsbn", **o),
    "relu": lambda **o: NADE(30, activation="relu", **o),
    "mlp": lambda **o: MLP(8, **o),
    "fvsbn": lambda **o: FVSBN(**o),
    "stochastic": lambda **o: FVSBN(solver="stochastic", **o),
}
EPOCHS = {"max_epochs": 15, "patience": 15, "random_state": 0, "n_jobs": 1}


def table(count):
    """The second column has zeros only, the fifth ones; the others go together."""
    rng = np.random.default_rng(0)
    X = (rng.random((count, 8)) < rng.choice([0.1, 0.9], (count, 1))).astype(np.uint8)
    X[:, 1], X[:, 4] = 0, 1
    return X


def check(model, learned, X):
    """Whether both have the probability that one row more of each kind gives them, in any row."""
    rare = 1 / (learned + 2)
    p = model.conditionals(np.vstack([X, 1 - X]))[:, [1, 4]]
    np.testing.assert_allclose(p, np.tile([rare, 1 - rare], (len(p), 1)), atol=1e-6)


@pytest.fixture(params=MODELS)
def make(request):
    return MODELS[request.param]


def test_constant_columns_keep_what_counting_said(make):
    X = table(60)
    check(make(**EPOCHS).fit(X), 60, X)
    check(make(**EPOCHS, validation_fraction=0).fit(X), 60, X)
    check(make(**EPOCHS).fit(X, X_valid=table(90)[60:]), 60, X)


def test_they_keep_it_under_any_order_and_coding_and_when_a_fit_goes_on(make):
    X = table(60)
    model = make(**EPOCHS, ordering="random", coding="majority", warm_start=True)
    check(model.fit(X), 60, X)
    check(model.fit(X), 60, X)


def test_what_is_constant_in_one_batch_may_vary_in_the_next(make):
    model, X = make(random_state=0, n_jobs=1), table(60)
    if isinstance(model, FVSBN) and model.solver == "convex":
        model.set_params(optimizer="sgd")  # partial_fit takes steps
    model.set_params(learning_rate=0.05).partial_fit(X)
    before = model.conditionals(X)[:, 1].mean()
    for _ in range(5):
        model.partial_fit(1 - X)
    assert model.conditionals(X)[:, 1].mean() > 3 * before


def test_a_column_that_varies_in_one_row_does_not_become_certain(make):
    X = table(60)
    X[7, 1], X[9, 4] = 1, 0
    model = make(max_epochs=100, random_state=0, n_jobs=1).fit(X)
    ones = np.log(model.conditionals(X)[:, 1])
    zeros = np.log1p(-model.conditionals(X)[:, 4])
    assert min(ones.mean(), zeros.mean()) > -8
