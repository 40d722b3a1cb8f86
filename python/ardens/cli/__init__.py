"""The commands ``ardens fit | tune | score | sample | impute | info | demo``, by ``python -m`` too.

Results go to standard output, progress and errors to standard error. Exit codes: 0 done; 1 the work
failed; 2 the command was wrong; 129 hung up; 130 interrupted; 141 the reader of the output went
away; 143 terminated.
"""

from __future__ import annotations

import argparse
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from contextlib import suppress

from . import demo, fit, impute, info, sample, score, tune
from .common import Parser, UsageError
from .signals import Ended, signals_raised

__all__ = ["main"]

_COMMANDS = (fit, tune, score, sample, impute, info, demo)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code.

    Parameters
    ----------
    argv : sequence of str, optional
        The arguments after the program's name; None takes them from `sys.argv`.

    Returns
    -------
    int
        0 done, 1 the work failed, 2 the command was wrong, 129 hung up, 130 interrupted, 141 the
        reader of the output went away, 143 terminated.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from ardens import FVSBN
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     model, rows = Path(folder) / "coins.safetensors", Path(folder) / "rows.csv"
    ...     FVSBN.from_parameters(W=[[0, 0], [0, 0]], b=[0, 0]).save(model)
    ...     _ = rows.write_text("0,1\\n1,1\\n")
    ...     main(["score", str(model), str(rows)])
    mean nats           -1.3863
    standard error      0.0000
    bits per dimension  1.0000
    rows                2
    0
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # any path can be printed anywhere
    try:
        with signals_raised():
            return _run(argv)
    except Ended as ended:
        _discard_output()
        return _fail(ended.code, str(ended), label="ardens")


def _run(argv: Sequence[str] | None) -> int:
    """Run one command and return its exit code."""
    debug = False
    try:
        try:
            args = _parser().parse_args(argv)
        except SystemExit as finished:  # --help and --version
            if sys.stdout is not None:
                sys.stdout.flush()
            return int(finished.code or 0)
        debug = args.debug
        if sys.stdout is None or sys.stdout.closed:
            raise OSError("standard output is closed")
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            args.run(args)
        sys.stdout.flush()
    except UsageError as error:
        return _fail(2, str(error))
    except KeyboardInterrupt:
        _discard_output()
        return _fail(130, "interrupted", label="ardens")
    except BrokenPipeError:
        _discard_output()
        return 141
    except Exception as error:
        if debug:
            traceback.print_exc()
        _discard_output()
        return _fail(1, _describe(error))
    return 0


def _parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    from ardens import __version__

    parser = Parser(
        prog="ardens",
        description="Autoregressive models of binary vectors: exact log-likelihoods and samples.",
    )
    parser.add_argument("--version", action="version", version=f"ardens {__version__}")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_to(commands)
    return parser


def _describe(error: Exception) -> str:
    """One line that says what went wrong, whatever the exception."""
    if isinstance(error, OSError) and error.strerror:
        text = f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    elif isinstance(error, MemoryError):
        text = f"out of memory{': ' * bool(str(error))}{error}"
    elif isinstance(error, (ValueError, TypeError, ArithmeticError, OSError, ImportError)):
        text = str(error) or type(error).__name__
    else:
        text = f"unexpected {type(error).__name__}: {error} (--debug shows where)"
    return " ".join(text.split())


def _fail(code: int, message: str, label: str = "ardens: error") -> int:
    """Say on standard error what went wrong, and return the code."""
    if sys.stderr is not None:
        with suppress(OSError):  # nobody may be left to read it
            print(f"{label}: {message}", file=sys.stderr, flush=True)
    return code


def _show_warning(message: Warning | str, *_: object, **__: object) -> None:
    """Show a warning as a line."""
    _fail(0, " ".join(str(message).split()), label="ardens: warning")


def _discard_output() -> None:
    """Drop what standard output still holds, which would fail again at the end of the process."""
    if sys.stdout is None:
        return
    try:
        sys.stdout.flush()
    except OSError:
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), 1)
