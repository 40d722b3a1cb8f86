"""What a model says of rows of which cells are unknown: exactly where it can, else by particles.

Rows of cells are in the model's order here, where p(x) is the product of p(x_i | x_<i). What is
known up to the last known cell is a sum over the completions of the unknown cells before it. As
long as those are no more than the particles would be, or the model is a table, they are gone
through, and the answer is exact. Otherwise a population of particles answers, as
`ardens.reference.particles` says. Either way rows are drawn forward behind what is known, so that
each row that is drawn depends on its number and its question alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple, Protocol, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..checks.cells import UNKNOWN
from ..checks.machine import check_memory
from ..core import Float32Array, Model, Rows, resample, uniforms
from .completions import (
    Places,
    cells_of,
    chosen_by,
    complete,
    groups,
    pieces,
    scored_completions,
    unknown_before,
    unknown_places,
)
from .weighing import estimated, log_sum, relative, row_sums, shares

__all__ = [
    "Asking",
    "Estimates",
    "Numbers",
    "draws",
    "enumerable",
    "is_exact",
    "log_marginal",
    "posterior",
    "row_numbers",
    "uniforms_of",
]

Array: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = NDArray[np.uint64]

_LAST = 4  # stream of Philox: the choice among completions, and the last resampling
_SUMMED = 4096  # particles of which a posterior holds float64 values at a time
_BASIS, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)  # FNV-1a of 64 bits


class Asking(NamedTuple):
    """How questions are answered."""

    seed: int
    n_particles: int
    threads: int


class Estimates(NamedTuple):
    """Nats of what is known of rows, and how good they are; errors are 0 where they are exact."""

    nats: Array
    error: Array
    n_effective: Array
    exact: NDArray[np.bool_]

    @classmethod
    def blank(cls, rows: int) -> Self:
        """Room for so many, all of them exact."""
        return cls(np.empty(rows), np.zeros(rows), np.full(rows, math.inf), np.ones(rows, np.bool_))

    @property
    def dead(self) -> NDArray[np.bool_]:
        """Whether all particles of a row have died, which says nothing."""
        dead: NDArray[np.bool_] = ~self.exact & (self.nats == -math.inf)
        return dead


class Fitted(Protocol):
    """What is asked of a fitted model here."""

    @property
    def core(self) -> Model: ...

    @property
    def params(self) -> Float32Array: ...

    def tables(self, threads: int) -> Float32Array: ...


def is_exact(fitted: Fitted, cells: Rows, n_particles: int) -> NDArray[np.bool_]:
    """Whether the probability of what is known of each row is exact."""
    exact: NDArray[np.bool_] = unknown_before(cells) <= enumerable(fitted, n_particles)
    return exact


def enumerable(fitted: Fitted, n_particles: int) -> int:
    """How many unknown cells have completions that are gone through one by one."""
    return fitted.core.n_features if fitted.core.name == "tabular" else cells_of(n_particles)


def log_marginal(fitted: Fitted, cells: Rows, asking: Asking) -> Estimates:
    """Nats of what is known of each row."""
    found = Estimates.blank(len(cells))
    before = unknown_before(cells)
    exact = before <= enumerable(fitted, asking.n_particles)
    for some, count in groups(before, np.flatnonzero(exact), cells.shape[1]):
        found.nats[some] = log_sum(_prefixes(fitted, cells[some], count, asking))
    for some in _populations(np.flatnonzero(~exact), asking.n_particles, 1):
        log_weights = np.empty((len(some), asking.n_particles))
        _particles(fitted, cells[some], _hashed(cells[some]), None, log_weights, asking)
        found.nats[some], found.error[some], found.n_effective[some] = estimated(log_weights)
    found.exact[:] = exact
    return found


def draws(
    fitted: Fitted, cells: Rows, numbers: Numbers, count: int, asking: Asking
) -> tuple[Rows, Array]:
    """Complete each row `count` times; nats of what is known, by the same particles, come along.

    Draw d of question k is row ``numbers[k] + d`` under the seed where the answer is exact.
    Elsewhere it is the d-th of the last resampling of the population that begins there.
    Of a question whose nats are -inf, the draws mean nothing.
    """
    n, before = cells.shape[1], unknown_before(cells)
    drawn, nats = np.empty((len(cells), count, n), np.uint8), np.empty(len(cells))
    exact = before <= enumerable(fitted, asking.n_particles)
    for some, free in groups(before, np.flatnonzero(exact), n * count):
        scores = _prefixes(fitted, cells[some], free, asking)
        nats[some] = log_sum(scores)
        rows = row_numbers(numbers[some], count).ravel()
        known = np.repeat(cells[some], count, axis=0)
        if free:
            chosen = chosen_by(scores, uniforms_of(asking.seed, rows, _LAST).reshape(-1, count))
            places = np.repeat(unknown_places(cells[some], free), count, axis=0)
            complete(known, places, chosen.ravel())
        completed = np.empty((len(rows), 1, n), np.uint8)
        one = asking._replace(n_particles=1)
        _particles(fitted, known, rows, completed, np.empty((len(rows), 1)), one)
        drawn[some] = completed.reshape(len(some), count, n)
    for some in _populations(np.flatnonzero(~exact), asking.n_particles, n):
        X, log_weights = _population(fitted, cells[some], numbers[some], asking)
        nats[some] = log_sum(log_weights) - math.log(asking.n_particles)
        log_weights[nats[some] == -math.inf] = 0.0
        picked = resample(
            relative(log_weights), uniforms_of(asking.seed, numbers[some], _LAST), count
        )
        drawn[some] = X[np.arange(len(some))[:, None], picked]
    return drawn, nats


def posterior(fitted: Fitted, cells: Rows, asking: Asking) -> tuple[Array, Array]:
    """Probability of a one in every cell given what is known, and the nats of that."""
    n, free = cells.shape[1], np.count_nonzero(cells == UNKNOWN, axis=1)
    p, nats = np.empty(cells.shape), np.empty(len(cells))
    exact = free <= enumerable(fitted, asking.n_particles)
    for some, count in groups(free, np.flatnonzero(exact), n):
        scores = scored_completions(cells[some], count, lambda X: _log_prob(fitted, X, asking))
        nats[some] = log_sum(scores)
        weights, known = shares(scores), cells[some].astype(np.float64)
        places = unknown_places(cells[some], count)
        for j in range(count):  # completions are numbered with the first unknown cell highest
            ones = weights.reshape(len(some), 2**j, 2, -1)[:, :, 1]
            known[np.arange(len(some)), places[:, j]] = row_sums(ones)
        p[some] = known
    for some in _populations(np.flatnonzero(~exact), asking.n_particles, 9 * n):
        X, log_weights = _population(fitted, cells[some], _hashed(cells[some]), asking)
        nats[some] = log_sum(log_weights) - math.log(asking.n_particles)
        weights = shares(log_weights)[:, :, None]
        p[some] = 0.0
        for first in range(0, asking.n_particles, _SUMMED):
            few = slice(first, first + _SUMMED)
            p[some] += (X[:, few] * weights[:, few]).sum(axis=1)
    np.copyto(p, cells, where=cells != UNKNOWN)
    return np.clip(p, 0.0, 1.0, out=p), nats


def row_numbers(numbers: Numbers, count: int) -> Numbers:
    """The numbers of `count` rows from each of these on, modulo 2**64."""
    return np.asarray(np.add.outer(numbers, np.arange(count, dtype=np.uint64)), np.uint64)


def uniforms_of(seed: int, numbers: Numbers, stream: int) -> Array:
    """The uniform of each of these rows in a stream."""
    if len(numbers) and (numbers[1:] - numbers[:-1] == 1).all() and numbers[-1] >= numbers[0]:
        return uniforms(seed, int(numbers[0]), len(numbers), stream)
    drawn = (uniforms(seed, number, 1, stream)[0] for number in numbers.tolist())
    return np.fromiter(drawn, np.float64, len(numbers))


def _populations(rows: Places, n_particles: int, n_bytes: int) -> Iterator[Places]:
    """Of some rows, so many as have populations that fit into memory."""
    for piece in pieces(len(rows), n_particles * (n_bytes + 8)):
        yield rows[piece]


def _prefixes(fitted: Fitted, cells: Rows, count: int, asking: Asking) -> Array:
    """Nats of each completion of the unknown cells before the last known one."""

    def score(rows: Rows) -> Array:
        behind = rows == UNKNOWN
        rows[behind] = 0
        nats, some = np.empty(len(rows)), behind.any(axis=1)
        nats[~some] = _log_prob(fitted, rows[~some], asking)
        terms = _terms(fitted, rows[some], asking)
        terms[behind[some]] = 0.0
        nats[some] = terms.sum(axis=1)
        return nats

    return scored_completions(cells, count, score)


def _log_prob(fitted: Fitted, rows: Rows, asking: Asking) -> Array:
    """Nats of rows."""
    tables = fitted.tables(asking.threads)
    return fitted.core.log_prob(fitted.params, tables, rows, asking.threads)


def _terms(fitted: Fitted, rows: Rows, asking: Asking) -> Array:
    """Nats of every value of rows."""
    tables = fitted.tables(asking.threads)
    return fitted.core.log_prob_terms(fitted.params, tables, rows, asking.threads)


def _particles(
    fitted: Fitted,
    cells: Rows,
    numbers: Numbers,
    X: Rows | None,
    log_weights: Array,
    asking: Asking,
) -> None:
    """Fill populations, and their weights."""
    seed, n_particles, threads = asking
    tables = fitted.tables(threads)
    fitted.core.particles(
        fitted.params, tables, seed, cells, numbers, n_particles, X, log_weights, threads
    )


def _population(
    fitted: Fitted, cells: Rows, numbers: Numbers, asking: Asking
) -> tuple[Rows, Array]:
    """The particles of some questions, and their weights."""
    (count, n), size = cells.shape, asking.n_particles
    check_memory(count * size * (n + 8), f"a population of {size:,} rows of {n:,} features")
    X = np.empty((count, size, n), np.uint8)
    log_weights = np.empty(X.shape[:2])
    _particles(fitted, cells, numbers, X, log_weights, asking)
    return X, log_weights


def _hashed(cells: Rows) -> Numbers:
    """A number for each row that depends on its cells alone: FNV-1a of their bytes."""
    numbers = np.full(len(cells), _BASIS)
    for column in cells.T:
        numbers ^= column
        numbers *= _PRIME
    return numbers
