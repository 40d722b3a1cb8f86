"""Pictures of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from .peers import ARMS
from .section import micro
from .timing import Race

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["GRID", "INK", "LINES", "MARKS", "SOFT", "arms_figure", "curve_figure", "style"]

INK, SOFT, GRID = "#1f2430", "#6b7280", "#e5e7eb"
OURS, THEIRS = "#0b6e99", "#a3aab5"
LINES = ("#0b6e99", "#d1495b", "#7a9e3f", "#8661c1")
MARKS = ("o", "s", "D", "^")

Line = tuple[Sequence[float], Sequence[float]]


def arms_figure(model: str, races: Mapping[str, Mapping[int, Race]]) -> Figure:
    """Draw the time per row of every arm, one panel for each operation, with the most rows.

    Dots are the best of the rounds, the lines behind them reach to the worst.
    """
    columns = 2
    last = {name: max(by_rows.items()) for name, by_rows in races.items()}
    rows = -(-len(last) // columns)
    tallest = max(len(race.seconds) for _, race in last.values())
    with style():
        import matplotlib.pyplot as plt

        size = (10.5, rows * (0.9 + 0.27 * tallest))
        figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, sharex=True)
        for ax, (name, (n_rows, race)) in zip(axes.flat, last.items(), strict=False):
            _panel(ax, model, race)
            ax.set_title(f"{name}, {n_rows:,} rows in a call", loc="left")
        for ax in axes.flat[len(last) :]:
            ax.set_axis_off()
        for ax in axes[-1]:
            ax.set_xlabel("µs per row (logarithmic)")
        figure.tight_layout(w_pad=2.5, h_pad=2.0)
    return figure


def curve_figure(
    label: str,
    lines: Mapping[str, Line],
    bounds: Mapping[str, Line] | None = None,
    *,
    linear: bool = False,
) -> Figure:
    """Draw microseconds per row over one quantity, by operation.

    Bounds of operations are dotted in the colour of their line. Only the quantity's scale may be
    linear.
    """
    bounds = bounds or {}
    with style():
        import matplotlib.pyplot as plt
        from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

        figure, ax = plt.subplots(figsize=(7.6, 4.3))
        for (name, (x, y)), color, mark in zip(lines.items(), LINES, MARKS, strict=False):
            ax.plot(x, y, color=color, marker=mark, markersize=5, linewidth=1.8, label=name)
            if name in bounds:
                ax.plot(*bounds[name], color=color, linestyle=(0, (1, 2)), linewidth=1.3)
        ticks = sorted({value for x, _ in lines.values() for value in x})
        ax.set_yscale("log")
        if not linear:
            ax.set_xscale("log")
            ax.set_xticks(_thinned(ticks))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_minor_locator(NullLocator())
        ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
        ax.grid(axis="both")
        ax.set_xlabel(label)
        ax.set_ylabel("µs per row")
        handles, names = ax.get_legend_handles_labels()
        if bounds:
            handles.append(ax.plot([], [], color=SOFT, linestyle=(0, (1, 2)))[0])
            names.append("multiply-adds at the peak")
        ax.legend(
            handles,
            names,
            loc="lower left",
            ncols=4,
            bbox_to_anchor=(0, 1.02),
            borderaxespad=0,
            columnspacing=1.3,
            handlelength=1.7,
            handletextpad=0.5,
            fontsize=9,
        )
        figure.tight_layout()
    return figure


def _panel(ax: Axes, model: str, race: Race) -> None:
    """Draw the arms of one race, the fastest on top."""
    from matplotlib.ticker import FuncFormatter, NullFormatter

    arms = sorted((arm for arm in race.seconds if arm != "limit"), key=race.best)
    for place, arm in enumerate(arms):
        ours = ARMS[model][arm].library == "ardens"
        color, worst, best = OURS if ours else THEIRS, max(race.seconds[arm]), race.best(arm)
        ax.plot([1e6 * best, 1e6 * worst], [place, place], color=color, linewidth=2, alpha=0.6)
        ax.plot(1e6 * best, place, "o", color=color, markersize=7)
        ax.annotate(
            micro(best),
            (1e6 * worst, place),
            (7, 0),
            textcoords="offset points",
            va="center",
            fontsize=8.5,
            color=OURS if ours else SOFT,
        )
    if "limit" in race.seconds:
        limit = 1e6 * race.best("limit")
        ax.axvline(limit, color=INK, linestyle=(0, (1, 2)), linewidth=1.2)
        ax.annotate(
            "limit",
            (limit, 1),
            (3, -3),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            va="top",
            fontsize=8,
            color=INK,
        )
    ax.set_xscale("log")
    ax.margins(x=0.18)
    ax.set_yticks(range(len(arms)), [ARMS[model][arm].label for arm in arms])
    for label, arm in zip(ax.get_yticklabels(), arms, strict=True):
        label.set_color(OURS if ARMS[model][arm].library == "ardens" else INK)
    ax.set_ylim(len(arms) - 0.4, -0.8)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    ax.tick_params(axis="x", labelbottom=True)
    ax.grid(axis="x")


def _thinned(ticks: Sequence[float], at_most: int = 10) -> list[float]:
    """Every k-th tick, with the least k that leaves few enough."""
    return list(ticks[:: -(-len(ticks) // at_most)] if ticks else [])


def style() -> AbstractContextManager[Any]:
    """What all pictures look like, for the time that they are drawn."""
    import matplotlib

    matplotlib.use("Agg")
    return matplotlib.rc_context(
        {
            "font.size": 10,
            "axes.titlesize": 11,
            "axes.titleweight": "bold",
            "axes.edgecolor": SOFT,
            "axes.labelcolor": INK,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.axisbelow": True,
            "text.color": INK,
            "xtick.color": SOFT,
            "ytick.color": SOFT,
            "ytick.major.size": 0,
            "ytick.minor.size": 0,
            "grid.color": GRID,
            "grid.linewidth": 0.8,
            "legend.frameon": False,
            "savefig.dpi": 150,
            "savefig.facecolor": "white",
            "figure.max_open_warning": 0,
        }
    )
