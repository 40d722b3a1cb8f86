"""Every example that is printed runs: of docstrings, the README and the pages."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import ardens

MODULES = [
    name
    for _, name, _ in pkgutil.walk_packages(ardens.__path__, "ardens.")
    if not name.endswith(("._core", ".__main__"))
]
ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", ["ardens", *MODULES])
def test_examples_in_docstrings_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_public_functions_and_classes_have_examples() -> None:
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = {test.name for name in MODULES for test in finder.find(importlib.import_module(name))}
    assert len(found) > 50


def test_every_heading_of_a_docstring_stands_alone() -> None:
    for name in MODULES:
        source = Path(str(importlib.import_module(name).__file__)).read_text("utf-8")
        assert not re.search(r"\w -{9,}|-{9,} \w", source), name


@pytest.mark.parametrize(
    "page", ["README.md", "docs/questions.md", "docs/codes.md", "docs/tables.md"]
)
def test_examples_in_pages_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.M | re.S)
    assert examples
    for example in examples:
        exec(compile(example, page, "exec"), {})
