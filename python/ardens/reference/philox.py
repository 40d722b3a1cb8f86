"""Philox4x32-10, a counter-based generator: random words are a function of (counter, key) alone.

References
----------
Salmon, J. K., Moraes, M. A., Dror, R. O. and Shaw, D. E. (2011). Parallel random numbers: as easy
as 1, 2, 3. Proceedings of SC '11. doi:10.1145/2063384.2063405
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .bernoulli import Float64

# 64-bit words that hold 32: the product of two is exact.
M0, M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
W0, W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)  # Weyl steps: golden ratio, sqrt(3) - 1
HALF, LOW = np.uint64(32), np.uint64(0xFFFFFFFF)


def philox4x32(counter: ArrayLike, key: ArrayLike, rounds: int = 10) -> NDArray[np.uint64]:
    """Encrypt a counter of four 32-bit words under a key of two.

    Parameters
    ----------
    counter : (4, ...) array of integers in [0, 2**32)
    key : (2, ...) array of integers in [0, 2**32)
    rounds : int, default 10

    Returns
    -------
    (4, ...) uint64 array of integers in [0, 2**32)

    Examples
    --------
    >>> [f"{word:08x}" for word in philox4x32([0, 0, 0, 0], [0, 0])]
    ['6627e8d5', 'e169c58d', 'bc57ac4c', '9b00dbd8']
    """
    c0, c1, c2, c3 = np.asarray(counter, dtype=np.uint64)
    k0, k1 = np.asarray(key, dtype=np.uint64)
    for _ in range(rounds):
        product0, product1 = M0 * c0, M1 * c2
        c0, c1 = (product1 >> HALF) ^ c1 ^ k0, product1 & LOW
        c2, c3 = (product0 >> HALF) ^ c3 ^ k1, product0 & LOW
        k0, k1 = (k0 + W0) & LOW, (k1 + W1) & LOW
    return np.stack([c0, c1, c2, c3])


def uniforms(seed: int, start: int, n_rows: int, n_features: int, stream: int = 0) -> Float64:
    """Draw the uniforms that decide rows start ... start + n_rows - 1 of a sample.

    Feature i of row r takes word i mod 4 of the block with key (seed mod 2**32, seed div 2**32) and
    counter (r mod 2**32, r div 2**32, i div 4, stream); its uniform is u = (word + 1/2) / 2**32. So
    u depends on (seed, stream, r, i) alone and is never 0 or 1: a certain coin stays certain under
    u < p. The bits of a row come from stream 0.

    Parameters
    ----------
    seed : int in [0, 2**64)
    start : int, number of the first row, with start + n_rows <= 2**64
    n_rows, n_features : int
    stream : int in [0, 2**32), default 0

    Returns
    -------
    (n_rows, n_features) float64 array in (0, 1)

    Raises
    ------
    ValueError
        If a seed or row number does not fit into 64 bits.

    Examples
    --------
    >>> U = uniforms(seed=7, start=0, n_rows=10, n_features=5)
    >>> bool((U[4:] == uniforms(seed=7, start=4, n_rows=6, n_features=5)).all())
    True
    """
    if not 0 <= seed < 2**64:
        raise ValueError(f"seed must be in [0, 2**64); got {seed}")
    if not 0 <= start <= 2**64 - n_rows:
        raise ValueError(f"rows must be numbered in [0, 2**64); got start={start}, {n_rows} rows")
    row = np.uint64(start) + np.arange(n_rows, dtype=np.uint64)[:, None]
    block = np.arange(-(-n_features // 4), dtype=np.uint64)[None, :]
    counter = np.stack(np.broadcast_arrays(row & LOW, row >> HALF, block, np.uint64(stream)))
    words = philox4x32(counter, [seed % 2**32, seed // 2**32])
    words = np.moveaxis(words, 0, 2).reshape(n_rows, 4 * block.size)[:, :n_features]
    return (words.astype(np.float64) + 0.5) / 2.0**32
