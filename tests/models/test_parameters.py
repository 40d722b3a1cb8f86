"""Parameters of every model: what they are, and what is no model's."""

import numpy as np
import pytest

from ardens.models import MODELS
from helpers.models import FLIPPED, ORDERING, D, N
from helpers.parameters import shapes

COUNTS = {
    "tabular": 2**N - 1,
    "fvsbn": N * (N + 1) // 2,
    "mlp": N * (N - 1) * D // 2 + 2 * N * D + N,
    "nade": 2 * N * D + D + N,
}


def test_parameters_have_the_documented_names_and_shapes(name, random_model):
    model = random_model(name)
    parameters = model.parameters()
    assert {key: array.shape for key, array in parameters.items()} == shapes(name, N, D)
    assert all(array.dtype == np.float32 for array in parameters.values())
    assert model.n_parameters_ == COUNTS[name]
    assert model.n_features_in_ == N


def test_parameters_cannot_be_written_to(name, random_model):
    for array in random_model(name).parameters().values():
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0
        with pytest.raises(ValueError, match="cannot set WRITEABLE"):
            array.flags.writeable = True


def test_no_memory_behind_large_parameters_can_be_written_to(random_model):
    array = random_model("nade", n_hidden=2000).parameters()["W"]
    while isinstance(array, np.ndarray):
        assert not array.flags.writeable
        array = array.base


def test_a_model_is_its_parameters_its_ordering_and_its_flips(same, name, random_model, data):
    model = random_model(name, ordering=ORDERING, flipped=FLIPPED)
    columns = {"ordering": model.ordering_, "flipped": model.flipped_}
    again = type(model).from_parameters(**model.parameters(), **columns)
    assert same(again, model)
    assert again.history_ == {}
    assert np.array_equal(again.score_samples(data), model.score_samples(data))


WRONG = [
    ("nade", {"W": None}, TypeError, "NADE needs the parameter 'W'"),
    ("nade", {"U": [0]}, TypeError, r"NADE has the parameters \['W', 'c', 'V', 'b'\]; got 'U'"),
    ("nade", {"c": np.zeros(D + 1)}, ValueError, rf"W must have shape \({D + 1}, {N}\)"),
    ("nade", {"b": np.zeros((1, N))}, ValueError, "b must have 1 dimension"),
    ("nade", {"b": np.zeros(0)}, ValueError, "n_features must be at least 1"),
    ("nade", {"b": ["x"] * N}, TypeError, "b must be an array of real numbers"),
    ("nade", {"b": np.zeros(N) * 1j}, TypeError, "b must be an array of real numbers"),
    ("nade", {"b": [[0], [0, 1]]}, ValueError, "b must be an array of numbers"),
    ("nade", {"b": np.full(N, np.nan)}, ValueError, "b must be finite"),
    ("nade", {"V": np.full((N, D), 1e39)}, ValueError, "V must be finite; .*overflows float32"),
    ("fvsbn", {"W": np.eye(N)}, ValueError, r"W must be 0 on and above .* it is 1 at \[0, 0\]"),
    ("fvsbn", {"b": np.zeros(10**6)}, ValueError, "W must have shape"),
    ("mlp", {"A": np.zeros((3, D))}, ValueError, "A must have shape"),
    ("tabular", {"logits": np.zeros(6)}, ValueError, r"2\*\*n - 1 entries; got 6"),
    ("tabular", {"logits": np.zeros(0)}, ValueError, r"2\*\*n - 1 entries; got 0"),
    ("tabular", {"logits": np.full(127, np.nan)}, ValueError, "logits must be numbers"),
    ("tabular", {"logits": np.zeros(2**21 - 1)}, ValueError, "at most 20 features"),
]


@pytest.mark.parametrize(("model", "wrong", "error", "words"), WRONG)
def test_wrong_parameters_are_refused(random_model, model, wrong, error, words):
    parameters = {**random_model(model).parameters(), **wrong}
    with pytest.raises(error, match=words):
        MODELS[model].from_parameters(**{k: v for k, v in parameters.items() if v is not None})
