"""One command for the whole comparison: ``python -m bench``.

Table, page and pictures go to an untracked folder; ``--publish`` writes those in docs/benchmarks.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

from . import machine
from .figures import Tables, read, write
from .report import write_page
from .results import ABOUT, FILE, facts_of, merged, run_of
from .sections import SECTIONS
from .settings import DATA, FULL, QUICK, Settings
from .suite import Suite

__all__ = ["main"]

OUT = Path("bench-results/speed")
PUBLISHED = Path(__file__).resolve().parents[1] / "docs" / "benchmarks"


def settings_of(options: argparse.Namespace) -> Settings:
    """Turn the command line into settings; sizes follow a given model."""
    settings = QUICK if options.quick else FULL
    folder = options.data if options.data is not None or not DATA.exists() else DATA
    threads = options.threads or machine.cores()
    settings = replace(settings, data=folder, model=options.model, threads=threads)
    if options.rounds:
        settings = replace(
            settings,
            effort=replace(settings.effort, rounds=options.rounds),
            light=replace(settings.light, rounds=options.rounds),
        )
    if options.model is not None:
        import ardens

        model = ardens.load(options.model)
        hidden = getattr(model, "n_hidden", settings.d)
        settings = replace(settings, n=model.n_features_in_, d=hidden)
    return settings


def main(arguments: list[str] | None = None) -> int:
    """Measure, and write the table and the page of it; targets that are missed are no failure."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help="(%(default)s)")
    parser.add_argument("--publish", action="store_true", help="write to docs/benchmarks instead")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder of binarized_mnist.npz")
    parser.add_argument("--model", type=Path, metavar="FILE", help="a fitted NADE to use")
    parser.add_argument("--quick", action="store_true", help="small sizes, under a minute")
    parser.add_argument("--rounds", type=int, metavar="N", help="interleaved rounds")
    parser.add_argument("--threads", type=int, metavar="N", help="threads of every arm")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, metavar="SECTION")
    parser.add_argument("--render", action="store_true", help="only make the page of the table")
    options = parser.parse_args(arguments)
    if options.publish and options.quick:
        parser.error("a quick run shows that everything works; it is not for publishing")
    settings = settings_of(options)
    old = read(PUBLISHED / FILE) if options.publish and options.only else None
    if old is not None and old["run"] != run_of(settings):
        parser.error(f"sections among others need their settings, {old['run']}")
    began = time.perf_counter()
    folder: Path = PUBLISHED if options.publish else options.out
    if not options.render:
        write(folder / FILE, measured(settings, options.only or list(SECTIONS), old), ABOUT)
    print(f"{write_page(folder)}, after {time.perf_counter() - began:.0f} s")
    return 0


def measured(settings: Settings, names: list[str], old: Tables | None) -> Tables:
    """Measure sections; they take the place of those in an older table, if there is one."""
    facts = machine.facts()
    with Suite(settings) as suite:
        parts = {name: SECTIONS[name].measure(suite) for name in names}
        tables = facts_of(suite, facts) | parts
    if old is None:
        return tables
    model = " --model FILE" if settings.model else ""
    command = f"python -m bench{model} --rounds {settings.effort.rounds} --only {' '.join(names)}"
    return merged(old, tables, names, command)


if __name__ == "__main__":
    raise SystemExit(main())
