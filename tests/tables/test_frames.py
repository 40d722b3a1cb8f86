"""Frames come back as they came: package, dtypes, names, order, missing cells."""

import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from ardens.tables.frames import read


def there_and_back(X):
    frame = read(X)
    return frame.schema.frame([frame.cells(name) for name in frame.names], frame.index)


def test_pandas_columns_come_back_as_they_came():
    X = pd.DataFrame(
        {
            "int": [1, 2, 3],
            "float": [1.5, np.nan, 2],
            "string": ["a", None, "b"],
            "bool": [True, False, True],
            "Int64": pd.array([2**60 + 1, None, 3], dtype="Int64"),
            "boolean": pd.array([True, None, False], dtype="boolean"),
            "category": pd.Categorical(["x", "y", None], ["y", "x", "z"], ordered=True),
            "numbers": pd.Categorical([3, 1, 3]),
            "zone": pd.to_datetime(["2020-01-01", "2020-06-01", None]).tz_localize("Europe/Paris"),
            "seconds": pd.to_datetime(["2020-01-01", "2020-06-01", None]).as_unit("s"),
            "uint8": np.array([1, 255, 3], np.uint8),
            "float32": np.array([1.5, 2, 3], np.float32),
            "arrow": pd.array(["a", None, "b"], dtype="string[pyarrow]"),
            "arrow int": pd.array([1, None, 3], dtype="int64[pyarrow]"),
            "lasting": pd.to_timedelta([1, 2, None], unit="s"),
            "bins": pd.cut(pd.Series([1, 2.0, 3]), 2),
            "mixed": pd.Series([1, "a", 2.5], dtype=object),
            "dates": pd.Series([dt.date(2020, 1, 2), dt.date(1999, 1, 1), dt.date(2020, 1, 2)]),
            3: [1, 2, 3],
        },
        index=[5, 6, 7],
    )
    pd.testing.assert_frame_equal(there_and_back(X), X)


@pytest.fixture
def polars_frame():
    X = pl.DataFrame(
        {
            "int": [2**60 + 1, None, 3],
            "string": ["a", None, "b"],
            "bool": [True, None, False],
            "time": [dt.datetime(2020, 1, 1), None, dt.datetime(2021, 1, 1)],
            "day": [dt.date(2020, 1, 1), None, dt.date(2021, 1, 1)],
            "lasting": [dt.timedelta(1), None, dt.timedelta(2)],
            "float": [1.0, None, 2.0],
        }
    )
    return X.with_columns(
        pl.col("string").cast(pl.Categorical).alias("category"),
        pl.col("time").dt.replace_time_zone("Europe/Paris").alias("zone"),
        pl.col("float").cast(pl.UInt8).alias("uint8"),
        pl.col("float").cast(pl.Decimal(10, 2)).alias("decimal"),
    )


def test_polars_columns_come_back_as_they_came(polars_frame):
    X = polars_frame.with_columns(pl.col("string").cast(pl.Enum(["b", "a", "z"])).alias("enum"))
    back = there_and_back(X)
    assert back.schema == X.schema
    assert back.equals(X)


def test_pyarrow_columns_come_back_as_they_came(polars_frame):
    X = polars_frame.to_arrow()
    back = there_and_back(X)
    assert back.schema.equals(X.schema)
    assert back.equals(X)


def test_dictionaries_come_back_as_they_came():
    X = {
        "int": np.array([1, 2], np.int8),
        "text": np.array(["a", "bb"]),
        "day": np.array(["2020-01-01", "NaT"], "M8[D]"),
        "float": np.array([1, np.nan], np.float32),
        "objects": np.array([1, "a"], object),
        "times": [dt.datetime(2020, 1, 1, 3), None],
        "list": [1, None],
    }
    back = there_and_back(X)
    assert list(back) == list(X)
    assert back["list"] == [1, None]
    assert back["times"] == X["times"]
    for name in [*X][:-2]:
        assert back[name].dtype == X[name].dtype
        np.testing.assert_array_equal(back[name], X[name])


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        ([[1]], TypeError, "must be a data frame of pandas, polars or pyarrow, or a dictionary"),
        (pl.DataFrame({"a": [1]}).lazy(), TypeError, "collect\\(\\) it first"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), ValueError, "2 columns that are called 'a'"),
        (
            pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]),
            ValueError,
            "2 columns that are called 'a'",
        ),
        ({"a": [1], "b": [1, 2]}, ValueError, "columns of different lengths: {'a': 1, 'b': 2}"),
        ({"a": np.zeros((2, 2))}, ValueError, '"a" is of shape \\(2, 2\\)'),
    ],
)
def test_what_is_no_frame_is_refused(X, error, message):
    with pytest.raises(error, match=message):
        read(X)


