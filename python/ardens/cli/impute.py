"""``ardens impute``: fill the missing cells of a data file by draws from a saved model."""

from __future__ import annotations

import argparse
import time

import numpy as np

from .arguments import (
    add_data,
    add_model_file,
    add_particles,
    add_seed,
    add_threads,
    loaded,
    particles_of,
    seed_of,
)
from .common import (
    Commands,
    add_output,
    check_inputs,
    check_output,
    command,
    positive,
    report,
)
from .rows import add_split, asked_rows, in_blocks
from .writing import FORMATS, Block, format_of, written


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    summary = "fill the missing cells of DATA by draws from MODEL, given the known ones"
    parser = command(commands, "impute", run, summary)
    add_model_file(parser)
    add_data(parser)
    add_split(parser)
    parser.add_argument(
        "--draws",
        metavar="N",
        type=positive,
        default=1,
        help="fill every row N times; its N rows come one after the other (default: 1)",
    )
    add_seed(parser)
    add_particles(parser)
    add_output(parser, "-", f"{', '.join(FORMATS)} file, or - for text (the default)")
    add_threads(parser)


def run(args: argparse.Namespace) -> None:
    """Fill, write and report."""
    to_file = args.out != "-"
    layout = format_of(args.out, args.json)
    check_inputs(args.model, args.data)
    if to_file:
        check_output(args.out, args.force)
    model = loaded(args)
    X, _ = asked_rows(args, model, unknown=True)
    seed, n_particles = seed_of(args), particles_of(args)
    began = time.perf_counter()
    rows, n_features = X.shape

    def fill(piece: slice) -> Block:
        filled = model.impute(
            X[piece],
            n_draws=args.draws,
            random_state=seed,
            start=piece.start,
            n_particles=n_particles,
        )
        return np.ascontiguousarray(filled.swapaxes(0, 1)).reshape(-1, n_features)

    names = getattr(model, "feature_names_in_", None)
    with written(args.out, layout, (rows * args.draws, n_features), names) as put:
        values = n_features * max(args.draws, n_particles)
        for block in in_blocks(rows, values, args.data, fill):
            put(block)
    if to_file:
        report(
            args,
            {
                "rows": rows,
                "features": n_features,
                "filled_cells": int(X.size - X.count()),
                "draws": args.draws,
                "particles": n_particles,
                "seed": seed,
                "seconds": time.perf_counter() - began,
                "out": args.out,
            },
        )
