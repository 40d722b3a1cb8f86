"""Published figures, and the least that is wanted of ours."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["any_target_of", "known", "met", "published_of", "target_of"]

FILE = Path(__file__).parent / "literature.toml"


@cache
def known() -> dict[str, Any]:
    """All of ``literature.toml``."""
    return tomllib.loads(FILE.read_text("utf-8"))


def published_of(name: str) -> dict[str, float]:
    """Published figures of a set, by model."""
    figures: dict[str, float] = _entry(name).get("published", {})
    return figures


def any_target_of(name: str) -> float | None:
    """The least that is wanted of the best model on a set, if there is a figure for it."""
    target: float | None = _entry(name).get("targets", {}).get("any")
    return target


def target_of(name: str, model: str) -> float | None:
    """The least that is wanted of a model on a set, if there is a figure for it."""
    target: float | None = _entry(name).get("targets", {}).get(model.partition("-")[0])
    return target


def met(name: str, model: str, figures: Mapping[str, Any]) -> bool | None:
    """Whether nats, to the two decimals of papers, and time are as wanted; None without target."""
    target = target_of(name, model)
    if target is None:
        return None
    minutes = _entry(name).get("minutes", {}).get(model.partition("-")[0], float("inf"))
    return bool(figures["fit"] <= 60 * minutes and round(figures["test"], 2) >= target)


def _entry(name: str) -> dict[str, Any]:
    """What is known of a set."""
    found: dict[str, Any] = known()["sets"].get(name, {})
    return found
