"""Drawing from a distribution over binary vectors: at once and in blocks, freely or given cells."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Unpack, overload

import numpy as np

from ..checks.cells import UNKNOWN
from ..checks.machine import check_memory, thread_count
from ..checks.options import Kind, RandomState, option, seed_from, truth, whole_number
from ..core import Rows
from .asked import N_PARTICLES, BlockHow, Given, How, RowsAndNats, particle_count, row_range
from .conditioned import Conditioned
from .holder import Distribution, Draw, Holder, State

__all__ = ["Sampler"]

_BLOCK = 1 << 24  # bytes of unpacked rows and their log-probabilities in a block of `iter_samples`
_JOBS = Kind(lambda n_jobs, name: thread_count(n_jobs), "whole")


@dataclass(kw_only=True, eq=False, repr=False)
class Sampler(Holder[State]):
    """What draws binary vectors, every row a function of the seed and its number alone.

    Parameters
    ----------
    n_jobs : int, optional
        Number of threads: None for the default (OMP_NUM_THREADS and threadpoolctl govern it), -1
        for all CPUs, -2 for all but one; clamped to the CPUs this process may use. No result
        depends on it.
    """

    n_jobs: int | None = field(
        default=None,
        metadata=option(_JOBS, "--threads", "threads; the result does not depend on them"),
    )

    @overload
    def sample(
        self, n_samples: int = 1, *, return_log_prob: Literal[False] = False, **how: Unpack[How]
    ) -> Rows: ...

    @overload
    def sample(
        self, n_samples: int = 1, *, return_log_prob: Literal[True], **how: Unpack[How]
    ) -> RowsAndNats: ...

    @overload
    def sample(
        self, n_samples: int = 1, *, return_log_prob: bool, **how: Unpack[How]
    ) -> Rows | RowsAndNats: ...

    def sample(
        self,
        n_samples: int = 1,
        *,
        random_state: RandomState = None,
        start: int = 0,
        packed: bool = False,
        return_log_prob: bool = False,
        given: Given | None = None,
        n_particles: int = N_PARTICLES,
    ) -> Rows | RowsAndNats:
        """Draw rows from the model.

        Row ``start + i`` depends on the model, the seed and ``start + i`` alone: `sample(10)[:5]`
        equals `sample(5)` for the same seed, and pieces drawn with `start` equal the whole.

        Parameters
        ----------
        n_samples : int, default 1
            Number of rows, at least 0.
        random_state : None, int, Generator, RandomState or SeedSequence
            The seed: 0 … 2**64 - 1, or something to draw one from; None, the default, takes a
            fresh one from the operating system.
        start : int, default 0
            Index of the first row, 0 … 2**64 - 1.
        packed : bool, default False
            Whether to return eight columns a byte, as ``np.packbits(X, axis=1)`` has them; they
            are packed as they are drawn. ``np.unpackbits(packed, axis=1, count=n_features)``
            gives the rows back; scoring takes no others.
        return_log_prob : bool, default False
            Whether to return the log-probabilities too; they come with the draws at no cost, or
            cost a scoring where something is given. They are those of whole rows.
        given : dict or array_like of shape (n_features,), optional
            What is known: values by the names or numbers of columns, or one row whose unknown cells
            are NaN, None, pandas.NA or masked. Rows are drawn from the distribution given that.
        n_particles : int, default 1024
            Particles of a population, 1 … 2**20, where what is given has no exact answer.

        Returns
        -------
        X : ndarray of uint8, shape (n_samples, n_features)
            Zeros and ones; of shape (n_samples, ceil(n_features / 8)) if `packed`.
        log_prob : ndarray of float64, shape (n_samples,)
            Nats; only if `return_log_prob`.

        Raises
        ------
        NotFittedError
            If the model is not fitted.
        TypeError, ValueError
            If an argument is of the wrong type or out of range, what is given has probability zero,
            or all particles of a population die.
        MemoryError
            If the machine's memory cannot hold that many rows.

        See Also
        --------
        iter_samples : The same rows in blocks, in bounded memory.
        sample_counts : Distinct rows and how often they come.
        ardens.orderings.given_first : An ordering under which what is given has exact draws.

        Notes
        -----
        Draws given something are exact, and independent, where `reliability` says so: where few
        unknown columns, or none, stand before a known one in the ordering of the model. Otherwise
        row r is particle r mod P of population r div P, of P = `n_particles`, after a last
        resampling by their weights: the rows of one population are not independent of each other,
        and follow the distribution the better the more particles there are.

        References
        ----------
        Salmon, J. K. et al. (2011), Parallel random numbers: as easy as 1, 2, 3. SC11. The
        generator is their Philox4x32-10.

        Examples
        --------
        >>> import numpy as np
        >>> from ardens import Tabular
        >>> coin = Tabular().fit([[0], [1]])
        >>> rows = coin.sample(10, random_state=1)
        >>> (rows[5:] == coin.sample(5, random_state=1, start=5)).all()
        np.True_
        >>> bits = coin.sample(10, random_state=1, packed=True)
        >>> (np.unpackbits(bits, axis=1, count=1) == rows).all()
        np.True_
        """
        rows, first = row_range(n_samples, start)
        packed = truth(packed, "packed")
        return_log_prob = truth(return_log_prob, "return_log_prob")
        self._check_block(rows, packed, return_log_prob)
        source = self._source(given, n_particles)
        seed = seed_from(random_state)
        return self._draw(source, rows, seed, first, packed, return_log_prob)

    @overload
    def iter_samples(
        self, n_samples: int, *, return_log_prob: Literal[False] = False, **how: Unpack[BlockHow]
    ) -> Iterator[Rows]: ...

    @overload
    def iter_samples(
        self, n_samples: int, *, return_log_prob: Literal[True], **how: Unpack[BlockHow]
    ) -> Iterator[RowsAndNats]: ...

    @overload
    def iter_samples(
        self, n_samples: int, *, return_log_prob: bool, **how: Unpack[BlockHow]
    ) -> Iterator[Rows] | Iterator[RowsAndNats]: ...

    def iter_samples(
        self,
        n_samples: int,
        *,
        batch_size: int | None = None,
        random_state: RandomState = None,
        start: int = 0,
        packed: bool = False,
        return_log_prob: bool = False,
        given: Given | None = None,
        n_particles: int = N_PARTICLES,
    ) -> Iterator[Rows] | Iterator[RowsAndNats]:
        """Draw rows in blocks: any number of them in bounded memory.

        The blocks, one after the other, are what `sample` returns for the same arguments. They
        come from the model as it is now, whatever is fitted in between.

        Parameters
        ----------
        n_samples : int
            Number of rows, at least 0.
        batch_size : int, optional
            Rows of a block, at least 1; the last one may have fewer. None, the default, is some
            16 MB of unpacked rows.
        random_state, start, packed, return_log_prob, given, n_particles
            As for `sample`.

        Yields
        ------
        ndarray of uint8, or tuple of that and an ndarray of float64
            What `sample` returns, for the rows of one block.

        Raises
        ------
        NotFittedError, TypeError, ValueError, MemoryError
            As for `sample`, by the call itself and not when the first block is asked for.

        Examples
        --------
        >>> from ardens import Tabular
        >>> coin = Tabular().fit([[0], [1]])
        >>> [len(block) for block in coin.iter_samples(5, batch_size=2)]
        [2, 2, 1]
        """
        rows, first = row_range(n_samples, start)
        packed = truth(packed, "packed")
        return_log_prob = truth(return_log_prob, "return_log_prob")
        if batch_size is None:
            size = max(1, _BLOCK // (self.n_features_in_ + 8))
        else:
            size = whole_number(batch_size, "batch_size", minimum=1)
        self._check_block(min(size, rows), packed, return_log_prob)
        source = self._source(given, n_particles)
        seed = seed_from(random_state)

        def blocks() -> Iterator[Any]:
            for begin in range(0, rows, size):
                count = min(size, rows - begin)
                yield self._draw(source, count, seed, first + begin, packed, return_log_prob)

        return blocks()

    @abstractmethod
    def _evidence(self, given: Given) -> Rows:
        """Check what is given, and bring it into one row of cells, (1, n_features)."""

    def _source(self, given: Given | None, n_particles: int) -> Distribution | Conditioned:
        """What rows are drawn from."""
        size = particle_count(n_particles)
        fitted = self._state()
        if given is None:
            return fitted
        cells = self._evidence(given)
        return Conditioned(fitted, cells, size) if (cells != UNKNOWN).any() else fitted

    def _draw(
        self,
        source: Distribution | Conditioned,
        rows: int,
        seed: int,
        start: int,
        packed: bool,
        return_log_prob: bool,
    ) -> Rows | RowsAndNats:
        """Draw rows into new arrays."""
        X = np.empty((rows, -(-source.n_features // 8) if packed else source.n_features), np.uint8)
        log_prob = np.empty(rows) if return_log_prob else None
        source.sample(X, log_prob, Draw(seed, start, packed, thread_count(self.n_jobs)))
        return X if log_prob is None else (X, log_prob)

    def _width(self, packed: bool) -> int:
        """Bytes of a row."""
        n_features = self.n_features_in_
        return -(-n_features // 8) if packed else n_features

    def _check_block(self, rows: int, packed: bool, with_log_prob: bool) -> None:
        """Refuse more rows than the memory holds."""
        row = self._width(packed) + (8 if with_log_prob else 0)
        check_memory(rows * row, f"a sample of {rows:,} rows of {self.n_features_in_:,} features")
