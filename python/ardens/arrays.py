"""Names of the kinds of arrays that are handed about."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

__all__ = ["Float32Array", "Rows"]

Float32Array: TypeAlias = NDArray[np.float32]
Rows: TypeAlias = NDArray[np.uint8]
