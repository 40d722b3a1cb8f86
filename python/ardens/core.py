"""The one door to the compiled module, and the kinds of arrays that are handed through it.

A thread that waits may spin or sleep. Waking one takes 50 to 100 microseconds on a virtual machine,
more than many a step of a small model; but where other work wants the cores, a thread that spins
keeps the very thread from running that it waits for, and GNU OpenMP lets it spin for milliseconds:
beside two busy processes a gradient step then takes twice as long. Here threads spin for some 20
microseconds, which bridges the gaps within a call (compare with OMP_WAIT_POLICY=active and
passive). The runtime reads its settings when it is loaded; what the user has set wins.
"""

from __future__ import annotations

import os
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

_SPINS = "GOMP_SPINCOUNT"
_FREE = _SPINS not in os.environ and "OMP_WAIT_POLICY" not in os.environ

if _FREE:
    os.environ[_SPINS] = "1000"
try:
    from ._core import (
        Codes,
        Model,
        SortedRows,
        adam_step,
        build_info,
        check_binary,
        ema_step,
        fit_regressions,
        islands,
        largest_gradient,
        level,
        levels,
        max_threads,
        philox,
        resample,
        rmsprop_step,
        sgd_step,
        uniforms,
    )
except ImportError as error:
    raise ImportError(
        f"the compiled part of ardens cannot be loaded ({error}); reinstall it for this Python "
        "with: pip install --force-reinstall --no-cache-dir ardens"
    ) from error
finally:
    if _FREE:
        del os.environ[_SPINS]

__all__ = [
    "VERSION",
    "Codes",
    "Float32Array",
    "Model",
    "Rows",
    "SortedRows",
    "adam_step",
    "build_info",
    "check_binary",
    "ema_step",
    "fit_regressions",
    "islands",
    "largest_gradient",
    "level",
    "levels",
    "max_threads",
    "philox",
    "resample",
    "rmsprop_step",
    "sgd_step",
    "uniforms",
]

VERSION = str(build_info()["version"])

Float32Array: TypeAlias = NDArray[np.float32]
Rows: TypeAlias = NDArray[np.uint8]
"""Rows of zeros and ones, (n_samples, n_features), C-contiguous."""
