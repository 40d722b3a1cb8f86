"""Codes that are made of codes: others that follow, several side by side, dates."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..checks.machine import check_memory
from .code import Code
from .makers import digits, hot

__all__ = ["calendar", "nested", "product"]

_YEARS = 16  # more of them are written as digits


def nested(head: Code, tails: Sequence[Code | None]) -> Code:
    """Let another code follow on each value of a code.

    Parameters
    ----------
    head : Code
    tails : sequence of Code or None, one for each value of `head`
        None where the value is all that is to be said. All are filled up with zeros to the length
        of the longest.

    Returns
    -------
    Code
        Its values are those of ``tails[0]``, then those of ``tails[1]``, …; None has one.

    Examples
    --------
    A column of which some cells are missing, else 0, 1 or 2:

    >>> from ardens import codes
    >>> codes.nested(codes.bits(1), [codes.rank([1, 1, 1]), None]).encode([0, 1, 2, 3]).tolist()
    [[0, 0, 0], [0, 1, 0], [0, 1, 1], [1, 0, 0]]
    """
    if len(tails) != head.n_leaves:
        raise ValueError(
            f"tails must be one for each of the {head.n_leaves} values of head; got {len(tails)}"
        )
    width = max((tail.n_bits for tail in tails if tail is not None), default=0)
    counts = [1 if tail is None else tail.n_leaves for tail in tails]
    n_leaves, n_bits = sum(counts), head.n_bits + width
    check_memory(2 * n_leaves * n_bits, f"a code of {n_leaves:,} values of {n_bits:,} bits")
    words = np.zeros((n_leaves, n_bits), np.uint8)
    words[:, : head.n_bits] = np.repeat(head.encode(np.arange(len(tails))), counts, axis=0)
    begin = 0
    for tail, count in zip(tails, counts, strict=True):
        if tail is not None:
            columns = slice(head.n_bits, head.n_bits + tail.n_bits)
            words[begin : begin + count, columns] = tail.encode(np.arange(count))
        begin += count
    return Code.of(words)


def product(*codes: Code) -> Code:
    """Write several values side by side as one.

    Parameters
    ----------
    *codes : Code, at least one

    Returns
    -------
    Code
        The last value changes first from one leaf to the next, as in `numpy.ravel_multi_index`.

    Examples
    --------
    >>> from ardens import codes
    >>> codes.product(codes.bits(1), codes.one_hot(2)).encode([0, 3]).tolist()
    [[0, 1, 0], [1, 0, 1]]
    """
    if not codes:
        raise ValueError("product must have at least one code; got none")
    steps, level = codes[0].steps, codes[0].level
    for code in codes[1:]:
        end = level[-1]
        steps = np.concatenate([steps, np.where(code.steps < 0, -1, code.steps + end)])
        level = np.concatenate([level, code.level[1:] + end])
    if all(code.order is None for code in codes):
        return Code(steps, level)
    check_memory(16 * int(np.prod([float(c.n_leaves) for c in codes])), "the values of a product")
    order = np.zeros(1, np.int64)
    for code in codes:
        own = np.arange(code.n_leaves) if code.order is None else code.order
        order = (order[:, None] * code.n_leaves + own).ravel()
    return Code(steps, level, order)


def calendar(first: object, last: object) -> Code:
    """Write days as year, month and day, each one-hot; only days that there are can come.

    Parameters
    ----------
    first, last : str, date or datetime64
        The days that the code begins and ends with. Where there are more than 16 years, these are
        written as `digits`.

    Returns
    -------
    Code
        Value k is the day k days after the first.

    Examples
    --------
    >>> from ardens import codes
    >>> code = codes.calendar("2024-02-28", "2024-03-01")
    >>> code
    Code(n_leaves=3, n_bits=44)
    """
    try:
        begin, end = np.datetime64(first, "D"), np.datetime64(last, "D")  # type: ignore[call-overload]
    except ValueError:
        begin = end = np.datetime64("NaT")
    if np.isnat(begin) or np.isnat(end) or begin > end:
        raise ValueError(f"first must be a day that is not after last; got {first!r} and {last!r}")
    n = int((end - begin).astype(np.int64)) + 1
    check_memory(200 * n, f"a calendar of {n:,} days")
    days = begin + np.arange(n)
    months = days.astype("datetime64[M]")
    years = months.astype("datetime64[Y]").astype(np.int64)
    years -= years.min()
    count = int(years.max()) + 1
    year = hot(years) if count <= _YEARS else digits(count, _YEARS).encode(years)
    month = hot(months.astype(np.int64) % 12, 12)
    day = hot((days - months.astype("datetime64[D]")).astype(np.int64), 31)
    return Code.of(np.hstack([year, month, day]))
