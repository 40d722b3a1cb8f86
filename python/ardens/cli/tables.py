"""Models of tables on the command line: what they learn from and are asked about."""

from __future__ import annotations

import argparse
import datetime
import re
from collections.abc import Collection, Sequence
from typing import Any

from ardens import data
from ardens.checks.weights import Weights, row_weights
from ardens.models import NADE
from ardens.tables import TableModel
from ardens.tables.kinds import KINDS
from ardens.tables.schema import Dtype

from .common import UsageError

__all__ = [
    "add_columns",
    "asked_table",
    "given_cells",
    "learning_table",
    "read_table",
    "table_model",
]

_KIND = re.compile(rf"(.+?)=({'|'.join(KINDS)})(?:,|$)")  # names may have commas in them
_WHOLE = re.compile(r"[-+]?\d+", re.ASCII)
_TEXTS = {"string", "str", "object", "large_string", "string_view", "categorical"}
_TRUTHS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def add_columns(parser: argparse.ArgumentParser) -> None:
    """Add what is said of the columns of a table."""
    parser.add_argument(
        "--columns",
        metavar="NAME=KIND,...",
        type=_kinds,
        help=f"kinds of a table's columns, where they are not to be found: {', '.join(KINDS)}",
    )
    parser.add_argument(
        "--absent",
        metavar="WORD,...",
        type=lambda text: tuple(text.split(",")),
        help="words that mean that a cell of a table is missing, such as ?",
    )


def table_model(args: argparse.Namespace, estimator: Any, chosen: Collection[str]) -> TableModel:
    """An unfitted model of tables, of the estimator, or by default of its own.

    Options that are `chosen` without a model are those of the default one.
    """
    if estimator is None and set(chosen) - {"random_state", "n_jobs", "verbose"}:
        options: dict[str, Any] = {"direct": True, "activation": "relu"}
        estimator = NADE(**(options | {name: getattr(args, name) for name in chosen}))
    return TableModel(
        estimator,
        columns=args.columns,
        missing=args.absent,
        random_state=getattr(args, "random_state", None),
        n_jobs=getattr(args, "n_jobs", None),
    )


def read_table(args: argparse.Namespace, path: str) -> Any:
    """Read a table to learn from: what is to be a category is not taken for numbers."""
    kinds = args.columns or {}
    strings = [name for name, kind in kinds.items() if kind == "category"]
    return data.read_table(path, strings=strings, absent=args.absent or ())


def learning_table(args: argparse.Namespace, table: Any) -> dict[str, Any]:
    """What `fit` learns from: a table, the validation rows or None, the weights."""
    X, weights = _split(table, args.sample_weight, args.data)
    X_valid = None
    if args.valid is not None:
        X_valid, _ = _split(read_table(args, args.valid), args.sample_weight, args.valid)
    return {"X": X, "X_valid": X_valid, "sample_weight": weights}


def _split(table: Any, column: int | str | None, where: str) -> tuple[Any, Weights | None]:
    """A table without its column of weights, if there is one, and these."""
    if column is None:
        return table, None
    names = table.column_names
    if isinstance(column, str):
        place = names.index(column) if names.count(column) == 1 else None
    else:
        place = column % len(names) if -len(names) <= column < len(names) else None
    if place is None:
        raise ValueError(
            f"{where}: expected a column {column!r} of weights, found {', '.join(names)}"
        )
    weights = table.column(place).to_numpy()
    checked = row_weights(weights, len(weights), f"{where}: the column of weights")
    return table.remove_column(place), checked


def asked_table(
    args: argparse.Namespace, model: TableModel, weight_column: int | str | None = None
) -> tuple[Any, Weights | None]:
    """The table that a model is asked about, its strings those that `fit` saw; its weights."""
    schema = model._state().schema
    strings = [
        name
        for name, dtype in zip(schema.names, schema.dtypes, strict=True)
        if isinstance(name, str) and _is_text(dtype)
    ]
    absent = [word for word in model.missing or () if isinstance(word, str)]
    table = data.read_table(args.data, strings=strings, absent=absent)
    if not table.num_rows:
        raise ValueError(f"{args.data}: expected rows, found none")
    return _split(table, weight_column, args.data)


def _is_text(dtype: Dtype) -> bool:
    """Whether a column was one of strings."""
    if dtype.name in ("category", "Enum"):
        return all(isinstance(value, str) for value in dtype.categories or ())
    if dtype.name == "dictionary":
        return "string" in str(dtype.categories[0]) if dtype.categories else False
    return dtype.name.lower() in _TEXTS


def given_cells(pairs: Sequence[tuple[str, str]], model: TableModel) -> dict[str, Any]:
    """What is known of a row, by the names of columns."""
    known: dict[str, Any] = {}
    for name, text in pairs:
        if name not in model.columns_:
            raise UsageError(f"--given: there is no column {name!r} in the model")
        if name in known:
            raise UsageError(f"--given has the column {name} more than once")
        known[name] = _cell(name, text, model)
    return known


def _cell(name: str, text: str, model: TableModel) -> Any:
    """A value as the column has it."""
    schema = model._state().schema
    kind = schema.dtypes[schema.names.index(name)]
    dtype = kind.name.lower()
    if dtype == "category":
        return next((value for value in kind.categories or () if str(value) == text), text)
    if dtype == "dictionary" and kind.categories:
        dtype = str(kind.categories[0])
    try:
        if dtype.startswith(("int", "uint", "float", "double", "halffloat", "decimal")):
            return int(text) if _WHOLE.fullmatch(text) else float(text)
        if dtype.startswith("bool"):
            return _TRUTHS[text.lower()]
        if dtype.startswith(("date", "timestamp")):
            time = datetime.datetime.fromisoformat(text)
            return time.astimezone(datetime.UTC).replace(tzinfo=None) if time.tzinfo else time
    except (ValueError, KeyError):
        raise UsageError(
            f"--given: expected a value of the column {name!r} ({dtype}), found {text!r}"
        ) from None
    return text


def _kinds(text: str) -> dict[str, str]:
    """Parse kinds of columns."""
    found = _KIND.findall(text)
    if not found or ",".join(map("=".join, found)) != text:
        raise argparse.ArgumentTypeError(
            f"expected NAME=KIND,..., each of {', '.join(KINDS)}; found {text!r}"
        )
    return dict(found)
