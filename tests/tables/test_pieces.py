"""Numbers in pieces: their probabilities sum to one, and draws fall in their leaves."""

import numpy as np
import pytest

from ardens.tables.cutting import Fineness, cut

LARGE = 2**62
OPEN = (-LARGE, LARGE)
REAL = (-1e308, 1e308)


def pieces_of(x, bounds, **how):
    values, counts = np.unique(x, return_counts=True)
    return cut(values, counts.astype(float), bounds, Fineness(**how))


def log_density(pieces, x):
    """Of a model that knows the masses of the leaves alone."""
    leaf, nats = pieces.find(x)
    mass = pieces.leaf_mass / pieces.leaf_mass.sum()
    return np.where(leaf < 0, -np.inf, nats + np.log(mass)[leaf])


def grids():
    rng = np.random.default_rng(0)
    n = 3000
    ages = np.where(rng.random(n) < 0.95, 100 * rng.integers(1, 900, n), rng.integers(1, 90000, n))
    yield rng.integers(0, 100, n), OPEN
    yield rng.poisson(3, n), (0, LARGE)
    yield np.where(rng.random(n) < 0.9, 0, rng.integers(100, 5000, n)), (0, LARGE)
    yield -rng.integers(0, 50, n), (-LARGE, 0)
    yield rng.integers(0, 256, n), (0, 255)
    yield np.array([5]), OPEN
    yield np.array([5, 5, 7]), (0, 255)
    yield ages, (0, LARGE)
    yield -ages, (-LARGE, 0)


@pytest.mark.parametrize(("x", "bounds"), list(grids()))
def test_probabilities_of_a_grid_sum_to_one(x, bounds):
    pieces = pieces_of(x.astype(np.int64), bounds)
    reach = 60 * max(1, int(pieces.scale.max()))
    low, high = max(bounds[0], x.min() - reach), min(bounds[1], x.max() + reach)
    everything = np.arange(low, high + 1)
    assert np.exp(log_density(pieces, everything)).sum() == pytest.approx(1, abs=1e-9)


def reals():
    rng = np.random.default_rng(0)
    n = 3000
    yield rng.normal(size=n), REAL
    yield np.where(rng.random(n) < 0.5, 0, rng.exponential(size=n)), (0, 1e308)
    yield np.where(rng.random(n) < 0.5, np.round(rng.normal(size=n), 1), rng.normal(size=n)), REAL
    yield rng.random(5), (0, 1e308)


@pytest.mark.parametrize(("x", "bounds"), list(reals()))
def test_densities_integrate_to_one(x, bounds):
    pieces = pieces_of(x, bounds)
    point = pieces.kind == 0
    atoms = np.exp(log_density(pieces, pieces.low[point])).sum()
    total = 0.0
    for low, high, kind in zip(pieces.low, pieces.high, pieces.kind, strict=True):
        if kind == 0:
            continue
        reach = 60 * pieces.scale.max()
        ends = max(low, high - reach) if kind == 3 else low, min(high, low + reach)
        grid = np.linspace(ends[0], high if kind == 3 else ends[1], 2001)
        total += np.trapezoid(np.exp(log_density(pieces, grid)), grid)
    assert total + atoms == pytest.approx(1, abs=2e-3 * (total + atoms))


@pytest.mark.parametrize(("x", "bounds"), [*grids(), *reals()])
def test_what_is_drawn_is_of_its_leaf_and_within_bounds(rng, x, bounds):
    x = x.astype(np.int64) if x.dtype.kind == "i" else x
    pieces = pieces_of(x, bounds)
    leaf = rng.integers(0, pieces.n_leaves, 20000)
    u = np.concatenate([rng.random(19998), [0.0, 1 - 2.0**-53]])
    drawn = pieces.draw(leaf, u)
    np.testing.assert_array_equal(pieces.find(drawn)[0], leaf)
    assert drawn.min() >= bounds[0]
    assert drawn.max() <= bounds[1]


def test_draws_follow_the_probabilities_inside_leaves(rng):
    x = np.where(rng.random(2000) < 0.9, 10 * rng.integers(0, 9, 2000), rng.integers(0, 90, 2000))
    pieces = pieces_of(x.astype(np.int64), (0, 100), leaves=4, rows_of_leaf=200, rows_of_piece=100)
    n = 400_000
    leaf = np.repeat(np.arange(pieces.n_leaves), n // pieces.n_leaves)
    drawn = pieces.draw(leaf, rng.random(len(leaf)))
    grid = np.arange(101)
    of, nats = pieces.find(grid)
    counts = np.bincount(drawn, minlength=101) / (len(leaf) / pieces.n_leaves)
    expected = np.exp(nats)
    assert np.abs(counts - expected).max() < 5 * np.sqrt(0.25 / (n / pieces.n_leaves))
    for k in range(pieces.n_leaves):
        assert expected[of == k].sum() == pytest.approx(1)


def test_heavy_values_have_leaves_of_their_own(rng):
    heavy = np.arange(20) * 50_000
    x = np.concatenate([heavy.repeat(60), rng.integers(0, 10**6, 3000)])
    pieces = pieces_of(x, (0, LARGE), leaves=100)
    leaf, nats = pieces.find(heavy)
    for k in leaf:
        assert np.count_nonzero(pieces.mass[pieces.leaf == k] > 0.5) == 1
    assert nats == pytest.approx(0, abs=0.02)


def test_most_multiples_stay_multiples(rng):
    x = np.where(rng.random(600) < 0.99, 100 * rng.integers(1, 900, 600), 42)
    pieces = pieces_of(x.astype(np.int64), (0, LARGE))
    drawn = pieces.draw(np.repeat(np.arange(pieces.n_leaves), 50), rng.random(50 * pieces.n_leaves))
    assert np.mean((drawn % 100 == 0) | (drawn == 42)) > 0.8
    assert not np.isin(drawn, x).all()


def test_bins_of_few_rows_are_larger(rng):
    values, mass = np.sort(rng.random(2000)), np.ones(2000)
    leaves = [cut(values, mass, REAL, Fineness.of(rows)).n_leaves for rows in (2000, 3000)]
    assert leaves[0] <= 2000 / 40 < leaves[1]


def test_nothing_inside_the_bounds_is_impossible():
    pieces = pieces_of(np.array([3, 3, 3, 900, 900, 7000]), (0, LARGE))
    assert np.isfinite(log_density(pieces, np.array([0, 4, 899, 901, 5000, 10**12]))).all()
    assert pieces.find(np.array([-1]))[0] == -1
