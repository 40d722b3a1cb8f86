"""Tables on the command line: learned from files of any kind, and written to any."""

import gzip
import io
import json
import os

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import csv, feather, parquet

import ardens
from ardens.cli import main
from ardens.tables import TableModel, sampling

N = 300
QUICK = ("--hidden", 4, "--epochs", 2, "--seed", 0)


@pytest.fixture(scope="module")
def frame():
    """People of some kinds, with cells that are missing and words that need quotes."""
    rng = np.random.default_rng(0)
    age = rng.integers(1, 80, N).astype(float)
    age[::9] = np.nan
    return pd.DataFrame(
        {
            "city": rng.choice(["Oslo", "Rome, Italy", 'The "York"'], N),
            "age": pd.array(np.where(np.isnan(age), None, age), "Int64"),
            "size": rng.normal(170, 10, N).round(2),
            "member": rng.random(N) < 0.3,
            "zip": rng.choice(["02139", "10115", "00184"], N),
            "since": np.datetime64("2020-01-01") + rng.integers(0, 900, N),
            "seen": pd.to_datetime(rng.integers(15e8, 16e8, N), unit="s", utc=True).tz_convert(
                "Europe/Rome"
            ),
        }
    )


@pytest.fixture(scope="module")
def model_file(frame, tmp_path_factory):
    """The file of a model of the people, who were in a Parquet file."""
    folder = tmp_path_factory.mktemp("people")
    frame.to_parquet(folder / "people.parquet")
    out = folder / "people.safetensors"
    run = ["fit", folder / "people.parquet", *QUICK, "--quiet", "--out", out]
    assert main([*map(str, run)]) == 0
    return out


READERS = {
    "csv": csv.read_csv,
    "csv.gz": lambda path: csv.read_csv(io.BytesIO(gzip.decompress(path.read_bytes()))),
    "tsv": lambda path: csv.read_csv(path, parse_options=csv.ParseOptions(delimiter="\t")),
    "parquet": parquet.read_table,
    "feather": feather.read_table,
    "arrow": lambda path: pa.ipc.open_file(path).read_all(),
}


@pytest.mark.parametrize("ending", READERS)
def test_rows_of_a_file_are_those_of_sample_whatever_the_blocks(
    model_file, output, tmp_path, monkeypatch, ending
):
    monkeypatch.setattr(sampling, "_ROWS", 7)
    path = tmp_path / f"new.{ending}"
    told = output("sample", model_file, "-n", 50, "--seed", 3, "--start", 5, "--out", path)
    assert "rows      50" in told
    expected = ardens.load(model_file).sample(50, random_state=3, start=5)
    found = READERS[ending](path)
    if ending in ("csv", "csv.gz", "tsv"):
        types = csv.ConvertOptions(column_types=expected.schema, strings_can_be_null=True)
        content = path.read_bytes()
        content = gzip.decompress(content) if ending.endswith("gz") else content
        split = csv.ParseOptions(delimiter="\t" if ending == "tsv" else ",")
        found = csv.read_csv(io.BytesIO(content), convert_options=types, parse_options=split)
    assert found.schema.equals(expected.schema)
    assert found.equals(expected)
    assert os.listdir(tmp_path) == [path.name]


def test_standard_output_is_csv_or_objects(model_file, output):
    lines = output("sample", model_file, "-n", 2, "--seed", 3).splitlines()
    assert lines[0] == "city,age,size,member,zip,since,seen"
    assert len(lines) == 3
    rows = ardens.load(model_file).sample(2, random_state=3).to_pylist()
    told = output("sample", model_file, "-n", 2, "--seed", 3, "--json").splitlines()
    assert [json.loads(line)["city"] for line in told] == [row["city"] for row in rows]


