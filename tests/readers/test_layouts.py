"""Matrices of 0 and 1 in other layouts and formats: each is the matrix, with its names."""

import builtins
import gzip
import io
import sys
from functools import partial

import numpy as np
import pandas as pd
import pytest
from pyarrow import feather

from ardens import data
from ardens.readers import cells

X = np.array([[0, 1, 1], [1, 0, 0], [1, 1, 0], [0, 1, 0]] * 2, dtype=np.uint8)
NAMES = ["a", "b c", "größe"]
FRAME = pd.DataFrame(X, columns=NAMES)


def text(frame=FRAME, **how):
    return frame.to_csv(**({"index": False} | how)).encode()


LAYOUTS = {
    "header": text(),
    "semicolons": text(sep=";"),
    "tabs": text(sep="\t"),
    "bars": text(sep="|"),
    "quotes": text(quoting=1),
    "index": text(index=True),
    "index that counts": text(index=True, index_label="index"),
    "index of words": text(FRAME.set_axis([f"row {k}" for k in range(8)]), index=True),
    "truth values": text(FRAME.astype(bool)),
    "words": text(FRAME.replace({0: "no", 1: "Yes"})),
    "letters": text(FRAME.replace({0: "F", 1: "T"})),
    "numbers with points": text(FRAME.astype(float)),
    "old lines": text(lineterminator="\r\n", quoting=1),
    "mark of bytes": b"\xef\xbb\xbf" + text(),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_text_in_any_layout_is_the_matrix_with_its_names(tmp_path, layout, packed):
    path = tmp_path / "x.csv"
    path.write_bytes(gzip.compress(LAYOUTS[layout]) if packed else LAYOUTS[layout])
    found = data.read(path)["data"]
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, X)
    assert found.columns == NAMES


@pytest.mark.parametrize("how", [{"sep": ";"}, {"quoting": 1}, {"sep": "|"}])
@pytest.mark.parametrize("values", [(0, 1), ("false", "true"), ("n", "y")])
def test_text_without_a_header_has_no_names(tmp_path, how, values):
    path = tmp_path / "x.csv"
    path.write_bytes(text(FRAME.replace({0: values[0], 1: values[1]}), header=False, **how))
    found = data.read(path)["data"]
    np.testing.assert_array_equal(found, X)
    assert not hasattr(found, "columns")


FILES = {
    "parquet": lambda frame, path: frame.to_parquet(path),
    "feather": lambda frame, path: frame.to_feather(path),
    "arrow": lambda frame, path: feather.write_feather(frame, path, compression="uncompressed"),
}


@pytest.mark.parametrize("kind", FILES)
@pytest.mark.parametrize("dtype", [np.uint8, bool, float, str, "category"])
def test_files_of_tables_are_the_matrix_with_its_names(tmp_path, kind, dtype):
    frame = FRAME
    if dtype in (str, "category"):
        frame = FRAME.replace({0: "no", 1: "yes"})
    FILES[kind](frame.astype(dtype), tmp_path / "x")
    found = data.read(tmp_path / "x")["data"]
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, X)
    assert found.columns == NAMES


def test_a_table_may_come_from_standard_input(tmp_path, monkeypatch):
    FRAME.to_parquet(tmp_path / "x.parquet")
    for content in ((tmp_path / "x.parquet").read_bytes(), gzip.compress(text())):
        pipe = io.BytesIO(content)
        pipe.seekable = lambda: False
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(pipe))
        np.testing.assert_array_equal(data.read("-")["data"], X)


@pytest.mark.parametrize("kind", ["parquet", "semicolons"])
def test_unknown_cells_are_told_or_read(tmp_path, kind):
    frame = FRAME.astype("Int64")
    frame.iloc[2, 1] = pd.NA
    path = tmp_path / "x"
    frame.to_parquet(path) if kind == "parquet" else path.write_bytes(text(frame, sep=";"))
    with pytest.raises(ValueError, match='0 or 1, found nothing at row 2, column "b c"; fill or'):
        data.read(path)
    found = data.read(path, unknown=True)["data"]
    expected = X.astype(float)
    expected[2, 1] = np.nan
    np.testing.assert_array_equal(found, expected)
    assert found.columns == NAMES


@pytest.mark.parametrize("column", ["n", -1, 3])
def test_a_column_of_weights_is_taken_out(tmp_path, column):
    FRAME.assign(n=[2.5, *range(7)]).to_parquet(tmp_path / "x")
    found = data.read(tmp_path / "x", weight_column=column)
    np.testing.assert_array_equal(found["data"], X)
    assert found["data"].columns == NAMES
    assert found["data_weight"].tolist() == [2.5, *range(7)]
    FRAME.assign(n=-1).to_parquet(tmp_path / "x")
    with pytest.raises(ValueError, match=r'expected a weight.*found -1 at row 0, column "n"'):
        data.read(tmp_path / "x", weight_column=column)


