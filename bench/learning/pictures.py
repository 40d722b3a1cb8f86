"""Pictures of learning, drawn from records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..plots import LINES, style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["label", "learning_figure", "samples_figure"]

MORE = ("#c77d0a", "#4d4d4d", "#1b998b", "#b56576")


def learning_figure(
    records: Sequence[dict[str, Any]], points: Sequence[dict[str, Any]] = ()
) -> Figure:
    """Draw validation nats over epochs, and over seconds of training.

    Parameters
    ----------
    records : sequence of dict
        Records of one set, each with a history.
    points : sequence of dict
        Records of the set without a history: mixtures, which end where they end.

    Returns
    -------
    matplotlib.figure.Figure
        Whole lines are validation rows, broken ones training rows; a dot is the epoch that was
        kept, a diamond a fit without epochs. The vertical axis shows the upper part, where models
        differ.
    """
    with style():
        import matplotlib.pyplot as plt
        from matplotlib.ticker import FuncFormatter, MaxNLocator

        figure, (epochs, seconds) = plt.subplots(1, 2, figsize=(10.5, 4.0), sharey=True)
        colours = (LINES + MORE) * (1 + len(records) // len(LINES + MORE))
        for record, colour in zip(records, colours, strict=False):
            history = {name: np.array(c, float) for name, c in record["history"].items()}
            best = int(np.nanargmax(history["valid"]))
            for ax, along in ((epochs, "epoch"), (seconds, "time")):
                x, y = history[along], history["valid"]
                ax.plot(x, y, color=colour, linewidth=1.8, label=label(record))
                ax.plot(x[best], y[best], "o", color=colour, markersize=5, markeredgecolor="white")
            epochs.plot(
                history["epoch"],
                history["train"],
                color=colour,
                linewidth=1.0,
                linestyle=(0, (4, 2)),
            )
        for point, colour in zip(points, reversed(LINES + MORE), strict=False):
            x, y = point["fit_seconds"], point["valid"]["nats"]
            seconds.plot(x, y, "D", color=colour, markersize=7, label=label(point))
        low, high = _upper_part(records)
        epochs.set_ylim(low, max([high, *(point["valid"]["nats"] for point in points)]))
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
    """Draw square images that were held out beside as many that a model drew.

    Parameters
    ----------
    rows, drawn : ndarray, shape (n_images, side * side), uint8
        The images.
    name : str
        The model.

    Returns
    -------
    matplotlib.figure.Figure
    """
    from matplotlib.figure import Figure

    from ardens.plotting import image_grid

    side = round(rows.shape[1] ** 0.5)
    figure = Figure(figsize=(10.5, 5.5), layout="constrained")
    panels = figure.subplots(1, 2)
    for ax, images, title in zip(panels, (rows, drawn), ("held out", name), strict=True):
        image_grid(images, (side, side), columns=10, title=title, ax=ax)
    return figure


def label(record: dict[str, Any]) -> str:
    """The name of a model, with the mode where it is not a recipe's."""
    return record["model"] + (f" ({record['mode']})" if record["mode"] != "recipe" else "")


def _upper_part(records: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """From where the slowest curve has made most of its way, to the top."""
    curves = [np.array(record["history"]["valid"], float) for record in records]
    trained = [np.array(record["history"]["train"], float)[-1] for record in records]
    low = min(float(np.nanmax(c) - 0.25 * (np.nanmax(c) - np.nanmin(c))) for c in curves)
    high = max(*(float(np.nanmax(c)) for c in curves), *trained)
    return low, high + 0.05 * (high - low)
