"""Arguments that several commands have, each defined once; an estimator's stand beside its options.

What an option of a model may be, its flag and its help are declared where the option is
(`ardens.checks.options.option`); here they become arguments.
"""

from __future__ import annotations

import argparse
import re
import secrets
from collections.abc import Callable
from typing import Any

import ardens
from ardens import data
from ardens.checks.options import Option, options_of
from ardens.composites import Mixture
from ardens.models import MODELS
from ardens.models.asked import N_PARTICLES, particle_count
from ardens.tables.sampling import N_OWN

from .common import UsageError, note, number, positive, seed
from .tables import learning_table, read_table

__all__ = [
    "DEFAULT_MODEL",
    "add_data",
    "add_learning",
    "add_model_file",
    "add_option",
    "add_particles",
    "add_seed",
    "add_threads",
    "add_weights",
    "chosen",
    "column",
    "learning_rows",
    "loaded",
    "model_options",
    "particles_of",
    "seed_of",
]

DEFAULT_MODEL = "nade"
_READ: dict[str, Callable[[str], Any]] = {
    "whole": positive,
    "number": number,
    "word": str,
    "seed": seed,
}


_METAVARS = {"whole": "N", "number": "X", "word": "NAME", "seed": "S"}


def add_data(parser: argparse.ArgumentParser) -> None:
    """Add DATA."""
    parser.add_argument("data", metavar="DATA", help=".npz, .npy or text file, or - for text")


def add_model_file(parser: argparse.ArgumentParser) -> None:
    """Add MODEL."""
    parser.add_argument("model", metavar="MODEL", help="model file")


def add_particles(parser: argparse.ArgumentParser) -> None:
    """Add ``--particles``."""
    parser.add_argument(
        "--particles",
        metavar="P",
        type=_particles,
        help=f"particles of an answer that is not exact (default: {N_PARTICLES}; of a row that is "
        f"drawn of a table {N_OWN})",
    )


def add_seed(parser: argparse.ArgumentParser) -> None:
    """Add ``--seed`` of what is drawn."""
    parser.add_argument("--seed", metavar="S", type=seed, help="seed (default: a fresh one)")


def add_threads(parser: argparse.ArgumentParser) -> None:
    """Add ``--threads``, as every model has it."""
    add_option(parser, "n_jobs", default=None)


def add_weights(parser: argparse.ArgumentParser) -> None:
    """Add ``--sample-weight``."""
    parser.add_argument(
        "--sample-weight",
        type=column,
        metavar="COLUMN",
        help="column of weights of the rows, such as counts: its number from 0 (-1 is the last), "
        "or its name in a header line",
    )


def add_learning(parser: argparse.ArgumentParser) -> None:
    """Add what is learned, and from which rows."""
    add_data(parser)
    parser.add_argument(
        "--model", choices=MODELS, default=DEFAULT_MODEL, help=f"model (default: {DEFAULT_MODEL})"
    )
    parser.add_argument("--valid", metavar="FILE", help="validation rows, where DATA has none")
    add_weights(parser)


def model_options() -> dict[str, Option]:
    """The options of all models that have a flag, by name."""
    found: dict[str, Option] = {}
    for model in MODELS.values():
        found |= {name: said for name, said in options_of(model).items() if said.flag}
    return found


def add_option(
    parser: argparse.ArgumentParser | argparse._ArgumentGroup,
    name: str,
    *,
    default: Any = argparse.SUPPRESS,
) -> None:
    """Add the flag of an option of models or mixtures; without `default` it is set if given."""
    said = (dict(options_of(Mixture)) | model_options())[name]
    having = [key for key, model in MODELS.items() if name in options_of(model)]
    of = f" [{', '.join(having)}]" if 0 < len(having) < len(MODELS) else ""
    reading = said.kind.reading
    how: dict[str, Any] = {"action": "store_true"}
    if reading != "switch":
        how = {"metavar": _METAVARS[reading], "type": _READ[reading]}
    parser.add_argument(said.flag, dest=name, default=default, help=said.help + of, **how)


def chosen(args: argparse.Namespace) -> dict[str, Any]:
    """The options of the model that the command line gives; all others stay the model's own."""
    accepted = options_of(MODELS[args.model])
    given = {name: getattr(args, name) for name in model_options() if name in vars(args)}
    for name in given:
        if name not in accepted:
            flag = model_options()[name].flag
            raise UsageError(f"{flag} is not an option of --model {args.model}")
    return given


def learning_rows(
    args: argparse.Namespace, binary: bool, unknown: bool = False, table: bool = False
) -> dict[str, Any]:
    """Read the training rows, and the validation rows or None, with their weights, for `fit`.

    Where a `table` will do, they are of one if DATA is.
    """
    how: dict[str, Any] = {
        "binary": binary,
        "weight_column": args.sample_weight,
        "unknown": unknown,
    }
    if table and (args.columns or args.absent):
        return learning_table(args, read_table(args, args.data))
    splits = data.read(args.data, only=("train", "valid"), table=table, **how)
    if not isinstance(splits, dict):
        return learning_table(args, splits)
    name = "train" if "train" in splits else data.SINGLE
    X = splits.get(name)
    if X is None:
        raise ValueError(f"{args.data}: expected an array 'train', found {', '.join(splits)}")
    judges = [splits.get("valid"), splits.get("valid_weight")]
    if args.valid is not None:
        how |= {"n_features": X.shape[1], "as_in": args.data}
        judges = [*data.read(args.valid, only=("valid",), **how).values(), None]
    return {
        "X": X,
        "sample_weight": splits.get(f"{name}_weight"),
        "X_valid": judges[0],
        "sample_weight_valid": judges[1],
    }


def column(text: str) -> int | str:
    """Parse a column: a number, or else a name."""
    return int(text) if re.fullmatch(r"-?\d{1,9}", text, re.ASCII) else text


def _particles(text: str) -> int:
    """Parse the size of a population."""
    try:
        return particle_count(positive(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def loaded(args: argparse.Namespace) -> Any:
    """The model of the file, with the threads that are asked for."""
    model = ardens.load(args.model)
    if args.n_jobs is not None:
        model.set_params(n_jobs=args.n_jobs)
    return model


def seed_of(args: argparse.Namespace) -> int:
    """The seed, or a fresh one, which is told here where rows go to standard output."""
    if args.seed is not None:
        return int(args.seed)
    fresh = secrets.randbits(64)
    if args.out == "-":
        note(f"seed {fresh}")
    return fresh


def particles_of(args: argparse.Namespace) -> int:
    """How many particles answer."""
    return args.particles or N_PARTICLES
