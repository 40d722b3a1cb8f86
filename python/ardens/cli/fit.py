"""``ardens fit``: train a model on a data file and save it."""

from __future__ import annotations

import argparse
import inspect
import math
import os
import sys
import time
from typing import Any

from ardens.checks.options import options_of
from ardens.composites import Mixture
from ardens.models import MODELS
from ardens.tables import TableModel

from .arguments import (
    DEFAULT_MODEL,
    add_learning,
    add_option,
    chosen,
    learning_rows,
    model_options,
)
from .common import (
    Commands,
    UsageError,
    add_output,
    check_inputs,
    check_output,
    command,
    report,
)
from .tables import add_columns, table_model


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(commands, "fit", run, "train a model on DATA and save it")
    parser.epilog = (
        "A table, such as CSV, Parquet or Feather, that holds other things than 0 and 1 is learned "
        "as one, its kinds of columns found by themselves; --model chooses what learns its bits."
    )
    add_learning(parser)
    parser.set_defaults(model=None)
    add_columns(parser)
    add_output(parser, "model.safetensors", "model file to write (default: %(default)s)")
    parser.add_argument(
        "--checkpoint", metavar="FILE", help="file to write as training goes, to go on from it"
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on from the checkpoint, if there is one"
    )
    add_option(parser, "n_members", default=None)
    add_option(parser, "weights", default=None)
    loudness = parser.add_mutually_exclusive_group()
    loudness.add_argument("--verbose", action="store_true", help="show progress; as on a terminal")
    loudness.add_argument("--quiet", action="store_true", help="show no progress")
    options = parser.add_argument_group("options of the model, by default as in Python")
    for name in model_options():
        add_option(options, name)


def run(args: argparse.Namespace) -> None:
    """Train, save and report."""
    default = args.model is None and args.n_members is None
    args.model = args.model or DEFAULT_MODEL
    estimator: Any = MODELS[args.model](**_chosen(args))
    estimator = _mixture(args, estimator)
    try:
        estimator._check_options()
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from error
    check_inputs(args.data, args.valid)
    check_output(args.out, args.force)
    checkpoint = _checkpoint(args)
    binary = estimator.get_params()["binarize"] is None
    rows = learning_rows(args, binary, unknown=_samples_missing(args), table=binary)
    is_table = not hasattr(rows["X"], "dtype") and hasattr(rows["X"], "schema")
    if is_table:
        _check_suits_table(args)
        estimator = table_model(args, None if default else estimator, chosen(args))
    began = time.perf_counter()
    try:
        estimator.fit(**rows, **checkpoint)
    except ValueError as error:
        if "columns={" in str(error):  # which are called otherwise here
            raise ValueError(f"{error}; here by --columns NAME=KIND,...") from error
        raise
    seconds = time.perf_counter() - began
    estimator.save(args.out)
    report(
        args,
        {
            "model": "table" if is_table else args.model,
            "rows": len(rows["X"]),
            "features": estimator.n_features_in_,
            "parameters": estimator.n_parameters_,
            **training_figures(estimator),
            "seconds": seconds,
            "out": args.out,
        },
    )


def _check_suits_table(args: argparse.Namespace) -> None:
    """Refuse what a model of a table has no use for."""
    for flag, value in (("--checkpoint", args.checkpoint), ("--missing", _samples_missing(args))):
        if value:
            raise UsageError(f"{flag} is for rows of 0 and 1, and {args.data} is a table of others")


def _mixture(args: argparse.Namespace, estimator: Any) -> Any:
    """The mixture of such models where one is asked for, else the model itself."""
    if args.n_members is None:
        if args.weights is not None:
            raise UsageError("--weights needs --members")
        return estimator
    if args.checkpoint is not None:
        raise UsageError("--checkpoint is for one model, not for --members")
    if _samples_missing(args):
        raise UsageError("--missing sample is for one model, not for --members")
    options = estimator.get_params(deep=False)
    shared = options_of(Mixture).keys() & options.keys()
    mixture = Mixture(estimator, args.n_members, **{name: options[name] for name in shared})
    if estimator.ordering is not None:
        mixture.orderings = estimator.ordering
    if args.weights is not None:
        mixture.weights = args.weights
    estimator.set_params(binarize=None)
    return mixture


def _samples_missing(args: argparse.Namespace) -> bool:
    """Whether rows with missing cells are learned from."""
    return getattr(args, "missing", None) == "sample"


def training_figures(estimator: Any) -> dict[str, Any]:
    """What a fitted model remembers of its training; of one made of parameters, its codes alone.

    The nats of a table's model are those of its bits, without what is beside them.
    """
    if isinstance(estimator, TableModel):
        own = {} if estimator.estimator_ is None else training_figures(estimator.estimator_)
        return {f"bits_{key}" if key.endswith("nats") else key: own[key] for key in own}
    if estimator is None:  # of a table all of whose columns are constant
        return {}
    figures: dict[str, Any] = {}
    if (codes := getattr(estimator, "codes_", None)) is not None:
        figures["codes"] = f"{codes.n_columns} columns of {codes.n_bits} bits"
    history = estimator.history_
    if not history.get("epoch"):
        return figures | ({"valid_nats": history["valid"][-1]} if history.get("valid") else {})
    best = estimator.best_epoch_
    if "max_epochs" in estimator.get_params():
        figures |= {"epochs": int(history["epoch"][-1]), "best_epoch": best}
    if best > 0:  # no figure of an epoch is that of the start
        if not math.isnan(penalty := history.get("penalty", [math.nan] * best)[best - 1]):
            figures["penalty"] = float(penalty)
        figures["train_nats"] = float(history["train"][best - 1])
        if not math.isnan(history["valid"][best - 1]):
            figures["valid_nats"] = float(history["valid"][best - 1])
    return figures


def _checkpoint(args: argparse.Namespace) -> dict[str, Any]:
    """What `fit` is told of checkpoints."""
    path = args.checkpoint
    if path is None:
        if args.resume:
            raise UsageError("--resume needs --checkpoint FILE")
        return {}
    if "checkpoint" not in inspect.signature(MODELS[args.model].fit).parameters:
        raise UsageError(f"--checkpoint is not an option of --model {args.model}")
    if os.path.realpath(path) == os.path.realpath(args.out):
        raise UsageError(f"--checkpoint and --out are both {path}")
    if os.path.exists(path) and not args.resume:
        raise UsageError(f"{path} exists; --resume goes on from it")
    return {"checkpoint": path, "resume": args.resume}


def _chosen(args: argparse.Namespace) -> dict[str, Any]:
    """The options of the model, and whether it is to show progress."""
    options = chosen(args)
    if "verbose" in options_of(MODELS[args.model]):
        on_terminal = sys.stderr is not None and sys.stderr.isatty()
        options["verbose"] = args.verbose or (on_terminal and not args.quiet)
    return options
