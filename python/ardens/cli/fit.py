"""``ardens fit``: train a model on a data file and save it."""

from __future__ import annotations

import argparse
import inspect
import math
import os
import sys
import time
from dataclasses import dataclass
from typing import Any

from ardens import data
from ardens.models import MODELS, Mixture
from ardens.orderings import NAMES

from .common import Commands, UsageError, add_output, check_output, command, positive, report, seed

_DEFAULT_MODEL = "nade"


@dataclass(frozen=True)
class _Option:
    """A flag and the estimator's option that it sets; without a type it sets it to True."""

    flag: str
    name: str
    type: Any
    metavar: str
    help: str


_OPTIONS = (
    _Option("--hidden", "n_hidden", positive, "N", "hidden units"),
    _Option("--activation", "activation", str, "NAME", "sigmoid, tanh or relu"),
    _Option("--direct", "direct", None, "", "weights from inputs to logits as well"),
    _Option("--tied", "tied", None, "", "the same weights into and out of the hidden units"),
    _Option("--start", "start", str, "NAME", "random, or fvsbn with direct weights"),
    _Option("--ordering", "ordering", str, "NAME", f"order of the columns: {', '.join(NAMES)}"),
    _Option("--coding", "coding", str, "NAME", "majority: turn over columns of mostly ones"),
    _Option("--binarize", "binarize", float, "T", "count values above T as 1, others as 0"),
    _Option("--alpha", "alpha", float, "A", "additive smoothing"),
    _Option("--solver", "solver", str, "NAME", "convex or stochastic"),
    _Option("--penalty", "penalty", float, "P", "weight of the penalty; chosen by validation"),
    _Option("--l1-ratio", "l1_ratio", float, "R", "1 for the lasso, 0 for ridge, or between"),
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
    parser.add_argument(
        "--checkpoint", metavar="FILE", help="file to write as training goes, to go on from it"
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on from the checkpoint, if there is one"
    )
    parser.add_argument(
        "--members", metavar="K", type=positive, help="train K of them, and save their mixture"
    )
    parser.add_argument(
        "--weights",
        choices=("equal", "learned"),
        help="weights of the members: learned from the validation rows, or equal (the default)",
    )
    loudness = parser.add_mutually_exclusive_group()
    loudness.add_argument("--verbose", action="store_true", help="show progress; as on a terminal")
    loudness.add_argument("--quiet", action="store_true", help="show no progress")
    options = parser.add_argument_group("options of the model, by default as in Python")
    for option in _OPTIONS:
        value: dict[str, Any] = {"metavar": option.metavar, "type": option.type}
        options.add_argument(
            option.flag,
            dest=option.name,
            default=argparse.SUPPRESS,
            help=option.help + _models_with(option.name),
            **(value if option.type else {"action": "store_true"}),
        )


def run(args: argparse.Namespace) -> None:
    """Train, save and report."""
    estimator: Any = MODELS[args.model](**_chosen(args))
    estimator = _mixture(args, estimator)
    try:
        estimator._check_options()
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from error
    check_output(args.out, args.force)
    checkpoint = _checkpoint(args)
    binary = estimator.get_params()["binarize"] is None
    X, X_valid = learning_rows(args, binary)
    began = time.perf_counter()
    estimator.fit(X, X_valid=X_valid, **checkpoint)
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


def _mixture(args: argparse.Namespace, estimator: Any) -> Any:
    """The mixture of such models where one is asked for, else the model itself."""
    if args.members is None:
        if args.weights is not None:
            raise UsageError("--weights needs --members")
        return estimator
    if args.checkpoint is not None:
        raise UsageError("--checkpoint is for one model, not for --members")
    options = estimator.get_params(deep=False)
    shared = _options_of(Mixture) & set(options)
    mixture = Mixture(estimator, args.members, **{name: options[name] for name in shared})
    if estimator.ordering is not None:
        mixture.orderings = estimator.ordering
    if args.weights is not None:
        mixture.weights = args.weights
    estimator.set_params(binarize=None)
    return mixture


def training_figures(estimator: Any) -> dict[str, Any]:
    """What a fitted model remembers of its training; nothing where it was made of parameters."""
    history = estimator.history_
    if not history.get("epoch"):
        return {"valid_nats": history["valid"][-1]} if history.get("valid") else {}
    best = estimator.best_epoch_
    figures: dict[str, Any] = {}
    if "max_epochs" in estimator.get_params():
        figures |= {"epochs": int(history["epoch"][-1]), "best_epoch": best}
    if best > 0:  # no figure of an epoch is that of the start
        if not math.isnan(penalty := history.get("penalty", [math.nan] * best)[best - 1]):
            figures["penalty"] = float(penalty)
        figures["train_nats"] = float(history["train"][best - 1])
        if not math.isnan(history["valid"][best - 1]):
            figures["valid_nats"] = float(history["valid"][best - 1])
    return figures


def learning_rows(args: argparse.Namespace, binary: bool) -> tuple[Any, Any]:
    """Read the training rows, and the validation rows or None."""
    splits = data.read(args.data, binary=binary, only=("train", "valid"))
    X = splits.get("train", splits.get(data.SINGLE))
    if X is None:
        raise ValueError(f"{args.data}: expected an array 'train', found {', '.join(splits)}")
    if args.valid is None:
        return X, splits.get("valid")
    held_out = data.read(args.valid, binary=binary, only=("valid",))
    return X, next(iter(held_out.values()))


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
