"""The same bits as those kept in tests/golden: of any level, thread, process and day."""

import json
import re

import numpy as np
import pandas as pd
import pytest

import ardens
import golden_values
from ardens import _core
from helpers.model_files import split
from helpers.processes import run_python

KEPT = json.loads((golden_values.FOLDER / "values.json").read_text("utf-8"))["models"]
FUSED = [level for level in _core.levels() if level != "baseline"]
SCORED = ("log_prob", "sample", "sample_first", "sample_log_prob")

AGAIN = """
import json, sys
import golden_values
from ardens.models import MODELS
results = {}
for name in MODELS:
    results[name] = golden_values.scored(name, None) | {"fit": golden_values.learned(name, None)}
print(json.dumps(results))
"""


@pytest.fixture
def fused(level):
    """A level that multiplies and adds in one step; others round once more."""
    return level in FUSED or not FUSED


@pytest.mark.parametrize("threads", [1, 2, 3, 4, 7])
def test_scores_and_samples_are_those_that_were_kept(name, level, fused, threads, seven_threads):
    found = golden_values.scored(name, threads)
    assert found["sample"] == KEPT[name]["sample"]
    assert found["sample_first"] == KEPT[name]["sample_first"]
    if fused:
        assert {key: found[key] for key in SCORED} == {key: KEPT[name][key] for key in SCORED}
    else:
        exact = [float.fromhex(value) for value in KEPT[name]["log_prob"]]
        near = [float.fromhex(value) for value in found["log_prob"]]
        np.testing.assert_allclose(near, exact, rtol=2e-6)


@pytest.mark.parametrize("threads", [1, 2, 3, 4, 7])
def test_a_fit_has_the_parameters_that_were_kept(name, level, fused, threads, seven_threads):
    if fused:
        assert golden_values.learned(name, threads) == KEPT[name]["fit"]
    else:  # a fit is a chain of roundings: the same for any threads, and near
        assert golden_values.learned(name, threads) == golden_values.learned(name, 1)


@pytest.mark.parametrize("level", FUSED)
def test_a_new_process_has_the_same_bits(level):
    assert json.loads(run_python(AGAIN, ARDENS_LEVEL=level)) == KEPT


def test_files_that_were_kept_load_with_the_same_scores(name):
    model = ardens.load(golden_values.FOLDER / f"{name}.safetensors")
    X = golden_values.rows(model.n_features_in_, 8)
    assert [value.hex() for value in model.score_samples(X).tolist()] == KEPT[name]["log_prob"]


BEFORE = golden_values.FOLDER / "0.1.0"
FILES = json.loads((BEFORE / "values.json").read_text("utf-8"))
ROWS = np.array(FILES["rows"], np.uint8)
RESUMED = {
    "fvsbn": ardens.FVSBN(),
    "mlp": ardens.MLP(3),
    "nade": ardens.NADE(3, activation="relu", direct=True),
}


def assert_scores(model, kept, *, optimum=False):
    """The same bits; a level without fused multiply-add rounds once more.

    An optimum that is found anew is the same up to the solver's tolerance.
    """
    names = getattr(model, "feature_names_in_", None)
    X = ROWS[:8] if names is None else pd.DataFrame(ROWS[:8], columns=names)
    found = model.score_samples(X).tolist()
    if not optimum and (_core.level() in FUSED or not FUSED):
        assert [value.hex() for value in found] == kept
    else:
        rtol = 1e-4 if optimum else 2e-6
        np.testing.assert_allclose(found, [float.fromhex(value) for value in kept], rtol=rtol)


@pytest.mark.parametrize("file", FILES["models"])
def test_files_of_version_0_1_are_read_with_the_same_bits(file, level):
    kept = FILES["models"][file]
    model = ardens.load(BEFORE / f"{file}.safetensors")
    assert repr(model) == kept["options"]
    assert_scores(model, kept["score"])
    if "sample" in kept:
        assert model.sample(8, random_state=3).tolist() == kept["sample"]


@pytest.mark.parametrize("name", RESUMED)
def test_checkpoints_of_version_0_1_are_resumed(name, tmp_path):
    path = tmp_path / "run"
    path.write_bytes((BEFORE / f"{name}.checkpoint.safetensors").read_bytes())
    model = RESUMED[name].set_params(max_epochs=3, random_state=0, n_jobs=1)
    model.fit(ROWS, checkpoint=path, resume=True)
    kept = FILES["models"][f"{name}.checkpoint"]["resumed"]
    assert_scores(model, kept, optimum=name == "fvsbn")


def test_models_are_written_as_version_0_1_wrote_them(tmp_path):
    """But for NADE's variants, whose settings tell the variant, and options that came later."""
    for path in BEFORE.glob("*.safetensors"):
        if "checkpoint" in path.name:
            continue
        before, now = path.read_bytes(), tmp_path / path.name
        ardens.load(path).save(now)
        (words, tensors), (again, same) = (split(data) for data in (before, now.read_bytes()))
        assert tensors == same
        model = words["__metadata__"].pop("model"), again["__metadata__"].pop("model")
        assert words == again
        now_told = model[1].replace('"missing":"error",', "").replace('"codes":null,', "")
        assert re.sub(r'"nade(-(tanh|relu|direct|tied))+"', '"nade"', model[0]) == now_told
