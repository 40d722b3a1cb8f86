"""What a section of the report is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .timing import Band, digits

__all__ = ["Check", "Section", "micro"]


@dataclass(frozen=True)
class Check:
    """A figure beside its target."""

    what: str
    figure: Band  # what came
    target: float  # what was wanted
    at_most: bool = False  # the target is an upper limit
    unit: str = "×"  # follows the target
    note: str = ""  # against what

    @property
    def met(self) -> bool:
        """Whether the figure, not its band, is on the right side of the target."""
        value = self.figure.value
        return value <= self.target if self.at_most else value >= self.target

    def row(self) -> list[str]:
        """A row of the table of targets."""
        sign = "≤" if self.at_most else "≥"
        verdict = "yes" if self.met else "**no**"
        wanted = f"{sign} {self.target:g}{self.unit}"
        return [self.what, str(self.figure), wanted, verdict, self.note]


@dataclass
class Section:
    """A part of the report."""

    title: str
    blocks: list[str] = field(default_factory=list)  # paragraphs and tables in Markdown
    checks: list[Check] = field(default_factory=list)  # figures that have targets
    figures: dict[str, Callable[[], Any]] = field(default_factory=dict)  # by name, what draws them

    def picture(self, name: str, caption: str, draw: Callable[[], Any]) -> None:
        """Add a picture."""
        self.figures[name] = draw
        self.blocks.append(f"![{caption}]({name}.png)")

    def markdown(self) -> str:
        """The section as text."""
        return "\n\n".join([f"## {self.title}", *self.blocks])


def micro(seconds: float) -> str:
    """Microseconds with three digits."""
    return digits(1e6 * seconds)
