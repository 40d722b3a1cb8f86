"""Every example that is printed runs: docstrings, and the README's."""

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
README = Path(__file__).parent.parent / "README.md"


@pytest.mark.parametrize("name", ["ardens", *MODULES])
def test_examples_in_docstrings_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_examples_in_the_readme_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"^```python\n(.*?)^```", README.read_text("utf-8"), re.M | re.S)
    assert examples
    for example in examples:
        exec(compile(example, str(README), "exec"), {})
