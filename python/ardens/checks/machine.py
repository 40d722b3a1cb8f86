"""What the machine, or the container around this process, leaves to it: threads, memory, disk."""

from __future__ import annotations

import errno
import functools
import math
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ..core import max_threads
from .options import whole_number

__all__ = ["check_disk", "check_memory", "cpu_quota", "memory_limit", "thread_count"]

_SMALL = 1 << 28  # bytes that any machine has; asking the system takes longer than a small call

# The control groups of Linux, version 1 or 2: those of a container.
_MEMBERSHIP = Path("/proc/self/cgroup")
_ROOT = Path("/sys/fs/cgroup")


def thread_count(n_jobs: int | None) -> int:
    """Number of threads for `n_jobs`, by scikit-learn's rules; the core may hold it to fewer."""
    if n_jobs is None:
        threads = max_threads()
        return min(threads, cpu_quota() or threads)
    jobs = whole_number(n_jobs, "n_jobs", minimum=-(2**63))
    if jobs == 0:
        raise ValueError(
            "n_jobs must be None, a positive number of threads, or -1 for all CPUs; got 0"
        )
    if jobs == 1:
        return 1
    cpus = _cpus()
    return max(1, min(jobs if jobs > 0 else cpus + 1 + jobs, cpus))


def check_memory(n_bytes: int, what: str) -> None:
    """Raise MemoryError for more bytes than the machine or the container has.

    A system that overcommits would grant them, and end the process when they are filled.
    """
    if n_bytes < _SMALL:
        return
    try:
        available = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # unknown here: the allocation itself will tell
        return
    available = min(available, memory_limit() or available)
    if n_bytes > available:
        raise MemoryError(
            f"{what} needs {n_bytes / 2**30:,.1f} GiB; this machine has {available / 2**30:,.1f}"
        )


def check_disk(where: str | int, n_bytes: int, what: str, path: str) -> None:
    """Raise OSError for more bytes than the disk of a folder, or of an open file, has left.

    A limit on the size of files counts too. What is not known here, the write itself will tell.
    """
    limits: list[tuple[str, int | None]] = []
    with suppress(AttributeError, OSError):  # not a POSIX system; a disk that does not say
        disk = os.statvfs(where)
        if disk.f_blocks:
            limits.append(("the disk has", disk.f_bavail * disk.f_frsize))
    limits.append(("a file may have", _file_limit()))
    for whose, limit in limits:
        if limit is not None and n_bytes > limit:
            told = f"{what} take {_bytes(n_bytes)}, and {whose} {_bytes(limit)} left"
            raise OSError(errno.ENOSPC, told, path)


def _bytes(count: int) -> str:
    """A number of bytes, as people read it."""
    for unit, size in (("GiB", 2**30), ("MiB", 2**20)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count:,} bytes"


def _file_limit() -> int | None:
    """The most bytes that a file of this process may have, if there is a limit."""
    try:
        import resource
    except ImportError:  # not a POSIX system
        return None
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)[0]
    return None if limit == resource.RLIM_INFINITY else limit


@functools.cache
def cpu_quota() -> int | None:
    """CPUs that the quota of any group around this process grants, rounded up; None without one."""
    quotas = [_share(folder) for folder in _folders("cpu")]
    return min((max(1, math.ceil(quota)) for quota in quotas if quota is not None), default=None)


@functools.cache
def memory_limit() -> int | None:
    """Bytes that the groups around this process leave to it and its siblings, if they say so."""
    limits: list[int] = []
    for folder in _folders("memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            limits += _numbers(folder / name)[:1]
    return min((limit for limit in limits if limit > 0), default=None)


def _cpus() -> int:
    """CPUs that affinity and the quota of a container leave to this process."""
    try:
        cpus = len(os.sched_getaffinity(0))
    except AttributeError:  # not a Linux system
        cpus = os.cpu_count() or 1
    return min(cpus, cpu_quota() or cpus)


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
