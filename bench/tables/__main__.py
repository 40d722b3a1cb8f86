"""Measure models of whole tables: ``python -m bench.tables``.

Figures, page and pictures go to an untracked folder, and what every arm drew to ``rows/`` within
it; ``--publish`` writes those in docs/results.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path
from typing import Any

from .. import machine
from ..figures import Tables, read, significant, write
from ..settings import DATA
from .arms import ARMS, OURS
from .data import Table, found
from .measure import Runner, drawn_rows
from .page import PICTURE, render
from .pictures import table_figure

__all__ = ["main"]

OUT = Path("bench-results/tables")
PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / "results"
FILE, PAGE = "tables.toml", "tables.md"
ABOUT = (
    "What every arm took and what its rows are worth, by table; means are with standard errors.\n"
    "`python -m bench.tables --render --publish` makes tables.md of it."
)


def main(arguments: list[str] | None = None) -> int:
    """Measure, and write the figures, the page of them and the pictures."""
    parser = argparse.ArgumentParser(prog="python -m bench.tables", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="TABLE", help="(default: all in the folder)")
    parser.add_argument("--arms", nargs="+", choices=ARMS, metavar="ARM", default=list(ARMS))
    parser.add_argument("--new", action="store_true", help="only what has no figures yet")
    parser.add_argument(
        "--data", type=Path, default=DATA / "tables", metavar="DIR", help="folder of NAME.csv.gz"
    )
    parser.add_argument(
        "--envs", type=Path, default=OUT / "envs", metavar="DIR", help="of peers; built if absent"
    )
    parser.add_argument(
        "--seconds", type=float, default=900.0, metavar="S", help="to learn, of arms that can stop"
    )
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="(%(default)s)")
    parser.add_argument("--publish", action="store_true", help="write to docs/results instead")
    parser.add_argument("--judge", action="store_true", help="only judge the rows that are there")
    parser.add_argument("--render", action="store_true", help="only make the page of the figures")
    options = parser.parse_args(arguments)
    paths = found(options.data)
    if unknown := [name for name in options.names if name not in paths]:
        parser.error(f"{options.data} has no table {unknown[0]!r}; it has {', '.join(paths)}")
    folder: Path = PUBLISHED if options.publish else options.out
    tables = read(folder / FILE) if (folder / FILE).exists() else {}
    if not options.render:
        options.facts = machine.facts()  # before anything is written beside the sources
        for name in options.names or paths:
            table = Table.read(paths[name])
            _measure(table, options, tables, folder)
            drawn = drawn_rows(table, options.out / "rows" / name / OURS)
            if drawn:
                picture = folder / PICTURE.format(name)
                table_figure(table, drawn[0]).savefig(picture, dpi=100)
    page = folder / PAGE
    page.write_text(render(tables), "utf-8")
    print(page)
    return 0


def _measure(table: Table, options: argparse.Namespace, tables: Tables, folder: Path) -> None:
    """Put the figures of arms on a table among the others, and write them at once."""
    rows, seconds = options.out / "rows", options.seconds
    runner = Runner(table, rows.resolve(), options.envs.resolve(), seconds)
    tables["machine"] = options.facts
    tables.setdefault("run", {"seconds": seconds, "hidden": runner.HIDDEN})
    known = tables.setdefault(table.name, {})
    if "real" not in known or not options.new:
        known |= runner.about()
    for arm in options.arms:
        if options.new and arm in known:
            continue
        began, load = time.perf_counter(), os.getloadavg()[0]
        facts = machine.facts()
        if options.judge:
            known[arm] = known.get(arm, {}) | runner.judged(arm, rows / table.name / arm)
        else:
            about = {"commit": options.facts["commit"], "date": facts["date"]}
            known[arm] = runner.run(arm) | about | {"load": round(load, 2), "seconds": seconds}
        write(folder / FILE, tables, ABOUT)
        took = significant(time.perf_counter() - began, 3)
        print(f"{table.name}, {arm}: {_said(known[arm])} ({took:g} s)", file=sys.stderr, flush=True)


def _said(facts: dict[str, Any]) -> str:
    """The figures that matter most, for a look while others are measured."""
    keys = ("classifier", "told", "quality", "nearer", "failed")
    return ", ".join(f"{key} {facts[key]}" for key in keys if key in facts)


if __name__ == "__main__":
    raise SystemExit(main())
