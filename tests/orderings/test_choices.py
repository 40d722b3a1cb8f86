"""Orderings chosen from data: against definitions, and as an option of models."""

import itertools

import numpy as np
import pytest

from ardens import orderings
from ardens.orderings import choices, chow_liu, greedy, marginal, mutual_information
from helpers.definitions import information_by_definition


@pytest.fixture
def chain():
    """Columns of a Markov chain, 3 - 0 - 4 - 1 - 2, each edge weaker than the one before."""
    rng = np.random.default_rng(0)
    X = np.empty((4000, 5), np.uint8)
    X[:, 3] = rng.random(4000) < 0.5
    for parent, child, noise in ((3, 0, 0.05), (0, 4, 0.1), (4, 1, 0.15), (1, 2, 0.2)):
        X[:, child] = X[:, parent] ^ (rng.random(4000) < noise)
    return X


def test_the_tree_is_the_one_of_most_information(rng):
    """Among all 125 trees of five columns."""
    X = (rng.random((300, 5)) < rng.random(5)).astype(np.uint8)
    X[:, 4] ^= X[:, 0] & X[:, 2]
    information = information_by_definition(X)
    edges = list(itertools.combinations(range(5), 2))

    def is_tree(chosen):
        group = list(range(5))
        for i, j in chosen:
            group = [group[i] if g == group[j] else g for g in group]
        return len(set(group)) == 1

    best = max(
        sum(information[edge] for edge in chosen)
        for chosen in itertools.combinations(edges, 4)
        if is_tree(chosen)
    )
    children = choices._spanning_tree(choices._information(X), 2)
    found = sum(information[i, j] for i, below in enumerate(children) for j in below)
    assert found == pytest.approx(best, abs=1e-9)


def test_the_tree_of_a_chain_is_followed_from_its_root(chain):
    assert chow_liu(chain, root=3).tolist() == [3, 0, 4, 1, 2]
    assert chow_liu(chain, root=2).tolist() == [2, 1, 4, 0, 3]
    assert chow_liu(chain, root=4).tolist() == [4, 0, 3, 1, 2]
    assert chow_liu(chain, root=4, traversal="breadth").tolist() == [4, 0, 1, 3, 2]


@pytest.mark.parametrize("factors", [0, 2])
def test_the_greedy_order_places_what_is_told_most(chain, rng, factors):
    if factors:  # all columns say something about all
        mixed = rng.normal(size=(4000, factors)) @ rng.normal(size=(factors, 9))
        chain = (mixed + rng.normal(size=mixed.shape) > 0).astype(np.uint8)
    found, information = greedy(chain).tolist(), information_by_definition(chain)
    np.fill_diagonal(information, 0)
    assert found[0] == information.sum(axis=0).argmax()
    for k in range(1, chain.shape[1]):
        told = {j: information[j, found[:k]].sum() for j in found[k:]}
        assert found[k] == max(told, key=told.get)


def test_marginals_are_sorted_either_way():
    X = np.arange(10)[:, None] < np.array([5, 10, 2, 8, 1])
    assert marginal(X).tolist() == [1, 4, 2, 3, 0]
    assert marginal(X, descending=True).tolist() == [0, 2, 3, 4, 1]
    assert marginal(X, by="mean").tolist() == [4, 2, 0, 3, 1]
    assert marginal(X, by="mean", descending=True).tolist() == [1, 3, 0, 2, 4]


def test_random_orderings_come_from_the_seed():
    first, again, other = (orderings.random(50, seed).tolist() for seed in (1, 1, 2))
    assert first == again != other
    assert sorted(first) == list(range(50))


@pytest.mark.parametrize("choose", [chow_liu, greedy, marginal])
@pytest.mark.parametrize("n", [1, 2, 9])
def test_every_ordering_is_a_permutation_and_ties_go_to_the_first(choose, n):
    found = choose(np.ones((5, n)))
    assert found.dtype == np.intp
    assert found.tolist() == list(range(n))


@pytest.mark.parametrize("ordering", ["marginal", "chow-liu", "greedy"])
def test_models_take_orderings_by_name(name, small, data, ordering):
    options = {} if name == "tabular" else {"validation_fraction": 0.0}
    model = small(name, ordering=ordering, **options).fit(data)
    expected = orderings.choose(ordering, data, np.random.default_rng(0))
    assert np.array_equal(model.ordering_, expected)
    assert model.get_params()["ordering"] == ordering


def test_the_rows_held_out_do_not_choose_the_ordering(small, data):
    model = small("nade", ordering="greedy").fit(data[:100], X_valid=data[100:])
    assert np.array_equal(model.ordering_, greedy(data[:100]))


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: orderings.random(0), ValueError, "n_features must be"),
        (lambda: orderings.random(3, -1), ValueError, "random_state must be"),
        (lambda: marginal([[0, 1]], by="sum"), ValueError, 'by must be "entropy" or "mean"'),
        (lambda: marginal([[0, 1]], descending=2), TypeError, "descending must be"),
        (lambda: chow_liu([[0, 1]], root=2), ValueError, "root must be at most 1; got 2"),
        (lambda: chow_liu([[0, 1]], traversal="any"), ValueError, "traversal must be"),
        (lambda: greedy([[0, 2]]), ValueError, "X must contain only 0 and 1"),
        (lambda: mutual_information(np.zeros((0, 3))), ValueError, r"0 sample\(s\)"),
        (lambda: mutual_information([0, 1]), ValueError, "X must be a 2-d array"),
    ],
)
def test_wrong_arguments_are_refused(call, error, words):
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize("name", ["marginal", "chow-liu", "greedy"])
def test_orderings_of_weighted_rows_are_those_of_repeated_ones(chain, name, rng):
    X = chain[:400]
    times = np.where(X[:, 0] == X[:, 3], rng.integers(0, 3, 400), 19)  # an edge less
    times[X[:, 4] == 0] *= 2
    found = orderings.choose(name, X, rng, times)
    assert np.array_equal(found, orderings.choose(name, X.repeat(times, axis=0), rng))
    assert np.array_equal(found, orderings.choose(name, X, rng, times * 2.0**-9))
    assert not np.array_equal(found, orderings.choose(name, X, rng))
    first = chain[:, 0] == 0
    assert marginal(chain, sample_weight=np.where(first, 100, 1))[0] == 0
