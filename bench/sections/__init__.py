"""The sections of the report, in their order."""

from __future__ import annotations

from collections.abc import Callable

from ..section import Section
from ..suite import Suite
from .comparison import comparison
from .complement import complement
from .curves import curves
from .larger import larger
from .limits import limits
from .models import fvsbn, mlp
from .one_row import one_row
from .scaling import levels, threads
from .training import training

__all__ = ["SECTIONS"]

SECTIONS: dict[str, Callable[[Suite], Section]] = {
    "comparison": comparison,
    "larger": larger,
    "limits": limits,
    "training": training,
    "threads": threads,
    "levels": levels,
    "fvsbn": fvsbn,
    "mlp": mlp,
    "curves": curves,
    "complement": complement,
    "one_row": one_row,
}
