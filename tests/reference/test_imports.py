"""The reference stands on its own: nothing but NumPy and the standard library."""

import ast
import sys
from pathlib import Path

import ardens.reference

ALLOWED = {"numpy", *sys.stdlib_module_names}


def test_reference_imports_numpy_and_its_own_modules_only() -> None:
    (folder,) = ardens.reference.__path__
    for file in Path(folder).glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names} <= ALLOWED, file.name
            if isinstance(node, ast.ImportFrom):
                own = node.level == 1
                assert own or (node.module or "").split(".")[0] in ALLOWED, file.name
