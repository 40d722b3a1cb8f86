"""Tables that several files of tests share."""

import numpy as np
import pytest

import ardens


@pytest.fixture
def fitted():
    """A function that fits a model of tables fast."""

    def fit(X, **options):
        small = ardens.NADE(8, direct=True, activation="relu", max_epochs=3, random_state=0)
        return ardens.TableModel(small, **options).fit(X)

    return fit


@pytest.fixture
def mixed(rng):
    """A dictionary of columns of every kind, some of which depend on others."""
    n = 400
    sex = rng.integers(0, 2, n)
    city = rng.choice(["Oslo", "Rome", "York", "Bonn"], n)
    age = np.where(rng.random(n) < 0.2, np.nan, rng.integers(1, 80, n))
    return {
        "sex": np.array(["f", "m"])[sex],
        "old": rng.random(n) < 0.3 + 0.3 * sex,
        "age": age,
        "children": rng.poisson(2, n),
        "size": rng.normal(170, 10, n) + 8 * sex,
        "price": np.round(rng.exponential(20, n), 2),
        "city": city,
        "country": np.array([{"Oslo": "NO", "Rome": "IT"}.get(name, "XX") for name in city]),
        "day": np.datetime64("2024-01-01") + rng.integers(0, 200, n),
        "gain": np.where(rng.random(n) < 0.8, 0, rng.integers(1000, 90000, n)),
    }
