"""``ardens sample``: draw any number of rows from a saved model, a block at a time."""

from __future__ import annotations

import argparse
import re
import time
from typing import Any

from ardens.models.asked import N_PARTICLES
from ardens.tables import TableModel
from ardens.tables.sampling import N_OWN

from .answers import ENDINGS, check_format, rows_written
from .arguments import (
    add_model_file,
    add_particles,
    add_seed,
    add_threads,
    column,
    loaded,
    seed_of,
)
from .common import (
    Commands,
    UsageError,
    add_output,
    check_inputs,
    check_output,
    command,
    count,
    report,
)
from .tables import given_cells

_STREAM_END = 2**64  # rows that one seed has
# Names may have commas and equals signs in them, values in quotes too.
_PAIR = re.compile(r'(.+?)=("[^"]*"|[^=,]+)(?:,|$)')


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(commands, "sample", run, "draw rows from MODEL")
    add_model_file(parser)
    parser.add_argument("-n", dest="rows", metavar="N", type=count, default=1, help="rows to draw")
    add_seed(parser)
    parser.add_argument(
        "--start",
        metavar="K",
        type=count,
        default=0,
        help="first row; K.. of a seed are the same in every draw",
    )
    parser.add_argument(
        "--given",
        metavar="COLUMN=VALUE,...",
        help="draw rows given these columns, by their names or numbers from 0",
    )
    add_particles(parser)
    add_output(parser, "-", f"{', '.join(ENDINGS)} file, or - for text (the default)")
    parser.add_argument(
        "--packed",
        action="store_true",
        help="eight columns a byte, as numpy.packbits has them: .npy only",
    )
    add_threads(parser)


def run(args: argparse.Namespace) -> None:
    """Draw, write and report."""
    if args.start + args.rows > _STREAM_END:
        raise UsageError("--start and -n: a seed has 2**64 rows, these go beyond")
    to_file = args.out != "-"
    check_format(args.out)
    if args.packed and not args.out.lower().endswith(".npy"):
        raise UsageError(f"--packed needs --out to end in .npy, found {args.out!r}")
    if args.particles is not None and args.given is None:
        raise UsageError("--particles needs --given")
    pairs = [] if args.given is None else _pairs(args.given)
    check_inputs(args.model)
    if to_file:
        check_output(args.out, args.force)
    model = loaded(args)
    is_table = isinstance(model, TableModel)
    given = given_cells(pairs, model) if is_table else _given(pairs, model)
    seed, particles = seed_of(args), args.particles or (N_OWN if is_table else N_PARTICLES)
    n_features = int(model.n_features_in_)
    began = time.perf_counter()
    shape = (args.rows, -(-n_features // 8) if args.packed else n_features)
    how = {"random_state": seed, "start": args.start, "n_particles": particles}
    if not is_table:
        how["packed"] = args.packed
    with rows_written(args.out, args.json, model, shape) as put:
        for block in model.iter_samples(args.rows, given=given, **how):
            put(block)
    if to_file:
        report(
            args,
            {
                "rows": args.rows,
                "features": n_features,
                "seed": seed,
                "start": args.start,
                "packed": args.packed,
                **({"given": args.given, "particles": particles} if given else {}),
                "seconds": time.perf_counter() - began,
                "out": args.out,
            },
        )


def _pairs(text: str) -> list[tuple[str, str]]:
    """Parse columns and their values."""
    pairs: list[tuple[str, str]] = _PAIR.findall(text)
    if pairs and ",".join(map("=".join, pairs)) == text:
        return [(name, value.strip('"')) for name, value in pairs]
    raise UsageError(f"--given: expected COLUMN=VALUE,..., found {text!r}")


def _given(pairs: list[tuple[str, str]], model: Any) -> dict[int | str, float] | None:
    """What is known, by the names of the model's columns or by their numbers."""
    names, known = getattr(model, "feature_names_in_", ()), {}
    for name, text in pairs:
        try:
            value = float(text)
        except ValueError:
            told = f"{name}={text}"
            raise UsageError(f"--given: expected COLUMN=VALUE,..., found {told!r}") from None
        key = name if name in names else column(name)
        if key in known:
            raise UsageError(f"--given has the column {key} more than once")
        known[key] = value
    return known or None
