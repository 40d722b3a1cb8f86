"""What the page says beside its figures."""

from __future__ import annotations

__all__ = [
    "CLASSIFIER",
    "CLOSE",
    "DRAW",
    "HEAD",
    "IMPUTE",
    "MACHINE",
    "MEASURED",
    "MEMORY",
    "NATS",
    "PICTURES",
    "QUALITY",
    "RULES",
    "SECONDS",
    "TOLD",
    "WASTED",
]

HEAD = """\
# Tables

Models of whole tables beside each other: what they take, and whether anybody can tell the rows \
that they draw from real ones. `python -m bench.tables --publish` makes this page; every arm runs \
in a process, and every peer in an environment, of its own."""

MACHINE = """\
{cpu}, {cores} cores, {level}. The machine was shared with others: seconds by the clock \
stand beside those of its processors, which count all cores."""

RULES = """\
Rows are permuted by `numpy.random.default_rng(0)`; the first 70 % are learned from, the last 20 % \
judge, and no arm sees the rows between, by which ours was made. `ardens` is `TableModel()` \
without options and is told nothing of the columns. Peers have their own settings, but that \
TabularARGN may draw rare values (`value_protection=False`). They are told which columns are \
categories (text, booleans, integers of at most {few} values), and dates as seconds if they know \
no dates; for models that know no missing cells, whether a number is missing is a column of its \
own. What anyone draws is rounded to the decimals of the training rows. Models that can stop \
learn for as long as the last table says (\\* marks those that were stopped), the others have \
three times as long. Empty cells were not measured.

CART in sequence is synthpop's way, with scikit-learn's trees: leaves of five training rows at \
least, of which one is drawn. The Bayesian network is pgmpy's, by hill climbing and BIC, on \
columns cut into 20 bins of equal mass, with leaves for frequent values. `copies` are the training \
rows: what memorising looks like. Tables of fewer than {small:,} training rows are drawn five \
times."""

TOLD = """\
## Told from real

AUC of a gradient-boosted classifier that tells drawn rows from as many held-out ones, over five \
folds (0.5: nobody can tell), ± the standard error over parts of the draws. The last column says \
which columns gave ardens away: how much of the AUC goes when one is shuffled."""

CLASSIFIER = """\
## Learned from instead of real rows

AUC on held-out rows of a gradient-boosted classifier of the table's target (macro one-vs-rest of \
several classes) that learned from drawn rows, and from the real training rows."""

SECONDS = """\
## Seconds to learn

By the clock, in brackets of all processors; what is imported is not counted."""

DRAW = """\
## Seconds to draw as many rows as were learned from

By the clock."""

MEMORY = """\
## Memory

The most of the process after learning and drawing, and in brackets before, in MiB."""

QUALITY = """\
## SDMetrics' quality

Shapes of columns and trends of pairs beside held-out rows, of 1."""

CLOSE = """\
## Closeness to the training rows

Exact copies of training rows among drawn ones; then how often a drawn row is nearer to \
its nearest training row than a held-out row is to its own (50 %: as near as real rows; more: \
memorised; less: beside the point). A distance is the mean over columns of how far ranks are \
apart, or whether categories differ."""

NATS = """\
## Nats

Mean log-probability of held-out rows, ± the standard error over ten parts; numbers are points of \
their column's grid. In brackets rows of probability zero. TabularARGN knows the \
probabilities of its codes alone, the others none."""

IMPUTE = """\
## Imputation

A fifth of the cells of at most a thousand held-out rows hidden: the mean absolute error of \
numbers, divided by that of the training rows' median, and the share of wrong categories; means \
over columns. Models fill by the middle of ten draws; IterativeImputer has scikit-learn's \
settings, numbers standardised, categories as dummies."""

WASTED = """\
## Rare evidence

Two cells of a held-out row given, of five pairs the rarest, {questions} questions a table: the \
share of drawn rows that one has to throw away for them to stand there. Models that draw given \
cells (ardens, TabularARGN) throw away none; the last column says in how many of ardens' \
rows so drawn the evidence stands."""

PICTURES = """\
## Columns and pairs, real beside drawn

Drawn by ardens."""

MEASURED = """\
## What was measured when

The load is that when the run began; a failure is the error's own words."""
