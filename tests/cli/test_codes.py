"""Codes on the command line."""

import json

import numpy as np

import ardens
from ardens import codes


def test_one_hot_columns_are_found_and_told(output, tmp_path):
    X = np.eye(5, dtype=np.uint8)[np.random.default_rng(0).integers(0, 5, 200)]
    data, model = tmp_path / "data.npy", tmp_path / "model.safetensors"
    np.save(data, X)
    told = output("fit", data, "--model", "fvsbn", "--codes", "detect", "--out", model)
    assert "codes       1 columns of 5 bits" in told
    assert "codes" in output("info", model)
    drawn = tmp_path / "drawn.npy"
    output("sample", model, "-n", 100, "--seed", 0, "--out", drawn)
    assert (np.load(drawn).sum(axis=1) == 1).all()


def test_codes_of_ones_own_are_told_as_words(output, tmp_path):
    path = tmp_path / "model.safetensors"
    ardens.FVSBN.from_parameters(W=np.zeros((2, 2)), b=[0, 0], codes=[codes.one_hot(2)]).save(path)
    told = json.loads(output("info", path, "--json"))
    assert told["settings"]["codes"] == ["Code(n_leaves=2, n_bits=2)"]
    assert told["codes"] == "1 columns of 2 bits"
