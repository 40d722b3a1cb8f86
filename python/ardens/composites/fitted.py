"""What fitting a mixture leaves behind: members, weights, and how rows are scored and drawn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ..checks.machine import check_memory
from ..core import Rows, philox, uniforms
from ..inference.answers import Asking, Estimates
from ..models.autoregressive import AutoregressiveModel
from ..models.counts import merged_counts
from ..models.holder import Draw
from . import answers
from .weights import checked_weights, mix

__all__ = ["FittedMixture"]

_CELLS = 1 << 20  # log-probabilities of members that are held at a time
_BLOCK = 4096  # rows that are divided among the members together
_CHOICE, _SEEDS = 1, 2  # streams of Philox; 0 has the bits of rows


@dataclass(frozen=True, eq=False)
class FittedMixture:
    """A fitted mixture, which never changes.

    Parameters
    ----------
    models : tuple of AutoregressiveModel
        Fitted models over the same features.
    weights : ndarray of float64, shape (n_members,), read-only
        They sum to one.
    names : ndarray of object or None
        Column names seen in `fit`.
    history : dict of str to list of float
        Under `valid`, the nats of the validation rows under equal weights and after every step of
        learning them; empty without such rows.
    """

    models: tuple[AutoregressiveModel, ...]
    weights: NDArray[np.float64]
    names: NDArray[np.object_] | None = None
    history: Mapping[str, list[float]] = field(default_factory=dict)

    def weighted(self, weights: NDArray[np.float64], nats: list[float]) -> Self:
        """The same members under other weights, with the nats that led to them."""
        weights = checked_weights(weights, len(self.models))
        return replace(self, weights=weights, history={"valid": nats})

    @property
    def n_features(self) -> int:
        """Number of columns."""
        return self.models[0].n_features_in_

    def scores(self, X: Rows, threads: int) -> NDArray[np.float64]:
        """Log-probabilities of the rows under every member, (n_members, n_samples)."""
        return np.stack([model._state().log_prob(X, threads) for model in self.models])

    def log_prob(self, X: Rows, threads: int) -> NDArray[np.float64]:
        """Log-probabilities of the rows under the mixture."""
        nats = np.empty(len(X))
        step = max(1, _CELLS // len(self.models))
        for first in range(0, len(X), step):
            some = slice(first, first + step)
            nats[some] = mix(self.scores(X[some], threads), self.weights)
        return nats

    def log_prob_without(
        self, X: Rows, left_out: NDArray[np.bool_], threads: int
    ) -> NDArray[np.float64]:
        """Nats of the rows, in which these values count nothing to any member."""
        scores = [model._state().log_prob_without(X, left_out, threads) for model in self.models]
        return mix(np.stack(scores), self.weights)

    def sample(self, X: Rows, log_prob: NDArray[np.float64] | None, draw: Draw) -> None:
        """Fill `X`, and `log_prob` where it is given, with the rows from `start`.

        Row r comes from the first member k with u < w_0 + ... + w_k, where u is its uniform in the
        stream of choices. Of a block, the j-th row of member k is its row j beyond the start of the
        block under a seed of its own: so members are asked for consecutive rows only, once for each
        block, and no two rows of the mixture share a uniform.
        """
        seed, start, packed, threads = draw
        end, seeds = start + len(X), self._seeds(seed)
        for first in range(start - start % _BLOCK, end, _BLOCK):
            chosen = self._chosen(seed, first, min(_BLOCK, end - first))
            skipped = max(start - first, 0)  # rows of the block before the first that is wanted
            earlier = np.bincount(chosen[:skipped], minlength=len(seeds))
            wanted = chosen[skipped:]
            place = slice(first + skipped - start, first + len(chosen) - start)
            block = X[place]
            for k in np.unique(wanted).tolist():
                mine = wanted == k
                rows = np.empty((np.count_nonzero(mine), X.shape[1]), np.uint8)
                begin = first + int(earlier[k])
                member = self.models[k]._state()
                member.sample(rows, None, Draw(seeds[k], begin, packed, threads))
                block[mine] = rows
            if log_prob is not None:
                unpacked = np.unpackbits(block, axis=1, count=self.n_features) if packed else block
                log_prob[place] = self.log_prob(unpacked, threads)

    def sample_counts(
        self, n_samples: int, seed: int, threads: int
    ) -> tuple[Rows, NDArray[np.int64]]:
        """Draw how many rows come from each member, and those as counts."""
        n, seeds = self.n_features, self._seeds(seed)
        possible = np.flatnonzero(self.weights)
        rng = np.random.default_rng(seed)
        shares = rng.multinomial(n_samples, self.weights[possible]).tolist()
        X, counts, total = [np.empty((0, n), np.uint8)], [np.empty(0, np.int64)], 0
        for k, share in zip(possible.tolist(), shares, strict=True):
            rows, times = self.models[k]._state().sample_counts(share, seeds[k], threads)
            X.append(rows)
            counts.append(times)
            total += len(rows)
            check_memory(3 * total * n, f"a sample of {total:,} or more rows of {n} features")
        return merged_counts(np.concatenate(X), np.concatenate(counts))

    def is_exact(self, cells: Rows, n_particles: int) -> NDArray[np.bool_]:
        """Whether what is said of the rows of cells is exact: whether all members' answers are."""
        found = [member.model.is_exact(cells, n_particles) for member in self._members(0)]
        return np.asarray(np.all(found, axis=0))

    def log_marginal(self, cells: Rows, asking: Asking) -> Estimates:
        """Nats of the known cells of every row."""
        return answers.log_marginal(self._members(asking.seed), cells, asking)

    def draws(
        self, cells: Rows, numbers: NDArray[np.uint64], count: int, asking: Asking
    ) -> tuple[Rows, NDArray[np.float64]]:
        """Complete each row, (n_rows, count, n_features)."""
        return answers.draws(self._members(asking.seed), cells, numbers, count, asking)

    def posterior(
        self, cells: Rows, asking: Asking
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Probability of a one in every cell given those that are known."""
        return answers.posterior(self._members(asking.seed), cells, asking)

    def most_probable(
        self, cells: Rows, beam: int, threads: int
    ) -> tuple[Rows, NDArray[np.float64], NDArray[np.float64]]:
        """The most probable completion that is found, its nats, and what none has more of."""

        def log_prob(rows: Rows) -> NDArray[np.float64]:
            return self.log_prob(rows, threads)

        return answers.most_probable(self._members(0), cells, beam, threads, log_prob)

    def _members(self, seed: int) -> list[answers.Member]:
        """The members that count, with their seeds."""
        seeds, weights = self._seeds(seed), self.weights.tolist()
        return [
            answers.Member(model._state(), weight, own)
            for model, weight, own in zip(self.models, weights, seeds, strict=True)
            if weight > 0
        ]

    def _chosen(self, seed: int, start: int, n_rows: int) -> NDArray[np.intp]:
        """The member of each of these rows; one of weight 0 draws none."""
        edges = np.cumsum(self.weights)
        drawn = uniforms(seed, start, n_rows, _CHOICE)
        return np.asarray(np.searchsorted(edges / edges[-1], drawn, side="right"))

    def _seeds(self, seed: int) -> list[int]:
        """Seeds of the members' own rows."""
        key = seed & 0xFFFFFFFF, seed >> 32
        words = [philox((k, 0, 0, _SEEDS), key) for k in range(len(self.models))]
        return [low + (high << 32) for low, high, *_ in words]
