"""Loads the compiled core, and with it the OpenMP runtime, so that waiting threads soon sleep.

A thread that waits may spin or sleep. Waking one takes 50 to 100 microseconds on a virtual machine,
more than many a step of a small model; but where other work wants the cores, a thread that spins
keeps the very thread from running that it waits for, and GNU OpenMP lets it spin for milliseconds:
beside two busy processes a gradient step then takes twice as long. Here threads spin for some 20
microseconds, which bridges the gaps within a call (compare with OMP_WAIT_POLICY=active and
passive). The runtime reads its settings when it is loaded; what the user has set wins.
"""

import os

_SETTING = "GOMP_SPINCOUNT"

if _SETTING in os.environ or "OMP_WAIT_POLICY" in os.environ:
    from . import _core
else:
    os.environ[_SETTING] = "1000"
    try:
        from . import _core
    finally:
        del os.environ[_SETTING]

__all__ = ["_core"]
