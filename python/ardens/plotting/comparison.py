"""Columns of drawn tables beside those of real ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from ..checks.options import whole_number
from ..tables import Comparison, compare
from .axes import COLOURS, GAP, INK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["ComparisonDisplay"]

_LONGEST = 18  # characters of a value that are shown
_BARS = 12  # of a column, at most


@dataclass(eq=False)
class ComparisonDisplay:
    """Bars of the values, or bins, of each column, real beside drawn.

    Parameters
    ----------
    comparison : Comparison
        What `ardens.tables.compare` gives.

    Attributes
    ----------
    figure_ : matplotlib.figure.Figure
        What was drawn; ``figure_.savefig(path)`` writes it.

    Examples
    --------
    >>> import ardens
    >>> from ardens.plotting import ComparisonDisplay
    >>> X = {"sex": ["f", "m"] * 100, "size": ["S", "L", "S", "L", "L"] * 40}
    >>> drawn = ardens.TableModel(random_state=0).fit(X).sample(200, random_state=0)
    >>> len(ComparisonDisplay.from_frames(X, drawn).figure_.axes)
    2
    """

    comparison: Comparison
    figure_: Figure = field(init=False, repr=False)

    @classmethod
    def from_frames(cls, real: Any, drawn: Any, holdout: Any = None, *, most: int = 12) -> Self:
        """Compare, and draw.

        Parameters
        ----------
        real, drawn, holdout : data frame
            As for `ardens.tables.compare`.
        most : int, default 12
            How many columns to draw; those that differ most are.

        Returns
        -------
        ComparisonDisplay

        Raises
        ------
        TypeError, ValueError
            As for `ardens.tables.compare`.
        ImportError
            If Matplotlib is not installed.
        """
        return cls(compare(real, drawn, holdout)).plot(most=most)

    def plot(self, *, most: int = 12) -> Self:
        """Draw the columns.

        Parameters
        ----------
        most : int, default 12
            How many columns to draw; those that differ most are.

        Returns
        -------
        self
        """
        from matplotlib.figure import Figure

        told = self.comparison
        count = whole_number(most, "most", minimum=1)
        worst = sorted(told.columns, key=lambda name: -told.columns[name])[:count]
        wide = min(4, len(worst))
        high = -(-len(worst) // wide)
        figure = Figure(figsize=(2.6 * wide + 0.4, 2.3 * high + 0.4), dpi=150, layout="constrained")
        grid = figure.subplots(high, wide, squeeze=False).ravel()
        for ax in grid[len(worst) :]:
            ax.remove()
        for ax, name in zip(grid, worst, strict=False):
            labels, real, drawn = told.shown[name]
            heavy = np.sort(np.argsort(-(real + drawn), kind="stable")[:_BARS])
            heavy = heavy[(real + drawn)[heavy] > 0]
            places = np.arange(len(heavy))
            ax.bar(places - 0.2, real[heavy], width=0.4, color=COLOURS[0], label="real")
            ax.bar(places + 0.2, drawn[heavy], width=0.4, color=COLOURS[1], label="drawn")
            ax.set_xticks(
                places, [labels[k][:_LONGEST] for k in heavy], rotation=60, ha="right", fontsize=6
            )
            ax.set_title(f"{name} ({told.columns[name]:.3f})", fontsize=8, color=INK)
            ax.tick_params(axis="y", labelsize=6)
            ax.grid(axis="y", color=GAP, lw=0.4)
            ax.set_axisbelow(True)
            ax.spines[["top", "right"]].set_visible(False)
        grid[0].legend(frameon=False, fontsize=7)
        self.figure_ = figure
        return self
