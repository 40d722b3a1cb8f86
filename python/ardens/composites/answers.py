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
    scored_completions,
    unknown_places,
)
from ..inference.weighing import log_sum, row_sums, shares
from ..models.fitted import Fitted
from .weights import mix

__all__ = ["Member", "draws", "log_marginal", "most_probable", "posterior"]

Array: TypeAlias = NDArray[np.float64]

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

    Draw d of question k takes member m with the part v_m, by the uniform of row ``numbers[k] + d``
    in the stream of choices.
    """
    drawn, nats = [], []
    for model, _, seed in members:
        rows, own = model.draws(cells, numbers, count, asking._replace(seed=seed))
        drawn.append(rows)
        nats.append(own)
    terms = _terms(members, nats)
    edges = np.cumsum(shares(terms), axis=1)
    u = uniforms_of(asking.seed, row_numbers(numbers, count).ravel(), _CHOICE)
    wanted = u.reshape(-1, count) * edges[:, -1:]
    chosen = np.zeros(wanted.shape, np.intp)
    for edge in edges.T[:-1]:
        chosen += edge[:, None] <= wanted
    X = drawn[0]
    for k in range(1, len(members)):
        mine = chosen == k
        X[mine] = drawn[k][mine]
    return X, log_sum(terms)


def posterior(members: Sequence[Member], cells: Rows, asking: Asking) -> tuple[Array, Array]:
    """Probability of a one in every cell given what is known, and the nats of that."""
    answers = [m.model.posterior(cells, asking._replace(seed=m.seed)) for m in members]
    terms = _terms(members, [nats for _, nats in answers])
    parts, p = shares(terms), np.zeros(cells.shape)
    for k, (own, _) in enumerate(answers):
        p += parts[:, k, None] * own
    np.copyto(p, cells, where=cells != UNKNOWN)
    return np.minimum(p, 1.0, out=p), log_sum(terms)


def most_probable(
    members: Sequence[Member],
    cells: Rows,
    beam: int,
    threads: int,
    log_prob: Callable[[Rows], Array],
) -> tuple[Rows, Array]:
    """The most probable of all completions where they are few, else of what the members find."""
    best, nats = np.empty(cells.shape, np.uint8), np.empty(len(cells))
    free = np.count_nonzero(cells == UNKNOWN, axis=1)
    few = free <= cells_of(beam)
    for some, count in groups(free, np.flatnonzero(few), cells.shape[1]):
        scores = scored_completions(cells[some], count, log_prob)
        chosen, rows = np.argmax(scores, axis=1), cells[some]
        complete(rows, unknown_places(rows, count), chosen)
        best[some], nats[some] = rows, scores[np.arange(len(some)), chosen]
    many = np.flatnonzero(~few)
    nats[many] = -np.inf
    for model, _, _ in members:
        rows, _ = model.most_probable(cells[many], beam, threads)
        scores = log_prob(rows)
        better = scores > nats[many]
        best[many[better]], nats[many[better]] = rows[better], scores[better]
    return best, nats


def _terms(members: Sequence[Member], nats: Sequence[Array]) -> Array:
    """Logarithms of the parts of the sum over members, (rows, members)."""
    return np.stack(
        [own + math.log(m.weight) for own, m in zip(nats, members, strict=True)], axis=1
    )


def _product(parts: Array, values: Array) -> Array:
    """What each member adds; nothing where it has no part, however bad its answer is."""
    return np.multiply(parts, values, out=np.zeros(parts.shape), where=parts > 0)
