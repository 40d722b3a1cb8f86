"""Loads the compiled core, and with it the OpenMP runtime, so that waiting threads soon sleep.

GNU OpenMP lets a thread that waits spin for milliseconds. Where other work wants the cores, the
spinning keeps the very thread from running that it waits for, and beside two busy processes a
gradient step takes several times as long as with threads that sleep after some microseconds
(compare with OMP_WAIT_POLICY=active). The runtime reads its settings when it is loaded; what the
user has set wins.
"""

import os

_SETTING = "GOMP_SPINCOUNT"

if _SETTING in os.environ or "OMP_WAIT_POLICY" in os.environ:
    from . import _core
else:
    os.environ[_SETTING] = "100"
    try:
        from . import _core
    finally:
        del os.environ[_SETTING]

__all__ = ["_core"]
