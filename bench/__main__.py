"""One command for the whole comparison: ``python -m bench``."""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

from . import machine
from .report import write
from .section import Section
from .sections import SECTIONS
from .settings import DATA, FULL, QUICK, Settings
from .suite import Suite

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
    options = parser.parse_args(arguments)
    began = time.perf_counter()
    facts = machine.facts()
    sections: dict[str, Section] = {}
    with Suite(settings_of(options)) as suite:
        for name in options.only or SECTIONS:
            sections[name] = SECTIONS[name](suite)
        report = write(options.out, suite, sections, facts)
    print(f"{report}, after {time.perf_counter() - began:.0f} s")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
