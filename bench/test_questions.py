"""Questions: simple models answer as they ought to, and the command leaves a page of everything."""

import re
from itertools import product

import numpy as np
import pytest

from ardens import NADE

from .figures import read
from .questions import __main__, arms
from .questions.__main__ import FILE, HALVES, PAGE, PARTICLES, PUBLISHED, main
from .questions.page import render
from .questions.verify import verified
from .tree import Tree

ROWS = (np.random.default_rng(0).random((90, 5)) < [0.2, 0.4, 0.5, 0.7, 0.9]).astype(np.uint8)
ROWS[:, 3] = ROWS[:, 1] ^ (ROWS[:, 2] & ROWS[:, 4])
ALL = np.array(list(product((0, 1), repeat=5)), np.uint8)


def test_marginals_of_a_tree_are_sums_over_completions():
    asked = np.array(list(product((0, 1, np.nan), repeat=5)))
    fits = ((asked[:, None] == ALL) | np.isnan(asked[:, None])).all(axis=2)
    tree = Tree.of(ROWS)
    p = np.exp(tree.log_marginal(ALL))
    np.testing.assert_allclose(np.exp(tree.log_marginal(asked)), fits @ p, atol=1e-12)
    first = (ROWS[:, 0].sum() + 0.5) / (len(ROWS) + 1)
    assert np.exp(tree.log_marginal(asked[asked[:, 0] == 1][-1:])) == pytest.approx(first)


@pytest.mark.parametrize("arm", [*arms.BASELINES, *arms.OURS])
@pytest.mark.parametrize("hidden", [[1, 3], [0, 2, 4], [0, 1, 2, 3, 4]], ids=str)
def test_hidden_cells_sum_to_one(arm, hidden):
    splits = {"train": ROWS[:60], "valid": ROWS[60:]}
    whole = np.tile(ROWS[0], (2 ** len(hidden), 1))
    whole[:, hidden] = list(product((0, 1), repeat=len(hidden)))
    cells = whole.astype(float)
    cells[:, hidden] = np.nan
    nats = (arms.BASELINES | arms.OURS)[arm](splits, whole, cells, 0.2)
    assert np.exp(nats).sum() == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("arm", ["chow-liu", "regressions", "fvsbn"])
def test_of_two_equal_columns_the_second_is_no_surprise(arm):
    twins = np.hstack([ROWS, ROWS[:, :1]])
    splits = {"train": twins[:60], "valid": twins[60:]}
    cells = np.where(np.arange(6) % 5 == 0, np.nan, twins)
    nats = (arms.BASELINES | arms.OURS)[arm](splits, twins, cells, 0.2)
    alone = arms.independent({"train": twins[:60, :1]}, twins[:, :1], cells[:, :1], 0.2)
    assert nats.mean() == pytest.approx(alone.mean(), abs=0.15)


def test_a_wrong_answer_is_not_measured(monkeypatch):
    right = NADE.log_marginal
    monkeypatch.setattr(NADE, "log_marginal", lambda *X, **how: right(*X, **how) + 1e-3)
    with pytest.raises(RuntimeError, match=r"NADE is wrong: 0\.001"):
        verified()


def test_the_command_leaves_a_table_its_page_and_pictures(tmp_path):
    quick = ["--quick", "--out", str(tmp_path), "--data", str(tmp_path / "absent")]
    assert main(quick) == 0
    tables, text = read(tmp_path / FILE), (tmp_path / PAGE).read_text("utf-8")
    assert text == render(tables)
    assert tables.keys() == {"machine", "verified", "measured", *__main__.PARTS}
    nats = tables["imputation"]["digits"]["nats"]
    assert nats.keys() == arms.BASELINES.keys() | arms.OURS.keys()
    assert f"{np.mean(nats['chow-liu']):.3f}" in text
    lost = tables["missing"]["digits"]["nats"]
    assert f"| nade | {lost['nade complete']:.3f} | {lost['nade sample']:.3f} |" in text
    for picture in re.findall(r"\]\((.*?\.png)\)", text):
        assert (tmp_path / picture).read_bytes().startswith(b"\x89PNG")
    assert {PARTICLES, HALVES} <= {path.name for path in tmp_path.iterdir()}

    assert main([*quick, "cost"]) == 0  # the others stay
    again = read(tmp_path / FILE)
    assert again["imputation"] == tables["imputation"]
    assert again["cost"] != tables["cost"]
    before, now = tables["measured"], again["measured"]
    assert [part for part in now if now[part] != before[part]] == ["cost"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            ["costs"],
            "there is no part 'costs'; there are cost, estimates, imputation, missing, images",
        ),
        (["--quick", "--publish"], "--publish wants the full sizes; give no --quick with it"),
        (
            ["--publish", "missing", "--data", "absent"],
            "--publish needs all sets; absent has no adult",
        ),
    ],
    ids=str,
)
def test_what_is_not_to_be_published_is_refused(tmp_path, monkeypatch, capsys, options, words):
    monkeypatch.setattr(__main__, "PUBLISHED", tmp_path)
    with pytest.raises(SystemExit):
        main(options)
    assert words in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_the_published_page_is_what_its_table_renders():
    assert (PUBLISHED / PAGE).read_text("utf-8") == render(read(PUBLISHED / FILE))