@pytest.mark.parametrize("how", [{}, {"sep": ";"}, {"sep": "\t", "index": True}, {"quoting": 1}])
def test_a_table_of_text_is_learned_as_that_of_parquet(frame, model_file, output, tmp_path, how):
    path = tmp_path / "people.csv.gz"
    frame.to_csv(path, **({"index": False} | how))
    out = tmp_path / "m.safetensors"
    told = output("fit", path, *QUICK, "--columns", "zip=category", "--out", out)
    assert told.split()[:2] == ["model", "table"]
    assert "bits valid nats" in told
    model, other = ardens.load(out), ardens.load(model_file)
    assert [*model.columns_] == [*other.columns_]
    kinds = [told.kind for told in model.columns_.values()]
    assert kinds == [told.kind for told in other.columns_.values()]


def test_kinds_of_columns_and_missing_words_are_options(frame, output, failure, tmp_path):
    path, out = tmp_path / "people.csv", tmp_path / "m.safetensors"
    frame.assign(
        id=[f"p{k}" for k in range(N)], job=np.where(frame["member"], "?", "clerk")
    ).to_csv(path)
    told = ("--columns", "id=ignore,age=category", "--absent", "?,none")
    output("fit", path, *QUICK, *told, "--out", out)
    model = ardens.load(out)
    assert "id" not in model.columns_
    refused = failure(1, "fit", path, *QUICK, "--absent", "?", "--out", tmp_path / "n")
    assert "columns={'id': \"ignore\"}" in refused
    assert "here by --columns NAME=KIND" in refused
    assert model.columns_["age"].kind == "category"
    assert model.missing == ("?", "none")
    assert set(model.sample(200, random_state=0)["job"].to_pylist()) == {None, "clerk"}


def test_options_choose_what_learns_the_bits(frame, output, failure, tmp_path):
    path = tmp_path / "people.parquet"
    frame.to_parquet(path)
    out = tmp_path / "m.safetensors"

    def learned(*options):
        output("fit", path, *options, "--seed", 1, "--out", out, "--force")
        return ardens.load(out).estimator_

    made = learned("--hidden", 3, "--epochs", 1)
    assert (made.n_hidden, made.direct, made.activation) == (3, True, "relu")
    assert type(learned("--model", "fvsbn", "--epochs", 2)) is ardens.FVSBN
    plain = learned("--model", "nade", "--hidden", 3, "--epochs", 1)
    assert (plain.direct, plain.activation) == (False, "sigmoid")
    mixture = learned("--members", 2, "--hidden", 3, "--epochs", 1)
    assert len(mixture.members_) == 2
    for options in (("--checkpoint", tmp_path / "c"), ("--missing", "sample")):
        assert "is for rows of 0 and 1" in failure(
            2, "fit", path, *options, "--out", tmp_path / "n"
        )


def test_weights_of_a_table_are_a_column_of_it(frame, output, failure, tmp_path):
    path, out = tmp_path / "people.parquet", tmp_path / "m.safetensors"
    frame.assign(n=np.arange(N) % 3).to_parquet(path)
    output("fit", path, *QUICK, "--sample-weight", "n", "--out", out)
    assert "n" not in ardens.load(out).columns_
    told = json.loads(output("score", out, path, "--sample-weight", "n", "--json"))
    assert told["rows"] == N - N // 3
    wrong = ("fit", path, "--sample-weight", "m", "--out", tmp_path / "o")
    assert "expected a column 'm' of weights, found city, age" in failure(1, *wrong)


def test_what_is_given_has_the_type_of_its_column(model_file, output, failure):
    given = 'city="Rome, Italy",member=true,age=30,zip=02139,since=2021-02-03'
    given += ",seen=2018-02-03T10:00:00+01:00"
    told = output("sample", model_file, "-n", 9, "--given", given, "--json").splitlines()
    for row in map(json.loads, told):
        assert (row["city"], row["member"], row["age"], row["zip"]) == (
            "Rome, Italy",
            True,
            30,
            "02139",
        )
        assert row["since"].startswith("2021-02-03")
        assert row["seen"].startswith("2018-02-03 10:00:00+01:00")
    sample = ("sample", model_file, "--given")
    assert "no column 'town'" in failure(2, *sample, "town=Oslo")
    assert "a value of the column 'age'" in failure(2, *sample, "age=old")
    assert "more than once" in failure(2, *sample, "age=1,age=2")


