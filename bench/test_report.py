"""The table of a run and the page that is made of it."""

from __future__ import annotations

import shutil

import pytest

from . import __main__, figures, report
from .__main__ import PUBLISHED, main
from .results import ABOUT, FILE, merged


def test_the_published_table_is_as_runs_write_it(tmp_path):
    figures.write(tmp_path / FILE, figures.read(PUBLISHED / FILE), ABOUT)
    assert (tmp_path / FILE).read_bytes() == (PUBLISHED / FILE).read_bytes()


def test_the_published_page_is_what_its_table_renders():
    page = report.render(figures.read(PUBLISHED / FILE))
    assert page == (PUBLISHED / "report.md").read_text("utf-8")


def test_tables_are_read_as_they_were_written(tmp_path):
    written = {
        "plain": {"text": 'with "quotes", ± and \\', "yes": True, "whole": 3, "part": 2.5e-07},
        "two words": {"a − b": [1.0, 0.1], "inner": {"deep": {"x": 1, "y y": [2]}}, "empty": {}},
    }
    figures.write(tmp_path / "folder" / "t.toml", written, "What it is,\nin two lines.")
    assert figures.read(tmp_path / "folder" / "t.toml") == written
    assert [path.name for path in tmp_path.glob("folder/*")] == ["t.toml"]


@pytest.mark.parametrize("sections", [("one_row",), ("levels", "complement")])
def test_a_run_leaves_its_table_and_the_page_of_it(tmp_path, sections):
    assert main(["--quick", "--out", str(tmp_path), "--only", *sections]) == 0
    table = figures.read(tmp_path / FILE)
    assert [name for name in table if name in sections] == list(sections)
    page = (tmp_path / "report.md").read_text("utf-8")
    assert page == report.render(table)
    assert "None failed." in page


@pytest.fixture
def published(tmp_path, monkeypatch):
    """A copy of the published folder, in the place of it."""
    folder = tmp_path / "published"
    shutil.copytree(PUBLISHED, folder)
    monkeypatch.setattr(__main__, "PUBLISHED", folder)
    monkeypatch.chdir(tmp_path)
    return folder


def content(folder):
    """Bytes of all files."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_only_publishing_touches_the_published_page(published):
    before = content(published)
    assert main(["--quick", "--only", "one_row"]) == 0
    assert {*content(__main__.OUT)} == {FILE, "report.md"}
    assert content(published) == before
    (published / "report.md").unlink()
    assert main(["--render", "--publish"]) == 0
    assert content(published)["report.md"] == before["report.md"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--quick"], "it is not for publishing"),
        (["--only", "one_row", "--rounds", "5"], "sections among others need their settings"),
    ],
)
def test_what_is_not_to_be_published_is_refused(published, capsys, arguments, message):
    before = content(published)
    with pytest.raises(SystemExit):
        main([*arguments, "--publish"])
    assert message in capsys.readouterr().err
    assert content(published) == before


def test_sections_published_among_others_say_when_they_were_measured():
    old = figures.read(PUBLISHED / FILE)
    race = {"one_row": {"log_prob, 1 rows": {"ardens": [7.0, 8.0], "core": [1.0, 2.0]}}}
    errors = {"errors": {"nade": {"ardens": {"log_prob": 0.5, "sample": 0.0}}}}
    new = race | errors | {"machine": {"commit": "abcdef0"}, "workloads": {"nade": {"n": 1}}}
    both = merged(old, new, race, "python -m bench --only one_row")
    assert both["errors"]["nade"]["ardens"]["log_prob"] == 0.5
    kept = {name: table for name, table in both.items() if name not in (*race, "errors")}
    assert kept == {name: table for name, table in old.items() if name not in (*race, "errors")} | {
        "failures": {}
    }
    page = report.render(both)
    assert "These tables were measured at commit abcdef0, after the others" in page
    assert "| log_prob | 7.00 | 1.00 |" in page
