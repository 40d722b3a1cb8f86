"""``ardens fit``: train a model on a data file and save it."""

from __future__ import annotations

import argparse
import inspect
import math
import sys
import time
from dataclasses import dataclass
from typing import Any

from ardens import data
from ardens.models import MODELS

from .common import Commands, UsageError, add_output, check_output, command, positive, report, seed

_DEFAULT_MODEL = "nade"


@dataclass(frozen=True)
class _Option:
    """A flag and the estimator's option that it sets."""

    flag: str
    name: str
    type: Any
    metavar: str
    help: str


_OPTIONS = (
    _Option("--hidden", "n_hidden", positive, "N", "hidden units"),
    _Option("--ordering", "ordering", str, "NAME", "order of the columns, such as random"),
    _Option("--coding", "coding", str, "NAME", "majority: turn over columns of mostly ones"),
    _Option("--binarize", "binarize", float, "T", "count values above T as 1, others as 0"),
    _Option("--alpha", "alpha", float, "A", "additive smoothing"),
    _Option("--optimizer", "optimizer", str, "NAME", "sgd, rmsprop or adam"),
    _Option("--learning-rate", "learning_rate", float, "R", "learning rate"),
    _Option("--batch-size", "batch_size", positive, "N", "rows of a gradient step"),
    _Option("--epochs", "max_epochs", positive, "N", "passes over the data at most"),
    _Option("--patience", "patience", positive, "N", "epochs to wait for better validation nats"),
    _Option("--weight-decay", "weight_decay", float, "D", "decay of the weights towards 0"),
    _Option(
        "--validation-fraction", "validation_fraction", float, "F", "part of the rows held out"
    ),
    _Option("--seed", "random_state", seed, "S", "seed of start, split and shuffling"),
    _Option("--threads", "n_jobs", positive, "N", "threads; the result does not depend on them"),
)


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(commands, "fit", run, "train a model on DATA and save it")
    parser.add_argument("data", metavar="DATA", help=".npz, .npy or text file, or - for text")
    parser.add_argument(
        "--model", choices=MODELS, default=_DEFAULT_MODEL, help="model (default: %(default)s)"
    )
    add_output(parser, "model.safetensors", "model file to write (default: %(default)s)")
    parser.add_argument("--valid", metavar="FILE", help="validation rows, where DATA has none")
    loudness = parser.add_mutually_exclusive_group()
    loudness.add_argument("--verbose", action="store_true", help="show progress; as on a terminal")
    loudness.add_argument("--quiet", action="store_true", help="show no progress")
    options = parser.add_argument_group("options of the model, by default as in Python")
    for option in _OPTIONS:
        options.add_argument(
            option.flag,
            dest=option.name,
            metavar=option.metavar,
            type=option.type,
            default=argparse.SUPPRESS,
            help=option.help + _models_with(option.name),
        )


def run(args: argparse.Namespace) -> None:
    """Train, save and report."""
    estimator = MODELS[args.model](**_chosen(args))
    try:
        estimator._check_options()
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from error
    check_output(args.out, args.force)
    binary = estimator.get_params()["binarize"] is None
    X, X_valid = _rows(args, binary)
    began = time.perf_counter()
    estimator.fit(X, X_valid=X_valid)
    seconds = time.perf_counter() - began
    estimator.save(args.out)
    report(
        args,
        {
            "model": args.model,
            "rows": len(X),
            "features": estimator.n_features_in_,
            "parameters": estimator.n_parameters_,
            **training_figures(estimator),
            "seconds": seconds,
            "out": args.out,
        },
    )


def training_figures(estimator: Any) -> dict[str, Any]:
    """What a fitted model remembers of its training; nothing where it was made of parameters."""
    history = estimator.history_
    if not history.get("epoch"):
        return {}
    best = estimator.best_epoch_
    figures: dict[str, Any] = {}
    if "max_epochs" in estimator.get_params():
        figures |= {"epochs": int(history["epoch"][-1]), "best_epoch": best}
    if best > 0:  # no figure of an epoch is that of the start
        figures["train_nats"] = float(history["train"][best - 1])
        if not math.isnan(history["valid"][best - 1]):
            figures["valid_nats"] = float(history["valid"][best - 1])
    return figures


def _models_with(name: str) -> str:
    """The models that have the option, where not all do."""
    having = [key for key, model in MODELS.items() if name in _options_of(model)]
    return "" if len(having) == len(MODELS) else f" [{', '.join(having)}]"


def _options_of(model: Any) -> frozenset[str]:
    return frozenset(inspect.signature(model).parameters)


def _chosen(args: argparse.Namespace) -> dict[str, Any]:
    """The estimator's options that the command line gives; all others stay the estimator's."""
    accepted = _options_of(MODELS[args.model])
    chosen: dict[str, Any] = {}
    for option in _OPTIONS:
        if option.name not in vars(args):
            continue
        if option.name not in accepted:
            raise UsageError(f"{option.flag} is not an option of --model {args.model}")
        chosen[option.name] = getattr(args, option.name)
    if "verbose" in accepted:
        on_terminal = sys.stderr is not None and sys.stderr.isatty()
        chosen["verbose"] = args.verbose or (on_terminal and not args.quiet)
    return chosen


def _rows(args: argparse.Namespace, binary: bool) -> tuple[Any, Any]:
    """The training rows, and the validation rows or None."""
    splits = data.read(args.data, binary=binary, only=("train", "valid"))
    X = splits.get("train", splits.get(data.SINGLE))
    if X is None:
        raise ValueError(f"{args.data}: expected an array 'train', found {', '.join(splits)}")
    if args.valid is None:
        return X, splits.get("valid")
    held_out = data.read(args.valid, binary=binary, only=("valid",))
    return X, next(iter(held_out.values()))
