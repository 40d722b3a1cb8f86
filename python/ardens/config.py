"""What this installation is and what it runs on."""

from __future__ import annotations

import platform
from typing import TypeAlias

import numpy as np

from .checks.machine import thread_count
from .core import VERSION, build_info, level, levels

__all__ = ["get_config", "show_config"]

Config: TypeAlias = dict[str, str | int | list[str]]


def get_config() -> Config:
    """Collect the facts that a report of a problem should carry.

    Returns
    -------
    dict
        `version` of the package; `level`, the instruction set in use, and `levels`, those that
        run here (the environment variable ARDENS_LEVEL forces one); `threads` that a call uses by
        default, which OMP_NUM_THREADS can lower; `cpus` that affinity and the quota of a container
        leave to this process; whether with `openmp`; `compiler` of the core; `python`, `numpy` and
        `platform`.

    Examples
    --------
    >>> from ardens import get_config
    >>> get_config()["level"] in get_config()["levels"]
    True
    """
    build = build_info()
    return {
        "version": VERSION,
        "level": level(),
        "levels": levels(),
        "threads": thread_count(None),
        "cpus": thread_count(-1),
        "openmp": "yes" if build["openmp"] else "no",
        "compiler": str(build["compiler"]),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "platform": platform.platform(),
    }


def show_config() -> None:
    """Print what `get_config` tells, one fact per line.

    Examples
    --------
    >>> from ardens import show_config
    >>> show_config()  # doctest: +SKIP
    version   0.1.0
    level     x86_v4
    ...
    """
    for name, value in get_config().items():
        text = ", ".join(value) if isinstance(value, list) else value
        print(f"{name:<9} {text}")
