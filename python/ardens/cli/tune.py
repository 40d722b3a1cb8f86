"""``ardens tune``: search for good settings by validation likelihood."""

from __future__ import annotations

import argparse
import ast
import time
from typing import Any

import numpy as np

from ardens.checks.options import options_of
from ardens.models import MODELS
from ardens.selection import Trial, combinations, tune
from ardens.selection.candidates import unfitted

from .arguments import add_learning, add_option, learning_rows
from .common import (
    Commands,
    UsageError,
    add_output,
    check_inputs,
    check_output,
    command,
    note,
    positive,
    report,
    seed,
)

_OF_ALL = ("max_epochs", "binarize", "n_jobs")  # options that all candidates have
_MOST_CHECKED = 1000  # combinations, before DATA is read; `tune` checks those that it draws
_EXAMPLE = "--grid n_hidden=50,200 --grid weight_decay=0,0.1"


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(commands, "tune", run, "search for good settings of a model on DATA")
    parser.epilog = (
        "All candidates are trained for a few epochs, the best of them for more, and so on; the "
        "last ones to their own end. The validation rows judge."
    )
    add_learning(parser)
    add_output(parser, None, "model file to write the best model to")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    search = parser.add_argument_group("search")
    search.add_argument(
        "--grid",
        action="append",
        type=_axis,
        metavar="NAME=V,V,...",
        help=f"values of an option as in Python, such as {_EXAMPLE}; by default what suits DATA",
    )
    search.add_argument(
        "--candidates", type=positive, default=12, metavar="N", help="(default: %(default)s)"
    )
    search.add_argument(
        "--factor",
        type=_factor,
        default=3,
        metavar="F",
        help="one of F candidates goes on, for F times as many epochs (default: %(default)s)",
    )
    search.add_argument("--min-epochs", type=positive, metavar="N", help="epochs of the first rung")
    for name in _OF_ALL:
        add_option(search, name)
    search.add_argument("--seed", type=seed, metavar="S", help="seed of search, split and fits")


def run(args: argparse.Namespace) -> None:
    """Search, save where wanted, and report."""
    axes: dict[str, list[Any]] = {}
    for name, values in args.grid or ():
        if name in axes:
            raise UsageError(f"--grid {name} is given more than once")
        axes[name] = [_counted(args.model, name, value) for value in values]
    try:
        estimator: Any = MODELS[args.model]().set_params(
            **{name: getattr(args, name) for name in _OF_ALL if name in vars(args)}
        )
        for options in combinations(axes, _MOST_CHECKED, np.random.default_rng(0)):
            unfitted(estimator).set_params(**options)._check_options()
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from error
    check_inputs(args.data, args.valid)
    if args.out is not None:
        check_output(args.out, args.force)
    rows = learning_rows(args, binary=estimator.binarize is None)
    began = time.perf_counter()
    found = tune(
        estimator,
        grid=axes or None,
        **rows,
        n_candidates=args.candidates,
        factor=args.factor,
        min_epochs=args.min_epochs,
        random_state=args.seed,
        announce=(lambda trial: None) if args.quiet else _announce,
    )
    figures: dict[str, Any] = {"model": args.model, "rows": len(rows["X"])}
    if args.out is not None:
        found.estimator.save(args.out)
    if args.json:
        figures["trials"] = [vars(trial) for trial in found.trials]
    else:
        print(found.table(), end="\n\n")
    best = {"best": found.best.params} if args.json else {}
    figures |= best | {
        "valid_nats": found.best.nats[-1],
        "seconds": time.perf_counter() - began,
    }
    report(args, figures | ({} if args.out is None else {"out": args.out}))


def _announce(trial: Trial) -> None:
    """Tell how far a candidate came."""
    options = ", ".join(f"{name}={value}" for name, value in trial.params.items()) or "defaults"
    note(f"{trial.epochs} epochs, {trial.nats[-1]:.4f} nats: {options}")


def _factor(text: str) -> int:
    """Parse a whole number of at least 2."""
    value = positive(text)
    if value < 2:
        raise argparse.ArgumentTypeError(f"expected a whole number from 2, found {text!r}")
    return value


def _axis(text: str) -> tuple[str, list[Any]]:
    """Parse the values of an option: literals of Python, or words."""
    name, equals, values = text.partition("=")
    if not (name.isidentifier() and equals and values):
        raise argparse.ArgumentTypeError(f"expected NAME=V,V,..., found {text!r}")
    return name, [_literal(value.strip()) for value in _split(values)]


def _counted(model: str, name: str, value: Any) -> Any:
    """A value of an option, as an integer where the option is a count, though written as 1e3."""
    option = options_of(MODELS[model]).get(name)
    count = option is not None and option.kind.reading == "whole"
    return int(value) if count and isinstance(value, float) and value.is_integer() else value


def _split(text: str) -> list[str]:
    """Split at commas, but for those within a list or a string of Python."""
    source = f"[{text}]"
    try:
        parsed = ast.parse(source, mode="eval").body
    except (ValueError, SyntaxError):
        return text.split(",")
    if not isinstance(parsed, ast.List):
        return text.split(",")
    return [ast.get_source_segment(source, value) or "" for value in parsed.elts]


def _literal(text: str) -> Any:
    """A literal of Python, or the word itself."""
    try:
        return ast.literal_eval(text)
    except (ValueError, TypeError, SyntaxError):
        return text
