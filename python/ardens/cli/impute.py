"""``ardens impute``: fill the missing cells of a data file by draws from a saved model."""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np

from ardens.tables import TableModel

from .answers import ENDINGS, check_format, rows_written
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
    UsageError,
    add_output,
    check_inputs,
    check_output,
    command,
    positive,
    report,
)
from .rows import add_split, asked_rows, in_blocks
from .tables import asked_table


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
    add_output(parser, "-", f"{', '.join(ENDINGS)} file, or - for text (the default)")
    add_threads(parser)


def run(args: argparse.Namespace) -> None:
    """Fill, write and report."""
    to_file = args.out != "-"
    check_format(args.out)
    check_inputs(args.model, args.data)
    if to_file:
        check_output(args.out, args.force)
    model = loaded(args)
    is_table = isinstance(model, TableModel)
    if is_table and args.draws > 1:
        raise UsageError("--draws is for rows of 0 and 1; give tables another --seed for each draw")
    X, _ = asked_table(args, model) if is_table else asked_rows(args, model, unknown=True)
    seed, n_particles = seed_of(args), particles_of(args)
    began = time.perf_counter()
    rows, n_features = X.shape

    def fill(piece: slice) -> Any:
        how = {"random_state": seed, "start": piece.start, "n_particles": n_particles}
        if is_table:
            return model.impute(X.slice(piece.start, piece.stop - piece.start), **how)
        filled = model.impute(X[piece], n_draws=args.draws, **how)
        return np.ascontiguousarray(filled.swapaxes(0, 1)).reshape(-1, n_features)

    with rows_written(args.out, args.json, model, (rows * args.draws, n_features)) as put:
        values = n_features * max(args.draws, n_particles)
        for block in in_blocks(rows, values, args.data, fill):
            put(block)
    if to_file:
        report(
            args,
            {
                "rows": rows,
                "features": n_features,
                "filled_cells": _missing(X, is_table),
                "draws": args.draws,
                "particles": n_particles,
                "seed": seed,
                "seconds": time.perf_counter() - began,
                "out": args.out,
            },
        )


def _missing(X: Any, is_table: bool) -> int:
    """How many cells have no value."""
    if is_table:
        return sum(column.null_count for column in X.columns)
    return int(X.size - X.count())
