"""The page of the results: Markdown, from their table alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

from ..figures import Tables, markdown, read
from . import literature
from .results import FILE, difference, every_result, split

__all__ = ["WITHOUT", "ablation_tables", "render", "write_page"]

NEAR = 0.01  # of the nats of the chosen settings: how close those without options should be
PLAIN = "nade (default)"  # the result beside those of other orderings
WITHOUT = " without"  # after the name of a model: the table of its ablation

ABLATION = (
    "## What each ingredient is worth",
    "Change of the validation nats, row by row, when a fit without options lacks one ingredient; "
    "seconds of the fit.",
)

Figures = Mapping[str, Any]
Result = tuple[str, str, Figures]


def write_page(folder: Path) -> Path:
    """Write ``report.md`` beside the table of a folder, with the pictures that are there."""
    if not (folder / FILE).exists():
        raise FileNotFoundError(f"there are no results in {folder}")
    tables = read(folder / FILE)
    path = folder / "report.md"
    path.write_text(render(tables, [file.stem for file in folder.glob("*.png")]), "utf-8")
    return path


def render(tables: Tables, pictures: Sequence[str] = ()) -> str:
    """Make the page of a table; `pictures` are the sets whose learning curves are drawn."""
    results = list(every_result(tables))
    ablations = ablation_tables(tables)
    blocks = [
        "# Learning results",
        "Mean log-likelihood of the test rows in nats, ± its standard error over rows. Settings "
        "were chosen on the validation rows; the test rows were read once, after the choice. "
        f"`python -m bench.learning --render --publish` writes this page from `{FILE}`.",
        "## Settings chosen on validation rows",
        _results(results),
        "The best of all on the validation rows of each set, beside what it should reach and the "
        "best published figure:",
        _best(results),
        "## Without options",
        "The estimator as it comes, beside the chosen settings; the difference is taken row by "
        f"row. Near means within {100 * NEAR:g} % of the nats.",
        _defaults(tables, results),
        "## Models on the same rows",
        "Rows differ among themselves much more than models do on the same rows, so differences "
        "are taken row by row.",
        _pairs(tables, results),
        *_orderings(tables, results),
        "## Published",
        _published(),
        *(ABLATION if ablations else ()),
        *ablations,
        *_pictures([name for name in dict.fromkeys(r[0] for r in results) if name in pictures]),
        "## How each was made",
        _commands(results),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _results(results: Sequence[Result]) -> str:
    """All that was chosen, beside what was wanted."""
    head = ("set", "model", "test nats", "target", "met", "valid", "train", "fit", "search")
    rows = []
    for set_name, name, figures in results:
        model, chosen = split(name)
        if not chosen:
            continue
        target, met = (
            literature.target_of(set_name, model),
            literature.met(set_name, model, figures),
        )
        rows.append(
            (
                set_name,
                f"`{model}`",
                _nats(figures["test"], figures["error"]),
                "" if target is None else f"{target:.2f}",
                "" if met is None else _verdict(met),
                f"{figures['valid']:.2f}",
                f"{figures['train']:.2f}",
                _time(figures["fit"]),
                _time(figures["search"]) if "search" in figures else "",
            )
        )
    return markdown(head, rows, left=2)


def _best(results: Sequence[Result]) -> str:
    """The best of every set, beside what is published."""
    rows = []
    for set_name in dict.fromkeys(result[0] for result in results):
        here = [(name, figures) for other, name, figures in results if other == set_name]
        name, figures = max(here, key=lambda pair: pair[1]["valid"])
        published, wanted = literature.published_of(set_name), literature.any_target_of(set_name)
        who = max(published, key=lambda key: published[key], default="")
        rows.append(
            (
                set_name,
                f"`{name}`",
                _nats(figures["test"], figures["error"]),
                "" if wanted is None else f"{wanted:.2f}",
                "" if wanted is None else _verdict(round(figures["test"], 2) >= wanted),
                f"{published[who]:.2f} ({who})" if who else "",
            )
        )
    return markdown(("set", "best model", "test nats", "target", "met", "published"), rows, left=2)


def _defaults(tables: Tables, results: Sequence[Result]) -> str:
    """Estimators as they come, beside the chosen settings."""
    rows = []
    for set_name, name, figures in results:
        model, chosen = split(name)
        if chosen:
            continue
        nats = _nats(figures["test"], figures["error"])
        cells = [set_name, f"`{model}`", nats, _time(figures["fit"])]
        best = tables[set_name]["results"].get(model)
        if best is not None:
            gap = best["test"] - figures["test"]
            pair = difference(tables[set_name], name, model)
            change = f"{-gap:+.3f}" if pair is None else _nats(*pair, "+.3f")
            near = gap <= NEAR * abs(best["test"])
            cells += [f"{best['test']:.2f}", change, _verdict(near)]
        rows.append([*cells, "", "", ""][:7])
    head = ("set", "model", "test nats", "fit", "chosen settings", "difference", "near")
    return markdown(head, rows, left=2)


def _pairs(tables: Tables, results: Sequence[Result]) -> str:
    """Differences of the models of a set."""
    rows = []
    for (set_name, a, _), (other, b, _) in combinations(results, 2):
        if set_name == other and split(a)[1] and split(b)[1]:
            pair = difference(tables[set_name], a, b)
            if pair is not None:
                rows.append((set_name, f"`{a}` − `{b}`", _nats(*pair, "+.3f")))
    return markdown(("set", "models", "difference in nats"), rows, left=2)


def _orderings(tables: Tables, results: Sequence[Result]) -> list[str]:
    """Validation nats of one model under every ordering, its columns' own too."""
    tried = [(name, figures["orderings"]) for name, _, figures in results if "orderings" in figures]
    if not tried:
        return []
    names = sorted({ordering for _, found in tried for ordering in found})
    rows = []
    for set_name, found in tried:
        plain = tables[set_name]["results"].get(PLAIN)
        columns = "" if plain is None else f"{plain['valid']:.2f}"
        rows.append([set_name, columns, *(f"{found[name]:.2f}" for name in names)])
    about = (
        "Validation nats of `NADE()` under the orderings of `ardens.orderings`, beside the order "
        "of the columns."
    )
    return ["## Orderings", about, markdown(("set", "columns", *names), rows)]


