"""``ardens info`` and ``ardens demo``."""

import json
import os
from functools import partial

import pytest

import ardens
from ardens import data, demo
from helpers.commands import N


def test_info_tells_model_shapes_and_settings(model, output):
    told = json.loads(output("info", model, "--json"))
    assert told["model"] == "NADE"
    assert told["features"] == N
    assert told["parameters"] == 2 * N * 3 + 3 + N
    assert told["arrays"] == {"W": [3, N], "c": [3], "V": [N, 3], "b": [N]}
    assert told["ordering"] == list(range(N))
    assert told["flipped"] == []
    assert told["epochs"] == 2
    assert told["settings"]["n_hidden"] == 3
    text = output("info", model)
    assert "as in the data" in text
    assert "n_hidden=3" in text


def test_demo_compares_the_models_and_draws_them(tmp_path, monkeypatch, output):
    names = ["FVSBN", "MLP", "NADE"]
    for name in names:
        monkeypatch.setattr(ardens, name, partial(getattr(ardens, name), max_epochs=1))
    results = demo.compare(data.digits(), n_jobs=1)
    monkeypatch.setattr(demo, "compare", lambda *_, **__: results)
    out = tmp_path / "d.png"
    lines = output("demo", "--out", out).splitlines()
    assert [line.split()[0] for line in lines if line.startswith(tuple(names))] == names
    assert out.read_bytes().startswith(b"\x89PNG")
    told = json.loads(output("demo", "--out", out, "--json"))
    for result, row in zip(results, told["models"], strict=True):
        assert row["model"] == result.name
        assert row["mean_nats"] == pytest.approx(result.model.score(data.digits()["test"]))
    assert told["table"]["growers"] > 0.8
    assert told["table"]["told_apart"] < 0.8
    assert sorted(os.listdir(tmp_path)) == ["d-table.png", "d.png"]
