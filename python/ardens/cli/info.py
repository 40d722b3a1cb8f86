"""``ardens info``: what a model file holds."""

from __future__ import annotations

import argparse
import os
from typing import Any

import numpy as np

import ardens

from .common import Commands, command, report
from .fit import training_figures

_SHOWN = 8  # columns of an ordering that the text shows


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(commands, "info", run, "tell what a model file holds")
    parser.add_argument("model", metavar="MODEL", help="model file")


def run(args: argparse.Namespace) -> None:
    """Load and report."""
    model = ardens.load(args.model)
    shapes = {name: list(array.shape) for name, array in model.parameters().items()}
    settings = {name: _setting(value) for name, value in model.get_params().items()}
    ordering, flipped = model.ordering_.tolist(), np.flatnonzero(model.flipped_).tolist()
    report(
        args,
        {
            "model": type(model).__name__,
            "features": model.n_features_in_,
            "parameters": model.n_parameters_,
            "arrays": shapes if args.json else _listed(shapes),
            "ordering": ordering if args.json else _summary(ordering),
            "flipped": flipped if args.json else f"{len(flipped)} columns",
            **training_figures(model),
            "settings": settings if args.json else repr(model),
            "bytes": os.path.getsize(args.model),
        },
    )


def _setting(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value.item() if isinstance(value, np.generic) else value


def _listed(items: dict[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in items.items())


def _summary(ordering: list[int]) -> str:
    if ordering == sorted(ordering):
        return "as in the data"
    first = ", ".join(map(str, ordering[:_SHOWN]))
    return first + ", ..." * (len(ordering) > _SHOWN)
