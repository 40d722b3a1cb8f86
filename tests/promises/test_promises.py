"""Every promise on the page is held by a test, and every test that it names exists."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
PAGE = (TESTS.parent / "docs" / "promises.md").read_text("utf-8")


def test_every_test_that_the_page_names_exists():
    named = re.findall(r"([\w/]+\.py)::(test_\w+)", PAGE)
    assert len(named) > 80
    for file, test in named:
        assert re.search(rf"^def {test}\(", (TESTS / file).read_text("utf-8"), re.M), (file, test)


def test_every_fault_of_the_table_has_a_test_or_a_reason():
    rows = re.findall(r"^\| (\d+) \| (.+?) \| (.+?) \|$", PAGE, re.M)
    assert len(rows) > 45
    assert [int(number) for number, _, _ in rows] == list(range(1, len(rows) + 1))
    assert [number for number, _, tests in rows if "::test_" not in tests] == ["45"]
