"""The page of a run: Markdown and pictures, from its table alone."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .figures import Tables, markdown, read
from .peers import ARMS
from .results import FILE, every_race
from .section import Section
from .sections import SECTIONS
from .suite import VERIFIED
from .verify import LIMITS

__all__ = ["render", "write_page"]

UNITS = {
    "log_prob": "nats of a row",
    "value_and_grad": "part of the greatest gradient",
    "sample": "probability at a bit that differs",
    "train_step": "part of the learning rate",
}


def write_page(folder: Path) -> Path:
    """Write ``report.md`` and its pictures beside the table of a folder."""
    tables = read(folder / FILE)
    for section in sections_of(tables):
        for name, draw in section.figures.items():
            draw().savefig(folder / f"{name}.png")
    path = folder / "report.md"
    path.write_text(render(tables), "utf-8")
    return path


def render(tables: Tables) -> str:
    """Make the page of a table, without its pictures."""
    sections = sections_of(tables)
    blocks = [_head(tables), _targets(sections)]
    blocks += [section.markdown() for section in sections]
    blocks += [_arms(), _verification(tables), _machine(tables["machine"]), _method(tables["run"])]
    return "\n\n".join(block for block in blocks if block) + "\n"


def sections_of(tables: Tables) -> list[Section]:
    """Make the sections that a table has parts of."""
    sections = {name: maker.page(tables) for name, maker in SECTIONS.items() if name in tables}
    for name, section in sections.items():
        if "measured" in tables[name]:
            section.blocks.append(
                "These tables were measured at commit {commit}, after the others: "
                "`{command}`.".format(**tables[name]["measured"])
            )
    return list(sections.values())


def _head(tables: Tables) -> str:
    """The machine, and what the figures mean."""
    machine, run = tables["machine"], tables["run"]
    text = (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['level']}, "
        f"{run['threads']} threads; commit {machine['commit']}; {machine['date']}. Times are the "
        f"best of {run['rounds']} interleaved rounds. A ratio is that of the best times; in "
        "brackets stand the least and the greatest ratio of a single round. Half of all bands are "
        "narrower than "
        f"±{_band(tables)} %."
    )
    quick = (
        "\n\n**A quick run with small sizes: it shows that everything works, and no more. The "
        "targets are meant for the full sizes.**"
        if run["quick"]
        else ""
    )
    return f"# Benchmarks\n\n{text}{quick}"


def _band(tables: Tables) -> str:
    """Median over all races and arms of half the spread of the ratio to the race's first arm."""
    widths = []
    for race in every_race(tables):
        first, *others = race.seconds or [""]
        for arm in others:
            band = race.ratio(arm, first)
            widths.append((band.high - band.low) / 2 / band.value)
    return f"{100 * statistics.median(widths):.0f}" if widths else "0"


def _targets(sections: Sequence[Section]) -> str:
    """All figures that have targets."""
    checks = [check for section in sections for check in section.checks]
    if not checks:
        return ""
    met = sum(check.met for check in checks)
    head = ["what", "figure (band)", "target", "met", "against"]
    rows = markdown(head, [check.row() for check in checks])
    return f"## Targets\n\n{met} of {len(checks)} are met.\n\n{rows}"


def _arms() -> str:
    """What every arm is."""
    rows = [[model, arm.label, arm.form] for model, arms in ARMS.items() for arm in arms.values()]
    return "## What was compared\n\n" + markdown(
        ["model", "arm", "how it is written"], rows, left=3
    )


def _verification(tables: Tables) -> str:
    """How far every arm was from the reference, and which were not timed."""
    lines = [
        [
            model,
            ARMS[model][arm].label,
            *(f"{found[op]:.1e}" if op in found else "" for op in LIMITS),
        ]
        for model, arms in tables.get("errors", {}).items()
        for arm, found in arms.items()
    ]
    head = ["model", "arm", *LIMITS]
    limits = "; ".join(f"{op}: {UNITS[op]}, at most {limit:g}" for op, limit in LIMITS.items())
    text = (
        "## Verification\n\nEvery arm was compared with `ardens.reference` (float64) on the rows "
        f"that it was timed on (the first {VERIFIED:,} of them; on the curves, fewer), before it "
        f"was timed. Greatest error ({limits}):\n\n" + markdown(head, lines, left=2)
    )
    failures = tables.get("failures", {})
    if not failures:
        return f"{text}\n\nNone failed."
    rows = []
    for case, reason in failures.items():
        model, arm, operation, n_rows = case.split()
        rows.append([model, ARMS[model][arm].label, operation, f"{int(n_rows):,}", reason])
    head = ["model", "arm", "operation", "rows", "why"]
    return f"{text}\n\nNot timed:\n\n{markdown(head, rows, left=5)}"


def _machine(facts: dict[str, Any]) -> str:
    """What the figures come from."""
    rows = [
        [name, ", ".join(fact) if isinstance(fact, list) else str(fact)]
        for name, fact in facts.items()
    ]
    return "## Machine\n\n" + markdown(["fact", ""], rows, left=2)


def _method(run: dict[str, Any]) -> str:
    """How a round goes."""
    return (
        "## How it was measured\n\n"
        f"In each of {run['rounds']} rounds every arm has its turn, beginning with another one "
        f"each time; a turn is the best of {run['repeats']} measurements of at least "
        f"{run['milliseconds']:g} ms. Each library has a process of its own, and all but one "
        "sleep: in one process their thread pools would spin against each other. The limits are "
        "measured in the process of ardens. Every arm uses all cores and float32, and is given "
        "rows in the layout that it likes best. `ardens` is timed through the public methods, "
        "checks included; a training step is the time of an epoch inside `fit`, divided by its "
        f"steps. `{FILE}` has every round, and of the curves the best; `python -m bench --render "
        "--publish` makes this page of it."
    )
