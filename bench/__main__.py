"""One command for the whole comparison: ``python -m bench``."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

from . import machine
from .report import write_page
from .results import ABOUT, FILE, facts_of
from .sections import SECTIONS
from .settings import DATA, FULL, QUICK, Settings
from .suite import Suite
from .tables import Tables, write

__all__ = ["main"]


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
    """Measure, and write the report.

    Parameters
    ----------
    arguments : list of str, optional
        The command line.

    Returns
    -------
    int
        0; targets that are missed are in the report.
    """
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/benchmarks"), metavar="DIR")
    parser.add_argument("--data", type=Path, metavar="DIR", help="folder of binarized_mnist.npz")
    parser.add_argument("--model", type=Path, metavar="FILE", help="a fitted NADE to use")
    parser.add_argument("--quick", action="store_true", help="small sizes, under a minute")
    parser.add_argument("--rounds", type=int, metavar="N", help="interleaved rounds")
    parser.add_argument("--threads", type=int, metavar="N", help="threads of every arm")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, metavar="SECTION")
    parser.add_argument("--render", action="store_true", help="only make the page of the table")
    options = parser.parse_args(arguments)
    began = time.perf_counter()
    if not options.render:
        write(options.out / FILE, measured(settings_of(options), options.only), ABOUT)
    print(f"{write_page(options.out)}, after {time.perf_counter() - began:.0f} s")
    return 0


def measured(settings: Settings, only: list[str] | None) -> Tables:
    """Measure the sections, all unless some are named; the table of the run."""
    facts = machine.facts()
    with Suite(settings) as suite:
        parts = {name: SECTIONS[name].measure(suite) for name in only or SECTIONS}
        return facts_of(suite, facts) | parts


if __name__ == "__main__":
    raise SystemExit(main())
