"""What a mixture says of rows of which cells are unknown: its members' answers, weighed.

    p(known) = sum_k w_k p_k(known),        p(x | known) = sum_k v_k p_k(x | known)

where v_k is the part that member k has of the first sum. Each member answers in its own order of
the columns and under its own seed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..checks.cells import UNKNOWN
from ..core import Rows
from ..inference.answers import Asking, Estimates, Numbers, row_numbers, uniforms_of
from ..inference.completions import (
    cells_of,
    complete,
    groups,
    pieces,
    scored_completions,
    unknown_places,
)
from ..inference.weighing import row_sums, shares
from ..models.fitted import Fitted
from .weights import mix

__all__ = ["Member", "draws", "log_marginal", "most_probable", "posterior"]

Array: TypeAlias = NDArray[np.float64]

_HIGHEST = 1 - 2.0**-53  # below 1
_CHOICE = 1  # stream of Philox: which member a row comes from


class Member(NamedTuple):
    """One that counts: its weight, above 0, and its seed."""

    model: Fitted
    weight: float
    seed: int


def log_marginal(members: Sequence[Member], cells: Rows, asking: Asking) -> Estimates:
    """Nats of what is known of each row, and how good they are."""
    found = [m.model.log_marginal(cells, asking._replace(seed=m.seed)) for m in members]
    each = [one.nats for one in found]
    nats = mix(np.stack(each), np.array([m.weight for m in members]))
    terms = _terms(members, each)
    parts, error = shares(terms), np.stack([one.error for one in found], axis=1)
    exact = np.all([one.exact for one in found], axis=0)
    few = np.stack([1 / np.maximum(one.n_effective, 1e-300) for one in found], axis=1)
    spread = row_sums(_product(parts, error) ** 2)
    with np.errstate(divide="ignore"):
        n_effective = 1 / row_sums(_product(parts**2, few))
    return Estimates(nats, np.sqrt(spread), n_effective, exact)


def draws(
    members: Sequence[Member], cells: Rows, numbers: Numbers, count: int, asking: Asking
) -> tuple[Rows, Array]:
    """Complete each row `count` times: every member does, and each draw chooses one of them.

    One after the other, member k takes a draw over with the part that it has of the first k; so
    each ends with its part of all. What decides is the uniform of row ``numbers[k] + d`` in the
    stream of choices: what is left of it, scaled, decides about the next.
    """
    X, total = np.empty((len(cells), count, cells.shape[1]), np.uint8), _nothing(cells)
    rows = row_numbers(numbers, count).ravel()
    u = uniforms_of(asking.seed, rows, _CHOICE).reshape(-1, count)
    for model, weight, seed in members:
        drawn, nats = model.draws(cells, numbers, count, asking._replace(seed=seed))
        total, part = _joined(total, nats + math.log(weight))
        own = np.repeat(part[:, None], count, axis=1)
        taken = u < own
        X[taken] = drawn[taken]
        u = np.where(taken, u, u - own) / np.where(taken, own, 1 - own)
        np.minimum(u, _HIGHEST, out=u)
    return X, total


def posterior(members: Sequence[Member], cells: Rows, asking: Asking) -> tuple[Array, Array]:
    """Probability of a one in every cell given what is known, and the nats of that."""
    p, total = np.zeros(cells.shape), _nothing(cells)
    for model, weight, seed in members:
        own, nats = model.posterior(cells, asking._replace(seed=seed))
        total, part = _joined(total, nats + math.log(weight))
        p += part[:, None] * (own - p)
    np.copyto(p, cells, where=cells != UNKNOWN)
    return np.clip(p, 0.0, 1.0, out=p), total


def most_probable(
    members: Sequence[Member],
    cells: Rows,
    beam: int,
    threads: int,
    log_prob: Callable[[Rows], Array],
) -> tuple[Rows, Array, Array]:
    """The most probable of all completions where they are few, else of what the members find.

    From there on the unknown cell whose other value gains most is turned over, until none gains.
    With its nats comes what no completion has more of: where they are few those themselves, else
    what the members' own bounds make of it.
    """
    best, nats = np.where(cells == UNKNOWN, 0, cells), np.empty(len(cells))
    free = np.count_nonzero(cells == UNKNOWN, axis=1)
    few = free <= cells_of(beam)
    for some, count in groups(free, np.flatnonzero(few), cells.shape[1]):
        scores = scored_completions(cells[some], count, log_prob)
        chosen, rows = np.argmax(scores, axis=1), cells[some]
        complete(rows, unknown_places(rows, count), chosen)
        best[some], nats[some] = rows, scores[np.arange(len(some)), chosen]
    many = np.flatnonzero(~few)
    nats[many] = -np.inf
    most = nats.copy()
    for model, weight, _ in members:
        rows, _, own = model.most_probable(cells[many], beam, threads)
        scores = log_prob(rows)
        better = scores > nats[many]
        best[many[better]], nats[many[better]] = rows[better], scores[better]
        most[many] = np.logaddexp(most[many], own + math.log(weight))
    _climb(best, nats, cells, many, log_prob)
    return best, nats, most


def _climb(
    rows: Rows,
    nats: Array,
    cells: Rows,
    active: NDArray[np.intp],
    log_prob: Callable[[Rows], Array],
) -> None:
    """Turn over one unknown cell of each active row after the other, as long as that gains."""
    while active.size:
        gained = []
        for piece in pieces(len(active), cells.shape[1] ** 2):
            some = active[piece]
            of, cell = np.nonzero(cells[some] == UNKNOWN)
            turned = rows[some[of]]
            turned[np.arange(len(of)), cell] ^= 1
            scores = log_prob(turned)
            first = np.lexsort((-scores, of))[np.flatnonzero(np.diff(of, prepend=-1))]
            better = first[scores[first] > nats[some]]
            where = some[of[better]]
            rows[where], nats[where] = turned[better], scores[better]
            gained.append(where)
        active = np.concatenate(gained)


def _terms(members: Sequence[Member], nats: Sequence[Array]) -> Array:
    """Logarithms of the parts of the sum over members, (rows, members)."""
    return np.stack(
        [own + math.log(m.weight) for own, m in zip(nats, members, strict=True)], axis=1
    )


def _nothing(cells: Rows) -> Array:
    """The sum over no members."""
    return np.full(len(cells), -math.inf)


def _joined(total: Array, nats: Array) -> tuple[Array, Array]:
    """The sum with one member more, and the part that this one has of it."""
    joined = np.logaddexp(total, nats)
    part = np.exp(nats - np.where(joined == -math.inf, 0.0, joined))
    return joined, np.minimum(part, 1.0)


def _product(parts: Array, values: Array) -> Array:
    """What each member adds; nothing where it has no part, however bad its answer is."""
    return np.multiply(parts, values, out=np.zeros(parts.shape), where=parts > 0)
