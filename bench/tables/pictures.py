"""Pictures: columns and pairs of columns, real beside drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..plots import INK, LINES, SOFT, style
from .data import Table, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["associations", "table_figure"]

COLUMNS, LEVELS, BINS = 4, 12, 30
POINTS = 1500
REAL, DRAWN = SOFT, LINES[0]


def table_figure(table: Table, drawn: pd.DataFrame) -> Figure:
    """Draw columns, how strongly pairs hang together, and two pairs of numbers themselves."""
    test, names = table.test, list(table.frame)
    real, ours = associations(table, test), associations(table, drawn)
    pairs = _pairs(table, real)
    rows = -(-len(names) // COLUMNS)
    with style():
        import matplotlib.pyplot as plt

        figure = plt.figure(
            figsize=(11, 1.75 * rows + 3.1 * (1 + bool(pairs))), layout="constrained"
        )
        parts = figure.subfigures(
            2 + bool(pairs), 1, height_ratios=[1.75 * rows, *[3.1] * (1 + bool(pairs))]
        )
        axes = list(parts[0].subplots(rows, COLUMNS, squeeze=False).flat)
        for ax, name in zip(axes, names, strict=False):
            _column(ax, table, test, drawn, name)
        for ax in axes[len(names) :]:
            ax.set_axis_off()
        parts[0].suptitle(
            f"{table.name}: held-out rows (grey) and drawn ones (blue)",
            x=0.01, ha="left", weight="bold",
        )  # fmt: skip
        found = {"held-out": real, "drawn": ours, "difference": ours - real}
        for ax, (title, matrix) in zip(parts[1].subplots(1, 3), found.items(), strict=True):
            image = ax.imshow(matrix, cmap="RdBu_r", vmin=-1, vmax=1)
            ax.set_title(f"association, {title}", loc="left")
            ax.set_yticks(range(len(names)), names if title == "held-out" else [], fontsize=6)
            ax.set_xticks([])
        parts[1].colorbar(image, ax=parts[1].axes, shrink=0.8)
        if pairs:
            size = min(POINTS, len(test), len(drawn))
            panels = parts[2].subplots(1, 2 * len(pairs), squeeze=False)[0]
            for k, (one, other) in enumerate(pairs):
                both = panels[2 * k : 2 * k + 2]
                for ax, frame, color, title in zip(
                    both, (test, drawn), (REAL, DRAWN), ("held-out", "drawn"), strict=True
                ):
                    some = frame.iloc[:size]
                    x, y = number(some[one]), number(some[other])
                    ax.plot(x, y, ".", color=color, markersize=3, alpha=0.5, markeredgewidth=0)
                    ax.set_title(title, loc="left")
                    ax.set_xlabel(one)
                    ax.set_ylabel(other if ax is both[0] else "")
                    ax.tick_params(labelsize=7)
                _same(both, *(number(test[name]) for name in (one, other)))
    return figure


def _column(ax: Axes, table: Table, test: pd.DataFrame, drawn: pd.DataFrame, name: str) -> None:
    """Draw shares of the most frequent values, or of bins."""
    few = table.frame[name].nunique() <= LEVELS
    if table.is_category(name) or few:
        texts = [table.text_of(frame, name).fillna("missing") for frame in (test, drawn)]
        levels = texts[0].value_counts().index[:LEVELS]
        levels = sorted(levels, key=_order)
        for text, color, shift in zip(texts, (REAL, DRAWN), (-0.2, 0.2), strict=True):
            shares = text.value_counts(normalize=True).reindex(levels, fill_value=0)
            ax.bar(np.arange(len(levels)) + shift, shares, 0.4, color=color)
        labels = [level[:9] for level in levels]
        ax.set_xticks(range(len(levels)), labels, rotation=30, ha="right", fontsize=6)
    else:
        real, ours = number(test[name]), number(drawn[name])
        low, high = np.nanquantile(real, [0.005, 0.995])
        edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
        for values, color, how in ((real, REAL, "stepfilled"), (ours, DRAWN, "step")):
            weights = np.full(len(values), 1 / len(values))
            alpha = 0.45 if how == "stepfilled" else 1
            ax.hist(values, edges, weights=weights, color=color, histtype=how, alpha=alpha)
        if table.kinds[name] == "date":
            ax.set_xticks([])
    ax.set_title(name, loc="left", fontsize=8, color=INK)
    ax.tick_params(labelsize=6)
    ax.set_yticks([])


def _order(level: str) -> tuple[float, str]:
    """Numbers by size, all else by name."""
    try:
        return float(level), ""
    except ValueError:
        return np.inf, level


def associations(table: Table, frame: pd.DataFrame) -> NDArray[np.float64]:
    """Correlations of ranks; Cramér's V (of numbers in tenths) where one is a category."""
    names = list(table.frame)
    ranks = {n: frame[n].rank() for n in names if not table.is_category(n)}
    codes = {n: _codes(table, frame, n) for n in names}
    found = np.eye(len(names))
    for i, one in enumerate(names):
        for j, other in enumerate(names[:i]):
            if one in ranks and other in ranks:
                value = ranks[one].corr(ranks[other]) if _vary(ranks[one], ranks[other]) else 0.0
            else:
                value = _cramer(codes[one], codes[other])
            found[i, j] = found[j, i] = value
    return np.nan_to_num(found)


def _vary(*columns: pd.Series[Any]) -> bool:
    """Whether none is constant."""
    return all(column.nunique() > 1 for column in columns)


def _codes(table: Table, frame: pd.DataFrame, name: str) -> NDArray[np.int64]:
    """Values as numbers from zero, of numbers their tenth; the rare ones together."""
    if table.is_category(name):
        text = table.text_of(frame, name).fillna("missing")
        places = {level: min(k, LEVELS) for k, level in enumerate(text.value_counts().index)}
        return text.map(places).to_numpy()
    values = number(frame[name])
    edges = np.unique(np.nanquantile(number(table.test[name]), np.arange(1, 10) / 10))
    return np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values))


def _cramer(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    """Cramér's V of two columns."""
    counts = np.zeros((one.max() + 1, other.max() + 1))
    np.add.at(counts, (one, other), 1)
    counts = counts[counts.sum(axis=1) > 0][:, counts.sum(axis=0) > 0]
    if min(counts.shape) < 2:
        return 0.0
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    chi = ((counts - expected) ** 2 / expected).sum()
    return float(np.sqrt(chi / counts.sum() / (min(counts.shape) - 1)))


def _pairs(table: Table, real: NDArray[np.float64]) -> list[tuple[str, str]]:
    """Two pairs of numbers of many values that hang together most, but are not the same."""
    names = list(table.frame)
    many = [
        k for k, n in enumerate(names)
        if not table.is_category(n) and table.frame[n].nunique() > LEVELS
    ]  # fmt: skip
    ranked = sorted(
        ((abs(real[i, j]), i, j) for i in many for j in many if i < j and abs(real[i, j]) < 0.995),
        reverse=True,
    )
    chosen: list[tuple[str, str]] = []
    for _, i, j in ranked:
        if not any(names[k] in pair for pair in chosen for k in (i, j)):
            chosen.append((names[i], names[j]))
    return chosen[:2]


def _same(axes: Any, x: NDArray[np.float64], y: NDArray[np.float64]) -> None:
    """Both panels show what the held-out rows reach, but for their last half percent."""
    for values, setting in ((x, "set_xlim"), (y, "set_ylim")):
        low, high = np.nanquantile(values, [0.0, 0.995])
        margin = 0.05 * (high - low) or 1.0
        for ax in axes:
            getattr(ax, setting)(low - margin, high + margin)
