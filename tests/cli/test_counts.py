"""Counts on the command line: whole numbers, as people write them."""

import argparse
import json

import numpy as np
import pytest

import ardens
from ardens.cli import main
from ardens.cli.common import count, positive, seed

WHOLE = {
    "0": 0,
    "007": 7,
    "1e6": 10**6,
    "1E6": 10**6,
    "1e+6": 10**6,
    "2.5e3": 2500,
    "10.0": 10,
    "1_000_000": 10**6,
    "1e23": 10**23,  # which no float is
    "99999999999999999999": 10**20 - 1,
}
OTHERS = ["", "-1", "+1", "2.5", "2.55e1", "1e-1", "e6", "1e", "1e999", "inf", "nan", "1,000"]
OTHERS += ["0x10", "_1", "1_", "1__0", " 1", "1 ", "²", "١", "1" * 31, "1e6e1", "ten", "1\n"]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("counts") / "m.safetensors"
    X = np.random.default_rng(0).integers(0, 2, (80, 4), dtype=np.uint8)
    np.save(path.parent / "x.npy", X)
    ardens.FVSBN(random_state=0, n_jobs=1).fit(X).save(path)
    return path


@pytest.mark.parametrize("text", WHOLE)
def test_a_count_is_read_exactly(text):
    assert count(text) == WHOLE[text]


@pytest.mark.parametrize("text", OTHERS)
def test_what_is_no_count_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError, match="expected a whole number from 0, found"):
        count(text)


def test_counts_and_seeds_have_limits():
    with pytest.raises(argparse.ArgumentTypeError, match="from 1, found '0e5'"):
        positive("0e5")
    assert seed("1e19") == 10**19
    with pytest.raises(argparse.ArgumentTypeError, match=r"below 2\*\*64"):
        seed("1e20")


def test_every_count_may_be_written_so(model, tmp_path, capsys):
    out = tmp_path / "s.npy"
    arguments = ["sample", str(model), "-n", "1e3", "--start", "2e1", "--seed", "1e1", "--json"]
    assert main([*arguments, "--threads", "1.0", "--out", str(out)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["start"], told["seed"]) == (1000, 20, 10)
    expected = ardens.load(model).sample(1000, start=20, random_state=10)
    assert np.array_equal(np.load(out), expected)
    fit = ["fit", str(model.parent / "x.npy"), "--out", str(tmp_path / "m"), "--seed", "0"]
    assert main([*fit, "--hidden", "0.2e1", "--epochs", "2e0", "--batch-size", "1e1"]) == 0
    loaded = ardens.load(tmp_path / "m")
    assert (loaded.n_hidden, loaded.max_epochs, loaded.batch_size) == (2, 2, 10)


def test_a_grid_of_counts_may_be_written_so(model, capsys):
    data = str(model.parent / "x.npy")
    grid = ["--grid", "n_hidden=1e1,2", "--grid", "learning_rate=1e0,0.1", "--epochs", "1"]
    assert main(["tune", data, "--model", "mlp", *grid, "--seed", "0", "--quiet", "--json"]) == 0
    trials = json.loads(capsys.readouterr().out)["trials"]
    sizes = [trial["params"]["n_hidden"] for trial in trials]
    assert sorted(sizes) == [2, 2, 10, 10]
    assert all(type(size) is int for size in sizes)
    assert {type(trial["params"]["learning_rate"]) for trial in trials} == {float}
    assert main(["tune", data, "--grid", "n_hidden=2.5"]) == 2
    assert "n_hidden must be an integer of at least 1; got 2.5" in capsys.readouterr().err
