"""Levels with a fused multiply-add give the same bits, two by two."""

from itertools import pairwise

import numpy as np
import pytest

from ardens import _core
from helpers.core_model import CoreModel, rows
from helpers.models import usable
from helpers.references import MODELS

FUSED = [level for level in _core.levels() if level != "baseline"]
ALONE = pytest.mark.skip(f"this machine has no two levels to compare: {', '.join(_core.levels())}")


@pytest.mark.parametrize("n_hidden", [100, 1700])
@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    "levels",
    list(pairwise(FUSED)) or [pytest.param((), marks=ALONE)],
    ids=" and ".join,
)
def test_levels_with_fused_multiply_add_give_the_same_bits(levels, name, n_hidden):
    model = CoreModel(name, usable(name, 70), n_hidden)
    X = rows(200, model.core.n_features)
    one, other = (results(model, X, level) for level in levels)
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def results(model, X, level):
    before = _core.level()
    _core.set_level(level)
    try:
        return [model.log_prob(X), model.flat_gradient(X)[1], model.sample(200)]
    finally:
        _core.set_level(before)
