"""The demonstration: three models of handwritten digits, and one of a table of wines."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import ardens

from . import plotting, tables

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Result", "TableResult", "compare", "learn_table", "picture", "table"]

_SHAPE = (8, 8)
_IMAGES = 48  # real ones and sampled ones in the picture
_COLUMNS = 8
_DRAWN = 20_000  # samples to take the time of


@dataclass(frozen=True)
class Result:
    """What a trained model achieved.

    Parameters
    ----------
    name : str
        The class of the model.
    model : estimator
        The fitted model.
    log_prob : ndarray of shape (n_test,)
        Log-probabilities of the test rows in nats.
    fit_seconds : float
        Time of `fit`.
    samples_per_second : float
        Rows drawn per second.
    """

    name: str
    model: Any
    log_prob: NDArray[np.float64]
    fit_seconds: float
    samples_per_second: float

    def figures(self) -> dict[str, Any]:
        """Return the numbers of the table, under their names."""
        mean, error = _mean_and_error(self.log_prob)
        return {
            "model": self.name,
            "parameters": int(self.model.n_parameters_),
            "mean_nats": mean,
            "standard_error": error,
            "fit_seconds": self.fit_seconds,
            "samples_per_second": self.samples_per_second,
        }


def compare(
    splits: Mapping[str, NDArray[np.uint8]],
    *,
    random_state: int = 0,
    n_jobs: int | None = None,
    announce: Callable[[str], object] = lambda line: None,
) -> list[Result]:
    """Train FVSBN, MLP and NADE with their defaults and judge them on held-out rows.

    Parameters
    ----------
    splits : mapping of str to ndarray of uint8
        Rows under ``"train"``, ``"valid"`` and ``"test"``, as `ardens.data.digits` gives them.
    random_state : int, default 0
        Seed of every model.
    n_jobs : int, optional
        Threads; None leaves them to the models.
    announce : callable, default does nothing
        Called with a line of text before each fit.

    Returns
    -------
    list of Result
        One for each model, in the order of the table.
    """
    models = (
        ardens.FVSBN(random_state=random_state, n_jobs=n_jobs),
        ardens.MLP(random_state=random_state, n_jobs=n_jobs),
        ardens.NADE(random_state=random_state, n_jobs=n_jobs),
    )
    results = []
    for model in models:
        name = type(model).__name__
        announce(f"training {name} on {len(splits['train'])} digits")
        began = time.perf_counter()
        model.fit(splits["train"], X_valid=splits["valid"])
        fit_seconds = time.perf_counter() - began
        model.sample(1)  # tables that the kernels derive from the parameters are made once
        began = time.perf_counter()
        model.sample(_DRAWN, random_state=random_state)
        speed = _DRAWN / (time.perf_counter() - began)
        results.append(Result(name, model, model.score_samples(splits["test"]), fit_seconds, speed))
    return results


def table(splits: Mapping[str, NDArray[np.uint8]], results: list[Result]) -> str:
    """Render results as aligned text, with the gain of each model over the first one.

    Parameters
    ----------
    splits : mapping of str to ndarray of uint8
        What the models were trained and judged on.
    results : list of Result
        What `compare` returned.

    Returns
    -------
    str
        Lines without a final newline. The gain and its standard error are taken row by row: rows
        differ among themselves much more than models do on the same rows.
    """
    first = results[0]
    head = ("model", "parameters", "test nats", "gain, row by row", "fit", "samples/s")
    lines = [head]
    for result in results:
        gain = "-"
        if result is not first:
            gain = "{:+.2f} +- {:.2f}".format(*_mean_and_error(result.log_prob - first.log_prob))
        lines.append(
            (
                result.name,
                str(result.model.n_parameters_),
                "{:.2f} +- {:.2f}".format(*_mean_and_error(result.log_prob)),
                gain,
                f"{result.fit_seconds:.1f} s",
                f"{result.samples_per_second:.0f}",
            )
        )
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    rows = [
        "  ".join(
            [line[0].ljust(widths[0])]
            + [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        )
        for line in lines
    ]
    title = (
        f"{len(splits['test'])} held-out handwritten digits, 8x8 pixels, 0 or 1; "
        f"mean log-likelihood in nats +- standard error"
    )
    return "\n".join([title, "", rows[0], "-" * len(rows[0]), *rows[1:]])


def picture(
    splits: Mapping[str, NDArray[np.uint8]], results: list[Result], *, random_state: int = 0
) -> Figure:
    """Draw real digits, digits sampled from the last model, and the learning curves of all.

    Parameters
    ----------
    splits : mapping of str to ndarray of uint8
        What the models were trained and judged on.
    results : list of Result
        What `compare` returned.
    random_state : int, default 0
        Seed of the samples.

    Returns
    -------
    matplotlib.figure.Figure
        The picture; ``figure.savefig(path)`` writes it.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise ImportError("pictures need Matplotlib: pip install ardens[demo]") from error
    figure = Figure(figsize=(9.6, 7.9), dpi=150, layout="constrained")
    panels = figure.subplot_mosaic(
        [["real", "sampled"], ["curves", "curves"]], height_ratios=[1, 1.1]
    )
    last = results[-1]
    sampled = last.model.sample(_IMAGES, random_state=random_state)
    plotting.image_grid(
        splits["test"][:_IMAGES],
        _SHAPE,
        columns=_COLUMNS,
        title="held-out digits",
        ax=panels["real"],
    )
    plotting.image_grid(
        sampled, _SHAPE, columns=_COLUMNS, title=f"sampled from {last.name}", ax=panels["sampled"]
    )
    plotting.learning_curve(
        {result.name: result.model.history_ for result in results}, ax=panels["curves"]
    )
    return figure