def _published() -> str:
    """Figures of others, and where they are from."""
    known = literature.known()
    columns = known["columns"]
    rows = []
    for name in known["sets"]:
        figures = literature.published_of(name)
        if figures:
            cells = [f"{figures[c]:.2f}" if c in figures else "" for c in columns]
            rows.append((name, *cells))
    head = ("set", *(f"{column} [{source}]" for column, source in columns.items()))
    sources = "\n".join(f"- {key}: {text}" for key, text in known["sources"].items())
    return f"{markdown(head, rows)}\n\n{sources}"


def ablation_tables(tables: Tables) -> list[str]:
    """Lay out what `bench.learning.ablation.ablate` found, a table for each model."""
    blocks = []
    for key in sorted({key for table in tables.values() for key in table if key.endswith(WITHOUT)}):
        ours = {name: table[key] for name, table in tables.items() if key in table}
        ingredients = dict.fromkeys(name for found in ours.values() for name in found)
        rows = [
            (name, *(_change(found.get(name)) for found in ours.values())) for name in ingredients
        ]
        blocks.append(markdown((f"`{key.removesuffix(WITHOUT)}`{WITHOUT}", *ours), rows))
    return blocks


def _change(figures: Mapping[str, float] | None) -> str:
    """A cell of the table of an ablation."""
    if figures is None:
        return "as it is"
    change = figures.get("change")
    nats, form = (figures["nats"], ".2f") if change is None else (change, "+.3f")
    return f"{_nats(nats, figures['error'], form)}, {_time(figures['seconds'])}"


def _pictures(sets: Sequence[str]) -> list[str]:
    """The learning curves of sets."""
    about = (
        "Whole lines are validation rows, broken ones training rows, dots the epochs that were "
        "kept, diamonds mixtures. Seconds are those of the fit that is reported. A run draws them "
        "when it trains; the curves themselves are not in the table."
    )
    lines = [f"![{name}: nats over epochs and seconds]({name}.png)" for name in sets]
    return ["## Learning curves", about, *lines] if sets else []


def _commands(results: Sequence[Result]) -> str:
    """How every result is made again."""
    rows = []
    for set_name, name, figures in results:
        model, chosen = split(name)
        settings = ", ".join(f"{key}={value}" for key, value in figures["settings"].items())
        mode, seed = "" if chosen else "--default ", figures["seed"]
        command = f"python -m bench.learning {mode}{set_name} {model}"
        command += f" --seed {seed}" if seed else ""
        rows.append((set_name, name, settings or "none", f"`{command}`", figures["machine"]))
    return markdown(("set", "model", "settings", "command", "machine"), rows, left=5)


def _nats(mean: float, error: float, form: str = ".2f") -> str:
    """A figure with its standard error."""
    text = format(mean, form)
    return text if math.isnan(error) else f"{text} ± {error:{form.lstrip('+')}}"


def _verdict(met: bool) -> str:
    """Whether a target is met."""
    return "yes" if met else "**no**"


def _time(seconds: float) -> str:
    """Seconds, or minutes where they are many."""
    return f"{seconds / 60:.1f} min" if seconds >= 100 else f"{seconds:.1f} s"
