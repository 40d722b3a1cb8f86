"""Pictures: what particles buy, and halves of digits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ardens.plotting import image_grid

from ..plots import LINES, MARKS, SOFT, style
from .measure import kept_model
from .sizes import Sizes, some, splits

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["halves_figure", "particles_figure"]

DIGITS, DRAWS = 10, 3
MANY = 16_384  # particles: what comes first has to be drawn before what is known has a say
HIDDEN = 0.25  # the grey of what is unknown


def particles_figure(tables: Mapping[str, Mapping[str, Any]]) -> Figure:
    """Draw the standard deviation of a question's nats, and its time, against particles."""
    with style():
        import matplotlib.pyplot as plt
        from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

        figure, axes = plt.subplots(1, 2, figsize=(9.6, 3.9))
        for (name, table), color, mark in zip(tables.items(), LINES, MARKS, strict=False):
            sizes, label = table["particles"], f"{name}, {table['columns']} columns"
            how = {"color": color, "marker": mark, "markersize": 5, "linewidth": 1.8}
            axes[0].plot(sizes, table["median"], **how)
            axes[0].plot(sizes, table["mean"], color=color, linewidth=1.1, linestyle=(0, (4, 2)))
            axes[1].plot(sizes, [1e3 * s for s in table["seconds"]], **how, label=label)
        axes[0].plot([], [], color=SOFT, linewidth=1.8, label="median of the questions")
        axes[0].plot([], [], color=SOFT, linewidth=1.1, linestyle=(0, (4, 2)), label="mean")
        axes[0].set_title("standard deviation over seeds, nats", loc="left")
        axes[1].set_title("processor time of a question, ms", loc="left")
        for ax in axes:
            ax.set_xscale("log")
            ax.set_yscale("log")
            ax.set_xticks(sizes, [f"{size:,}" for size in sizes])
            ax.xaxis.set_minor_locator(NullLocator())
            ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            ax.yaxis.set_minor_locator(NullLocator())
            ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            ax.set_xlabel("particles, half of the cells known")
            ax.grid(axis="both")
            ax.legend(fontsize=9)
        figure.tight_layout(w_pad=2.5)
    return figure


def halves_figure(sizes: Sizes, folder: Path, kept: Path) -> Figure | None:
    """Draw test digits, and completions of each given its upper half and its lower one."""
    model, found = kept_model(sizes, folder, kept), splits(sizes.images, folder)
    if model is None or found is None:
        return None
    digits = some(found["test"], DIGITS)
    side = math.isqrt(digits.shape[1])
    middle = side // 2 * side
    rows, labels = [digits], ["test digits"]
    for half, known in (("upper", slice(0, middle)), ("lower", slice(middle, None))):
        cells = np.full(digits.shape, np.nan)
        cells[:, known] = digits[:, known]
        rows += [np.where(np.isnan(cells), HIDDEN, digits)]
        rows += list(model.impute(cells, n_draws=DRAWS, n_particles=MANY, random_state=0))
        labels += [f"{half} half known", *(["drawn"] * DRAWS)]
    figure = image_grid(np.concatenate(rows), (side, side), columns=len(digits))
    ax, apart = figure.axes[0], side + 1
    for k, label in enumerate(labels):
        ax.text(-apart / 4, (k + 0.5) * apart, label, ha="right", va="center", fontsize=8)
    return figure
