"""Weights of rows at the door, and the figures of a table in which rows have them."""

import math

import numpy as np
import pytest

from ardens.checks.weights import Table, row_weights

WANTED = r"^sample_weight must be 3 finite numbers \(or one for all\) from 0 on.*"
TIMES = np.array([3, 0, 1, 2, 5, 1])


@pytest.fixture
def rows(rng):
    return rng.integers(0, 2, (6, 4), dtype=np.uint8)


@pytest.fixture
def tables(rows):
    """The same rows once with weights, and once repeated."""
    return Table.of(rows, TIMES), Table(rows.repeat(TIMES, axis=0))


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ([1, 2], ValueError, "not all zero; got an array of shape"),
        ([[1], [2], [3]], ValueError, r"shape \(3, 1\)"),
        ([1, -2, 3], ValueError, r"it has -2.0 at row 1"),
        ([1, 2, math.nan], ValueError, "it has nan at row 2"),
        ([math.inf, 2, 1], ValueError, "it has inf at row 0"),
        ([0, 0, 0], ValueError, "they sum to 0"),
        (0, ValueError, "they sum to 0"),
        (np.ma.array([1, 2, 3], mask=[0, 1, 0]), ValueError, "it has masked cells"),
        (["1", "2", "3"], TypeError, "got "),
        ([1j, 2, 3], TypeError, "got "),
        ([[1], [1, 2], 3], ValueError, "got "),
        ("counts", TypeError, "got 'counts'"),
    ],
)
def test_wrong_weights_are_refused(given, error, words):
    with pytest.raises(error, match=WANTED + words):
        row_weights(given, 3)


@pytest.mark.parametrize("scale", [1e308, 1e16, 1e-8, 1e-310])
def test_weights_whose_sum_is_no_number_of_rows_are_refused(scale):
    with pytest.raises(ValueError, match=r"sum to 1e-06 at least and 1e\+15 at most.*multiply"):
        row_weights(np.full(3, scale) * [1, 1, 0.5], 3)


def test_weights_that_are_all_one_are_no_weights(rows):
    for given in (None, 1, 1.0, [1] * 6, np.ones(6, np.float32), [True] * 6, [1, 0, 1, 1, 0, 0]):
        assert Table.of(rows, given).weights is None
    assert row_weights(2, 3).tolist() == [2, 2, 2]


def test_whole_numbers_and_powers_of_two_of_them_stay_what_they_are(rng):
    for power in (-60, -3, 0):
        times = rng.integers(0, 2**40, 500) * 2.0**power
        assert np.array_equal(row_weights(times, 500), times)


def test_no_sum_of_weights_depends_on_the_order(rng):
    weights = row_weights(rng.pareto(1, 1000), 1000)
    assert len({float(weights[rng.permutation(1000)].cumsum()[-1]) for _ in range(20)}) == 1
    np.testing.assert_allclose(weights, row_weights(weights, 1000), rtol=0)


def test_weights_are_not_written_to(rows):
    given = TIMES / 3
    before = given.copy()
    Table.of(rows, given)
    assert np.array_equal(given, before)


def test_figures_of_a_weighted_table_are_those_of_repeated_rows(tables, rng):
    weighted, repeated = tables
    figure = rng.random(6)
    there = figure[TIMES > 0]
    assert (weighted.total, weighted.n_seen) == (len(repeated), len(repeated))
    assert np.array_equal(weighted.ones(), repeated.ones())
    once, often = weighted.mean(there), repeated.mean(figure.repeat(TIMES))
    assert once == pytest.approx(often, rel=1e-14)
    error = repeated.standard_error(figure.repeat(TIMES))
    assert weighted.standard_error(there) == pytest.approx(error, rel=1e-13)


def test_rows_of_weight_zero_are_absent(rows):
    table = Table.of(rows, TIMES)
    assert np.array_equal(table.rows, rows[TIMES > 0])
    assert np.array_equal(table.weights, TIMES[TIMES > 0])
    only = Table.of(rows, [0, 0, 1, 0, 0, 0])
    assert (len(only), only.standard_error(np.ones(1))) == (1, 0)


def test_weights_that_sum_to_one_are_not_taken_for_a_single_row(rows, rng):
    figure = rng.random(6)
    even, none = Table.of(rows, np.full(6, 1 / 6)), Table(rows)
    assert even.n_seen == 6
    assert even.standard_error(figure) == pytest.approx(none.standard_error(figure), rel=1e-13)
    uneven = Table.of(rows, [0.9, 0.02, 0.02, 0.02, 0.02, 0.02])
    assert uneven.standard_error(figure) > 0


def test_tables_follow_each_other(tables, rows):
    weighted, repeated = tables
    both = weighted.followed_by(weighted)
    assert np.array_equal(both.ones(), 2 * weighted.ones())
    assert repeated.followed_by(Table(rows)).weights is None
