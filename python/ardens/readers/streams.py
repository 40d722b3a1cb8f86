"""Files that are read once, from front to end: begun anew, unpacked, and cut at ends of lines."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any, BinaryIO

from ..checks.foreign import HEAD, kind_of
from . import cells

__all__ = ["Joined", "blocks_of", "opened"]


class Joined(io.RawIOBase):
    """Pieces of a file as a file."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces, self._left = iter(pieces), memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            self._left = memoryview(next(self._pieces, b""))
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count


def opened(stream: BinaryIO) -> tuple[bytes, Any]:
    """What a file begins with, and the file from there on; unpacked if gzip packed it."""
    head = stream.read(HEAD)
    whole: Any = io.BufferedReader(Joined(chain([head], iter(lambda: stream.read(HEAD), b""))))
    if kind_of(head) == "a gzip file":
        whole = gzip.GzipFile(fileobj=whole)
        head = whole.peek(HEAD)[:HEAD]
    return head, whole


def blocks_of(stream: Any, name: str) -> Iterator[bytes]:
    """Blocks of whole lines; ValueError if gzip cannot unpack them."""
    try:
        while block := stream.read(cells.BLOCK):
            yield block + stream.readline()
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise ValueError(f"{name}: not a readable gzip file ({error})") from error
