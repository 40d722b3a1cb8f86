"""The rows of a file that a model is asked about: read, checked, and taken a block at a time."""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import numpy as np

from ardens import data
from ardens.checks.cells import UNKNOWN, cell_matrix
from ardens.checks.rows import binary_rows, check_feature_names
from ardens.readers.named import names_of

__all__ = ["add_split", "asked_rows", "in_blocks"]

Result = TypeVar("Result")

_DEFAULT_SPLIT = "test"
_BLOCK = 1 << 24  # values that are worked on at a time, between two looks at the progress


def add_split(parser: argparse.ArgumentParser) -> None:
    """Add ``--split``."""
    parser.add_argument(
        "--split",
        choices=data.SPLITS,
        help=f"array of an .npz file with several (default: {_DEFAULT_SPLIT})",
    )


def asked_rows(
    args: argparse.Namespace,
    model: Any,
    *,
    unknown: bool = False,
    weight_column: int | str | None = None,
) -> tuple[Any, Any]:
    """The rows of the split that is asked for, as many columns as the model has; their weights.

    They are zeros and ones, as the model has them from here on, and masked where they are unknown.
    """
    split, binarize = args.split or _DEFAULT_SPLIT, model.get_params()["binarize"]
    splits = data.read(
        args.data,
        binary=binarize is None,
        only=(split,),
        n_features=int(model.n_features_in_),
        as_in=args.model,
        weight_column=weight_column,
        unknown=unknown,
    )
    if args.split is not None and split not in splits:
        found = ", ".join(splits).replace(data.SINGLE, "only one, unnamed")
        raise ValueError(f"{args.data}: expected an array {split!r}, found {found}")
    X, sample_weight = [*splits.values(), None][:2]
    if X is None or not len(X):
        raise ValueError(f"{args.data}: expected rows, found none")
    if names_of(X) is not None and hasattr(model, "feature_names_in_"):
        check_feature_names(X, model.feature_names_in_, args.model)
    warnings.filterwarnings("ignore", ".* feature names")  # those of the rows from here on
    model.set_params(binarize=None)
    if not unknown:  # so that errors count rows of the file
        return binary_rows(X, binarize=binarize, name=args.data), sample_weight
    cells = cell_matrix(X, binarize=binarize, name=args.data)
    return np.ma.masked_equal(cells, UNKNOWN), sample_weight


def in_blocks(
    rows: int, values: int, name: str, work: Callable[[slice], Result]
) -> Iterator[Result]:
    """What comes of so many rows, worked on by pieces, where each takes so many values.

    An error names the file, and the row from which it counts.
    """
    step = max(1, _BLOCK // values)
    for first in range(0, rows, step):
        try:
            result = work(slice(first, min(first + step, rows)))
        except ValueError as error:
            raise ValueError(f"{name}, rows from {first} on: {error}") from error
        yield result
