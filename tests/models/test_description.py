"""What a file says of its model is checked before it is believed."""

import json
import math
import re

import numpy as np
import pytest

import ardens
from ardens.models.description import nats_in, nats_of, word
from ardens.training import COLUMNS
from helpers.files import refused
from helpers.model_files import edited, join, redescribed, split


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"class": "os.system"}, "class 'os.system' is not one of tabular, fvsbn, mlp, nade"),
        ({"class": "../nade"}, "class"),
        ({"class": ["nade"]}, "class"),
        ({"class": "fvsbn"}, "tensors"),
        ({"n_features": 10**9}, "shape"),
        ({"n_features": 10**30}, "n_features and n_hidden"),
        ({"n_features": 3.0}, "n_features and n_hidden"),
        ({"n_features": True}, "n_features and n_hidden"),
        ({"n_features": -3}, "n_features and n_hidden"),
        ({"n_features": 0}, "n_features must be at least 1"),
        ({"n_hidden": 10**9}, "shape"),
        ({"n_hidden": 2**31}, "n_features and n_hidden"),
        ({"n_hidden": None}, "n_features and n_hidden"),
        ({"settings": None}, "settings"),
        ({"settings": {"__class__": 1}}, "unexpected keyword"),
        ({"settings": {"_fitted": 1}}, "unexpected keyword"),
        ({"settings": {"optimizer": {"optimizer": "os", "settings": {}}}}, "no setting"),
        ({"settings": {"optimizer": {"optimizer": "sgd", "settings": {"x": 1}}}}, "unexpected"),
        ({"settings": {"optimizer": {"optimizer": "sgd", "settings": 1}}}, "settings"),
        ({"settings": {"ordering": {"a": 1}}}, "no setting"),
        ({"settings": {"ordering": {"array": 1}}}, "no setting"),
        ({"settings": {"ordering": {"array": [[0], 1]}}}, "not a model file"),
        ({"settings": {"ordering": "garbage"}}, "ordering must be"),
        ({"settings": {"n_jobs": "x"}}, "n_jobs must be"),
        ({"settings": {"binarize": "a"}}, "binarize must be"),
        ({"settings": {"random_state": "a"}}, "random_state must be"),
        ({"settings": {"n_hidden": 99}}, "n_hidden=99, the parameters those of nade with 2"),
        ({"best_epoch": 1}, "best_epoch"),
        ({"best_epoch": None}, "best_epoch"),
        ({"ordering": None}, "ordering"),
        ({"ordering": [0, 1]}, "ordering"),
        ({"ordering": [0, 1, 1]}, "ordering"),
        ({"ordering": [0, 1, 10**40]}, "ordering"),
        ({"ordering": [[[[]]]]}, "ordering"),
        ({"flipped": [0, 1]}, "flipped must be None or 3 zeros and ones"),
        ({"flipped": [0, 1, 2]}, "flipped must be None or 3 zeros and ones"),
        ({"flipped": [0.5] * 3}, "flipped must be None or 3 zeros and ones"),
        ({"flipped": [10**40] * 3}, "flipped must be None or 3 zeros and ones"),
        ({"flipped": [[0], [1, 2]]}, "flipped must be None or 3 zeros and ones"),
        ({"flipped": "abc"}, "flipped must be None or 3 zeros and ones"),
        ({"flipped": {"a": 1}}, "flipped must be None or 3 zeros and ones"),
        ({"flipped": 1}, "flipped must be None or 3 zeros and ones"),
        ({"feature_names": "abc"}, "feature_names"),
        ({"feature_names": ["a", "b", 3]}, "feature_names"),
        ({"feature_names": ["a", "b"]}, "feature_names"),
        ({"feature_names": ["a", "b", "a"]}, "feature_names"),
        ({"history": []}, "history"),
        ({"history": {"train": 1}}, "history"),
        ({"history": {"train": ["x"]}}, "history"),
        ({"history": {"train": [[1]]}}, "history"),
        ({"history": {"train": [True]}}, "history"),
        ({"history": {"epoch": [1]}}, "history has the columns"),
        ({"history": {key: [1] for key in COLUMNS} | {"valid": []}}, "different lengths"),
        ({"history": {key: [2] for key in COLUMNS}}, "count epochs from 1"),
        ({"sampling_stream": 2}, "sampling stream 2"),
        ({"sampling_stream": None}, "sampling stream"),
    ],
    ids=str,
)
def test_a_hostile_description_is_refused(saved, path, changes, words):
    refused(path, redescribed(saved, lambda told: told.update(changes)), words)


def test_descriptions_that_are_no_json_are_refused(saved, path):
    for text, words in (
        ("[" * 100_000, "not JSON"),
        ('{"class": NaN}', "not a model file"),
        ("[]", "not a JSON object"),
        (None, "not a model file"),
    ):
        content = edited(saved, lambda header, text=text: header["__metadata__"].update(model=text))
        refused(path, content, words)


@pytest.mark.parametrize("depth", [300, 600, 900, 980])
def test_a_description_that_is_nested_too_deep_is_refused(saved, path, depth):
    nested = '{"callbacks": ' + "[" * depth + "]" * depth + "}"

    def nest(header):
        words = header["__metadata__"]
        words["model"] = re.sub(r'(?<="settings":)\{.*?\}', nested, words["model"])

    refused(path, edited(saved, nest), "nested too deep|not JSON|callbacks must be")


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_parameters_that_are_not_finite_are_refused(saved, path, value):
    refused(path, saved[:-4] + np.float32(value).tobytes(), "must be finite")


def test_weights_on_the_diagonal_of_a_file_are_refused(random_model, path):
    random_model("fvsbn", n=3).save(path)
    header, tensors = split(path.read_bytes())
    tensors = bytearray(tensors)
    begin = header["W"]["data_offsets"][0]
    tensors[begin : begin + 4] = np.float32(1).tobytes()
    refused(path, join(header, bytes(tensors)), "W must be 0 on and above the diagonal")


def test_a_file_that_does_not_speak_of_flips_has_none(random_model, path):
    random_model("nade").save(path)
    path.write_bytes(redescribed(path.read_bytes(), lambda told: told.pop("flipped")))
    assert not ardens.load(path).flipped_.any()


def test_numbers_that_json_has_not_come_back():
    history = {"valid": [math.nan, math.inf, -math.inf, -1.5], "train": []}
    assert str(nats_in(json.loads(word(nats_of(history))))) == str(history)
