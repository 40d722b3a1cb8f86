"""The report of what was run: tables in Markdown, from the records alone."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

from ..tables import markdown
from .pictures import label, learning_figure
from .records import file_name, read_all

__all__ = ["ablation_tables", "met", "render", "target_of", "write_report"]

LITERATURE = Path(__file__).parent / "literature.toml"
ORDERS = ("nade", "default"), ("nade-ordering", "recipe")
NEAR = 0.01  # of the nats of the chosen settings: how close those without options should be

_ABLATION = (
    "## What each ingredient is worth",
    "Change of the validation nats, row by row, when a fit without options lacks one ingredient; "
    "seconds of the fit.",
)

Record = Mapping[str, Any]


@cache
def literature() -> dict[str, Any]:
    """Published figures and targets by set."""
    return tomllib.loads(LITERATURE.read_text("utf-8"))


def target_of(record: Record) -> float | None:
    """The least that is wanted of a model on a set, if there is a figure for it."""
    found: float | None = _targets(record["set"]).get(record["model"].partition("-")[0])
    return found


def _targets(name: str) -> dict[str, float]:
    targets: dict[str, float] = literature()["sets"].get(name, {}).get("targets", {})
    return targets


def met(record: Record) -> bool | None:
    """Whether nats, to the two decimals of papers, and time are as wanted; None without target."""
    target = target_of(record)
    if target is None:
        return None
    limits = literature()["sets"][record["set"]].get("minutes", {})
    in_time = record["fit_seconds"] <= 60 * limits.get(
        record["model"].partition("-")[0], float("inf")
    )
    return in_time and round(record["test"]["nats"], 2) >= target


def render(records: Sequence[Record], ablations: Sequence[Record] = ()) -> str:
    """Write the report as Markdown.

    Parameters
    ----------
    records : sequence of dict
        What `bench.learning.records.read_all` gives.
    ablations : sequence of dict
        What `bench.learning.ablation.ablate` gave.

    Returns
    -------
    str
    """
    sets = list(dict.fromkeys([*literature()["sets"], *(record["set"] for record in records)]))
    records = sorted(records, key=lambda r: (sets.index(r["set"]), -r["test"]["nats"]))
    blocks = [
        "# Learning results",
        "Mean log-likelihood of the test rows in nats, ± its standard error over rows. Settings "
        "were chosen on the validation rows; the test rows were read once, after the choice. "
        "`python -m bench.learning --table` writes this page from `records/`.",
        "## Settings chosen on validation rows",
        _results([record for record in records if record["mode"] == "recipe"]),
        "The best of all on the validation rows of each set, beside what it should reach and the "
        "best published figure:",
        _best(records),
        "## Without options",
        "The estimator as it comes, beside the chosen settings; the difference is taken row by "
        f"row. Near means within {100 * NEAR:g} % of the nats.",
        _defaults(records),
        "## Models on the same rows",
        "Rows differ among themselves much more than models do on the same rows, so differences "
        "are taken row by row.",
        _pairs(records),
        *_orderings(records),
        "## Published",
        _published(),
        *(_ABLATION if ablations else ()),
        *ablation_tables(ablations),
        *_pictures(records),
        "## How each was made",
        _commands(records),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def write_report(folder: Path) -> Path:
    """Render the records of a folder beside it, with the pictures.

    Parameters
    ----------
    folder : Path
        Where ``records/`` and ``ablations/`` are.

    Returns
    -------
    Path
        The report.
    """
    records = read_all(folder / "records")
    if not records:
        raise FileNotFoundError(f"there are no records in {folder / 'records'}")
    for name, drawn in _drawn(records).items():
        points = [r for r in records if r["set"] == name and not r["history"]]
        learning_figure(drawn, points).savefig(folder / f"{name}.png")
    path = folder / "report.md"
    path.write_text(render(records, read_all(folder / "ablations")), "utf-8")
    return path


def _results(records: Sequence[Record]) -> str:
    head = ("set", "model", "test nats", "target", "met", "valid", "train", "fit", "search")
    rows = []
    for record in records:
        target, verdict = target_of(record), met(record)
        rows.append(
            (
                record["set"],
                f"`{record['model']}`",
                _nats(record["test"]),
                "" if target is None else f"{target:.2f}",
                "" if verdict is None else _verdict(verdict),
                f"{record['valid']['nats']:.2f}",
                f"{record['train']['nats']:.2f}",
                _time(record["fit_seconds"]),
                _time(record["search_seconds"]) if len(record["candidates"]) > 1 else "",
            )
        )
    return markdown(head, rows, left=2)


def _best(records: Sequence[Record]) -> str:
    rows = []
    for name in dict.fromkeys(record["set"] for record in records):
        best = max((r for r in records if r["set"] == name), key=lambda r: r["valid"]["nats"])
        published = literature()["sets"].get(name, {}).get("published", {})
        who = max(published, key=lambda key: published[key], default="")
        wanted = _targets(name).get("any")
        rows.append(
            (
                name,
                f"`{label(best)}`",
                _nats(best["test"]),
                "" if wanted is None else f"{wanted:.2f}",
                "" if wanted is None else _verdict(round(best["test"]["nats"], 2) >= wanted),
                f"{published[who]:.2f} ({who})" if who else "",
            )
        )
    return markdown(("set", "best model", "test nats", "target", "met", "published"), rows, left=2)


def _defaults(records: Sequence[Record]) -> str:
    chosen = {(r["set"], r["model"]): r for r in records if r["mode"] == "recipe"}
    rows = []
    for record in records:
        if record["mode"] != "default":
            continue
        name, model = record["set"], record["model"]
        cells = [name, f"`{model}`", _nats(record["test"]), _time(record["fit_seconds"])]
        best = chosen.get((name, model))
        if best is not None:
            gap = best["test"]["nats"] - record["test"]["nats"]
            near = gap <= NEAR * abs(best["test"]["nats"])
            pair = _difference(record, best)
            change = f"{-gap:+.3f}" if pair is None else _nats(pair, "+.3f")
            cells += [f"{best['test']['nats']:.2f}", change, _verdict(near)]
        rows.append([*cells, "", "", ""][:7])
    head = ("set", "model", "test nats", "fit", "chosen settings", "difference", "near")
    return markdown(head, rows, left=2)


def _pairs(records: Sequence[Record]) -> str:
    rows = []
    for a, b in combinations([r for r in records if r["mode"] == "recipe"], 2):
        if a["set"] == b["set"] and (pair := _difference(a, b)) is not None:
            rows.append((a["set"], f"`{a['model']}` − `{b['model']}`", _nats(pair, "+.3f")))
    return markdown(("set", "models", "difference in nats"), rows, left=2)


def _difference(a: Record, b: Record) -> dict[str, float] | None:
    """Mean of a − b over the test rows, if one of the records compares these very rows."""
    for one, other, sign in ((a, b, 1), (b, a, -1)):
        pair = one["pairs"].get(file_name(other))
        if pair is not None and pair["digest"] == other["digest"]:
            return {"nats": sign * pair["nats"], "error": pair["error"]}
    return None


def _orderings(records: Sequence[Record]) -> list[str]:
    """Lay out the validation nats of one model under every ordering, its columns' own too."""
    plain = {r["set"]: r["valid"]["nats"] for r in records if (r["model"], r["mode"]) == ORDERS[0]}
    tried = [r for r in records if (r["model"], r["mode"]) == ORDERS[1]]
    if not tried:
        return []
    names = sorted({c["params"]["ordering"] for r in tried for c in r["candidates"]})
    rows = []
    for record in tried:
        found = {c["params"]["ordering"]: max(c["nats"]) for c in record["candidates"]}
        columns = f"{plain[record['set']]:.2f}" if record["set"] in plain else ""
        rows.append([record["set"], columns, *(f"{found[name]:.2f}" for name in names)])
    about = (
        "Validation nats of `NADE()` under the orderings of `ardens.orderings`, beside the order "
        "of the columns."
    )
    return ["## Orderings", about, markdown(("set", "columns", *names), rows)]


