"""Learning from rows with missing cells: what is drawn, when, and what is judged."""

import numpy as np
import pytest

from ardens.checks.weights import Table
from ardens.training.likelihood import Likelihood
from ardens.training.missing import Missing, completed, filled
from helpers.core_model import CoreModel
from helpers.first_principles import all_vectors

N = 8
MODEL = CoreModel("fvsbn", N, scale=2.0)


@pytest.fixture
def likelihood():
    return Likelihood(MODEL.core, 1)


def rows_with_gaps(count, seed=0):
    rng = np.random.default_rng(seed)
    cells = MODEL.sample(count, seed=seed)
    cells[rng.random(cells.shape) < 0.4] = 2
    return cells


def test_first_values_are_drawn_from_the_known_cells_of_the_column():
    rng = np.random.default_rng(0)
    known = (rng.random((4000, 3)) < [0.0, 0.3, 1.0]).astype(np.uint8)
    cells = known.copy()
    gaps = rng.random(cells.shape) < 0.5
    cells[gaps] = 2
    weights = np.full(4000, 2.0)
    table = filled(Table(cells, weights), np.random.default_rng(1))
    np.testing.assert_array_equal(table.rows[~gaps], cells[~gaps])
    assert table.weights is weights
    shares = [table.rows[gaps[:, j], j].mean() for j in range(3)]
    np.testing.assert_allclose(shares, [0, 0.3, 1], atol=0.03)


def test_a_column_of_which_nothing_is_known_is_filled():
    table = filled(Table(np.full((5, 2), 2, np.uint8)), np.random.default_rng(0))
    assert (table.rows == 0).all()


def test_what_is_missing_is_drawn_given_what_is_known(likelihood):
    cells = np.tile(np.array([2, 1, 2, 2, 0, 2, 1, 2], np.uint8), (20_000, 1))
    table = Table(np.zeros_like(cells))
    Missing.of(table, cells).draw(likelihood, MODEL.flat, np.random.default_rng(3))
    np.testing.assert_array_equal(table.rows[:, [1, 4, 6]], cells[:, [1, 4, 6]])
    X = all_vectors(N)
    X = X[(X[:, [1, 4, 6]] == [1, 0, 1]).all(axis=1)]
    p = np.exp(MODEL.log_prob(X))
    np.testing.assert_allclose(table.rows.mean(axis=0), (p / p.sum()) @ X, atol=0.03)


def test_whole_rows_stay_and_each_draw_is_another(likelihood):
    cells = rows_with_gaps(300)
    cells[::3] = 1
    table, rng = filled(Table(cells), np.random.default_rng(0)), np.random.default_rng(0)
    missing = Missing.of(table, cells)
    assert len(missing.places) == np.count_nonzero((cells == 2).any(axis=1))
    missing.draw(likelihood, MODEL.flat, rng)
    first = table.rows.copy()
    missing.draw(likelihood, MODEL.flat, rng)
    known = cells != 2
    np.testing.assert_array_equal(table.rows[known], cells[known])
    assert (table.rows != first).any()
    again = completed(Table(cells), likelihood, MODEL.flat, np.random.default_rng(0))
    np.testing.assert_array_equal(again.rows, first)


def test_rows_that_judge_are_judged_by_what_is_known_of_them(likelihood):
    cells = rows_with_gaps(200)
    cells[7] = 1
    nats = likelihood.log_prob(MODEL.flat, cells)
    X = all_vectors(N)
    p = np.exp(MODEL.log_prob(X))
    for row, told in zip(cells, nats, strict=True):
        truth = np.log(p[((row == 2) | (row == X)).all(axis=1)].sum())
        assert abs(told - truth) < 0.8
    truths = [np.log(p[((row == 2) | (row == X)).all(axis=1)].sum()) for row in cells]
    assert abs(np.mean(nats) - np.mean(truths)) < 0.05
    assert nats[7] == MODEL.log_prob(cells[7:8])[0]
