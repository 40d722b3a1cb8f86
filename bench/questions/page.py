"""The page of the results: Markdown, from their tables alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..figures import markdown
from ..section import Check
from ..timing import Band, Race, digits
from .arms import BASELINES, OURS, PARTICLES
from .pictures import MANY

__all__ = ["render"]

Tables = Mapping[str, Mapping[str, Any]]

HEAD = """\
# Questions

What a model says of rows of which cells are unknown: what it costs, how good it is, and what it \
is worth. `python -m bench.questions --publish` makes this page; \
[docs/questions.md](../questions.md) says what is exact and what is estimated."""

MACHINE = """\
{cpu}, {cores} cores, {level}, {compiler}. The machine was shared with others: seconds are \
processor time unless said otherwise, and costs are ratios of interleaved rounds."""

MEASURED = """\
## What was measured when

The load is that when the run began."""

VERIFIED = """\
Verified before anything was measured: on five columns, all 243 patterns of what is known, exact \
answers are within {exact:.0e} nats of the sum over all completions, and the means of 400 \
estimates of 4 particles within {far:.1f} standard errors of it, for {models}."""

COST = """\
## What particles cost

NADE, {columns}, one thread, {particles:,} particles beside `sample({particles})`; in brackets the \
least and the greatest ratio of a single round."""

ESTIMATES = """\
## How far estimates are apart

Half of the cells of {questions} test rows known, drawn at random; the standard deviation over \
{seeds} seeds of the nats of a question, and the processor time of one. An error that is told is \
reliable up to half a nat; "covered" says how often the estimate was then within two of them of \
one with {truth:,} particles."""

IMPUTATION = """\
## What hidden cells are worth

A fifth of the cells hidden, drawn at random: nats of the hidden ones given the others, all nats \
less those of what is known ({particles} particles), over ten parts of the rows, ± their standard \
error. `independent` counts columns, `chow-liu` is the best tree, whose answers are exact, \
`regressions` has a logistic regression for each column on all others that fills cell after cell, \
each with the mean until its turn has come; ours are the estimators without options. At most \
{learned:,} rows to learn from."""

SECONDS = """\
Seconds that `impute` takes with NADE on {cores} cores, {particles} particles a row:"""

MISSING = """\
## Learning with missing cells

A fifth of the cells missing, drawn at random, of the rows to learn from and of those that judge; \
mean nats of complete test rows. `sample` is `missing="sample"`, `mode` fills by the most frequent \
value, `dropped` leaves out rows with a missing cell (how many are whole stands in the third \
column), `complete` learned before anything was missing."""


IMAGES = """\
With three tenths of the cells missing, NADE and a few epochs:"""


def render(tables: Tables) -> str:
    """Make the page of a table."""
    checks: list[Check] = []
    blocks = [HEAD, MACHINE.format(**tables["machine"]), _verified(tables["verified"])]
    place = len(blocks)
    for part, show in {
        "cost": _cost,
        "estimates": _estimates,
        "imputation": _imputation,
        "missing": _missing,
        "images": _images,
    }.items():
        if tables.get(part):
            blocks += show(tables, checks)
    if checks:
        met = sum(check.met for check in checks)
        head = ["what", "figure (band)", "target", "met", "against"]
        found = markdown(head, [check.row() for check in checks])
        blocks.insert(place, f"## Targets\n\n{met} of {len(checks)} are met.\n\n{found}")
    if "cost" in tables:
        blocks.append(HALVES.format(particles=MANY))
    blocks += [MEASURED, _measured(tables["measured"])]
    return "\n\n".join(blocks) + "\n"


HALVES = """\
## Halves of digits

![Digits of which the upper or the lower half is known, and completions](questions.halves.png)

