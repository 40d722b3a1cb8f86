"""Pictures of binary images and of training, as Matplotlib figures the caller saves.

Figures are made without `pyplot`, so that no window, backend or global state is touched.
Matplotlib is imported on the first call.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["image_grid", "learning_curve"]

_INK = "#1b2a41"
_GAP = "#d3dae3"
_LINES = 24  # at least so many lines in an image's longer side
_COLOURS = ("#0b6fa4", "#d1495b", "#3a7d44", "#8d5fae", "#c77d0a", "#4d4d4d")


def image_grid(
    X: ArrayLike,
    shape: tuple[int, int],
    *,
    columns: int | None = None,
    title: str | None = None,
    ax: Axes | None = None,
) -> Figure:
    """Draw rows of `X` as images in one grid.

    Parameters
    ----------
    X : array_like of shape (n_images, height * width)
        Values between 0 (white) and 1 (dark): data, samples or conditionals.
    shape : (int, int)
        Height and width of an image in pixels.
    columns : int, optional
        Images in a row of the grid; None makes the grid as square as it can be.
    title : str, optional
        A line above the grid.
    ax : matplotlib.axes.Axes, optional
        Where to draw; None makes a new figure.

    Returns
    -------
    matplotlib.figure.Figure
        The figure drawn in; ``figure.savefig(path)`` writes it.

    Raises
    ------
    ValueError
        If `X` is not a matrix of at least one row, or its width is not height times width, or
        `columns` is not positive.
    ImportError
        If Matplotlib is not installed.

    Examples
    --------
    >>> figure = image_grid([[0, 1, 1, 0], [1, 0, 0, 1]], shape=(2, 2), title="two images")
    >>> len(figure.axes)
    1
    """
    images = np.asarray(X, dtype=np.float64)
    height, width = shape
    if images.ndim != 2 or not len(images):
        raise ValueError(
            f"X must be a matrix with at least one row, got an array of shape {images.shape}"
        )
    if height < 1 or width < 1 or images.shape[1] != height * width:
        raise ValueError(
            f"shape must be a height and a width whose product is {images.shape[1]}, the columns "
            f"of X; got {shape}"
        )
    if columns is None:
        columns = _squarest(len(images), height, width)
    elif columns < 1:
        raise ValueError(f"columns must be at least 1, got {columns}")
    columns = min(columns, len(images))
    mosaic = _mosaic(images.reshape(-1, height, width), columns)
    if ax is None:
        inches = 6.4 / max(mosaic.shape)
        ax = _new_axes(mosaic.shape[1] * inches, mosaic.shape[0] * inches + 0.4 * bool(title))
    from matplotlib.colors import LinearSegmentedColormap

    ramp = LinearSegmentedColormap.from_list("ink", ["#ffffff", _INK]).with_extremes(bad=_GAP)
    ax.imshow(np.ma.masked_invalid(mosaic), cmap=ramp, vmin=0, vmax=1, interpolation="nearest")
    ax.set_axis_off()
    if title:
        ax.set_title(title, fontsize=11, color=_INK)
    return _figure(ax)


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
        ax = _new_axes(6.4, 4.2)
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
    ax.grid(color=_GAP, lw=0.5)
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False, fontsize=9, loc="lower right")
    if title:
        ax.set_title(title, fontsize=11, color=_INK)
    return _figure(ax)


def _named_histories(history: Mapping[str, Any]) -> dict[str, Mapping[str, Sequence[float]]]:
    """Histories by name; one that is given alone has none."""
    runs = {"": history} if "train" in history else dict(history)
    if not runs or not all(len(run["train"]) for run in runs.values()):
        raise ValueError("history must hold at least one epoch, got none")
    return runs


def _cycle(n: int) -> list[str]:
    """So many colours."""
    return [_COLOURS[i % len(_COLOURS)] for i in range(n)]


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


def _squarest(n: int, height: int, width: int) -> int:
    """Columns of the grid that is nearest to a square."""
    return max(1, min(n, math.ceil(math.sqrt(n * height / width))))


def _mosaic(images: NDArray[np.float64], columns: int) -> NDArray[np.float64]:
    """Images side by side, thin lines of NaN between; NaN too where the last row is not full."""
    enlarged = max(1, _LINES // max(images.shape[1:]))  # so that a line is thinner than a pixel
    images = images.repeat(enlarged, axis=1).repeat(enlarged, axis=2)
    n, height, width = images.shape
    rows = -(-n // columns)
    cells = np.full((rows * columns, height + 1, width + 1), np.nan)
    cells[:n, 1:, 1:] = images
    grid = cells.reshape(rows, columns, height + 1, width + 1).swapaxes(1, 2)
    mosaic = grid.reshape(rows * (height + 1), columns * (width + 1))
    return np.pad(mosaic, ((0, 1), (0, 1)), constant_values=np.nan)


def _new_axes(width: float, height: float) -> Axes:
    """Axes of a figure of its own."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("pictures need Matplotlib: pip install ardens[demo]") from error
    axes: Axes = Figure(figsize=(width, height), dpi=150, layout="constrained").subplots()
    return axes


def _figure(ax: Axes) -> Figure:
    """The figure that axes belong to."""
    figure = ax.get_figure(root=True)
    if figure is None:
        raise ValueError("ax must belong to a figure, got axes that were removed from theirs")
    return figure
