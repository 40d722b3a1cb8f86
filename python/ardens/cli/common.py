"""What the commands share: arguments and reports."""

from __future__ import annotations

import argparse
import errno
import json
import math
import os
import re
import sys
from collections.abc import Mapping
from decimal import Decimal
from difflib import get_close_matches
from typing import Any, NoReturn, TypeAlias

__all__ = [
    "Commands",
    "Parser",
    "UsageError",
    "add_output",
    "check_inputs",
    "check_output",
    "command",
    "count",
    "note",
    "number",
    "positive",
    "report",
    "seed",
]


_WHOLE = re.compile(r"(?=.{1,30}$)\d+(_\d+)*(\.\d+)?([eE]\+?\d{1,2})?", re.ASCII)

Commands: TypeAlias = "argparse._SubParsersAction[Parser]"


class UsageError(Exception):
    """The command line itself is wrong: exit code 2."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line and an exception."""

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_abbrev=False, **options)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuse what is not known in the command where it stands."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            near = get_close_matches(unknown[0].partition("=")[0], self._option_string_actions)
            self.error(
                f"unrecognized arguments: {' '.join(unknown)}"
                + (f"; is {near[0]} meant?" if near else "")
            )
        return found, unknown

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message} (see '{self.prog} --help')")


def command(commands: Commands, name: str, run: Any, summary: str) -> Parser:
    """Add a command with the options that every command has."""
    parser = commands.add_parser(name, help=summary, description=summary[0].upper() + summary[1:])
    parser.set_defaults(run=run)
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    return parser


def count(text: str) -> int:
    """Parse a whole number of at least 0."""
    return _whole(text, 0)


def positive(text: str) -> int:
    """Parse a whole number of at least 1."""
    return _whole(text, 1)


def number(text: str) -> float:
    """Parse any number."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected a number, found {text!r}") from None


def seed(text: str) -> int:
    """Parse a seed: a whole number of at least 0 and below 2**64."""
    value = _whole(text, 0)
    if value >= 2**64:
        raise argparse.ArgumentTypeError(f"expected a whole number below 2**64, found {text!r}")
    return value


def _whole(text: str, least: int) -> int:
    """Parse a whole number of at least so much, which may be written as 1e6 or 1_000_000."""
    if _WHOLE.fullmatch(text):
        value = Decimal(text)  # exact, as a float is not
        if value == value.to_integral_value() and value >= least:
            return int(value)
    raise argparse.ArgumentTypeError(f"expected a whole number from {least}, found {text!r}")


def report(args: argparse.Namespace, figures: Mapping[str, Any]) -> None:
    """Print figures on standard output, as aligned lines or one JSON object."""
    if args.json:
        print(json.dumps({key: _plain(value) for key, value in figures.items()}, allow_nan=False))
        return
    width = max(map(len, figures))
    for key, value in figures.items():
        text = f"{value:.4f}" if isinstance(value, float) else str(value)
        print(f"{key.replace('_', ' '):<{width}}  {text}")


def _plain(value: Any) -> Any:
    """A value as JSON has it: no infinity and no NaN, which become null."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, bool)) or value is None else str(value)


def note(text: str) -> None:
    """Print a line on standard error."""
    if sys.stderr is not None:
        print(text, file=sys.stderr, flush=True)


def add_output(parser: argparse.ArgumentParser, default: str | None, what: str) -> None:
    """Add ``--out`` and ``--force``."""
    parser.add_argument("--out", metavar="FILE", default=default, help=what)
    parser.add_argument("--force", action="store_true", help="replace FILE if it exists")


def check_inputs(*paths: str | None) -> None:
    """Fail before anything else is looked at: where a file is missing or cannot be read."""
    for path in paths:
        if path is None or path == "-":
            continue
        if os.path.isdir(path):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
        os.stat(path)  # and not opened: a pipe is opened once
        if not os.access(path, os.R_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)


def check_output(path: str, force: bool) -> None:
    """Fail before the work rather than after it: where the file exists or cannot be made."""
    target = os.path.realpath(path)
    if os.path.exists(target) and not os.path.isfile(target):
        raise UsageError(f"{path} is not a file that could be replaced")
    if os.path.exists(target) and not force:
        raise UsageError(f"{path} exists; --force replaces it")
    folder = os.path.dirname(target)
    if not os.path.isdir(folder):
        raise FileNotFoundError(2, "No such directory", folder)
    if not os.access(folder, os.W_OK):
        raise PermissionError(13, "Cannot write into the directory", folder)