Test digits, three completions given the upper half (exact: it stands first) and three given the \
lower one (from a population of {particles:,} particles for each)."""


def _verified(table: Mapping[str, Any]) -> str:
    """What was compared with the sum over all completions."""
    exact, far = (max(table[key].values()) for key in ("exact", "estimated"))
    models = ", ".join(table["exact"])
    return VERIFIED.format(exact=exact, far=far, models=models)


def _measured(table: Mapping[str, Any]) -> str:
    """Of which commit the parts are, and how long they took."""
    head = ["part", "commit", "when", "load", "seconds by the clock"]
    rows = []
    for part, about in table.items():
        shown = [str(about[fact]) for fact in ("commit", "date", "load")]
        rows.append((part, *shown, digits(about["seconds"])))
    return markdown(head, rows)


def _cost(tables: Tables, checks: list[Check]) -> list[str]:
    """What populations cost beside plain rows."""
    blocks = []
    for name, table in tables["cost"].items():
        race = Race(table["seconds"])
        rows = []
        for arm, about, target in (
            ("last", "last column known: no resampling", 1.5),
            ("half", "half of the cells known: with resampling", 2.5),
        ):
            ratio = race.ratio(arm, "rows")
            rows.append((about, digits(1e3 * race.best(arm)), str(ratio)))
            against = f"`sample({table['particles']})`, {name}"
            checks.append(Check(about, ratio, target, at_most=True, note=against))
        rows.insert(0, ("plain rows", digits(1e3 * race.best("rows")), "1"))
        head = ["draw", "ms of processor time", "ratio"]
        columns = f"{table['hidden']} units, {name}"
        blocks += [COST.format(columns=columns, particles=table["particles"])]
        blocks += [markdown(head, rows)]
    return blocks


def _estimates(tables: Tables, checks: list[Check]) -> list[str]:
    """Standard deviations, told errors and what they cost."""
    rows = []
    head = ["set", "particles", "standard deviation, median", "mean", "greatest"]
    head += ["told errors reliable", "of them covered", "ms a question"]
    for name, table in tables["estimates"].items():
        for k, size in enumerate(table["particles"]):
            shown = [f"{table[key][k]:.3f}" for key in ("median", "mean", "most")]
            shares = [_share(table[key][k]) for key in ("reliable", "covered")]
            rows.append((name, f"{size:,}", *shown, *shares, digits(1e3 * table["seconds"][k])))
        spread = Band(table["mean"][-1], table["median"][-1], table["most"][-1])
        target = 0.5 if name == "binarized_mnist" else 0.25
        what = f"standard deviation, mean (median–greatest), {table['particles'][-1]:,} particles"
        checks.append(Check(what, spread, target, at_most=True, unit=" nats", note=name))
        told = _point(100 * table["covered"][-1])
        what = f"estimates within two told errors up to half a nat, {table['particles'][-1]:,}"
        checks.append(Check(f"{what} particles", told, 95, unit=" %", note=f"the truth, {name}"))
    some = next(iter(tables["estimates"].values()))
    text = ESTIMATES.format(**some)
    picture = "![Standard deviation and time against particles](questions.particles.png)"
    return [text, markdown(head, rows), picture]


def _share(value: float) -> str:
    """A part of all in percent; nothing if there is none."""
    return "" if np.isnan(value) else f"{100 * value:.1f} %"


def _imputation(tables: Tables, checks: list[Check]) -> list[str]:
    """Nats of hidden cells, and the time of imputing rows."""
    rows, times = [], []
    cores = tables["machine"]["cores"]
    for name, table in tables["imputation"].items():
        nats = {arm: np.array(values) for arm, values in table["nats"].items()}
        best = max(BASELINES, key=lambda arm: nats[arm].mean())
        gains = {arm: nats[arm] - nats[best] for arm in OURS}
        cells = [f"{nats[arm].mean():.3f}" for arm in (*BASELINES, *OURS)]
        shape = f"{table['learned']} × {table['columns']}"
        rows.append((name, shape, *cells, *(_difference(gains[arm]) for arm in OURS)))
        for arm, gain in gains.items():
            error = _error(gain)
            band = Band(gain.mean(), gain.mean() - error, gain.mean() + error)
            what = f"hidden cells of {name}, {arm}"
            checks.append(Check(what, band, 0.0, unit=" nats", note=f"{best}, ± standard error"))
        times.append(
            (name, f"{table['rows']:,}", digits(table["wall"]), digits(table["processor"]))
        )
        if name == "adult":
            band = Band(table["wall"], table["processor"] / cores, table["wall"])
            what = f"{table['rows']:,} rows imputed, by the clock (processor time / {cores}–clock)"
            checks.append(Check(what, band, 10, at_most=True, unit=" s", note=name))
    learned = max(table["learned"] for table in tables["imputation"].values())
    head = [
        "set",
        "rows × columns",
        *BASELINES,
        *OURS,
        *(f"{arm} − the best of them" for arm in OURS),
    ]
    return [
        IMPUTATION.format(particles=PARTICLES, learned=learned),
        markdown(head, rows),
        SECONDS.format(cores=cores, particles=PARTICLES),
        markdown(["set", "rows", "by the clock", "processor time"], times),
    ]


def _missing(tables: Tables, checks: list[Check]) -> list[str]:
    """Test nats after learning from rows with missing cells."""
    rows = []
    arms = ("complete", "sample", "mode", "dropped")
    for name, table in tables["missing"].items():
        for model in OURS:
            found = {arm: table["nats"].get(f"{model} {arm}") for arm in arms}
            shape = f"{table['learned']} × {table['columns']}"
            lost = 100 * (found["sample"] / found["complete"] - 1)
            cells = ["" if nats is None else f"{nats:.3f}" for nats in found.values()]
            seconds = [digits(table["seconds"][f"{model} {arm}"]) for arm in arms[:2]]
            whole = f"{table['whole']:,}"
            rows.append((name, shape, whole, model, *cells, f"{lost:.1f} %", *seconds))
            band, other = _point(lost), max(found["mode"], found["dropped"] or -np.inf)
            what = f"nats lost by what is missing, {name}, {model}"
            checks.append(Check(what, band, 3, at_most=True, unit=" %", note="complete"))
            gain = found["sample"] - other
            band, what = _point(gain), f"`sample`, {name}, {model}"
            checks.append(Check(what, band, 0, unit=" nats", note="the better of mode and dropped"))
    head = ["set", "rows × columns", "whole rows", "model", *arms, "lost by sample"]
    head += ["s, complete", "s, sample"]
    return [MISSING, markdown(head, rows)]


def _images(tables: Tables, checks: list[Check]) -> list[str]:
    """Test nats of images."""
    arms = ("complete", "sample", "mode")
    rows = []
    for name, table in tables["images"].items():
        nats, seconds = table["nats"], table["seconds"]
        shape = f"{table['learned']} × {table['columns']}"
        shown = [f"{nats[arm]:.2f}" for arm in arms] + [digits(seconds[arm]) for arm in arms[1:]]
        rows.append((name, shape, str(table["epochs"]), *shown))
    head = ["set", "rows × columns", "epochs", *arms, "s, sample", "s, mode"]
    return [IMAGES, markdown(head, rows)]


def _point(value: float) -> Band:
    """A figure without a band."""
    return Band(value, value, value)


def _difference(values: Any) -> str:
    """A mean difference with its standard error."""
    return f"{values.mean():+.3f} ± {_error(values):.3f}"


def _error(values: Any) -> float:
    """The standard error of a mean."""
    return float(values.std(ddof=1) / np.sqrt(len(values)))
