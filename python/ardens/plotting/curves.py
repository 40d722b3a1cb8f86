"""Learning curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .axes import COLOURS, GAP, INK, figure_of, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["learning_curve"]


def learning_curve(
    history: Mapping[str, Sequence[float]] | Mapping[str, Mapping[str, Sequence[float]]],
    *,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw mean log-likelihood in nats against epochs, with the best validation epoch marked.

    Parameters
    ----------
    history : mapping
        The `history_` of a fitted model, or a mapping of names to such histories, which are drawn
        in one picture. Of a history ``"epoch"``, ``"train"`` and, where there is one, ``"valid"``
        are read.
    title : str, optional
        A line above the curves.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None makes a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure drawn in; ``figure.savefig(path)`` writes it.

    Raises
    ------
    ValueError
        If there is no epoch to draw.
    ImportError
        If Matplotlib is not installed.

    Notes
    -----
    The first epochs of a fit are often far below the rest: the vertical axis shows the upper part
    of the curves, so that differences at the end can be seen.

    Examples
    --------
    >>> figure = learning_curve({"train": [-20.0, -15.0, -14.0], "valid": [-19.0, -16.0, -15.5]})
    >>> figure.axes[0].get_ylabel()
    'mean log-likelihood (nats)'
    """
    curves = _named_histories(history)
    if ax is None:
        ax = new_axes(6.4, 4.2)
    shown: list[NDArray[np.float64]] = []
    for (name, run), colour in zip(curves.items(), _cycle(len(curves)), strict=True):
        prefix = f"{name}, " if name else ""
        epochs = np.asarray(run.get("epoch", range(1, len(run["train"]) + 1)))
        train = np.asarray(run["train"], dtype=np.float64)
        ax.plot(epochs, train, color=colour, lw=1.1, ls=(0, (4, 2)), label=f"{prefix}train")
        shown.append(train)
        valid = np.asarray(run.get("valid", ()), dtype=np.float64)
        if np.isfinite(valid).any():
            best = int(np.nanargmax(valid))
            label = f"{prefix}validation (best {valid[best]:.2f})"
            ax.plot(epochs, valid, color=colour, lw=1.8, label=label)
            ax.plot(epochs[best], valid[best], "o", color=colour, ms=5, mec="white", mew=0.8)
            shown.append(valid)
    _set_limits(ax, shown)
    ax.set_xlabel("epoch")
    ax.set_ylabel("mean log-likelihood (nats)")
    ax.grid(color=GAP, lw=0.5)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=9, loc="lower right")
    if title:
        ax.set_title(title, fontsize=11, color=INK)
    return figure_of(ax)


def _named_histories(history: Mapping[str, Any]) -> dict[str, Mapping[str, Sequence[float]]]:
    """Histories by name; one that is given alone has none."""
    runs = {"": history} if "train" in history else dict(history)
    if not runs or not all(len(run["train"]) for run in runs.values()):
        raise ValueError("history must hold at least one epoch, got none")
    return runs


def _cycle(n: int) -> list[str]:
    """So many colours."""
    return [COLOURS[i % len(COLOURS)] for i in range(n)]


def _set_limits(ax: Axes, curves: Sequence[NDArray[np.float64]]) -> None:
    """Show every curve from the first point after which it has made half of its way up."""
    finite = [curve[np.isfinite(curve)] for curve in curves]
    tops = [float(curve.max()) for curve in finite if curve.size]
    if not tops:
        return
    middles = [float(np.quantile(curve, 0.1)) for curve in finite if curve.size]
    low, high = min(middles), max(tops)
    margin = 0.06 * (high - low) or 0.5
    ax.set_ylim(low - margin, high + margin)
