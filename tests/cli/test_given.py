"""``ardens sample --given``: rows are drawn given columns, as Python draws them."""

import json
import os

import numpy as np
import pandas as pd
import pytest

import ardens
from ardens import data
from helpers.commands import N

NAMES = ["plain", "(0.5, 1.5]", "a=b", "3", "x,y=z", "last"]


@pytest.fixture(scope="module")
def named(rows, tmp_path_factory):
    """The file of a model whose columns have names."""
    path = tmp_path_factory.mktemp("given") / "named.safetensors"
    frame = pd.DataFrame(rows, columns=NAMES)
    ardens.FVSBN(random_state=0, n_jobs=1, max_epochs=2).fit(frame).save(path)
    return path


def draw(model, given, *options):
    return ("sample", model, "-n", 50, "--seed", 5, "--given", given, *options)


def written(rows):
    return "".join(",".join(map(str, row)) + "\n" for row in rows.tolist())


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("0=1", {0: 1}),
        ("5=0,2=1", {5: 0, 2: 1}),
        ("5=1.0", {5: 1}),
    ],
)
@pytest.mark.parametrize("particles", [2, 1024])
def test_rows_given_columns_are_those_of_python(model, output, text, given, particles):
    expected = ardens.load(model).sample(50, random_state=5, given=given, n_particles=particles)
    assert output(*draw(model, text, "--particles", particles)) == written(expected)
    for column, value in given.items():
        assert (expected[:, column] == value).all()


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("plain=1", {0: 1}),
        ("(0.5, 1.5]=1,last=0", {1: 1, 5: 0}),
        ("a=b=1", {2: 1}),
        ("x,y=z=0,a=b=1,plain=1", {4: 0, 2: 1, 0: 1}),
        ("3=1,4=0", {3: 1, 4: 0}),
    ],
)
def test_columns_have_their_names_whatever_these_are(named, output, text, given):
    expected = ardens.load(named).sample(50, random_state=5, given=given)
    header, rows = output(*draw(named, text)).split("\n", 1)
    assert header.startswith("plain,")
    assert rows == written(expected)


def test_a_name_that_looks_like_a_number_comes_before_the_number(rows, tmp_path, output):
    frame = pd.DataFrame(rows, columns=[str(N - 1 - j) for j in range(N)])
    ardens.FVSBN(random_state=0, n_jobs=1, max_epochs=2).fit(frame).save(tmp_path / "m")
    drawn = output(*draw(tmp_path / "m", "0=1"))
    assert all(line.endswith(",1") for line in drawn.splitlines()[1:])


def test_shards_glue_and_files_tell_what_was_given(model, tmp_path, output):
    whole = output(*draw(model, "5=1", "--particles", 4))
    options = ("--seed", 5, "--given", "5=1", "--particles", 4)
    pieces = [output("sample", model, "-n", 25, *options, "--start", k) for k in (0, 25)]
    assert "".join(pieces) == whole
    out = tmp_path / "s.npy"
    told = json.loads(output(*draw(model, "5=1", "--particles", 4, "--out", out, "--json")))
    assert (told["given"], told["particles"]) == ("5=1", 4)
    assert written(data.read(out)["data"]) == whole


@pytest.mark.parametrize("text", ["", "3", "=1", "a=", "a=b", "1=0,", "1=0,2"])
def test_what_says_no_values_of_columns_is_a_wrong_command(model, failure, text):
    assert f"--given: expected COLUMN=VALUE,..., found {text!r}" in failure(2, *draw(model, text))


def test_columns_and_values_that_are_not_there_are_told(model, named, tmp_path, failure):
    out = ("--out", tmp_path / "s.npy")
    assert "names the column 'age', but the columns have" in failure(1, *draw(model, "age=1", *out))
    assert "names the column 'age', but no column is" in failure(1, *draw(named, "age=1", *out))
    assert "a column of given must be" in failure(1, *draw(model, "6=1", *out))
    assert "given must contain only 0 and 1; found 2" in failure(1, *draw(model, "2=2", *out))
    assert "--given has the column 2 more than once" in failure(2, *draw(model, "2=0,2=1", *out))
    assert 'given has column "plain" more than once' in failure(
        1, *draw(named, "plain=0,0=1", *out)
    )
    assert "expected a whole number from 1" in failure(2, *draw(model, "2=0", "--particles", 0))
    assert os.listdir(tmp_path) == []


def test_what_the_model_rules_out_is_told_and_no_file_made(tmp_path, output, failure):
    ardens.Tabular(alpha=0).fit([[0, 0], [0, 1]]).save(tmp_path / "m")
    out = tmp_path / "s.npy"
    assert "evidence of probability zero" in failure(1, *draw(tmp_path / "m", "0=1", "--out", out))
    assert os.listdir(tmp_path) == ["m"]


def test_given_numbers_are_thresholded_as_the_data_were(rows, tmp_path, output):
    model = ardens.FVSBN(random_state=0, n_jobs=1, max_epochs=2, binarize=0.5)
    model.fit(np.where(rows, 0.7, 0.2)).save(tmp_path / "m")
    lines = output(*draw(tmp_path / "m", "2=0.6,3=0.5")).splitlines()
    assert all(line.split(",")[2:4] == ["1", "0"] for line in lines)
