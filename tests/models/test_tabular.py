"""The table: counting, smoothing and certainty."""

import numpy as np
import pytest

import ardens


def test_counting_gives_the_frequencies(data):
    model = ardens.Tabular(alpha=0).fit(data)
    rows, counts = np.unique(data, axis=0, return_counts=True)
    np.testing.assert_allclose(model.score_samples(rows), np.log(counts / len(data)), rtol=1e-5)
    unseen = data[:1].copy()
    unseen[0, 5] ^= 1
    assert model.score_samples(unseen) == -np.inf


def test_smoothing_adds_to_every_count():
    model = ardens.Tabular(alpha=0.5).fit([[0, 1], [1, 1], [1, 0]])
    expected = [[2.5 / 4, 1.5 / 2], [2.5 / 4, 1.5 / 3]]
    np.testing.assert_allclose(model.conditionals([[0, 0], [1, 1]]), expected, rtol=1e-6)


@pytest.mark.parametrize("alpha", [1e-17, 1e-300, 1e-3, 1e17, 1e308])
def test_smoothing_of_any_size_leaves_no_row_impossible(alpha):
    model = ardens.Tabular(alpha=alpha).fit([[0], [0]])
    expected = [np.log(1 / (1 + alpha / (2 + alpha))), np.log(alpha) - np.log(2 + alpha)]
    expected[1] -= np.log1p(alpha / (2 + alpha))
    np.testing.assert_allclose(model.score_samples([[0], [1]]), expected, rtol=1e-5, atol=1e-16)


def test_too_many_columns_are_refused_with_what_they_would_need():
    with pytest.raises(ValueError, match=r"21 features would need 2\*\*21 - 1 = 2,097,151 para"):
        ardens.Tabular().fit(np.zeros((2, 21)))
    with pytest.raises(ValueError, match=r"2\*\*784 - 1 parameters"):
        ardens.Tabular().fit(np.zeros((2, 784)))


@pytest.mark.parametrize("alpha", [-1, np.nan, "x", None])
def test_smoothing_is_at_least_zero(alpha):
    with pytest.raises((TypeError, ValueError), match="alpha must be a finite number of at least"):
        ardens.Tabular(alpha=alpha).fit([[0]])


def test_certainty_is_allowed_in_a_table():
    model = ardens.Tabular.from_parameters(logits=[np.inf, 0, -np.inf])
    assert model.conditionals([[1, 0]]).tolist() == [[1, 0]]
    assert model.score_samples([[1, 0], [0, 0]]).tolist() == [0, -np.inf]
