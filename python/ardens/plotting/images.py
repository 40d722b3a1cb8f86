"""Rows as images in one grid."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .axes import GAP, INK, figure_of, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["image_grid"]

_LINES = 24  # at least so many lines in an image's longer side


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
        ax = new_axes(mosaic.shape[1] * inches, mosaic.shape[0] * inches + 0.4 * bool(title))
    from matplotlib.colors import LinearSegmentedColormap

    ramp = LinearSegmentedColormap.from_list("ink", ["#ffffff", INK]).with_extremes(bad=GAP)
    ax.imshow(np.ma.masked_invalid(mosaic), cmap=ramp, vmin=0, vmax=1, interpolation="nearest")
    ax.set_axis_off()
    if title:
        ax.set_title(title, fontsize=11, color=INK)
    return figure_of(ax)


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
