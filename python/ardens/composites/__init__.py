"""Distributions made of models: mixtures."""

from .mixture import Mixture

__all__ = ["Mixture"]
