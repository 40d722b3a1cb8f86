"""The models, and the registry through which everything shared finds them."""

from __future__ import annotations

from .autoregressive import AutoregressiveModel
from .density import Density
from .fvsbn import FVSBN
from .gradient import GradientModel
from .mlp import MLP
from .nade import NADE
from .tabular import Tabular

__all__ = [
    "FVSBN",
    "MLP",
    "MODELS",
    "NADE",
    "AutoregressiveModel",
    "Density",
    "GradientModel",
    "Tabular",
]

MODELS: dict[str, type[AutoregressiveModel]] = {
    "tabular": Tabular,
    "fvsbn": FVSBN,
    "mlp": MLP,
    "nade": NADE,
}
"""Every model by the name that files and the command line use."""
