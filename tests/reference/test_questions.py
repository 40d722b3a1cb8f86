"""Answers for unknown cells are those of the reference, with the same random numbers."""

import math

import numpy as np
import pytest

from ardens.reference import MODELS, particles, questions
from ardens.reference.particles import UNKNOWN
from ardens.reference.philox import uniforms
from helpers.models import random_model

N, SEED = 9, 5


@pytest.fixture(params=["fvsbn", "mlp", "nade"])
def asked(request):
    """A model, its logits and log-probabilities, and rows of cells of two kinds of answers."""
    model = random_model(request.param, N)
    params, reference = model.parameters(), MODELS[request.param]
    cells = np.random.default_rng(0).integers(0, 3, (12, N))
    cells[:4, :-1], cells[:4, -1] = UNKNOWN, [0, 1, 0, 1]  # of as many completions as 2**8
    return (
        model,
        lambda X: reference.logits(X, **params),
        lambda X: reference.log_prob(X, **params),
        cells,
    )


def as_data(cells):
    return np.where(cells == UNKNOWN, math.nan, cells)


def test_exact_answers_are_those_of_the_reference(asked):
    model, _, log_prob, cells = asked
    X = as_data(cells)
    rows, nats = model.most_probable(X, return_log_prob=True, beam=512)
    for k, row in enumerate(cells):
        told = model.log_marginal(X[k : k + 1])[0]
        assert told == pytest.approx(questions.log_marginal(log_prob, row), rel=1e-5, abs=1e-5)
        np.testing.assert_allclose(
            model.posterior(X[k : k + 1])[0], questions.posterior(log_prob, row), atol=1e-5
        )
        best, highest = questions.most_probable(log_prob, row)
        assert nats[k] == pytest.approx(highest, rel=1e-5)
        assert np.array_equal(rows[k], best)


def test_estimates_and_their_errors_are_those_of_the_reference(asked):
    model, logits, _, cells = asked
    X = as_data(cells)[:4]
    nats, error = model.log_marginal(X, n_particles=100, random_state=SEED, return_error=True)
    for k, row in enumerate(cells[:4]):
        first = questions.number(row)
        _, log_weights = particles.particles(logits, row, SEED, first, 100)
        assert nats[k] == pytest.approx(np.log(np.exp(log_weights).mean()), abs=1e-4)
        assert error[k] == pytest.approx(questions.standard_error(log_weights), rel=1e-2)


def test_draws_are_those_of_the_reference(asked):
    model, logits, log_prob, cells = asked
    drawn = model.impute(as_data(cells), random_state=SEED, n_particles=100)
    same = 0
    for k, row in enumerate(cells):
        start, known = 100 * k, np.flatnonzero(row != UNKNOWN)
        last = known[-1] + 1 if known.size else 0
        u = uniforms(SEED, start, 1, 1, questions.LAST)[0, 0]
        if 2 ** np.count_nonzero(row[:last] == UNKNOWN) > 100:
            X, log_weights = particles.particles(logits, row, SEED, start, 100)
            expected = X[particles.resample(np.exp(log_weights), u, 1)[0]]
        else:
            fronts = questions.completions(row[:last])
            filled = [np.concatenate([front, row[last:]]) for front in fronts]
            weights = np.exp([questions.log_marginal(log_prob, cells) for cells in filled])
            chosen = filled[questions.chosen(weights, u)]
            expected = particles.particles(logits, chosen, SEED, start, 1)[0][0]
        same += np.array_equal(drawn[k], expected)
    assert same >= 11  # a uniform may fall between a number in float32 and the same in float64
