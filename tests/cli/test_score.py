"""``ardens score``."""

import io
import json
import math
import sys

import numpy as np
import pytest

import ardens
from ardens import data
from helpers.commands import N, fit


def test_score_tells_mean_error_and_bits(model, folder, output):
    told = json.loads(output("score", model, folder / "x.npz", "--json"))
    log_prob = ardens.load(model).score_samples(data.read(folder / "x.npz")["test"])
    assert told == {
        "mean_nats": pytest.approx(log_prob.mean(), rel=1e-12),
        "standard_error": pytest.approx(log_prob.std(ddof=1) / math.sqrt(20), rel=1e-12),
        "bits_per_dimension": pytest.approx(-log_prob.mean() / N / math.log(2), rel=1e-12),
        "rows": 20,
    }


def test_score_of_a_split_or_of_the_only_array(model, folder, tmp_path, output, failure):
    arguments = ("--split", "valid", "--json")
    assert json.loads(output("score", model, folder / "x.npz", *arguments))["rows"] == 10
    assert json.loads(output("score", model, folder / "x.csv", "--json"))["rows"] == 80
    message = failure(1, "score", model, folder / "x.csv", "--split", "valid")
    assert "expected an array 'valid'" in message
    np.savez(tmp_path / "x.npz", train=np.zeros((3, N)))
    arguments = ("score", model, tmp_path / "x.npz", "--json", "--split")
    assert json.loads(output(*arguments, "train"))["rows"] == 3
    assert "expected an array 'valid', found train" in failure(1, *arguments, "valid")


def test_score_per_row_prints_exact_numbers(model, folder, rows, output):
    expected = ardens.load(model).score_samples(rows).tolist()
    lines = output("score", model, folder / "x.csv", "--per-row").splitlines()
    assert list(map(float, lines)) == expected
    told = json.loads(output("score", model, folder / "x.csv", "--per-row", "--json"))
    assert told["log_prob"] == expected


def test_score_reads_text_from_standard_input(model, folder, monkeypatch, output):
    expected = output("score", model, folder / "x.csv")
    text = io.BytesIO((folder / "x.csv").read_bytes())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(text))
    assert output("score", model, "-") == expected


def test_score_of_an_impossible_row_is_minus_infinity_and_null_in_json(tmp_path, path, output):
    (tmp_path / "train.csv").write_text("0,0\n0,1\n")
    (tmp_path / "test.csv").write_text("0,0\n1,1\n")
    output(*fit(tmp_path / "train.csv", path, "--alpha", "0", model="tabular"))
    assert "-inf" in output("score", path, tmp_path / "test.csv")
    told = json.loads(output("score", path, tmp_path / "test.csv", "--json"))
    assert told["mean_nats"] is None
    assert told["rows_of_probability_0"] == 1
