"""A file of words and named arrays: safetensors, written in one step, read without trust.

It holds float32 tensors by name and, under the header's ``__metadata__``, words: strings, of which
``format``, ``format_version`` and ``ardens_version`` say what wrote the file. The other words are
JSON of whoever writes them. Nothing is ever unpickled, evaluated or imported by name.
"""

from __future__ import annotations

import math
import os
import stat
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from ..checks.foreign import HEAD, kind_of
from ..core import VERSION
from ..errors import FormatError
from .atomic import replacing
from .distrust import parse_json, refuse

__all__ = ["FORMAT_VERSION", "Container", "opened", "stamped", "write"]

FORMAT_VERSION = 1
_LONGEST_HEADER = 1 << 24  # bytes; the JSON of a model with a million columns fits


def stamped(words: Mapping[str, str]) -> dict[str, str]:
    """Add to words those that say what wrote them."""
    stamp = {"format": "ardens", "format_version": str(FORMAT_VERSION), "ardens_version": VERSION}
    return stamp | dict(words)


def write(
    path: str | os.PathLike[str],
    words: Mapping[str, str],
    arrays: Mapping[str, NDArray[np.float32]],
) -> None:
    """Write stamped words and arrays; OSError names the path, whose file stays as it was then."""
    from safetensors.numpy import save as to_bytes  # only needed here: it keeps the import light

    # safetensors writes the wrong bytes for arrays that are not C-contiguous.
    tensors = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    data = to_bytes(tensors, dict(words))
    with replacing(path) as file:
        file.write(data)


class Container:
    """An open file whose header was read; `words` and the names of its arrays are not checked."""

    def __init__(self, file: IO[bytes]) -> None:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            refuse("it is not a regular file")
        head = file.read(8)
        length = int.from_bytes(head, "little")
        if len(head) < 8 or length > min(found.st_size - 8, _LONGEST_HEADER):
            start = head + file.read(HEAD)
            kind = None if len(head) < 8 or start[8:9] == b"{" else kind_of(start)
            refuse(
                f"it seems to be {kind}; is it data?"
                if kind
                else "it is no safetensors file, or it is cut off"
            )
        self._file, self._head = file, head + file.read(length)
        self._n_bytes = found.st_size - len(self._head)
        self._table, self.words = _read_header(self._head[8:])

    @property
    def names(self) -> Collection[str]:
        """The names of the arrays."""
        return self._table.keys()

    def length(self, name: str) -> tuple[int, ...]:
        """The shape of a vector; FormatError if the table says that it is none."""
        entry = self._table[name]
        shape = entry.get("shape") if isinstance(entry, dict) else None
        if not (isinstance(shape, list) and len(shape) == 1 and type(shape[0]) is int):
            refuse(f"the tensor {name} is no vector")
        return (shape[0],)

    def described(self, word: str, what: str) -> dict[str, Any]:
        """The JSON object that a word is."""
        return parse_json(self.words.get(word), what)

    def any_arrays(self) -> dict[str, NDArray[np.float32]]:
        """Read the arrays, whatever their names and shapes."""
        shapes = {}
        for name, entry in self._table.items():
            shape = entry.get("shape") if isinstance(entry, dict) else None
            if not (isinstance(shape, list) and all(type(size) is int for size in shape)):
                refuse(f"the tensor {name[:20]!r} has no shape")
            shapes[name] = tuple(shape)
        return self.arrays(shapes)

    def arrays(self, shapes: Mapping[str, tuple[int, ...]]) -> dict[str, NDArray[np.float32]]:
        """Read the arrays, which must be these; the table tells before anything is allocated."""
        if set(self._table) != set(shapes):
            refuse(
                f"it has the tensors {sorted(self._table)[:9]} where {sorted(shapes)} are wanted"
            )
        for name, shape in shapes.items():
            entry = self._table[name]
            if not isinstance(entry, dict) or entry.get("dtype") != "F32":
                refuse(f"the tensor {name} is not of float32")
            if entry.get("shape") != list(shape):
                refuse(f"the tensor {name} is not of shape {list(shape)}")
        wanted = 4 * sum(map(math.prod, shapes.values()))
        if self._n_bytes != wanted:
            refuse(f"it has {self._n_bytes} bytes of parameters where {wanted} are wanted")
        return _tensors(self._head + self._file.read())


@contextmanager
def opened(path: str | os.PathLike[str]) -> Iterator[Container]:
    """Open a file for reading; whatever is refused within the block is a FormatError that names it.

    The file need not be trusted, and memory is bounded by its size.
    """
    path = os.fspath(path)
    with open(path, "rb", opener=_at_once) as file:
        try:
            yield Container(file)
        except (FormatError, RecursionError) as error:
            why = error if isinstance(error, FormatError) else "its description is nested too deep"
            raise FormatError(f"{path} is not a model file that can be read: {why}") from None


def _at_once(path: str, flags: int) -> int:
    """Open without waiting for the other end of a pipe, so that it can be refused."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _tensors(data: bytes) -> dict[str, NDArray[np.float32]]:
    """Read the tensors, of float32."""
    from safetensors import SafetensorError
    from safetensors.numpy import load as from_bytes

    try:
        return from_bytes(data)
    except (SafetensorError, ValueError, OverflowError) as error:
        refuse(str(error))


def _read_header(header: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """Split the header into the table of tensors and the words, of a version that is known."""
    table = parse_json(header, "the header")
    metadata = table.pop("__metadata__", None)
    if not isinstance(metadata, dict) or metadata.get("format") != "ardens":
        refuse("it holds tensors, but no model of ardens")
    version = metadata.get("format_version", "")
    if not (isinstance(version, str) and version.isascii() and version.isdigit()):
        refuse(f"its format version is {version!r}")
    if len(version) > 9 or int(version) > FORMAT_VERSION:
        refuse(
            f"it needs a newer ardens: it has format {version[:9]}, written by version "
            f"{str(metadata.get('ardens_version'))[:20]}, and this is version "
            f"{VERSION} for formats up to {FORMAT_VERSION}"
        )
    return table, metadata
