"""Philox and ancestral sampling."""

from functools import partial

import numpy as np
import pytest

from ardens.reference.philox import philox4x32, uniforms
from helpers.first_principles import (
    PHILOX_KNOWN_ANSWERS,
    check_rows_depend_on_seed_and_number,
    check_sample_frequencies,
    check_sample_is_ancestral,
    chi_square_critical,
)
from helpers.parameters import certain_parameters, random_parameters
from helpers.references import MODELS


@pytest.mark.parametrize(("counter", "key", "words"), PHILOX_KNOWN_ANSWERS)
def test_philox_gives_the_published_words(
    counter: tuple[int, ...], key: tuple[int, ...], words: tuple[int, ...]
) -> None:
    assert tuple(philox4x32(counter, key).tolist()) == words


def test_philox_encrypts_many_counters_at_once() -> None:
    counters, keys, words = (np.array(part).T for part in zip(*PHILOX_KNOWN_ANSWERS, strict=True))
    np.testing.assert_array_equal(philox4x32(counters, keys), words)


@pytest.mark.parametrize("seed", [0, 7, 2**32 + 1, 2**64 - 1])
@pytest.mark.parametrize("row", [0, 1, 2**32 - 1, 2**32, 2**64 - 1])
@pytest.mark.parametrize("i", [0, 3, 4, 9])
def test_uniform_of_a_row_and_feature_is_one_word_of_philox(seed: int, row: int, i: int) -> None:
    counter, key = (row % 2**32, row // 2**32, i // 4, 0), (seed % 2**32, seed // 2**32)
    word = int(philox4x32(counter, key)[i % 4])
    assert uniforms(seed, row, n_rows=1, n_features=10)[0, i] == (word + 0.5) / 2**32


def test_uniforms_are_uniform() -> None:
    cells = np.bincount((uniforms(1, 0, 2000, 30) * 100).astype(int).ravel(), minlength=100)
    assert ((cells - 600) ** 2 / 600).sum() <= chi_square_critical(99, 1e-4)


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_seed_beyond_64_bits_is_refused(seed: int) -> None:
    with pytest.raises(ValueError, match=f"seed must be in .* got {seed}"):
        uniforms(seed, 0, 1, 1)


@pytest.mark.parametrize("start", [-1, 2**64 - 4])
def test_row_number_beyond_64_bits_is_refused(start: int) -> None:
    with pytest.raises(ValueError, match=f"got start={start}, 5 rows"):
        uniforms(0, start, 5, 1)


# From the tables of the chi-square distribution, rounded to two decimals.
@pytest.mark.parametrize(("freedom", "quantile"), [(1, 10.83), (5, 20.52), (30, 59.70)])
def test_critical_values_of_chi_square_agree_with_tables(freedom: int, quantile: float) -> None:
    assert chi_square_critical(freedom, 0.001) == pytest.approx(quantile, rel=0.04)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(("n_features", "seed"), [(1, 0), (3, 1), (6, 2), (8, 2**63)])
def test_frequencies_of_samples_follow_the_density(name: str, n_features: int, seed: int) -> None:
    params = random_parameters(name, n_features, 4, np.random.default_rng(n_features), scale=1.5)
    X = MODELS[name].sample(20_000, seed, **params)
    check_sample_frequencies(X, partial(MODELS[name].log_prob, **params))


@pytest.mark.parametrize("name", MODELS)
def test_bit_is_one_where_its_uniform_is_below_its_conditional(name: str) -> None:
    params = random_parameters(name, 11, 5, np.random.default_rng(2))
    X = MODELS[name].sample(300, 9, start=17, **params)
    U = uniforms(9, 17, 300, 11)
    check_sample_is_ancestral(X, partial(MODELS[name].conditionals, **params), U)


@pytest.mark.parametrize("name", MODELS)
def test_row_depends_on_seed_and_its_number_only(name: str) -> None:
    params = random_parameters(name, 9, 4, np.random.default_rng(6))
    check_rows_depend_on_seed_and_number(partial(MODELS[name].sample, **params))


@pytest.mark.parametrize("name", MODELS)
def test_certain_bits_are_always_drawn(name: str) -> None:
    bits = np.array([1, 0, 0, 1, 1])
    params = certain_parameters(name, bits, n_hidden=3, size=1e4)
    assert (MODELS[name].sample(1000, 3, **params) == bits).all()
