"""Sequential Monte Carlo: what is not known of a row, drawn and weighed given what is known.

A cell is 0, 1 or `UNKNOWN`. A population of P particles answers for one row of cells: each goes
through the features in the order of the factors, draws the unknown ones from p(x_i | x_<i) and is
weighed by p(x_i | x_<i) of the known ones. Then

    E[mean over the particles of weight] = p(known cells),

and the weighted particles are distributed as p(x | known cells), the better the more there are.
Where everything known stands before everything unknown all weights are that probability itself.

Particles live on islands of at most 64. Where the effective number of an island,
(sum w)^2 / sum w^2, falls below half of its size, its particles are drawn anew by their weights,
which then are their mean. What an island estimates is unbiased whenever it does so (Del Moral 2004,
Theorem 7.4.2), and so is the mean over islands, which do not depend on each other.

References
----------
Gordon, N. J., Salmond, D. J. & Smith, A. F. M. (1993). Novel approach to nonlinear/non-Gaussian
Bayesian state estimation. IEE Proceedings F 140, 107-113.
Kitagawa, G. (1996). Monte Carlo filter and smoother for non-Gaussian nonlinear state space models.
Journal of Computational and Graphical Statistics 5, 1-25: systematic resampling.
Del Moral, P. (2004). Feynman-Kac Formulae. Springer.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import bernoulli, codes
from .bernoulli import Float64, sigmoid
from .philox import uniforms

__all__ = ["BLOCK", "RESAMPLING", "UNKNOWN", "islands", "particles", "resample", "stay"]

UNKNOWN = 2  # what a cell holds that is neither 0 nor 1
BLOCK = 4  # features between which particles may be drawn anew
LARGEST, FEWEST, SMALLEST = 64, 8, 8  # particles of an island; islands; particles of one of few
RESAMPLING = 3  # stream of Philox; 0 has the bits of rows

Logits = Callable[[NDArray[Any]], Float64]


def islands(n_particles: int) -> int:
    """How many islands a population has; island j begins at particle n_particles j div that.

    >>> [islands(n) for n in (1, 16, 64, 256, 1000, 1024)]
    [1, 2, 8, 8, 16, 16]
    """
    of_most = -(-n_particles // LARGEST)
    return max(of_most, min(FEWEST, max(1, n_particles // SMALLEST)))


def resample(weights: Float64, u: float, count: int) -> NDArray[np.intp]:
    """Draw `count` of some particles by their weights, systematically, in rising order.

    Draw i is the first particle at which the sum of the weights up to it exceeds (i + u) / count of
    all. So a particle is drawn count w / sum(w) times, rounded down or up, and that in expectation.

    Parameters
    ----------
    weights : (n_particles,) array, at least 0, not all 0
    u : float in (0, 1)
    count : int

    Returns
    -------
    (count,) array of int

    Examples
    --------
    >>> resample(np.array([1.0, 0.0, 3.0]), 0.5, 4)
    array([0, 2, 2, 2])
    """
    edges = np.cumsum(weights)
    edges = count * edges / edges[-1]
    return np.searchsorted(edges, np.arange(count) + u, side="right")


def stay(drawn: NDArray[np.intp]) -> NDArray[np.intp]:
    """Let every particle that was drawn keep its place, once; more of it take the places left.

    >>> stay(np.array([0, 2, 2, 2]))
    array([0, 2, 2, 2])
    >>> stay(np.array([1, 1, 3, 3]))
    array([1, 1, 3, 3])
    """
    times = np.bincount(drawn, minlength=len(drawn))
    places = np.arange(len(drawn))
    places[times == 0] = np.repeat(np.arange(len(drawn)), np.maximum(times - 1, 0))
    return places


def particles(
    logits: Logits,
    cells: NDArray[Any],
    seed: int,
    start: int,
    n_particles: int,
    words: NDArray[Any] | None = None,
) -> tuple[NDArray[np.uint8], Float64]:
    """The population of one row of cells.

    Particle p draws with the uniforms of row ``start + p`` of `seed`. After a block of four
    features an island that is to be drawn anew does so with the uniform of its first particle and
    the block's first feature, in the stream `RESAMPLING`; not where nothing was known of the block,
    or nothing is unknown behind it.

    Parameters
    ----------
    logits : callable
        Log-odds of x_i = 1 given x_<i for rows, as a model's `logits` gives them.
    cells : (n_features,) array of 0, 1 and `UNKNOWN`
    seed, start : int in [0, 2**64)
    n_particles : int, at least 1
    words : (n_words, n_features) array of 0 and 1, optional
        The rows that there can be. Particles then see what is known ahead: a bit is known, too,
        where the words that have the known cells leave one value of it. A particle for which they
        leave none has weight 0, and goes on as the words do.

    Returns
    -------
    X : (n_particles, n_features) uint8 array, the particles
    log_weights : (n_particles,) float64 array, nats

    Examples
    --------
    Of two fair coins of which the second copies the first, that one shows a head:

    >>> copies = lambda X: np.stack([np.zeros(len(X)), np.where(X[:, 0] == 1, 9.0, -9.0)], axis=1)
    >>> X, log_weights = particles(copies, np.array([UNKNOWN, 1]), 0, 0, 1024)
    >>> round(float(np.exp(log_weights).mean()), 1)
    0.5
    """
    n, count = len(cells), islands(n_particles)
    U = uniforms(seed, start, n_particles, n)
    X = np.zeros((n_particles, n), dtype=np.uint8)
    log_weights = np.zeros(n_particles)
    last = max(np.flatnonzero(cells == UNKNOWN), default=-1)  # the last unknown feature
    edges = [n_particles * j // count for j in range(count + 1)]
    for i in range(n):
        t, known = logits(X)[:, i], np.full(n_particles, cells[i] != UNKNOWN)
        X[:, i] = np.where(known, cells[i], U[:, i] < sigmoid(t))
        if words is not None:
            can, may = codes.left(words, X, i), codes.left(words, X, i, cells)
            lost = ~may.any(axis=1)
            may[lost] = can[lost]
            X[:, i] = np.where(may.all(axis=1), X[:, i], may[:, 1])
            known = (known | ~may.all(axis=1)) & can.all(axis=1)
            log_weights[lost] = -np.inf
        log_weights += np.where(known, bernoulli.log_prob_terms(X[:, i], t), 0.0)
        block = i - i % BLOCK
        if (
            i % BLOCK != BLOCK - 1
            or last <= i
            or (words is None and (cells[block : i + 1] == UNKNOWN).all())
        ):
            continue
        for first, end in pairwise(edges):
            island = log_weights[first:end]
            most = island.max()
            weights = np.exp(island - most) if most > -np.inf else np.zeros(end - first)
            if 2 * weights.sum() ** 2 < (end - first) * (weights**2).sum():
                u = uniforms(seed, start + first, 1, n, RESAMPLING)[0, block]
                places = first + stay(resample(weights, u, end - first))
                X[first:end] = X[places]
                log_weights[first:end] = most + np.log(weights.mean())
    return X, log_weights
