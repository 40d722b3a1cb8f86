"""Mutual information of columns."""

import math

import numpy as np
import pytest

from ardens.orderings import information, mutual_information
from helpers.definitions import information_by_definition


@pytest.mark.parametrize("rows", [1, 2, 50])
def test_mutual_information_is_the_sum_over_four_cells(rows, rng):
    X = rng.integers(0, 2, (rows, 6)).astype(np.uint8)
    X[:, 1], X[:, 2], X[:, 3] = 0, 1, 1 - X[:, 0]
    found = mutual_information(X)
    np.testing.assert_allclose(found, information_by_definition(X), rtol=0, atol=1e-14)
    assert (found >= 0).all()
    assert np.array_equal(found, found.T)
    assert (found[[1, 2]] == 0).all()


def test_mutual_information_is_the_same_in_blocks(rng, monkeypatch):
    X = rng.integers(0, 2, (100, 6))
    whole = mutual_information(X)
    monkeypatch.setattr(information, "_BLOCK", 20)
    assert np.array_equal(mutual_information(X), whole)


def test_counts_beyond_single_precision_are_exact(monkeypatch):
    monkeypatch.setattr(information, "_BLOCK", 1 << 24)
    X = np.ones((2**24 + 3, 1), np.uint8)
    X[0] = 0
    p = 1 / len(X)
    expected = -p * math.log(p) - (1 - p) * math.log1p(-p)
    assert mutual_information(X)[0, 0] == pytest.approx(expected, rel=1e-6)


def test_a_row_of_weight_three_is_three_rows(rng, monkeypatch):
    X = rng.integers(0, 2, (200, 6)).astype(np.uint8)
    times = rng.integers(0, 9, 200)
    repeated = mutual_information(X.repeat(times, axis=0))
    assert np.array_equal(mutual_information(X, times), repeated)
    monkeypatch.setattr(information, "_BLOCK", 60)
    assert np.array_equal(mutual_information(X, times * 2.0**-20), repeated)
    large = rng.integers(2**24, 2**40, 200) | 1  # beyond single precision
    expected = information_by_definition(X, large)
    np.testing.assert_allclose(mutual_information(X, large), expected, rtol=0, atol=1e-14)


def test_no_weights_make_information_negative_or_uneven(rng):
    X = rng.integers(0, 2, (200, 6)).astype(np.uint8)
    X[:, 1], X[:, 2], X[:, 3] = 0, 1, 1 - X[:, 0]
    weights = rng.pareto(0.5, 200)
    found = mutual_information(X, weights)
    assert (found >= 0).all()
    assert np.array_equal(found, found.T)
    assert (found[[1, 2]] == 0).all()
    order = rng.permutation(200)
    assert np.array_equal(mutual_information(X[order], weights[order]), found)
