"""The page of the results: Markdown, from their figures alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..figures import markdown
from ..timing import digits
from .arms import ARMS, OURS
from .data import FEW, KNOWN
from .measure import QUESTIONS, SMALL
from .targets import targets
from .words import (
    CLASSIFIER,
    CLOSE,
    DRAW,
    HEAD,
    IMPUTE,
    MACHINE,
    MEASURED,
    MEMORY,
    NATS,
    PICTURES,
    QUALITY,
    RULES,
    SECONDS,
    TOLD,
    WASTED,
)

__all__ = ["PICTURE", "render"]

Figures = Mapping[str, Any]
Tables = Mapping[str, Figures]
Cell = Callable[[Figures, Figures], str]
"""What stands in the page of an arm's figures and its table's."""

PICTURE = "tables.{}.png"
BESIDE = {"machine", "run"}  # parts that are no tables


def render(tables: Tables) -> str:
    """Make the page of the figures."""
    found = {name: table for name, table in tables.items() if name not in BESIDE}
    blocks = [HEAD]
    if "machine" in tables:
        blocks.append(MACHINE.format(**tables["machine"]))
    blocks.append(RULES.format(few=FEW, small=SMALL))
    blocks += [_shapes(found), *targets(found)]
    blocks += [TOLD, _matrix(found, _told, ("given away by", _telling))]
    blocks += [CLASSIFIER, _matrix(found, _classifier, first=("real rows", _real))]
    blocks += [SECONDS, _matrix(found, _learn)]
    blocks += [DRAW, _matrix(found, lambda facts, table: _wall(facts, "draw"))]
    blocks += [MEMORY, _matrix(found, _memory)]
    blocks += [QUALITY, _matrix(found, lambda facts, table: _number(facts.get("quality")))]
    blocks += [CLOSE, _matrix(found, _close, first=("held-out rows", _held))]
    blocks += [NATS, _matrix(found, _nats)]
    fills = [*next(iter(found.values()), {}).get("fill", ())]
    filled = [(name, lambda table, name=name: _errors(table["fill"][name])) for name in fills]
    blocks += [IMPUTE, _matrix(found, _imputed, first=filled)]
    blocks += [
        WASTED.format(questions=QUESTIONS),
        _matrix(found, _wasted, ("evidence stands", _given)),
    ]
    if drawn := [name for name, table in found.items() if "told" in table.get(OURS, {})]:
        blocks.append(PICTURES)
        blocks += [f"![{name}: columns and pairs]({PICTURE.format(name)})" for name in drawn]
    blocks += [MEASURED, _measured(found)]
    return "\n\n".join(blocks) + "\n"


def _shapes(tables: Tables) -> str:
    """The tables."""
    rows = [
        (
            name,
            KNOWN[name].about if name in KNOWN else "",
            table["target"],
            f"{table['rows']:,} × {table['columns']}",
            f"{table['test']:,}",
        )
        for name, table in tables.items()
    ]
    return markdown(("table", "what is in it", "target", "learned from", "judge"), rows, left=3)


def _matrix(
    tables: Tables,
    cell: Cell,
    last: tuple[str, Callable[[Figures], str]] | None = None,
    first: Any = (),
) -> str:
    """A row for each table, a column for each arm that has something to show."""
    first = [first] if isinstance(first, tuple) and first else list(first)
    shown = {
        arm: [cell(table[arm], table) if arm in table else "" for table in tables.values()]
        for arm in ARMS
    }
    shown = {arm: cells for arm, cells in shown.items() if any(cells)}
    ends = [*first, *([last] if last else [])]
    head = ["table", *(name for name, _ in first), *(ARMS[arm].label for arm in shown)]
    head += [name for name, _ in ends[len(first) :]]
    rows = []
    for k, (name, table) in enumerate(tables.items()):
        before = [of(table) for _, of in first]
        rows.append(
            (
                name,
                *before,
                *(cells[k] for cells in shown.values()),
                *([last[1](table)] if last else []),
            )
        )
    return markdown(head, rows)


def _told(facts: Figures, table: Figures) -> str:
    """A mean and its standard error, where there is one."""
    return _mean(facts.get("told"))


def _classifier(facts: Figures, table: Figures) -> str:
    """The same."""
    return _mean(facts.get("classifier"))


def _mean(pair: list[float] | None) -> str:
    """A mean ± its error."""
    if pair is None:
        return ""
    return f"{pair[0]:.3f}" + (f" ± {pair[1]:.3f}" if pair[1] else "")


def _number(value: float | None) -> str:
    """A share of one."""
    return "" if value is None else f"{value:.3f}"


def _real(table: Figures) -> str:
    """The classifier that learned from real rows."""
    return f"{table['real']['classifier']:.3f}"


def _telling(table: Figures) -> str:
    """The columns that tell ardens' rows apart."""
    found = table.get(OURS, {}).get("telling", {})
    return ", ".join(f"{name} {lost:.2f}" for name, lost in found.items() if lost >= 0.01)