def test_other_cells_are_told_with_their_place(tmp_path):
    path = tmp_path / "x"
    FRAME.assign(who="Ada").to_parquet(path)
    with pytest.raises(ValueError, match="0 or 1, found 'Ada' at row 0, column \"who\""):
        data.read(path)
    FRAME.assign(age=[0, 1, 2.5, *[1] * 5]).to_csv(path, sep=";", index=False)
    with pytest.raises(ValueError, match=r'0 or 1, found 2\.5 at row 2, column "age"'):
        data.read(path)
    np.testing.assert_array_equal(
        data.read(path, binary=False)["data"][:, 3], [0, 1, 2.5, *[1] * 5]
    )
    with pytest.raises(ValueError, match="expected 3 columns, as a model has, found 4"):
        data.read(path, n_features=3, as_in="a model")


@pytest.mark.parametrize("content", [b"PAR1\x15\x04" + bytes(99), b"ARROW1\0\0" + bytes(99)])
def test_damaged_tables_are_refused_by_their_names(tmp_path, content):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(ValueError, match=r"x: not a readable (Parquet|Arrow) file \("):
        data.read(tmp_path / "x")


@pytest.mark.parametrize("cut", [3, 25, -9])
def test_damaged_gzip_files_are_refused(tmp_path, cut):
    packed = gzip.compress(text())
    (tmp_path / "x").write_bytes(packed[:cut] + b"\xff" * 9)
    with pytest.raises(ValueError, match=r"x: not a readable gzip file \("):
        data.read(tmp_path / "x")


@pytest.fixture
def no_arrow(monkeypatch):
    load = builtins.__import__

    def refuse(name, *args, **kwargs):
        if name.startswith("pyarrow"):
            raise ImportError(name)
        return load(name, *args, **kwargs)

    for name in [name for name in sys.modules if name.partition(".")[0] == "pyarrow"]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setattr(builtins, "__import__", refuse)


def test_without_pyarrow_an_error_says_what_to_install(tmp_path, no_arrow):
    path = tmp_path / "x"
    path.write_bytes(b"PAR1\x15\x04" + bytes(99))
    with pytest.raises(ImportError, match=r"x: Parquet is read by pyarrow: pip install ardens\[ta"):
        data.read(path)
    path.write_bytes(LAYOUTS["semicolons"])
    with pytest.raises(ValueError, match=r"line 1, .*a table is read by pyarrow: pip install ard"):
        data.read(path)


@pytest.mark.parametrize("layout", ["header", "mark of bytes"])
def test_plain_text_needs_no_pyarrow(tmp_path, no_arrow, layout):
    path = tmp_path / "x.csv.gz"
    path.write_bytes(gzip.compress(LAYOUTS[layout]))
    found = data.read(path)["data"]
    np.testing.assert_array_equal(found, X)
    assert found.columns == NAMES


def test_text_longer_than_a_block_is_read_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(cells, "BLOCK", 100)
    frame = pd.DataFrame(np.tile(X, (50, 1)), columns=NAMES)
    for how in ({"sep": ";"}, {}):
        (tmp_path / "x").write_bytes(gzip.compress(text(frame, **how)))
        np.testing.assert_array_equal(data.read(tmp_path / "x")["data"], frame)


def test_parts_of_named_rows_have_names_where_all_columns_are_there(tmp_path):
    (tmp_path / "x").write_bytes(text())
    found = data.read(tmp_path / "x")["data"]
    assert found[2:].columns == NAMES
    assert found[:, :2].columns is None
    assert found[0].columns is None


@pytest.mark.parametrize("line", [50, 350])
def test_a_line_of_more_cells_is_told(tmp_path, line):
    lines = [f"{'Oslo' if i % 2 else 'Rome'},{i % 7},{'u' if i % 3 else 'v'}" for i in range(400)]
    lines[line] += ",extra"
    path = tmp_path / "people.csv"
    path.write_text("\n".join(["city,age,flag", *lines]) + "\n")
    for read in (partial(data.read, table=True), data.read_table):
        with pytest.raises(ValueError, match="Expected 3 columns, got 4"):
            read(path)


@pytest.mark.parametrize("first", ["2024-01-01 12:00:00", "2024-01-01T12:00:00Z", "7:30", "a:1/b"])
def test_times_and_addresses_are_no_lists_of_places(tmp_path, first):
    path = tmp_path / "t.csv"
    path.write_text("t,x\n" + "\n".join(f"{first},{i / 7:.3f}" for i in range(60)) + "\n")
    table = data.read(path, table=True)
    assert table.column_names == ["t", "x"]
    assert table.num_rows == 60


def test_names_that_come_twice_stay_names(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,a\n" + "\n".join(f"{i % 7},u{i % 3}" for i in range(60)) + "\n")
    assert data.read(path, table=True).column_names == ["a", "a"]


def test_a_header_alone_is_told(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("age,city\n")
    with pytest.raises(ValueError, match=r"t\.csv: expected rows below the names of columns"):
        data.read(path, table=True)