def _published() -> str:
    known = literature()
    columns = known["columns"]
    rows = []
    for name, entry in known["sets"].items():
        figures = entry.get("published", {})
        if figures:
            cells = [f"{figures[c]:.2f}" if c in figures else "" for c in columns]
            rows.append((name, *cells))
    head = ("set", *(f"{column} [{source}]" for column, source in columns.items()))
    sources = "\n".join(f"- {key}: {text}" for key, text in known["sources"].items())
    return f"{markdown(head, rows)}\n\n{sources}"


def ablation_tables(ablations: Sequence[Record]) -> list[str]:
    """Lay out what `bench.learning.ablation.ablate` found, a table for each model."""
    blocks = []
    for model in dict.fromkeys(record["model"] for record in ablations):
        ours = [record for record in ablations if record["model"] == model]
        names = dict.fromkeys(name for record in ours for name in record["without"])
        head = (f"`{model}` without", *(record["set"] for record in ours))
        rows = [("nothing", *(f"{_nats(r['all'])}, {_time(r['all']['seconds'])}" for r in ours))]
        rows += [(name, *(_change(r["without"].get(name)) for r in ours)) for name in names]
        blocks.append(markdown(head, rows))
    return blocks


def _change(figures: Mapping[str, float] | None) -> str:
    if figures is None:
        return "as it is"
    pair = {"nats": figures["change"], "error": figures["change_error"]}
    return f"{_nats(pair, '+.3f')}, {_time(figures['seconds'])}"


def _drawn(records: Sequence[Record]) -> dict[str, list[Any]]:
    """Records with a curve, by set."""
    drawn: dict[str, list[Any]] = {}
    for record in records:
        if len(record["history"].get("epoch", ())) > 1:
            drawn.setdefault(record["set"], []).append(record)
    return drawn


def _pictures(records: Sequence[Record]) -> list[str]:
    drawn = _drawn(records)
    lines = [f"![{name}: nats over epochs and seconds]({name}.png)" for name in drawn]
    about = (
        "Whole lines are validation rows, broken ones training rows, dots the epochs that were "
        "kept, diamonds mixtures. Seconds are those of the fit that is reported."
    )
    return ["## Learning curves", about, *lines] if drawn else []


def _commands(records: Sequence[Record]) -> str:
    rows = []
    for record in records:
        settings = ", ".join(f"{name}={value}" for name, value in record["settings"].items())
        here = record["machine"]
        where = f"{here['cpu']}, {here['cores']} cores, {here['level']}, {here['commit']}"
        rows.append(
            (record["set"], label(record), settings or "none", f"`{record['command']}`", where)
        )
    return markdown(("set", "model", "settings", "command", "machine"), rows, left=5)


def _nats(figures: Mapping[str, float | None], form: str = ".2f") -> str:
    error = figures["error"]
    mean = format(figures["nats"], form)
    return mean if error is None else f"{mean} ± {error:.{3 if form == '+.3f' else 2}f}"


def _verdict(met: bool) -> str:
    return "yes" if met else "**no**"


def _time(seconds: float) -> str:
    return f"{seconds / 60:.1f} min" if seconds >= 100 else f"{seconds:.1f} s"
