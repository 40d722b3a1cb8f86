"""Dates and times that are written as strings are drawn as they were written."""

import re

import numpy as np
import pytest


@pytest.mark.parametrize(
    ("write", "pattern"),
    [
        (lambda t: str(t)[:10], r"\d{4}-\d\d-\d\d"),
        (lambda t: str(t)[:16], r"\d{4}-\d\d-\d\dT\d\d:\d\d"),
        (lambda t: str(t).replace("T", " "), r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"),
        (lambda t: f"{t}Z", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
        (lambda t: f"{t}.500", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}"),
    ],
)
def test_times_are_drawn_as_they_are_written(fitted, rng, write, pattern):
    times = np.datetime64("2024-03-01T00:00:00") + rng.integers(0, 10**7, 300)
    texts = [write(t) for t in times]
    model = fitted({"t": texts, "b": rng.integers(0, 2, 300)})
    assert model.columns_["t"].kind == "date"
    drawn = model.sample(100, random_state=0)["t"]
    assert all(re.fullmatch(pattern, text) for text in drawn)
    assert np.isfinite(model.score_samples({"t": texts, "b": [0] * 300})).all()
    assert len(set(drawn) & set(texts)) < 95 or pattern.endswith(r"-\d\d")


def test_what_is_no_time_is_a_category(fitted):
    assert fitted({"t": ["2024-02-30", "2024-02-31"] * 30}).columns_["t"].kind == "category"
    assert fitted({"t": ["2024-02-03", "soon"] * 30}).columns_["t"].kind == "category"


def test_a_string_in_another_form_is_unseen(fitted, rng):
    days = [f"2024-01-{day:02}" for day in rng.integers(1, 32, 200)]
    model = fitted({"t": days})
    nats = model.score_samples({"t": ["2024-01-05", "2024-02-31", "soon", "2024-01-05 10:00"]})
    assert nats[0] > -5
    np.testing.assert_allclose(np.exp(nats[1:]), 0.5 / 200.5, rtol=1e-2)
    assert model.score_samples({"t": ["2031-01-01"]}) > -np.inf