@dataclass(frozen=True)
class TableResult:
    """What a model of the wines achieved.

    Parameters
    ----------
    learned, held_out : int
        Rows of either kind.
    mean_nats : float
        Mean log-density of rows held out.
    growers : float
        Part of rows held out whose grower is the most probable one given the measurements.
    comparison : Comparison
        Of as many drawn rows as were learned from beside real ones.
    seconds : float
        Of learning and drawing.
    """

    learned: int
    held_out: int
    mean_nats: float
    growers: float
    comparison: tables.Comparison
    seconds: float

    def figures(self) -> dict[str, Any]:
        """Return the numbers, under their names."""
        return {
            "learned": self.learned,
            "held_out": self.held_out,
            "mean_nats": self.mean_nats,
            "growers": self.growers,
            "told_apart": self.comparison.told_apart,
            "seconds": self.seconds,
        }


def learn_table(
    table: Mapping[str, NDArray[Any]], *, random_state: int = 0, n_jobs: int | None = None
) -> TableResult:
    """Learn three quarters of a table, and judge what is learned by the rest.

    Parameters
    ----------
    table : mapping of str to ndarray
        Columns, as `ardens.data.wines` gives them.
    random_state : int, default 0
        Seed of the split, the model and its draws.
    n_jobs : int, optional
        Threads; None leaves them to the model.

    Returns
    -------
    TableResult
    """
    n = len(table["grower"])
    order = np.random.default_rng(random_state).permutation(n)
    learned, held_out = (
        {name: column[some] for name, column in table.items()}
        for some in np.split(order, [3 * n // 4])
    )
    began = time.perf_counter()
    model = ardens.TableModel(random_state=random_state, n_jobs=n_jobs).fit(learned)
    drawn = model.sample(len(learned["grower"]), random_state=random_state)
    seconds = time.perf_counter() - began
    p = model.predict_proba(held_out, "grower")
    likeliest = np.array(list(p))[np.argmax(list(p.values()), axis=0)]
    return TableResult(
        len(learned["grower"]),
        len(held_out["grower"]),
        float(model.score(held_out)),
        float(np.mean(likeliest == held_out["grower"])),
        tables.compare(learned, drawn, held_out),
        seconds,
    )


def _mean_and_error(values: NDArray[np.float64]) -> tuple[float, float]:
    """The mean and its standard error."""
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))
