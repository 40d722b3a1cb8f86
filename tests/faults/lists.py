"""The faults of the lists beside this file, and what a text is with one in it."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Fault:
    """A list has `what = ["before «original» after", "faulty", tests ...]` under a file's name.

    Without the marks, all of the text is the original. Blanks of any kind equal one another.
    """

    what: str
    file: str
    text: str
    faulty: str
    tests: tuple[str, ...]

    def span(self, source: str) -> tuple[int, int]:
        """Where the original begins and ends in its file, in which the text must be once."""
        marked = self.text if "«" in self.text else f"«{self.text}»"
        before, original, after = (
            r"\s+".join(re.escape(word) for word in part.split())
            for part in re.split("[«»]", marked)
        )
        found = list(re.finditer(rf"{before}\s*({original})\s*{after}", source))
        if len(found) != 1:
            raise ValueError(
                f"{self.file}: '{self.what}' is stale: its text is there {len(found)} times"
            )
        return found[0].span(1)


def read(language: str, root: Path = ROOT) -> list[Fault]:
    """All faults of the lists of "cpp" or "python"."""
    found: list[Fault] = []
    for path in sorted((root / "tests/faults").glob(f"{language}*.toml")):
        table = tomllib.loads(path.read_text())
        usual = table.pop("tests")
        found += [
            Fault(what, file, text, faulty, tuple(tests or usual))
            for file, faults in table.items()
            for what, (text, faulty, *tests) in faults.items()
        ]
    return found


def replaced(source: str, fault: Fault) -> str:
    """The source with the fault in it."""
    begin, end = fault.span(source)
    return source[:begin] + fault.faulty + source[end:]


def switched(source: str, numbered: dict[int, Fault]) -> str:
    """C++ with all the faults in it, each asleep until `ardens_fault(number)` is true.

    An original that ends in a semicolon is a statement, any other an expression.
    """
    spans: dict[tuple[int, int], list[int]] = {}
    for number, fault in numbered.items():
        spans.setdefault(fault.span(source), []).append(number)
    begin_of_next = len(source)
    for (begin, end), numbers in sorted(spans.items(), reverse=True):
        if end > begin_of_next:
            raise ValueError(f"'{numbered[numbers[0]].what}' overlaps with another fault")
        begin_of_next, now = begin, source[begin:end]
        statement = now.endswith(";")
        for number in numbers:
            faulty = numbered[number].faulty
            if statement:
                now = f"{{ if (ardens_fault({number})) {{ {faulty} }} else {{ {now} }} }}"
            else:
                now = f"(ardens_fault({number}) ? ({faulty}) : ({now}))"
        source = source[:begin] + now + source[end:]
    return source


def by_file(faults: list[Fault]) -> Iterator[tuple[str, dict[int, Fault]]]:
    """The faults of each file, numbered from 1 through all files."""
    for file in sorted({fault.file for fault in faults}):
        yield file, {number: f for number, f in enumerate(faults, 1) if f.file == file}
