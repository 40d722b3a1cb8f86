"""What the benchmarks take from inside the package; all other files use its public names."""

from __future__ import annotations

from ardens import _core as core
from ardens.models import MODELS
from ardens.parameters import filled, named_views
from ardens.selection import Trial
from ardens.training.settings import Settings, settings_for

__all__ = [
    "MARGINAL_LOGITS",
    "MODELS",
    "Settings",
    "Trial",
    "core",
    "filled",
    "named_views",
    "settings_for",
]

MARGINAL_LOGITS = "ardens.models.learning.marginal_logits"
"""Where fits look up the function that gives output biases their start."""
