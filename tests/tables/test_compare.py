"""The report of drawn rows beside real ones."""

import sys

import numpy as np
import pandas as pd
import pytest

from ardens.plotting import ComparisonDisplay
from ardens.tables import compare


@pytest.fixture
def tables(rng):
    def table(n):
        a = rng.choice(["x", "y", None], n)
        return pd.DataFrame(
            {"a": a, "k": rng.normal(size=n) + (a == "x"), "g": rng.integers(0, 3, n)}
        )

    return [table(300) for _ in range(3)]


@pytest.fixture
def no_classifier(monkeypatch):
    """As if scikit-learn were not there, for it takes its time."""
    monkeypatch.setitem(sys.modules, "sklearn.ensemble", None)


@pytest.mark.usefixtures("no_classifier")
def test_rows_of_one_distribution_are_alike(tables):
    told = compare(*tables)
    assert max(told.columns.values()) < 0.15
    assert set(told.pairs) == {("a", "k"), ("a", "g"), ("k", "g")}
    assert told.told_apart is None
    assert told.drawn.copies == 0
    assert told.drawn.nearest == pytest.approx(told.holdout.nearest, rel=0.5)


def test_a_classifier_tells_what_differs(tables):
    some = [table.iloc[:60] for table in tables]
    assert compare(some[0], some[1].assign(k=9.0)).told_apart > 0.95
    assert 0.2 < compare(*some).told_apart < 0.8


@pytest.mark.usefixtures("no_classifier")
def test_what_differs_is_found(tables):
    real, drawn, _ = tables
    drawn = drawn.assign(k=drawn["k"] + 3, a="x")
    told = compare(real, drawn)
    assert told.columns["k"] > 0.7
    assert told.columns["a"] == pytest.approx(1 - (real["a"] == "x").mean())
    assert told.columns["g"] < 0.15


@pytest.mark.usefixtures("no_classifier")
def test_copies_are_told(tables):
    real, drawn, holdout = tables
    drawn = pd.concat([real.iloc[:100], drawn.iloc[:100]], ignore_index=True)
    told = compare(real, drawn, holdout)
    assert told.drawn.copies == pytest.approx(0.5)
    assert told.holdout.copies == 0
    assert compare(real, real).drawn.nearest == 0


@pytest.mark.usefixtures("no_classifier")
def test_the_report_is_printed_and_drawn(tables):
    told = repr(compare(*tables))
    assert "columns differ by\n  " in told
    assert "held out: 0.00% copies of real rows" in told
    display = ComparisonDisplay.from_frames(*tables, most=2)
    assert len(display.figure_.axes) == 2
    assert len(display.figure_.axes[0].patches) % 2 == 0


def test_what_cannot_be_compared_is_refused(tables):
    real = tables[0]
    with pytest.raises(ValueError, match="drawn must have at least one row"):
        compare(real, real.iloc[:0])
    with pytest.raises(ValueError, match="holdout lacks the column 'k'"):
        compare(real, real, real.drop(columns="k"))
    with pytest.raises(TypeError, match='"k" is of numbers in one frame and not in another'):
        compare(real, real.assign(k="x"))


def test_units_of_times_do_not_matter():
    days = np.datetime64("2020-01-01", "s") + 86400 * np.arange(200)
    assert compare({"d": days}, {"d": days.astype("M8[ns]")}).columns["d"] == 0
