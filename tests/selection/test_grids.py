"""Settings to try: combinations, and the values of the default grid."""

from sklearn.experimental import enable_halving_search_cv  # noqa: F401

import ardens
from ardens.models import MODELS
from ardens.selection.grids import (
    _MULTIPLES,
    _OF_SOLVERS,
    _OF_STEPS,
    _VALUES,
    combinations,
    default_grid,
)


def test_the_values_tried_by_default_are_those_of_options_that_there_are():
    options = {name for model in MODELS.values() for name in model().get_params()}
    assert {*_VALUES, *_OF_STEPS, *_OF_SOLVERS, *_MULTIPLES} <= options


def test_all_combinations_or_so_many_different_ones_are_tried(rng):
    grid = [{"a": [1, 2], "b": [3, 4]}, {"a": [5]}]
    every = combinations(grid, 5, rng)
    assert every == [{"a": a, "b": b} for a in (1, 2) for b in (3, 4)] + [{"a": 5}]
    drawn = combinations(grid, 3, rng)
    assert [one for one in every if one in drawn] == drawn
    assert len(drawn) == 3
    once = combinations({"a": range(100)}, 60, rng)
    assert len({one["a"] for one in once}) == 60
    assert len(combinations({name: range(100) for name in "abcdef"}, 7, rng)) == 7


def test_the_default_grid_has_the_options_of_the_estimator_around_its_own():
    assert default_grid(ardens.NADE(n_hidden=40), 5000)["n_hidden"] == [10, 20, 40, 80]
    assert 0.1 in default_grid(ardens.MLP(learning_rate=0.1), 5000)["learning_rate"]
    assert set(default_grid(ardens.Tabular(), 10)) == {"alpha"}
