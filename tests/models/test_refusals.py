"""What a fit that is refused, warned of or watched leaves behind."""

import json
import tracemalloc

import numpy as np
import pandas as pd
import pytest

import ardens
from helpers.model_files import join, split


def test_a_table_that_is_too_wide_leaves_the_generator_alone():
    rng, same = np.random.default_rng(0), np.random.default_rng(0)
    with pytest.raises(ValueError, match="Tabular takes at most 20 features"):
        ardens.Tabular(random_state=rng).fit(np.eye(21))
    assert rng.integers(2**63) == same.integers(2**63)


def test_a_warning_points_at_the_call_of_the_user(small, data):
    named = pd.DataFrame(data, columns=list("abcdefg"))
    for name in ("tabular", "nade"):
        with pytest.warns(UserWarning, match="X does not have valid feature names") as told:
            small(name).fit(named, X_valid=data[:9])
        assert told[0].filename == __file__
    with pytest.warns(UserWarning, match="was fitted without feature names") as told:
        small("nade").fit(data).score_samples(named)
    assert told[0].filename == __file__


def test_callbacks_may_be_an_array(small, data):
    seen = []
    calls = np.array([seen.append, seen.append], dtype=object)
    small("nade", callbacks=calls, max_epochs=2).fit(data)
    assert [event.epoch for event in seen] == [1, 1, 2, 2]


@pytest.mark.parametrize("how", ["warm_start", "partial_fit"])
def test_sizes_that_no_core_has_are_compared_as_others(small, data, how):
    model = small("nade", warm_start=True).fit(data).set_params(n_hidden=10**12)
    with pytest.raises(ValueError, match=f"{how} needs .*, 7, 5\\); got .*, 7, 1000000000000\\)"):
        model.partial_fit(data) if how == "partial_fit" else model.fit(data)


@pytest.mark.parametrize("changes", [{"dtype": "BF16"}, {"shape": [0, 2**62, 2**62]}, {"shape": 1}])
def test_a_hostile_checkpoint_of_another_class_is_refused(small, data, tmp_path, changes):
    path = tmp_path / "run"
    small("mlp").fit(data, checkpoint=path)
    table, tensors = split(path.read_bytes())
    table["A"] |= changes
    path.write_bytes(join(table, tensors))
    with pytest.raises(ardens.FormatError, match=str(path)):
        small("nade").fit(data, checkpoint=path, resume=True)


def test_options_of_a_variant_in_a_file_are_checked(random_model, tmp_path):
    path = tmp_path / "model"
    random_model("nade").save(path)
    table, tensors = split(path.read_bytes())
    for changes, words in (
        ({"activation": None}, "activation must be one of sigmoid, tanh, relu; got None"),
        ({"direct": "yes"}, "direct must be True or False; got 'yes'"),
    ):
        described = json.loads(table["__metadata__"]["model"])
        described["settings"] |= changes
        words_of = table["__metadata__"] | {"model": json.dumps(described)}
        path.write_bytes(join(table | {"__metadata__": words_of}, tensors))
        with pytest.raises(ardens.FormatError, match=words):
            ardens.load(path)


def test_rows_are_held_once_while_they_are_learned(small):
    rows = np.random.default_rng(0).integers(0, 2, (40_000, 100), dtype=np.uint8)
    held = []

    def measure(event):
        held.append(tracemalloc.get_traced_memory()[0])

    model = small("fvsbn", solver="stochastic", ordering="random", callbacks=[measure])
    tracemalloc.start()
    try:
        model.set_params(max_epochs=1).fit(rows)
    finally:
        tracemalloc.stop()
    assert held[0] < 1.6 * rows.nbytes  # in the model's order, but not in the user's as well
