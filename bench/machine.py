"""Where the figures come from: the machine, the versions, and the limits that were measured."""

from __future__ import annotations

import os
import platform
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from statistics import median
from typing import Any

import ardens

from .figures import significant

__all__ = ["LOOKS", "cores", "facts", "limits"]

LIBRARIES = ("numpy", "torch", "jax", "jaxlib", "numba", "llvmlite")
CPU = Path("/sys/devices/system/cpu/cpu0/cache")
SIZES = {"L1": 0.5, "L2": 0.5}  # part of a cache that a working set fills
FALLBACK = {"L1": 32 * 1024, "L2": 1024 * 1024}  # bytes, where the system tells nothing
DIGITS = 5
LOOKS, PAUSE = 20, 0.05  # at every limit: how many, and seconds between


def cores() -> int:
    """How many CPUs this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def facts() -> dict[str, Any]:
    """Collect what has to stand beside a figure.

    The commit is that of the sources, if they are under version control.
    """
    config = ardens.get_config()
    here = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "cpu": _cpu(),
        "cores": cores(),
        "caches": ", ".join(f"{name} {size // 1024} KiB" for name, size in _caches().items()),
        "memory": _memory(),
        "system": platform.platform(),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else "unknown",
        "level": config["level"],
        "levels": config["levels"],
        "compiler": config["compiler"],
        "ardens": config["version"],
        "python": platform.python_version(),
    }
    return here | {name: _version(name) for name in LIBRARIES} | {"commit": _commit()}


def limits(core: Callable[..., Any], threads: int) -> dict[str, Any]:
    """Measure what the processor can do, in the process whose kernels are timed.

    ``core(name, *args)`` calls a function of the compiled core there. `fma` has multiply-adds in
    10⁹/s by level, `bandwidth` reading in GB/s by cache, both for one thread and for all together:
    the greatest of several looks. `looks` has instructions and multiply-adds of one thread in
    10⁹/s: median, least, greatest.
    """
    counts = sorted({1, threads})
    levels = core("levels")

    def looks(name: str, *args: Any) -> list[float]:
        rates = []
        for _ in range(LOOKS):
            time.sleep(PAUSE)
            rates.append(significant(core(name, *args), DIGITS))
        return rates

    found: dict[str, Any] = {"threads": counts, "fma": {}, "bandwidth": {}}
    for level in levels:
        core("set_level", level)
        found["fma"][level] = [max(looks("measure_fma", k)) for k in counts]
    for name, size in _caches().items():
        if name in SIZES:
            part = int(size * SIZES[name])
            found["bandwidth"][name] = [max(looks("measure_bandwidth", part, k)) for k in counts]
    found["looks"] = {
        name: [median(rates), min(rates), max(rates)]
        for name, rates in {
            "instructions": looks("measure_instructions", 1),
            "multiply-adds": looks("measure_fma", 1),
        }.items()
    }
    return found


def _cpu() -> str:
    """The name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _caches() -> dict[str, int]:
    """Bytes of the data caches of a core."""
    found = {}
    for index in sorted(CPU.glob("index*")):
        kind, level, size = (
            (index / name).read_text().strip() for name in ("type", "level", "size")
        )
        if kind != "Instruction":
            found[f"L{level}"] = int(size.rstrip("KMG")) * _unit(size)
    return FALLBACK | found


def _unit(size: str) -> int:
    """Bytes of the unit that a size ends with."""
    return {"K": 1024, "M": 1024**2, "G": 1024**3}.get(size[-1], 1)


def _memory() -> str:
    """How much memory there is."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return "unknown"
    return f"{total / 1024**3:.0f} GiB"


def _version(name: str) -> str:
    """The version of a library."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"


def _commit() -> str:
    """The commit of the sources, and whether they were changed since."""

    def git(*args: str) -> str:
        command = ["git", "-C", str(Path(__file__).parent), *args]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    try:
        changed = " with changes" if git("status", "--porcelain", "--", "..") else ""
        return git("rev-parse", "--short", "HEAD") + changed
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
