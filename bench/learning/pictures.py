"""Pictures of learning, drawn from what runs have kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ..figures import Tables
from ..plots import LINES, style
from .results import every_result, kept_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw_curves", "learning_figure", "samples_figure"]

MORE = ("#c77d0a", "#4d4d4d", "#1b998b", "#b56576")


def draw_curves(tables: Tables, set_name: str, kept: Path, folder: Path) -> str:
    """Draw the learning curves of a set, if those of all its results are in the folder `kept`.

    Says what was drawn, or why nothing was: a picture shows all results of its set or stays.
    """
    path = folder / f"{set_name}.png"
    curves, points = {}, {}
    for other, name, figures in every_result(tables):
        if other != set_name:
            continue
        found = kept_of(kept, set_name, name, figures["digest"])
        if not found:
            return f"{path} stays as it is: {kept} has not the curve of {name}"
        if "epoch" not in found:
            points[name] = figures["fit"], figures["valid"]
        elif len(found["epoch"]) > 1:
            curves[name] = found
    if not curves:
        return f"{path} is not drawn: no result has a curve"
    learning_figure(curves, points).savefig(path)
    return str(path)


def learning_figure(
    curves: Mapping[str, Mapping[str, Any]], points: Mapping[str, tuple[float, float]]
) -> Figure:
    """Draw validation nats over epochs, and over seconds of training.

    Whole lines are validation rows, broken ones training rows; a dot is the epoch that was kept. A
    diamond is a model without epochs, by its (seconds, nats). The vertical axis shows the upper
    part, where models differ.
    """
    with style():
        import matplotlib.pyplot as plt
        from matplotlib.ticker import FuncFormatter, MaxNLocator

        figure, (epochs, seconds) = plt.subplots(1, 2, figsize=(10.5, 4.0), sharey=True)
        colours = (LINES + MORE) * (1 + len(curves) // len(LINES + MORE))
        for (name, curve), colour in zip(curves.items(), colours, strict=False):
            _draw(epochs, seconds, name, curve, colour)
        for (name, (x, y)), colour in zip(points.items(), reversed(LINES + MORE), strict=False):
            seconds.plot(x, y, "D", color=colour, markersize=7, label=name)
        low, high = _upper_part(curves.values())
        epochs.set_ylim(low, max([high, *(nats for _, nats in points.values())]))
        for ax, name in ((epochs, "epoch"), (seconds, "seconds of training")):
            ax.set_xscale("log")
            ax.set_xlabel(name)
            ax.grid(axis="both")
            ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
            ax.yaxis.set_major_locator(MaxNLocator(6))
        epochs.set_ylabel("nats per row")
        handles, names = seconds.get_legend_handles_labels()
        figure.legend(handles, names, loc="upper left", ncols=6, fontsize=9)
        figure.tight_layout(rect=(0, 0, 1, 0.94))
    return figure


def samples_figure(rows: Any, drawn: Any, name: str) -> Figure:
    """Draw square images (n_images, side²) that were held out beside as many drawn."""
    from matplotlib.figure import Figure

    from ardens.plotting import image_grid

    side = round(rows.shape[1] ** 0.5)
    figure = Figure(figsize=(10.5, 5.5), layout="constrained")
    panels = figure.subplots(1, 2)
    for ax, images, title in zip(panels, (rows, drawn), ("held out", name), strict=True):
        image_grid(images, (side, side), columns=10, title=title, ax=ax)
    return figure


def _draw(epochs: Axes, seconds: Axes, name: str, curve: Mapping[str, Any], colour: str) -> None:
    """Draw one model over epochs and over seconds."""
    best = int(np.nanargmax(curve["valid"]))
    for ax, along in ((epochs, "epoch"), (seconds, "time")):
        x, y = curve[along], curve["valid"]
        ax.plot(x, y, color=colour, linewidth=1.8, label=name)
        ax.plot(x[best], y[best], "o", color=colour, markersize=5, markeredgecolor="white")
    broken = (0, (4, 2))
    epochs.plot(curve["epoch"], curve["train"], color=colour, linewidth=1.0, linestyle=broken)


def _upper_part(curves: Collection[Mapping[str, Any]]) -> tuple[float, float]:
    """From where the slowest curve has made most of its way, to the top."""
    valid = [curve["valid"] for curve in curves]
    low = min(float(np.nanmax(c) - 0.25 * (np.nanmax(c) - np.nanmin(c))) for c in valid)
    high = max(*(float(np.nanmax(c)) for c in valid), *(float(c["train"][-1]) for c in curves))
    return low, high + 0.05 * (high - low)
