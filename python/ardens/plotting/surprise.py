"""What is unusual in a row of a table."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from ..checks.options import whole_number
from ..tables import TableModel
from ..tables.frames import read
from .axes import COLOURS, GAP, INK, figure_of, new_axes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["SurpriseDisplay"]

_LONGEST = 40  # characters of a cell that are shown


@dataclass(eq=False)
class SurpriseDisplay:
    """How surprising the cells of a row are, as bars.

    Parameters
    ----------
    names : sequence of str
        Columns.
    values : sequence of str
        What stands in the row.
    surprise : ndarray of float64
        Nats.

    Attributes
    ----------
    ax_ : matplotlib.axes.Axes
        What was drawn in.
    figure_ : matplotlib.figure.Figure
        Its figure; ``figure_.savefig(path)`` writes it.

    Examples
    --------
    >>> import ardens
    >>> from ardens.plotting import SurpriseDisplay
    >>> X = {"sex": ["f", "m"] * 100, "size": ["S", "L", "S", "L", "L"] * 40}
    >>> model = ardens.TableModel(random_state=0).fit(X)
    >>> display = SurpriseDisplay.from_estimator(model, {"sex": "f", "size": "L"})
    >>> display.ax_.get_xlabel()
    'surprise given all other cells (nats)'
    """

    names: list[str]
    values: list[str]
    surprise: NDArray[np.float64]
    ax_: Axes = field(init=False, repr=False)
    figure_: Figure = field(init=False, repr=False)

    @classmethod
    def from_estimator(
        cls, model: TableModel, row: Any, *, most: int = 20, ax: Axes | None = None
    ) -> Self:
        """Ask a model, and draw.

        Parameters
        ----------
        model : TableModel
            Fitted.
        row : dict or data frame
            A value for each column, or a frame of one row.
        most : int, default 20
            How many columns to draw; the most surprising ones are.
        ax : matplotlib.axes.Axes, optional
            Where to draw; None makes a new figure.

        Returns
        -------
        SurpriseDisplay

        Raises
        ------
        TypeError, ValueError
            If `model` is no `TableModel`, `row` is not one row, or as for `cell_surprise`.
        ImportError
            If Matplotlib is not installed.
        """
        if not isinstance(model, TableModel):
            raise TypeError(f"model must be a TableModel; got {model!r}")
        if isinstance(row, dict) and all(np.ndim(value) == 0 for value in row.values()):
            row = {name: [value] for name, value in row.items()}
        frame = read(row, "row")
        if frame.n_rows != 1:
            raise ValueError(f"row must be one row; got {frame.n_rows}")
        found = read(model.cell_surprise(row))
        names = list(found.names)
        nats = np.array([found.cells(name).values[0] for name in names])
        shown = np.argsort(-nats, kind="stable")[: whole_number(most, "most", minimum=1)]
        values = [frame.cells(names[k]).text(0)[:_LONGEST] for k in shown]
        display = cls([str(names[k]) for k in shown], values, nats[shown])
        return display.plot(ax=ax)

    def plot(self, *, ax: Axes | None = None) -> Self:
        """Draw the bars.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; None makes a new figure.

        Returns
        -------
        self
        """
        if ax is None:
            ax = new_axes(6.4, 0.9 + 0.3 * len(self.names))
        places = np.arange(len(self.names))[::-1]
        finite = self.surprise[np.isfinite(self.surprise)]
        longest = max(1.0, float(finite.max(initial=0.0)))
        lengths = np.where(np.isfinite(self.surprise), self.surprise, 1.2 * longest)
        colours = [COLOURS[0] if np.isfinite(nats) else COLOURS[1] for nats in self.surprise]
        ax.barh(places, lengths, color=colours, height=0.7)
        labels = [f"{name} = {value}" for name, value in zip(self.names, self.values, strict=True)]
        ax.set_yticks(places, labels, fontsize=9, color=INK)
        for place, length, nats in zip(places, lengths, self.surprise, strict=True):
            said = f"{nats:.1f}" if np.isfinite(nats) else "∞"
            ax.text(length + 0.01 * longest, place, said, va="center", fontsize=8, color=INK)
        ax.set_xlim(0, 1.15 * float(lengths.max(initial=0.0)) + 0.1)
        ax.set_xlabel("surprise given all other cells (nats)")
        ax.grid(axis="x", color=GAP, lw=0.5)
        ax.set_axisbelow(True)
        ax.spines[["top", "right", "left"]].set_visible(False)
        self.ax_, self.figure_ = ax, figure_of(ax)
        return self
