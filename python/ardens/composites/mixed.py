"""What a fitted mixture is asked: its members, and through them scores and draws."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from ..models import AutoregressiveModel
from ..models.density import Density
from .fitted import FittedMixture

__all__ = ["MixedDensity"]


@dataclass(kw_only=True, eq=False, repr=False)
class MixedDensity(Density[FittedMixture]):
    r"""A density that is a weighted mean of others, :math:`p(x) = \sum_k w_k \, p_k(x)`."""

    _made_by: ClassVar[str] = "from_models"

    @property
    def n_parameters_(self) -> int:
        """Number of parameters of all members, and of weights but one."""
        models = self._state().models
        return sum(model.n_parameters_ for model in models) + len(models) - 1

    @property
    def members_(self) -> tuple[AutoregressiveModel, ...]:
        """Copies of the members; they share the parameters, which are read-only."""
        return tuple(map(copy.copy, self._state().models))

    @property
    def weights_(self) -> NDArray[np.float64]:
        """Weights of the members, read-only; they sum to one."""
        return self._state().weights
