"""The table of a run and the page that is made of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from . import report, tables
from .__main__ import main
from .results import FILE

PUBLISHED = Path(__file__).parents[1] / "docs" / "benchmarks"


def test_the_published_page_is_what_its_table_renders():
    page = report.render(tables.read(PUBLISHED / FILE))
    assert page == (PUBLISHED / "report.md").read_text("utf-8")


def test_tables_are_read_as_they_were_written(tmp_path):
    written = {
        "plain": {"text": 'with "quotes", ± and \\', "yes": True, "whole": 3, "part": 2.5e-07},
        "two words": {"a − b": [1.0, 0.1], "inner": {"deep": {"x": 1, "y y": [2]}}, "empty": {}},
    }
    tables.write(tmp_path / "folder" / "t.toml", written, "What it is,\nin two lines.")
    assert tables.read(tmp_path / "folder" / "t.toml") == written
    assert [path.name for path in tmp_path.glob("folder/*")] == ["t.toml"]


@pytest.mark.parametrize("sections", [("one_row",), ("levels", "complement")])
def test_a_run_leaves_its_table_and_the_page_of_it(tmp_path, sections):
    assert main(["--quick", "--out", str(tmp_path), "--only", *sections]) == 0
    table = tables.read(tmp_path / FILE)
    assert [name for name in table if name in sections] == list(sections)
    page = (tmp_path / "report.md").read_text("utf-8")
    assert page == report.render(table)
    assert "None failed." in page
