"""Options: what is a size, a seed, an ordering, and what is refused with which words."""

import numpy as np
import pytest

from ardens.checks import machine, options


@pytest.mark.parametrize("value", [1.0, "1", None, True, np.True_, [1], np.float64(2)])
def test_a_size_is_an_integer(value):
    with pytest.raises(TypeError, match="n_hidden must be an integer of at least 1"):
        options.whole_number(value, "n_hidden", minimum=1)


@pytest.mark.parametrize("value", [0, -1, -(2**100), 2**63, 2**200])
def test_a_size_has_a_range(value):
    with pytest.raises(ValueError, match="n_hidden must be"):
        options.whole_number(value, "n_hidden", minimum=1)


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3), np.array(3)])
def test_any_integer_is_a_size(value):
    assert options.whole_number(value, "n") == 3


SEEDS = [0, 2**64 - 1, np.int64(5), np.random.SeedSequence(1), np.random.RandomState(1)]
SEEDS += [np.random.default_rng(1), np.random.PCG64(1)]


@pytest.mark.parametrize("random_state", [None, *SEEDS], ids=lambda s: type(s).__name__)
def test_a_seed_has_64_bits(random_state):
    assert 0 <= options.seed_from(random_state) < 2**64


@pytest.mark.parametrize(
    "make",
    [
        lambda k: None,
        np.random.SeedSequence,
        np.random.RandomState,
        np.random.default_rng,
        np.random.PCG64,
    ],
)
def test_all_bits_of_a_seed_are_drawn(make):
    seeds = [options.seed_from(make(k)) for k in range(12)]
    assert max(seeds) >= 2**60  # the largest of 12 is below once in 10**14 times
    assert len({seed % 2**32 for seed in seeds}) == 12


def test_limits_are_told_as_people_write_them():
    with pytest.raises(ValueError, match=r"random_state must be at most 2\*\*64 - 1; got 1844"):
        options.seed_from(2**64)
    with pytest.raises(TypeError, match=r"n_jobs must be an integer; got 2\.5"):
        machine.thread_count(2.5)


@pytest.mark.parametrize("random_state", [-1, 2**64, 2**200, "0", 1.5, True, [1]])
def test_other_seeds_are_refused(random_state):
    with pytest.raises((TypeError, ValueError), match="random_state must be"):
        options.seed_from(random_state)


def test_a_generator_gives_a_seed_by_one_draw():
    ours, theirs = np.random.default_rng(3), np.random.default_rng(3)
    assert options.seed_from(ours) == theirs.bit_generator.random_raw()
    assert ours.bit_generator.state == theirs.bit_generator.state


def test_a_seed_sequence_gives_the_same_seed_every_time():
    sequence = np.random.SeedSequence(5)
    assert options.seed_from(sequence) == options.seed_from(sequence)


def test_fresh_seeds_differ():
    assert options.seed_from(None) != options.seed_from(None)


def test_an_ordering_is_copied_and_read_only():
    mine = np.array([2, 0, 1])
    result = options.permutation(mine, 3)
    mine[0] = 0
    assert result.tolist() == [2, 0, 1]
    assert not result.flags.writeable


@pytest.mark.parametrize(
    ("ordering", "error", "words"),
    [
        ([0, 1], ValueError, r"array of shape \(2,\)"),
        ([[0, 1, 2]], ValueError, r"array of shape \(1, 3\)"),
        ([0, 1, 3], ValueError, "it has 3"),
        ([0, 1, -1], ValueError, "it has -1"),
        ([0, 1, 1], ValueError, "it has 1 more than once"),
        ([0.0, 1.0, 2.0], TypeError, "got"),
        ([True, False, True], TypeError, "got"),
        ([0, 1, 2**70], TypeError, "got"),
        ("abc", TypeError, "got 'abc'"),
        ([0, [1], 2], TypeError, "got"),
    ],
)
def test_what_is_no_permutation_is_refused(ordering, error, words):
    with pytest.raises(error, match=f"ordering must be None, a name or a permutation.*{words}"):
        options.permutation(ordering, 3)