def _learn(facts: Figures, table: Figures) -> str:
    """Seconds by the clock and of processors."""
    if "learn" not in facts:
        return "failed" if "failed" in facts else ""
    wall, cpu = (digits(facts["learn"][key]) for key in ("wall", "cpu"))
    stopped = r" \*" if facts["learn"]["wall"] > facts.get("seconds", np.inf) else ""
    return f"{wall}{stopped} ({cpu})"


def _wall(facts: Figures, key: str) -> str:
    """Seconds by the clock."""
    return digits(facts[key]["wall"]) if key in facts else ""


def _memory(facts: Figures, table: Figures) -> str:
    """Most memory, after and before."""
    if "draw" not in facts:
        return ""
    return f"{facts['draw']['peak']:,.0f} ({facts['start']:,.0f})"


def _close(facts: Figures, table: Figures) -> str:
    """Copies, and how often a drawn row is nearer than a real one."""
    if "copies" not in facts:
        return ""
    return f"{100 * facts['copies']:.1f} %, {100 * facts['nearer']:.0f} %"


def _held(table: Figures) -> str:
    """The same of held-out rows."""
    return f"{100 * table['real']['copies']:.1f} %, 50 %"


def _nats(facts: Figures, table: Figures) -> str:
    """Mean nats, and how many rows are impossible."""
    if "nats" not in facts:
        return ""
    values = np.array(facts["nats"])
    if facts.get("impossible"):
        return f"−∞ ({facts['impossible']})"
    return f"{values.mean():.2f} ± {values.std(ddof=1) / np.sqrt(len(values)):.2f}"


def _imputed(facts: Figures, table: Figures) -> str:
    """Errors of numbers and of categories."""
    return _errors(facts["errors"]) if "errors" in facts else ""


def _errors(pair: list[float]) -> str:
    """Of numbers, and of categories."""
    numbers = "–" if np.isnan(pair[0]) else f"{pair[0]:.2f}"
    categories = "–" if np.isnan(pair[1]) else f"{100 * pair[1]:.0f} %"
    return f"{numbers}, {categories}"


def _wasted(facts: Figures, table: Figures) -> str:
    """Rows that a rejection sampler throws away."""
    return "" if "wasted" not in facts else f"{100 * facts['wasted']:.1f} %"


def _given(table: Figures) -> str:
    """How often evidence stands in the rows that were drawn given it."""
    given = table.get(OURS, {}).get("given")
    return f"{100 * given['kept']:.0f} % of {given['rows']:,.0f}" if given and given["rows"] else ""


def _measured(tables: Tables) -> str:
    """Versions, commits, loads, limits and failures."""
    head = ("table", "arm", "version", "when", "load", "seconds at most", "failures")
    rows = []
    for name, table in tables.items():
        for arm in ARMS:
            if arm not in table:
                continue
            facts, version = table[arm], "commit" if arm == OURS else "version"
            failed = "; ".join(f"{step}: {why}" for step, why in facts.get("failed", {}).items())
            about = [str(facts.get(key, "")) for key in (version, "date", "load")]
            about += [f"{facts.get('seconds', 0):g}", failed.replace("|", "/").replace("\n", " ")]
            rows.append((name, ARMS[arm].label, *about))
    return markdown(head, rows)
