"""Measure the answers for rows of which cells are unknown: ``python -m bench.questions``."""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from .. import machine
from ..figures import read, significant, write
from ..settings import DATA
from .measure import PARTS
from .page import render
from .pictures import halves_figure, particles_figure
from .sizes import FULL, QUICK, absent
from .verify import verified

__all__ = ["main"]

OUT = Path("bench-results/questions")
PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / "results"
FILE, PAGE, PARTICLES, HALVES = (
    f"questions{end}" for end in (".toml", ".md", ".particles.png", ".halves.png")
)
ABOUT = (
    "Seconds of every round, figures by number of particles, nats of every tenth of the rows.\n"
    "`python -m bench.questions --render --publish` makes questions.md of it."
)


def main(arguments: list[str] | None = None) -> int:
    """Verify, measure, and write the table, its page and the pictures."""
    parser = argparse.ArgumentParser(prog="python -m bench.questions", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}")
    parser.add_argument("--quick", action="store_true", help="small sizes, on digits alone")
    parser.add_argument("--data", type=Path, default=DATA, metavar="DIR", help="folder of SET.npz")
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="(%(default)s)")
    parser.add_argument("--publish", action="store_true", help="write to docs/results instead")
    parser.add_argument("--render", action="store_true", help="only make the page of the table")
    options = parser.parse_args(arguments)
    if unknown := [part for part in options.parts if part not in PARTS]:
        parser.error(f"there is no part {unknown[0]!r}; there are {', '.join(PARTS)}")
    if options.publish and options.quick:
        parser.error("--publish wants the full sizes; give no --quick with it")
    folder: Path = PUBLISHED if options.publish else options.out
    folder.mkdir(parents=True, exist_ok=True)
    sizes, path = QUICK if options.quick else FULL, folder / FILE
    if not options.render:
        if options.publish and (lacking := absent(sizes, options.data)):
            parser.error(f"--publish needs all sets; {options.data} has no {', '.join(lacking)}")
        facts = machine.facts()
        tables: dict[str, dict[str, Any]] = {"machine": facts, "verified": verified()}
        if options.parts and path.exists():  # parts that are not measured again stay
            tables = read(path) | tables
        for part in options.parts or PARTS:
            began = time.perf_counter()
            tables[part] = PARTS[part](sizes, options.data, options.out)
            about = {"seconds": significant(time.perf_counter() - began, 3)}
            about |= {fact: facts[fact] for fact in ("commit", "date", "load")}
            tables.setdefault("measured", {})[part] = about
            print(f"{part}: {about['seconds']:g} s", flush=True)
            write(path, tables, ABOUT)
        halves = halves_figure(sizes, options.data, options.out)
        if halves is not None:
            halves.savefig(folder / HALVES, dpi=130, bbox_inches="tight")
    tables = read(path)
    if tables.get("estimates"):
        particles_figure(tables["estimates"]).savefig(folder / PARTICLES)
    page = folder / PAGE
    page.write_text(render(tables), "utf-8")
    print(page)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
