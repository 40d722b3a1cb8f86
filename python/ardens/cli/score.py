"""``ardens score``: how probable the rows of a data file are under a saved model."""

from __future__ import annotations

import argparse
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ardens import data
from ardens.checks.rows import binary_matrix
from ardens.checks.weights import Weights, mean, row_weights, standard_error
from ardens.progress import progress

from .arguments import add_data, add_model_file, add_threads, add_weights, loaded
from .common import Commands, check_inputs, command, report

_DEFAULT_SPLIT = "test"
_BLOCK = 1 << 24  # values that are scored at a time, between two looks at the progress


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(commands, "score", run, "print the mean log-likelihood of DATA under MODEL")
    add_model_file(parser)
    add_data(parser)
    parser.add_argument(
        "--split",
        choices=data.SPLITS,
        help=f"array of an .npz file with several (default: {_DEFAULT_SPLIT})",
    )
    parser.add_argument(
        "--per-row", action="store_true", help="print the log-probability of every row, in nats"
    )
    add_weights(parser)
    add_threads(parser)


def run(args: argparse.Namespace) -> None:
    """Score and report."""
    check_inputs(args.model, args.data)
    model = loaded(args)
    X, sample_weight = _rows(args, model)
    weights = row_weights(sample_weight, len(X))
    log_prob = _log_prob(model, X, args.data)
    if args.per_row and not args.json:
        for value in log_prob.tolist():
            print(value)
        return
    figures = _figures(log_prob, weights, X.shape[1])
    if args.per_row:
        figures["log_prob"] = log_prob.tolist()
    report(args, figures)


def _log_prob(model: Any, X: Any, name: str) -> NDArray[np.float64]:
    """Score the rows, a block at a time; no result depends on the blocks."""
    binarize = model.get_params()["binarize"]
    rows = binary_matrix(X, binarize=binarize, name=name)  # so that errors count rows of the file
    model.set_params(binarize=None)
    log_prob = np.empty(len(rows))
    step = max(1, _BLOCK // rows.shape[1])
    with progress(len(rows), "row", lines=False) as report_rows:
        for first in range(0, len(rows), step):
            block = rows[first : first + step]
            log_prob[first : first + step] = model.score_samples(block)
            report_rows(first + len(block))
    return log_prob


def _figures(
    log_prob: NDArray[np.float64], weights: Weights | None, n_features: int
) -> dict[str, Any]:
    """The mean and its error, in nats and bits; rows of weight 0 are as if absent."""
    if weights is not None:
        log_prob, weights = log_prob[weights > 0], weights[weights > 0]
    rows = len(log_prob)
    impossible = int(np.isneginf(log_prob).sum())
    nats = mean(log_prob, weights)
    error = math.nan if impossible or rows < 2 else standard_error(log_prob, weights)
    return {
        "mean_nats": nats,
        "standard_error": error,
        "bits_per_dimension": -nats / (n_features * math.log(2)),
        "rows": rows,
        **({"rows_of_probability_0": impossible} if impossible else {}),
    }


def _rows(args: argparse.Namespace, model: Any) -> tuple[Any, Any]:
    """The rows of the split that is asked for, as many columns as the model has; their weights."""
    split = args.split or _DEFAULT_SPLIT
    splits = data.read(
        args.data,
        binary=model.get_params()["binarize"] is None,
        only=(split,),
        n_features=int(model.n_features_in_),
        as_in=args.model,
        weight_column=args.sample_weight,
    )
    if args.split is not None and split not in splits:
        found = ", ".join(splits).replace(data.SINGLE, "only one, unnamed")
        raise ValueError(f"{args.data}: expected an array {split!r}, found {found}")
    X, sample_weight = [*splits.values(), None][:2]
    if X is None or not len(X):
        raise ValueError(f"{args.data}: expected rows to score, found none")
    return X, sample_weight
