"""``ardens score``: how probable the rows of a data file are under a saved model."""

from __future__ import annotations

import argparse
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ardens.checks.weights import Weights, mean, row_weights, standard_error
from ardens.models.marginals import RELIABLE
from ardens.progress import progress
from ardens.tables import TableModel

from .answers import rows_written
from .arguments import (
    add_data,
    add_model_file,
    add_particles,
    add_threads,
    add_weights,
    loaded,
    particles_of,
)
from .common import Commands, UsageError, check_inputs, command, report, seed
from .rows import add_split, asked_rows, in_blocks
from .tables import asked_table

Array = NDArray[np.float64]


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(commands, "score", run, "print the mean log-likelihood of DATA under MODEL")
    add_model_file(parser)
    add_data(parser)
    add_split(parser)
    parser.add_argument(
        "--per-row",
        action="store_true",
        help="print the log-probability of every row, in nats; with --marginal, its standard error "
        "behind a comma",
    )
    parser.add_argument(
        "--marginal",
        action="store_true",
        help="cells may be missing; score what is known of every row",
    )
    parser.add_argument(
        "--explain",
        action="store_true",
        help="print how surprising each cell of a table is, given all others of its row, in nats",
    )
    add_particles(parser)
    parser.add_argument("--seed", metavar="S", type=seed, help="seed of particles (default: 0)")
    add_weights(parser)
    add_threads(parser)


def run(args: argparse.Namespace) -> None:
    """Score and report."""
    for flag, value in (("--particles", args.particles), ("--seed", args.seed)):
        if value is not None and not args.marginal:
            raise UsageError(f"{flag} needs --marginal")
    if args.explain and (args.marginal or args.per_row):
        raise UsageError("--explain is of whole rows, and prints cells: no --marginal, --per-row")
    check_inputs(args.model, args.data)
    model = loaded(args)
    if isinstance(model, TableModel):
        (_explain_table if args.explain else _score_table)(args, model)
        return
    if args.explain:
        raise UsageError(f"--explain needs a model of a table, and {args.model} is of bits")
    X, sample_weight = asked_rows(
        args, model, unknown=args.marginal, weight_column=args.sample_weight
    )
    weights = row_weights(sample_weight, len(X))
    nats, error = _scores(args, model, X)
    told = {"log_prob": nats} if error is None else {"log_marginal": nats, "error": error}
    if args.per_row and not args.json:
        for row in zip(*(column.tolist() for column in told.values()), strict=True):
            print(*row, sep=",")
        return
    known = np.ma.count(X, axis=1) if args.marginal else np.full(len(X), X.shape[1])
    figures = _figures(nats, error, known, weights)
    if args.per_row:
        figures |= {name: column.tolist() for name, column in told.items()}
    report(args, figures)


def _asking(args: argparse.Namespace) -> dict[str, Any]:
    """How marginals are asked for."""
    return {"n_particles": particles_of(args), "random_state": args.seed or 0}


def _explain_table(args: argparse.Namespace, model: TableModel) -> None:
    """Print how surprising each cell is."""
    X, _ = asked_table(args, model, args.sample_weight)
    columns = model.columns_.values()
    scorings = sum(told.bits for told in columns) * sum(told.leaves for told in columns)

    def explain(piece: slice) -> Any:
        return model.cell_surprise(X.slice(piece.start, piece.stop - piece.start))

    with rows_written("-", args.json, model, (X.num_rows, len(columns))) as put:
        for block in in_blocks(X.num_rows, max(1, scorings), args.data, explain):
            put(block)


def _score_table(args: argparse.Namespace, model: TableModel) -> None:
    """Score the rows of a table, and report."""
    X, weights = asked_table(args, model, args.sample_weight)
    nats = np.empty(X.num_rows)

    def score(piece: slice) -> int:
        some = X.slice(piece.start, piece.stop - piece.start)
        if args.marginal:
            nats[piece] = model.log_marginal(some, **_asking(args))
        else:
            nats[piece] = model.score_samples(some)
        return int(piece.stop)

    bits = sum(told.bits for told in model.columns_.values())
    with progress(X.num_rows, "row", lines=False) as report_rows:
        for done in in_blocks(X.num_rows, max(1, bits), args.data, score):
            report_rows(done)
    if args.per_row and not args.json:
        print(*nats.tolist(), sep="\n")
        return
    name = "log_marginal" if args.marginal else "log_prob"
    known = np.ones(len(nats), np.intp)  # of which bits per dimension are left out
    figures = _figures(nats, None, known, weights)
    del figures["bits_per_dimension"]
    report(args, figures | ({name: nats.tolist()} if args.per_row else {}))


def _scores(args: argparse.Namespace, model: Any, X: Any) -> tuple[Array, Array | None]:
    """Score the rows, a block at a time, which no result depends on; with errors of marginals."""
    rows, n_features = X.shape
    n_particles = particles_of(args)
    how = _asking(args) | {"return_error": True}
    nats, error = np.empty(rows), np.zeros(rows) if args.marginal else None

    def score(piece: slice) -> int:
        if error is None:
            nats[piece] = model.score_samples(X[piece])
        else:
            nats[piece], error[piece] = model.log_marginal(X[piece], **how)
        return int(piece.stop)

    values = n_features * (n_particles if args.marginal else 1)
    with progress(rows, "row", lines=False) as report_rows:
        for done in in_blocks(rows, values, args.data, score):
            report_rows(done)
    return nats, error


def _figures(
    nats: Array, error: Array | None, known: NDArray[np.intp], weights: Weights | None
) -> dict[str, Any]:
    """The mean and its error, in nats and bits; rows of weight 0 are as if absent."""
    if weights is not None:
        there = weights > 0
        nats, known, weights = nats[there], known[there], weights[there]
        error = None if error is None else error[there]
    rows, average, cells = len(nats), mean(nats, weights), mean(known.astype(float), weights)
    impossible = int(np.isneginf(nats).sum())
    of_mean = math.nan if impossible or rows < 2 else standard_error(nats, weights)
    bits = -average / (cells * math.log(2)) if cells else math.nan
    figures = {"mean_nats": average, "standard_error": of_mean}
    if error is None:
        figures |= {"bits_per_dimension": bits, "rows": rows}
    else:
        figures |= {
            "estimation_error": _estimation_error(nats, error, weights),
            "bits_per_known_cell": bits,
            "known_cells": int(known.sum()),
            "rows": rows,
            "exact_rows": int((error == 0).sum()),
            "unreliable_rows": int((error > RELIABLE).sum()),
        }
    return figures | ({"rows_of_probability_0": impossible} if impossible else {})


def _estimation_error(nats: Array, error: Array, weights: Weights | None) -> float:
    """What the errors of rows are together, in their mean; equal rows have one and the same."""
    weights = np.ones(len(nats)) if weights is None else weights
    _, row = np.unique(nats, return_inverse=True)
    shared = np.bincount(row, weights * error)
    return float(np.sqrt(np.sum(shared**2)) / np.sum(weights))
