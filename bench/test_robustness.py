"""Small and difficult tables: the simple models are what they say, and the page shows them all."""

import re
from itertools import product

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from .figures import read
from .robustness import __main__, arms, page, sets
from .robustness.__main__ import main

ROWS = (np.random.default_rng(0).random((60, 6)) < [0.2, 0.4, 0.5, 0.5, 0.7, 0.9]).astype(np.uint8)
ROWS[:, 3] = ROWS[:, 1] ^ (ROWS[:, 4] & ROWS[:, 5])
ALL = np.array(list(product((0, 1), repeat=6)), np.uint8)


@pytest.mark.parametrize("arm", arms.BASELINES)
def test_simple_models_sum_to_one(arm):
    assert np.exp(arms.BASELINES[arm](ROWS, ALL, 0)).sum() == pytest.approx(1)


def test_a_tree_finds_the_column_that_another_one_depends_on():
    twins = np.hstack([ROWS, ROWS[:, :1]])
    gain = arms.chow_liu(twins, twins).mean() - arms.chow_liu(ROWS, ROWS).mean()
    assert gain == pytest.approx(0, abs=0.03)
    assert arms.independent(twins, twins).mean() < arms.independent(ROWS, ROWS).mean() - 0.3


def test_ridge_is_that_of_scikit_learn():
    ours = arms._ridge(ROWS, 2.0).conditionals(ALL)
    for i in range(1, 6):
        theirs = LogisticRegression(C=0.5, tol=1e-10, max_iter=1000)
        theirs.fit(ROWS[:, :i], ROWS[:, i])
        p = theirs.predict_proba(ALL[:, :i])[:, 1]
        np.testing.assert_allclose(ours[:, i], p, atol=2e-3)


def test_no_row_is_on_both_sides_of_a_split():
    marked = sets.SmallSet("rows that differ", lambda: np.eye(30, dtype=np.uint8))
    pairs = list(marked.splits(3, 0))
    for train, test in pairs:
        assert (train.shape, test.shape) == ((20, 30), (10, 30))
        assert (train.sum(axis=0) + test.sum(axis=0) == 1).all()
    assert not np.array_equal(pairs[0][1], pairs[1][1])


@pytest.fixture
def two_sets(monkeypatch):
    """One small set and one larger one in place of all, and one whose file is missing."""
    known = {"few": sets.SmallSet("sixty rows", lambda: ROWS)}
    larger = {
        "all": sets.LargerSet("all rows", lambda folder: (ROWS, ALL)),
        "absent": sets.LargerSet("a file that is missing", lambda folder: None),
    }
    for module in (__main__, page):
        monkeypatch.setattr(module, "SMALL", known)
        monkeypatch.setattr(module, "LARGER", larger)
    monkeypatch.setattr("bench.robustness.measure.SMALL", known)
    monkeypatch.setattr("bench.robustness.measure.LARGER", larger)


def test_the_command_measures_and_shows_what_was_before(tmp_path, two_sets):
    quick = ["--splits", "3", "--arms", "independent", "ridge", "fvsbn"]
    assert main([*quick, "--out", str(tmp_path / "a")]) == 0
    before = tmp_path / "a" / __main__.FILE
    assert main([*quick, "--out", str(tmp_path / "b"), "--before", str(before)]) == 0
    table = read(tmp_path / "b" / __main__.FILE)
    assert table.keys() == {"run", "few", "all"}
    assert {arm: len(nats) for arm, nats in table["few"]["nats"].items()} == {
        "independent": 3,
        "ridge": 3,
        "fvsbn": 3,
    }
    nats = table["all"]["nats"]["fvsbn"]
    assert len(nats) == 10
    text = (tmp_path / "b" / __main__.PAGE).read_text("utf-8")
    assert "| few | sixty rows | 40 × 6 |" in text
    assert (
        f"| all | all rows | 60 × 6 | {np.mean(table['all']['nats']['independent']):.2f} |" in text
    )
    assert "+0.00 ± 0.00" in text  # fvsbn beside itself, before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["few"], "give neither SET nor --arms with it"),
        (["--arms", "ridge"], "give neither SET nor --arms with it"),
        (["--splits", "1"], "--publish needs all sets; .* has no absent"),
    ],
    ids=str,
)
def test_a_part_of_the_table_is_not_published(
    tmp_path, two_sets, monkeypatch, capsys, options, words
):
    monkeypatch.setattr(__main__, "PUBLISHED", tmp_path)
    monkeypatch.setattr(__main__, "OURS", {})
    with pytest.raises(SystemExit):
        main([*options, "--publish"])
    assert re.search(words, capsys.readouterr().err)
    assert not list(tmp_path.iterdir())
