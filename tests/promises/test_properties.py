"""Properties that hold for matrices of any shape, layout and dtype."""

import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ardens.models import MODELS
from helpers.layouts import DTYPES, LAYOUTS
from helpers.models import random_model

quickly = settings(
    max_examples=30,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@st.composite
def matrices(draw, most_rows=40, most_columns=40):
    shape = draw(st.tuples(st.integers(0, most_rows), st.integers(1, most_columns)))
    return draw(arrays(np.uint8, shape, elements=st.integers(0, 1)))


def model_of(name, n):
    return random_model(name, min(n, 9) if name == "tabular" else n, seed=n)


@quickly
@given(X=matrices())
def test_no_form_of_the_data_changes_a_bit(name, X):
    model = model_of(name, X.shape[1])
    X = X[:, : model.n_features_in_]
    expected = model.score_samples(X)
    assert (expected <= 0).all()
    for dtype, layout in itertools.product(DTYPES, LAYOUTS):
        form = LAYOUTS[layout](X.astype(dtype))
        if isinstance(form, np.ndarray):
            before = form.copy()
            form.flags.writeable = False
        assert np.array_equal(model.score_samples(form), expected), (dtype, layout)
        if isinstance(form, np.ndarray):
            assert np.array_equal(form, before), (dtype, layout)


@quickly
@given(X=matrices(most_rows=200), data=st.data())
def test_rows_are_scored_alone_and_in_any_order(name, X, data):
    model = model_of(name, X.shape[1])
    X = X[:, : model.n_features_in_]
    whole = model.score_samples(X)
    order = np.array(data.draw(st.permutations(range(len(X)))), int)
    assert np.array_equal(model.score_samples(X[order]), whole[order])
    cut = data.draw(st.integers(0, len(X)))
    pieces = [model.score_samples(X[:cut]), model.score_samples(X[cut:])]
    assert np.array_equal(np.concatenate(pieces), whole)
    assert all(model.score_samples(row[None]) == nats for row, nats in zip(X, whole, strict=True))


@quickly
@given(
    n=st.integers(1, 40),
    seed=st.integers(0, 2**64 - 1),
    start=st.integers(0, 2**63) | st.integers(2**32 - 200, 2**32 + 200),
    cuts=st.lists(st.integers(0, 150), max_size=4),
)
def test_shards_of_a_sample_glue_to_the_whole(name, n, seed, start, cuts):
    model = model_of(name, n)
    whole = model.sample(150, random_state=seed, start=start)
    ends = [0, *sorted(cuts), 150]
    shards = [
        model.sample(stop - first, random_state=seed, start=start + first)
        for first, stop in itertools.pairwise(ends)
    ]
    assert np.array_equal(np.concatenate(shards), whole)
    assert whole.dtype == np.uint8


@quickly
@given(X=matrices(), data=st.data())
def test_one_bad_value_anywhere_is_refused_with_its_place(name, X, data):
    model = model_of(name, X.shape[1])
    X = X[:, : model.n_features_in_].astype(float)
    if not X.size:
        return
    row = data.draw(st.integers(0, len(X) - 1))
    column = data.draw(st.integers(0, X.shape[1] - 1))
    X[row, column] = data.draw(st.sampled_from([np.nan, np.inf, -np.inf, 0.5, 2, -1, 255, 1e300]))
    with pytest.raises(ValueError, match=rf"at row {row}, column {column}\b"):
        model.score_samples(X)
    with pytest.raises(ValueError, match=rf"at row {row}, column {column}\b"):
        MODELS[name]().fit(X)
