"""Figures: tables of them in TOML to keep, in Markdown to show."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["Tables", "markdown", "read", "significant", "write"]

Tables = dict[str, dict[str, Any]]
"""Tables by name; an entry is a value, or a table of values and of small tables."""


def read(path: Path) -> Tables:
    """Read what `write` wrote."""
    return tomllib.loads(path.read_text("utf-8"))


def write(path: Path, tables: Mapping[str, Mapping[str, Any]], about: str) -> None:
    """Write tables as TOML, in place of the file in one step, with `about` for its head.

    Two levels have headings, what lies deeper stands on one line.
    """
    lines = [f"# {line}" for line in about.splitlines()]
    for name, table in tables.items():
        inner = {key: value for key, value in table.items() if isinstance(value, Mapping)}
        plain = {key: value for key, value in table.items() if key not in inner}
        if plain:
            lines += ["", f"[{_key(name)}]", *_entries(plain)]
        for key, entries in inner.items():
            lines += ["", f"[{_key(name)}.{_key(key)}]", *_entries(entries)]
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.new")
    new.write_text("\n".join(lines) + "\n", "utf-8")
    new.replace(path)


def significant(value: float, digits: int) -> float:
    """Round to so many significant digits."""
    return float(f"{value:.{digits}g}")


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """Lay out a table in Markdown; columns after the first `left` are set to the right."""
    rule = ["---" if k < left else "---:" for k in range(len(head))]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows])


def _entries(table: Mapping[str, Any]) -> list[str]:
    """One line for each entry."""
    return [f"{_key(key)} = {_value(value)}" for key, value in table.items()]


def _key(key: str) -> str:
    """A key as it is, or in quotes where it has to be."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _value(key)


def _value(value: Any) -> str:
    """A value on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(_entries(value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, str | bool):
        return json.dumps(value, ensure_ascii=False)
    return repr(int(value) if isinstance(value, int) else float(value))
