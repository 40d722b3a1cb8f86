"""Sequential Monte Carlo of the reference, against enumeration."""

import numpy as np
import pytest

from ardens.reference import fvsbn
from ardens.reference.particles import UNKNOWN, islands, particles, resample, stay
from helpers.first_principles import all_vectors

N = 9
RNG = np.random.default_rng(3)
PARAMS = {"W": np.tril(RNG.normal(scale=2, size=(N, N)), -1), "b": RNG.normal(size=N)}
CELLS = np.array([2, 1, 2, 2, 0, 2, 1, 2, 1])  # known cells after unknown ones, in three blocks


def population(cells, seed, n_particles, start=0):
    return particles(lambda X: fvsbn.logits(X, **PARAMS), cells, seed, start, n_particles)


def completions(cells):
    """All rows that have the known cells, and their probabilities."""
    X = all_vectors(N)
    X = X[((cells == UNKNOWN) | (cells == X)).all(axis=1)]
    return X, np.exp(fvsbn.log_prob(X, **PARAMS))


@pytest.mark.parametrize("n_particles", [1, 2, 5, 16, 24])
def test_the_mean_weight_is_on_average_the_probability_of_what_is_known(n_particles):
    estimates = np.array(
        [np.exp(population(CELLS, seed, n_particles)[1]).mean() for seed in range(1500)]
    )
    truth = completions(CELLS)[1].sum()
    error = estimates.std() / np.sqrt(len(estimates))
    assert abs(estimates.mean() - truth) < 5 * error
    assert error < 0.1 * truth


def test_weighted_particles_have_the_law_of_rows_given_what_is_known():
    X, p = completions(CELLS)
    posterior = (p[:, None] * X).sum(axis=0) / p.sum()
    total, weight = np.zeros(N), 0.0
    for seed in range(400):
        drawn, log_weights = population(CELLS, seed, 256)
        total += np.exp(log_weights) @ drawn
        weight += np.exp(log_weights).sum()
    np.testing.assert_allclose(total / weight, posterior, atol=0.01)


def test_evidence_before_all_that_is_unknown_gives_equal_weights_and_plain_draws():
    cells = np.array([1, 0, 1, 2, 2, 2, 2, 2, 2])
    X, log_weights = population(cells, 5, 100, start=7)
    np.testing.assert_allclose(log_weights, np.log(completions(cells)[1].sum()), rtol=1e-12)
    free, _ = population(np.full(N, UNKNOWN), 5, 100, start=7)
    np.testing.assert_array_equal(free, fvsbn.sample(100, 5, 7, **PARAMS))
    assert (X[:, :3] == [1, 0, 1]).all()


def test_islands_are_small_and_several():
    for count in range(1, 3000):
        k = islands(count)
        edges = [count * j // k for j in range(k + 1)]
        sizes = np.diff(edges)
        assert sizes.max() <= 64
        assert k >= 8 or sizes.min() >= min(8, count)


def test_draws_by_weights_are_within_one_of_their_share():
    weights = RNG.random(37) * (RNG.random(37) < 0.7)
    for u in (0.001, 0.5, 0.999):
        times = np.bincount(resample(weights, u, 50), minlength=37)
        assert (np.abs(times - 50 * weights / weights.sum()) < 1 + 1e-9).all()
        assert times.sum() == 50
    np.testing.assert_array_equal(resample(np.full(1024, 0.3), 0.7, 1024), np.arange(1024))


def test_who_is_drawn_keeps_its_place():
    drawn = np.sort(RNG.integers(0, 20, 20))
    places = stay(drawn)
    np.testing.assert_array_equal(np.sort(places), drawn)
    assert all(places[p] == p for p in drawn)
