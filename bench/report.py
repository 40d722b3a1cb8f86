"""Writes what was measured: Markdown, JSON and pictures in one folder."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .peers import ARMS
from .section import Section, table
from .suite import VERIFIED, Suite
from .verify import LIMITS

__all__ = ["write"]

UNITS = {
    "log_prob": "nats of a row",
    "value_and_grad": "part of the greatest gradient",
    "sample": "probability at a bit that differs",
    "train_step": "part of the learning rate",
}


def write(
    folder: Path, suite: Suite, sections: Mapping[str, Section], machine: Mapping[str, Any]
) -> Path:
    """Write ``report.md``, ``results.json`` and the pictures.

    Parameters
    ----------
    folder : Path
        Where to write; made if it is not there.
    suite : Suite
        What was verified and timed.
    sections : dict of str to Section
        In their order.
    machine : dict
        What `machine.facts` found.

    Returns
    -------
    Path
        The report.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for section in sections.values():
        for name, draw in section.figures.items():
            draw().savefig(folder / f"{name}.png")
    results = {
        "machine": dict(machine),
        "settings": asdict(suite.settings),
        "checks": [check.record() for section in sections.values() for check in section.checks],
        "verification": [
            asdict(r.case)
            | {"error": None if r.verdict is None else r.verdict.error, "reason": r.reason}
            for r in suite.records
        ],
        "microseconds_per_row": {name: section.data for name, section in sections.items()},
    }
    (folder / "results.json").write_text(json.dumps(results, indent=1, default=_name) + "\n")
    report = folder / "report.md"
    blocks = [_head(suite, machine), _targets(sections)]
    blocks += [section.markdown() for section in sections.values()]
    blocks += [_arms(sections), _verification(suite), _machine(machine), _method(suite)]
    report.write_text("\n\n".join(block for block in blocks if block) + "\n")
    return report


def _name(path: Path) -> str:
    """The last part of a path: where it lies is no one's business."""
    return path.name


def _head(suite: Suite, machine: Mapping[str, Any]) -> str:
    s = suite.settings
    text = (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['level']}, {s.threads} threads; "
        f"commit {machine['commit']}; {machine['date']}. Times are the best of {s.effort.rounds} "
        "interleaved rounds. A ratio is that of the best times; in brackets stand the least and "
        f"the greatest ratio of a single round. Half of all bands are narrower than ±{_band(suite)}"
        " %."
    )
    quick = (
        "\n\n**A quick run with small sizes: it shows that everything works, and no more. The "
        "targets are meant for the full sizes.**"
        if s.quick
        else ""
    )
    return f"# Benchmarks\n\n{text}{quick}"


def _band(suite: Suite) -> str:
    """Median over all races and arms of half the spread of the ratio to the race's first arm."""
    widths = []
    for race in suite.races:
        first, *others = race.seconds or [""]
        for arm in others:
            band = race.ratio(arm, first)
            widths.append((band.high - band.low) / 2 / band.value)
    return f"{100 * statistics.median(widths):.0f}" if widths else "0"


def _targets(sections: Mapping[str, Section]) -> str:
    checks = [check for section in sections.values() for check in section.checks]
    if not checks:
        return ""
    met = sum(check.met for check in checks)
    head = ["what", "figure (band)", "target", "met", "against"]
    rows = table(head, [check.row() for check in checks])
    return f"## Targets\n\n{met} of {len(checks)} are met.\n\n{rows}"


def _arms(sections: Mapping[str, Section]) -> str:
    rows = [[model, arm.label, arm.form] for model, arms in ARMS.items() for arm in arms.values()]
    return "## What was compared\n\n" + table(["model", "arm", "how it is written"], rows, left=3)


def _verification(suite: Suite) -> str:
    worst: dict[tuple[str, str, str], float] = {}
    failed = []
    for record in suite.records:
        case = record.case
        key = case.model, ARMS[case.model][case.arm].label, case.operation
        if record.verdict is not None and record.verdict.fine:
            worst[key] = max(worst.get(key, 0.0), record.verdict.error)
        else:
            error = "" if record.verdict is None else f"error {record.verdict.error:.2g}"
            failed.append([*key, f"{case.n_rows:,}", error or record.reason])
    arms = list(dict.fromkeys(key[:2] for key in worst))
    lines = [
        [*arm, *(f"{worst[*arm, op]:.1e}" if (*arm, op) in worst else "" for op in LIMITS)]
        for arm in arms
    ]
    head = ["model", "arm", *LIMITS]
    limits = "; ".join(f"{op}: {UNITS[op]}, at most {limit:g}" for op, limit in LIMITS.items())
    text = (
        "## Verification\n\nEvery arm was compared with `ardens.reference` (float64) on the rows "
        f"that it was timed on (the first {VERIFIED:,} of them; on the curves, fewer), before it "
        f"was timed. Greatest error ({limits}):\n\n" + table(head, lines, left=2)
    )
    if failed:
        head = ["model", "arm", "operation", "rows", "why"]
        return f"{text}\n\nNot timed:\n\n{table(head, failed, left=5)}"
    return f"{text}\n\nNone failed."


def _machine(machine: Mapping[str, Any]) -> str:
    def text(value: Any) -> str:
        if isinstance(value, Mapping):
            return ", ".join(f"{k} {v}" for k, v in value.items())
        return ", ".join(value) if isinstance(value, list) else str(value)

    rows = [[name, text(value)] for name, value in machine.items()]
    return "## Machine\n\n" + table(["fact", ""], rows, left=2)


def _method(suite: Suite) -> str:
    effort = suite.settings.effort
    return (
        "## How it was measured\n\n"
        f"In each of {effort.rounds} rounds every arm has its turn, beginning with another one "
        f"each time; a turn is the best of {effort.repeats} measurements of at least "
        f"{1000 * effort.min_seconds:g} ms. Each library has a process of its own, and all but one "
        "sleep: in one process their thread pools would spin against each other. The limits are "
        "measured in the process of ardens. Every arm uses all cores and float32, and is given "
        "rows in the layout that it likes best. `ardens` is timed through the public methods, "
        "checks included; a training step is the time of an epoch inside `fit`, divided by its "
        "steps. `results.json` has every round."
    )
