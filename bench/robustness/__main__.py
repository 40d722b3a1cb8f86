"""Measure small and difficult tables: ``python -m bench.robustness``."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from .. import machine
from ..figures import read, write
from ..settings import DATA
from .arms import BASELINES, OURS
from .measure import measured
from .page import render
from .sets import LARGER, SMALL

__all__ = ["main"]

OUT = Path("bench-results/robustness")
PUBLISHED = Path(__file__).resolve().parents[2] / "docs" / "results"
FILE, BEFORE, PAGE = "robustness.toml", "robustness-before.toml", "robustness.md"
ABOUT = (
    "Mean log-likelihoods of test rows in nats: of every split of a small table, of every tenth\n"
    "of the test rows of a larger one. `python -m bench.robustness --render --publish` makes\n"
    "robustness.md of it."
)


def main(arguments: list[str] | None = None) -> int:
    """Measure, and write the table and the page of it."""
    parser = argparse.ArgumentParser(prog="python -m bench.robustness", description=__doc__)
    known = [*SMALL, *LARGER]
    parser.add_argument("names", nargs="*", metavar="SET", help=f"of {', '.join(known)}")
    parser.add_argument("--arms", nargs="+", choices=[*BASELINES, *OURS], metavar="ARM")
    parser.add_argument("--splits", type=int, default=10, metavar="N", help="(%(default)s)")
    parser.add_argument("--before", type=Path, metavar="FILE", help="the table of another version")
    parser.add_argument("--data", type=Path, default=DATA, metavar="DIR", help="folder of SET.npz")
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="(%(default)s)")
    parser.add_argument("--publish", action="store_true", help="write to docs/results instead")
    parser.add_argument("--render", action="store_true", help="only make the page of the table")
    options = parser.parse_args(arguments)
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"there is no set {unknown[0]!r}; there are {', '.join(known)}")
    folder: Path = PUBLISHED if options.publish else options.out
    if not options.render:
        if options.publish and (options.names or options.arms):
            parser.error("--publish replaces the whole table; give neither SET nor --arms with it")
        arms = {name: arm for name, arm in (BASELINES | OURS).items() if _is_asked(name, options)}
        tables = measured(
            options.names or known,
            arms,
            splits=options.splits,
            folder=options.data,
            announce=_announce,
        )
        if options.publish and (absent := [name for name in known if name not in tables]):
            parser.error(f"--publish needs all sets; {options.data} has no {', '.join(absent)}")
        _save(folder / FILE, {"run": {"commit": machine.facts()["commit"]}} | tables)
    if options.before is not None:
        _save(folder / BEFORE, read(options.before))
    older = read(folder / BEFORE) if (folder / BEFORE).exists() else {}
    page = folder / PAGE
    page.write_text(render(read(folder / FILE), older), "utf-8")
    print(page)
    return 0


def _is_asked(name: str, options: argparse.Namespace) -> bool:
    """Whether an arm is to be measured."""
    return options.arms is None or name in options.arms


def _save(path: Path, tables: dict[str, dict[str, Any]]) -> None:
    """Write the table."""
    write(path, tables, ABOUT)


def _announce(name: str, table: dict[str, Any]) -> None:
    """Show what was found on a set."""
    means = (f"{arm} {sum(nats) / len(nats):.3f}" for arm, nats in table["nats"].items())
    print(f"{name}: {', '.join(means)}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
