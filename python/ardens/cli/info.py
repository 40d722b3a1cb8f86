"""``ardens info``: what a model file holds."""

from __future__ import annotations

import argparse
import os
from typing import Any

import numpy as np

import ardens
from ardens.models import AutoregressiveModel

from .arguments import add_model_file
from .common import Commands, command, report
from .fit import training_figures

_OF_JSON = (str, int, float, dict, type(None))
_SHOWN = 8  # columns of an ordering that the text shows


def add_to(commands: Commands) -> None:
    """Add the command to the parser."""
    parser = command(commands, "info", run, "tell what a model file holds")
    add_model_file(parser)


def run(args: argparse.Namespace) -> None:
    """Load and report."""
    model: Any = ardens.load(args.model)
    if isinstance(model, ardens.TableModel):
        _tell_table(args, model)
        return
    own: Any = _of_mixture if isinstance(model, ardens.Mixture) else _of_model
    settings = {name: _setting(value) for name, value in model.get_params().items()}
    report(
        args,
        {
            "model": type(model).__name__,
            "features": model.n_features_in_,
            "parameters": model.n_parameters_,
            **own(model, args.json),
            "settings": settings if args.json else repr(model),
            "bytes": os.path.getsize(args.model),
        },
    )


def _tell_table(args: argparse.Namespace, model: ardens.TableModel) -> None:
    """Report a model of a table, its columns at the end."""
    columns = model.columns_
    figures = {
        "model": type(model).__name__,
        "columns": len(columns),
        "bits": sum(told.bits for told in columns.values()),
        "estimator": repr(model.estimator_),
        "parameters": model.n_parameters_,
        **training_figures(model),
        "bytes": os.path.getsize(args.model),
    }
    if args.json:
        figures["columns"] = {str(name): told._asdict() for name, told in columns.items()}
    report(args, figures)
    if not args.json:
        print(f"\n{columns!r}")


def _of_model(model: AutoregressiveModel, full: bool) -> dict[str, Any]:
    """What is told of one model."""
    shapes = {name: list(array.shape) for name, array in model.parameters().items()}
    ordering, flipped = model.ordering_.tolist(), np.flatnonzero(model.flipped_).tolist()
    return {
        "arrays": shapes if full else _listed(shapes),
        "ordering": ordering if full else _summary(ordering),
        "flipped": flipped if full else f"{len(flipped)} columns",
        **training_figures(model),
    }


def _of_mixture(model: ardens.Mixture, full: bool) -> dict[str, Any]:
    """What is told of a mixture."""
    members = [type(member).__name__ for member in model.members_]
    weights = model.weights_.tolist()
    return {
        "members": members if full else _counted(members),
        "weights": weights if full else ", ".join(f"{weight:.4f}" for weight in weights),
        **training_figures(model),
    }


def _setting(value: Any) -> Any:
    """An option as JSON has it."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, list | tuple):
        return [_setting(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    return value if isinstance(value, _OF_JSON) else repr(value)


def _listed(items: dict[str, Any]) -> str:
    """Items on one line."""
    return ", ".join(f"{key} {value}" for key, value in items.items())


def _counted(names: list[str]) -> str:
    """Names with how often they come."""
    return ", ".join(f"{names.count(name)} {name}" for name in dict.fromkeys(names))


def _summary(ordering: list[int]) -> str:
    """The beginning of an ordering."""
    if ordering == sorted(ordering):
        return "as in the data"
    first = ", ".join(map(str, ordering[:_SHOWN]))
    return first + ", ..." * (len(ordering) > _SHOWN)
