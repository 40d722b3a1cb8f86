"""Axes of figures that are made without `pyplot`, and their colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["COLOURS", "GAP", "INK", "figure_of", "new_axes"]

INK = "#1b2a41"
GAP = "#d3dae3"
COLOURS = ("#0b6fa4", "#d1495b", "#3a7d44", "#8d5fae", "#c77d0a", "#4d4d4d")


def new_axes(width: float, height: float) -> Axes:
    """Axes of a figure of its own."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("pictures need Matplotlib: pip install ardens[demo]") from error
    axes: Axes = Figure(figsize=(width, height), dpi=150, layout="constrained").subplots()
    return axes


def figure_of(ax: Axes) -> Figure:
    """The figure that axes belong to."""
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("ax must belong to a figure, got axes that were removed from theirs")
    return figure