@pytest.mark.parametrize(
    "column",
    [
        np.array([2**63], np.uint64),
        np.array([2**62 + 1]),
        [2**70],
        [1e301, 2.5],
        np.array([-1e305]),
        [[1], [2]],
        [np.arange(2)],
        np.array([1j]),
    ],
)
def test_columns_that_no_model_takes_are_refused_with_advice(column):
    with pytest.raises(TypeError, match=r'the column "a" of .*columns={.a.: "ignore"}'):
        read({"a": column}).cells("a")


def test_markers_are_missing_cells():
    cells = read({"a": ["x", "?", "y"], "b": [1, -9, 2]}, markers=("?", -9)).cells
    assert cells("a").missing.tolist() == cells("b").missing.tolist() == [False, True, False]
    assert cells("a").levels == ["x", "y"]


def test_times_of_any_byte_order_and_step_are_read(fitted):
    days = np.datetime64("2020-01-01", "s") + 86400 * np.arange(300)
    for stamps in (days.astype(">M8[s]"), days.astype("M8[2s]")):
        drawn = fitted({"d": stamps}).sample(50, random_state=0)["d"]
        assert ((drawn >= days[0]) & (drawn <= days[-1] + 10 * 86400)).all()


def test_what_pandas_calls_missing_is_missing_in_lists(fitted):
    model = fitted({"d": ["a", pd.NA, "b", None, float("nan")] * 40})
    assert model.columns_["d"].leaves == 3


def test_markers_may_be_numbers_of_numpy_and_are_no_truth_values(fitted):
    X = {"k": [1, 2, -999, 0] * 50}
    assert fitted(X, missing=(np.int64(-999),)).columns_["k"].leaves == 4
    assert np.isfinite(fitted(X, missing=(False,)).score_samples({"k": [0]})).all()
    drawn = fitted(X, missing=(np.int64(-999),)).sample(300, random_state=0)["k"]
    assert -999 not in [value for value in drawn if value is not None]
    assert 0 in fitted(X, missing=(False,)).sample(300, random_state=0)["k"]


@pytest.mark.parametrize(
    ("column", "markers"),
    [
        (np.array(["a", "", "b"] * 50), ("",)),
        (np.array([-1, 3, 4] * 50), (-1,)),
        (pd.Series([-1, 3, 4] * 50), (-1,)),
        (pd.Series(["a", "?", "b"] * 50), ("?",)),
    ],
)
def test_a_dtype_without_missing_cells_has_their_marker(fitted, column, markers):
    frame = pd.DataFrame({"g": column}) if isinstance(column, pd.Series) else {"g": column}
    drawn = fitted(frame, missing=markers).sample(300, random_state=0)["g"]
    assert drawn.dtype == column.dtype
    absent = pd.isna(drawn) | (np.asarray(drawn) == markers[0])
    assert 50 < absent.sum() < 150
    assert set(np.asarray(drawn)[~absent]) == set(column) - set(markers)


def test_masked_arrays_are_masked_where_cells_are_missing(fitted):
    for values in (np.array([7, 3, 4] * 50), np.array([True, False, True] * 50)):
        column = np.ma.MaskedArray(values, [True, False, False] * 50)
        drawn = fitted({"g": column}).sample(300, random_state=0)["g"]
        assert drawn.dtype == values.dtype
        assert 50 < drawn.mask.sum() < 150


def test_columns_that_were_not_learned_keep_their_markers(fitted, rng):
    frame = pd.DataFrame({"a": rng.choice(["x", "y"], 60), "other": np.resize([-1, 3], 60)})
    model = fitted(frame, missing=(-1,), columns={"other": "ignore"})
    frame.loc[3, "a"] = None
    filled = model.impute(frame, random_state=0)
    pd.testing.assert_series_equal(filled["other"], frame["other"])
    assert filled["a"].notna().all()


def test_whole_numbers_that_may_be_missing_are_so(fitted):
    column = pd.Series([-1, 3, 4] * 50, dtype="int64[pyarrow]")
    drawn = fitted(pd.DataFrame({"g": column}), missing=(-1,)).sample(300, random_state=0)["g"]
    assert drawn.dtype == column.dtype
    assert 50 < drawn.isna().sum() < 150
