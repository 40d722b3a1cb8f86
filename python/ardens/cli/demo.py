"""``ardens demo``: the models side by side on handwritten digits, with a picture."""

from __future__ import annotations

import argparse
import os
import time

from ardens import data, demo
from ardens.storage.atomic import replacing

from .arguments import add_threads
from .common import Commands, UsageError, command, note, report, seed
from .common import check_output as check


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(
        commands, "demo", run, "train three models on handwritten digits and draw a picture"
    )
    parser.add_argument(
        "--out",
        metavar="PNG",
        default="ardens-demo.png",
        help="picture to write, replaced if it exists (default: %(default)s)",
    )
    parser.add_argument("--seed", metavar="S", type=seed, default=0, help="seed (default: 0)")
    add_threads(parser)


def run(args: argparse.Namespace) -> None:
    """Train, compare, draw and report."""
    if os.path.splitext(args.out)[1].lower() != ".png":
        raise UsageError(f"--out must end in .png, found {args.out!r}")
    check(args.out, force=True)
    began = time.perf_counter()
    splits = data.digits()
    results = demo.compare(splits, random_state=args.seed, n_jobs=args.n_jobs, announce=note)
    figure = demo.picture(splits, results, random_state=args.seed)
    with replacing(args.out) as stream:
        figure.savefig(stream, format="png")
    seconds = time.perf_counter() - began
    if args.json:
        models = [result.figures() for result in results]
        report(args, {"models": models, "seconds": seconds, "out": args.out})
        return
    print(demo.table(splits, results))
    print(f"\n{args.out}: real and sampled digits, learning curves ({seconds:.0f} s in all)")
