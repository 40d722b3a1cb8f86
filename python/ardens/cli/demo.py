"""``ardens demo``: models side by side on handwritten digits, and one of a table of wines."""

from __future__ import annotations

import argparse
import os
import time

from ardens import data, demo, plotting
from ardens.storage.atomic import replacing

from .arguments import add_threads
from .common import Commands, UsageError, command, note, report, seed
from .common import check_output as check


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(
        commands, "demo", run, "train models on handwritten digits and a table, and draw them"
    )
    parser.add_argument(
        "--out",
        metavar="PNG",
        default="ardens-demo.png",
        help="picture to write, and one of a table beside it (NAME-table.png); replaced if they "
        "exist (default: %(default)s)",
    )
    parser.add_argument("--seed", metavar="S", type=seed, default=0, help="seed (default: 0)")
    add_threads(parser)


def run(args: argparse.Namespace) -> None:
    """Train, compare, draw and report."""
    if os.path.splitext(args.out)[1].lower() != ".png":
        raise UsageError(f"--out must end in .png, found {args.out!r}")
    beside = args.out[:-4] + "-table.png"
    for path in (args.out, beside):
        check(path, force=True)
    began = time.perf_counter()
    splits = data.digits()
    results = demo.compare(splits, random_state=args.seed, n_jobs=args.n_jobs, announce=note)
    figure = demo.picture(splits, results, random_state=args.seed)
    note("learning a table of wines")
    wines = demo.learn_table(data.wines(), random_state=args.seed, n_jobs=args.n_jobs)
    bars = plotting.ComparisonDisplay(wines.comparison).plot().figure_
    for path, drawn in ((args.out, figure), (beside, bars)):
        with replacing(path) as stream:
            drawn.savefig(stream, format="png")
    seconds = time.perf_counter() - began
    if args.json:
        models = [result.figures() for result in results]
        told = {"models": models, "table": wines.figures(), "seconds": seconds}
        report(args, told | {"out": args.out, "table_out": beside})
        return
    print(demo.table(splits, results))
    print(
        f"\n{wines.held_out} wines held out of {wines.learned + wines.held_out}: "
        f"{wines.mean_nats:.2f} nats, {wines.growers:.0%} of their growers told; {wines.learned} "
        f"drawn ones are told from real ones with AUC {wines.comparison.told_apart:.2f} "
        f"({wines.seconds:.1f} s)"
    )
    print(f"\n{args.out}: real and sampled digits, learning curves; {beside}: real and drawn wines")
    print(f"{seconds:.0f} s in all")