@pytest.mark.parametrize("kind", ["category", "dictionary"])
def test_a_category_that_is_given_may_be_a_number(output, tmp_path, kind):
    X = pd.DataFrame({"a": pd.Categorical(np.tile([10, 20], 50)), "b": np.tile([0, 1, 2, 2], 25)})
    table = X if kind == "category" else pa.Table.from_pandas(X)
    TableModel(ardens.NADE(2, max_epochs=1), random_state=0).fit(table).save(tmp_path / "m")
    told = output("sample", tmp_path / "m", "-n", 5, "--given", "a=20", "--json").splitlines()
    assert [json.loads(line)["a"] for line in told] == [20] * 5


def test_rows_are_scored_one_by_one_or_together(frame, model_file, output, tmp_path):
    path = tmp_path / "some.csv"
    frame[:20].to_csv(path, index=False)
    model = ardens.load(model_file)
    expected = model.score_samples(frame[:20])
    told = output("score", model_file, path, "--per-row").splitlines()
    np.testing.assert_allclose([*map(float, told)], expected, rtol=1e-12)
    figures = json.loads(output("score", model_file, path, "--json"))
    assert figures["mean_nats"] == pytest.approx(expected.mean())
    assert "bits_per_dimension" not in figures
    known = json.loads(output("score", model_file, path, "--marginal", "--json"))
    assert known["mean_nats"] == pytest.approx(model.log_marginal(frame[:20]).mean())


def test_surprises_of_cells_are_told(frame, model_file, output, failure, tmp_path):
    path = tmp_path / "some.parquet"
    frame[:20].to_parquet(path)
    expected = ardens.load(model_file).cell_surprise(parquet.read_table(path))
    told = csv.read_csv(io.BytesIO(output("score", model_file, path, "--explain").encode()))
    assert told.column_names == expected.column_names
    for name in told.column_names:
        np.testing.assert_allclose(told[name].to_numpy(), expected[name].to_numpy(), rtol=1e-9)
    wrong = ("score", model_file, path, "--explain", "--per-row")
    assert "no --marginal, --per-row" in failure(2, *wrong)
    ardens.Tabular().fit([[0, 1], [1, 1]]).save(tmp_path / "bits")
    assert "needs a model of a table" in failure(2, "score", tmp_path / "bits", path, "--explain")


def test_missing_cells_are_filled_as_in_python(frame, model_file, output, failure, tmp_path):
    holes = frame[:40].copy()
    holes.loc[::2, "city"] = None
    path, out = tmp_path / "holes.parquet", tmp_path / "whole.feather"
    holes.to_parquet(path)
    told = json.loads(output("impute", model_file, path, "--seed", 2, "--out", out, "--json"))
    assert told["filled_cells"] == int(holes.isna().sum().sum())
    whole = feather.read_table(out)
    expected = ardens.load(model_file).impute(parquet.read_table(path), random_state=2)
    assert whole.equals(expected.cast(whole.schema))
    assert not whole.column("city").null_count
    wrong = ("impute", model_file, path, "--draws", 2, "--out", tmp_path / "x.csv")
    assert "--draws is for rows of 0 and 1" in failure(2, *wrong)


