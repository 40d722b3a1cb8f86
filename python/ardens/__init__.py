"""Exact densities and fast samples of binary vectors.

Autoregressive models, p(x) = ∏ p(x_i | x_<i), from a table of counts to NADE:

>>> import ardens
>>> model = ardens.Tabular(alpha=0).fit([[0, 0], [0, 1], [1, 1], [1, 1]])
>>> model.score_samples([[1, 1]]).round(4)
array([-0.6931])
>>> model.sample(3, random_state=0).shape
(3, 2)
"""

from __future__ import annotations

import importlib
from types import ModuleType

from . import codes, errors, optim, orderings, schedules
from .composites import Mixture
from .config import get_config, show_config
from .core import VERSION
from .divergence import Divergence, kl_divergence
from .errors import DivergenceError, FormatError, NotFittedError, VersionWarning
from .models import FVSBN, MLP, NADE, Tabular
from .persistence import load, save
from .selection import Tuning, tune
from .tables import TableModel
from .training.checkpoint import Checkpoint

__all__ = [
    "FVSBN",
    "MLP",
    "NADE",
    "Checkpoint",
    "Divergence",
    "DivergenceError",
    "FormatError",
    "Mixture",
    "NotFittedError",
    "TableModel",
    "Tabular",
    "Tuning",
    "VersionWarning",
    "__version__",
    "codes",
    "errors",
    "get_config",
    "kl_divergence",
    "load",
    "optim",
    "orderings",
    "save",
    "schedules",
    "show_config",
    "tune",
]

__version__ = VERSION

_ON_DEMAND = ("data", "demo", "plotting", "reference")


def __getattr__(name: str) -> ModuleType:
    if name in _ON_DEMAND:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
