"""Files from strangers: damaged one after the other, and judged by what reading them does."""

from __future__ import annotations

import argparse
import os
import random
import re
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

MOST_SECONDS = 1.0
MOST_GROWTH = 64  # times the size of the file, which JSON of empty lists takes in Python
ANYHOW = 8 << 20  # bytes, of modules that are loaded when first used among them
MOST_WORDS = 2000  # characters of a message

SHORT_LIVED = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # nothing here is to last
_STATUS, _PEAK = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class File(NamedTuple):
    """What a file holds, and what its name ends in."""

    content: bytes
    suffix: str = ""


@dataclass
class Verdict:
    """What became of a file."""

    accepted: bool = True
    seconds: float = 0.0  # of work: what else runs on the machine does not count
    grown: int = 0  # bytes


@contextmanager
def judged(
    file: File, refusal: type[Exception], growth: int, anyhow: int = ANYHOW
) -> Iterator[tuple[str, Verdict]]:
    """Write a file, and judge the time, the memory, the warnings and the words of what reads it.

    A refusal is one of the kind that is given; whatever is said begins with the path.
    """
    verdict, words = Verdict(), []
    with tempfile.NamedTemporaryFile(dir=SHORT_LIVED, suffix=file.suffix) as stream:
        stream.write(file.content)
        stream.flush()
        before, began = resident_peak(fresh=True), time.process_time()
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            try:
                yield stream.name, verdict
            except refusal as error:
                verdict.accepted = False
                words.append(str(error))
        verdict.seconds = time.process_time() - began
        verdict.grown = resident_peak() - before
    for text in [*words, *(str(warning.message) for warning in warned)]:
        assert text.startswith(stream.name), f"this does not name the file: {text}"
        assert len(text) < MOST_WORDS, "the message is long"
    assert verdict.seconds < MOST_SECONDS, f"it took {verdict.seconds:.2f} s"
    assert verdict.grown < anyhow + growth * len(file.content), f"it took {verdict.grown:,} bytes"


def resident_peak(fresh: bool = False) -> int:
    """The most bytes of memory that this process had at once since it was asked for afresh."""
    if not _PEAK.exists():  # not a Linux system: memory is not judged
        return 0
    if fresh:
        _PEAK.write_text("5")
    found = re.search(r"VmHWM:\s*(\d+)", _STATUS.read_text())
    assert found
    return 1024 * int(found[1])


def many(
    count: int,
    damaged: Callable[[random.Random], File],
    judge: Callable[[File], Verdict],
    seed: int = 0,
    keep: Path | None = None,
) -> str:
    """Damage and judge so many files; say what was seen, or raise what was wrong with the first."""
    accepted, slowest, largest, began = 0, 0.0, 0, time.perf_counter()
    for i in range(count):
        file = damaged(random.Random(f"{seed} {i}"))
        try:
            verdict = judge(file)
        except BaseException as error:
            if keep:
                (keep / f"damaged-{seed}-{i}{file.suffix}").write_bytes(file.content)
            error.add_note(f"this was file {i} of seed {seed}")
            raise
        accepted += verdict.accepted
        slowest, largest = max(slowest, verdict.seconds), max(largest, verdict.grown)
    return (
        f"{count} files in {time.perf_counter() - began:.0f} s: {accepted} accepted, the others "
        f"refused; at most {1e3 * slowest:.0f} ms and {largest / 2**20:.1f} MiB for a file, "
        f"{resident_peak() / 2**20:.0f} MiB in all"
    )


def command(fuzz: Callable[..., str], what: str) -> None:
    """Fuzz as the arguments of a script say."""
    parser = argparse.ArgumentParser(description=what.splitlines()[0])
    parser.add_argument("count", nargs="?", type=int, default=1000, help="how many files")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--growth",
        type=int,
        default=MOST_GROWTH,
        help="memory that a file may take, in sizes of the file; a sanitizer needs more",
    )
    parser.add_argument("--keep", type=Path, help="folder for a file that fails")
    warnings.simplefilter("error")
    print(fuzz(**vars(parser.parse_args())))