def test_info_shows_the_columns(model_file, output):
    told = output("info", model_file)
    assert repr(ardens.load(model_file).columns_) in told
    figures = json.loads(output("info", model_file, "--json"))
    assert figures["columns"]["size"]["kind"] == "number"


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "parquet", "feather"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_nothing_half_written_is_left(model_file, tmp_path, monkeypatch, capsys, ending, error):
    blocks = TableModel.iter_samples

    def some(self, *args, **how):
        yield next(blocks(self, *args, **how))
        raise error

    monkeypatch.setattr(sampling, "_ROWS", 10)
    monkeypatch.setattr(TableModel, "iter_samples", some)
    path = tmp_path / f"new.{ending}"
    code = main(["sample", str(model_file), "-n", "100", "--out", str(path)])
    assert code == (130 if error is KeyboardInterrupt else 1)
    assert os.listdir(tmp_path) == []
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("ending", ["parquet", "csv.gz", "feather"])
def test_rows_of_0_and_1_are_written_as_tables_too(output, tmp_path, ending):
    X = pd.DataFrame(np.eye(4, dtype=np.uint8).repeat(9, axis=0), columns=["a", "b", "c", "d"])
    X.to_csv(tmp_path / "x.csv", index=False)
    model, out = tmp_path / "m.safetensors", tmp_path / f"new.{ending}"
    output("fit", tmp_path / "x.csv", "--model", "tabular", "--out", model)
    output("sample", model, "-n", 5, "--seed", 0, "--out", out)
    found = READERS[ending](out).to_pandas()
    assert found.columns.tolist() == X.columns.tolist()
    np.testing.assert_array_equal(found, ardens.load(model).sample(5, random_state=0))


def test_a_slip_in_rows_of_0_and_1_makes_no_table(output, failure, tmp_path):
    rows = [["0,1,1", "1,0,1"][k % 2] for k in range(60)]
    path, out = tmp_path / "x.csv", tmp_path / "m.safetensors"
    path.write_text("\n".join(["a,b,c", *rows, "0,1,7"]))
    assert "line 62, column 3: expected 0 or 1, found '7'" in failure(1, "fit", path, "--out", out)
    path.write_text("\n".join(["0.5,1.5,2.5"] * 9))
    assert "expected 0 or 1, found '0.5'" in failure(1, "fit", path, "--out", out)
    told = output("fit", path, *QUICK, "--columns", "f0=number", "--out", out)
    assert "model       table" in told


def test_files_that_no_table_is_written_to_are_refused(model_file, failure, tmp_path):
    told = failure(2, "sample", model_file, "--out", tmp_path / "x.npy")
    assert "--out of a table must end in .csv, .tsv" in told
    told = failure(2, "sample", model_file, "--out", tmp_path / "x.xlsx")
    assert "--out must end in one of .npy, .npz, .csv" in told
    assert "expected NAME=KIND" in failure(2, "fit", "x.csv", "--columns", "a=integers")


def test_words_for_nothing_are_known_before_types_are(output, tmp_path):
    path, out = tmp_path / "a.csv", tmp_path / "m.safetensors"
    ages = [str(20 + i % 30) if i % 5 else "?" for i in range(300)]
    zips = [f"0050{i % 3}" for i in range(300)]
    lines = "\n".join(f"{a},{z}" for a, z in zip(ages, zips, strict=True))
    path.write_text(f"age,zip\n{lines}\n")
    options = ("--absent", "?", "--columns", "zip=category", *QUICK)
    output("fit", path, *options, "--out", out)
    model = ardens.load(out)
    drawn = model.sample(50, random_state=0)
    assert pa.types.is_integer(drawn.schema.field("age").type)
    assert drawn.column("age").null_count > 0
    assert "00501" in drawn.column("zip").to_pylist()
    told = json.loads(output("score", out, path, "--json"))
    assert told["mean_nats"] > -8


def test_categories_of_digits_are_scored_as_such(output, tmp_path):
    frame = pd.DataFrame({"c": pd.Categorical(np.resize(["1", "2", "30"], 300))})
    frame["d"] = frame["c"].astype(str)
    path, out = tmp_path / "c.csv", tmp_path / "m.safetensors"
    model = ardens.TableModel(ardens.FVSBN(), random_state=0).fit(frame[["c"]])
    model.save(out)
    frame[["c"]].to_csv(path, index=False)
    told = json.loads(output("score", out, path, "--json"))
    assert told["mean_nats"] == pytest.approx(model.score(frame[["c"]]))
