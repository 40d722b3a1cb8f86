"""What the control groups of Linux, version 1 or 2, leave to this process: those of a container."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterator
from pathlib import Path

__all__ = ["cpu_quota", "memory_limit"]

_MEMBERSHIP = Path("/proc/self/cgroup")
_ROOT = Path("/sys/fs/cgroup")


@functools.cache
def cpu_quota() -> int | None:
    """CPUs that the quota of any group around this process grants, rounded up.

    Returns
    -------
    int or None
        At least 1; None without a quota. Read once.

    Examples
    --------
    >>> cpu_quota() is None or cpu_quota() >= 1
    True
    """
    quotas = [_share(folder) for folder in _folders("cpu")]
    return min((max(1, math.ceil(quota)) for quota in quotas if quota is not None), default=None)


@functools.cache
def memory_limit() -> int | None:
    """Bytes that the limits of all groups around this process leave to it and its siblings.

    Returns
    -------
    int or None
        None without a limit. Read once.

    Examples
    --------
    >>> memory_limit() is None or memory_limit() > 0
    True
    """
    limits: list[int] = []
    for folder in _folders("memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            limits += _numbers(folder / name)[:1]
    return min((limit for limit in limits if limit > 0), default=None)


def _folders(controller: str) -> Iterator[Path]:
    """Go through the folders of the groups that this process is in, each up to the root."""
    try:
        lines = _MEMBERSHIP.read_text("utf-8").splitlines()
    except (OSError, ValueError):
        return
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if controllers == "":  # version 2: one tree for all, below "unified" where both are mounted
            roots = [_ROOT, _ROOT / "unified"]
        elif controller in controllers.split(","):
            roots = [_ROOT / controllers, _ROOT / controller]
        else:
            continue
        # A container may see its own group as the root, under the path that it has outside.
        for root in roots:
            path = Path(group.lstrip("/"))
            yield from (root / part for part in (path, *path.parents))


def _share(folder: Path) -> float | None:
    """CPUs of one group, if it has a quota."""
    together = _numbers(folder / "cpu.max")
    quota, period = _numbers(folder / "cpu.cfs_quota_us"), _numbers(folder / "cpu.cfs_period_us")
    numbers = together or quota + period
    if len(numbers) != 2 or min(numbers) <= 0:
        return None
    return numbers[0] / numbers[1]


def _numbers(path: Path) -> list[int]:
    """Read the numbers in a file; none if there is no such file, or it says "max"."""
    try:
        return [int(word) for word in path.read_text("ascii").split()]
    except (OSError, ValueError):
        return []
