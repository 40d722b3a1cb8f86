"""Reading matrices of zeros and ones from files, and one small real data set.

============================ ============================================================
``.npz``                     arrays ``train``, ``valid``, ``test`` (any of them), or one array
``.npy``                     one array, memory-mapped
``.csv``, ``.data``,         text: one row a line, cells separated by commas or by white
``.amat``, anything else     space (``.data`` are the DEBD files, ``.amat`` the MNIST ones)
``-``                        the same text from standard input
============================ ============================================================

Nothing is ever unpickled.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
import zipfile
import zlib
from collections.abc import Collection
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

__all__ = ["SINGLE", "SPLITS", "digits", "read"]

SPLITS = ("train", "valid", "test")
SINGLE = "data"
"""The name `read` gives to the only matrix of a file, where it is none of `SPLITS`."""

_BLOCK = 1 << 22  # bytes of text parsed at a time: memory beside the result stays near this
_SHOWN = 40  # characters of a bad cell that an error repeats


def read(
    source: str | os.PathLike[str],
    *,
    binary: bool = True,
    only: Collection[str] = SPLITS,
) -> dict[str, NDArray[Any]]:
    """Read the matrices of a data file, as a dict of split names to arrays.

    Parameters
    ----------
    source : str or path
        A ``.npz``, ``.npy`` or text file, or ``"-"`` for text on standard input.
    binary : bool, default True
        Whether every value must be 0 or 1. With False any real number is read, to be
        thresholded by an estimator's `binarize`.
    only : collection of str, default ("train", "valid", "test")
        The splits of a ``.npz`` file to load; those it does not hold are left out, but one must be
        there. A file with a single matrix ignores it.

    Returns
    -------
    dict of str to ndarray of shape (n_samples, n_features)
        Under ``"train"``, ``"valid"`` and ``"test"``, or under ``"data"`` where the file holds one
        matrix only and calls it none of these. Text becomes uint8 where all of it is 0 and 1, else
        float64; arrays keep their dtype.

    Raises
    ------
    OSError
        If the file cannot be opened or read.
    ValueError
        If it holds something else, naming the file, the place (lines and columns of text count
        from 1, rows and columns of arrays from 0), what was wanted and what came.

    Notes
    -----
    Text of single characters 0 and 1 is read at the speed of memory, other text by NumPy's parser,
    a block of lines at a time.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "toy.csv"
    ...     _ = path.write_text("0,1,1\\n1,0,0\\n")
    ...     read(path)["data"]
    array([[0, 1, 1],
           [1, 0, 0]], dtype=uint8)
    """
    path = os.fspath(source)
    if path == "-":
        if sys.stdin is None or sys.stdin.closed:
            raise OSError("standard input is closed")
        return {SINGLE: _read_text(sys.stdin.buffer, "standard input", binary)}
    if os.path.splitext(path)[1].lower() in (".npz", ".npy"):
        return _read_arrays(path, binary, only)
    with open(path, "rb") as stream:
        return {SINGLE: _read_text(stream, path, binary)}


def digits(*, random_state: int = 0) -> dict[str, NDArray[np.uint8]]:
    """Load scikit-learn's 1797 handwritten digits, 8x8 pixels, binarised and split.

    A pixel is 1 where its intensity, 0 to 16, is above 7. Rows are shuffled by `random_state` and
    split into 1197 for training, 240 for validation and 360 for testing.

    Parameters
    ----------
    random_state : int, default 0
        Seed of the shuffle.

    Returns
    -------
    dict of str to ndarray of uint8, shape (n_samples, 64)
        Under ``"train"``, ``"valid"`` and ``"test"``.

    Raises
    ------
    ImportError
        If scikit-learn, which brings the images, is not installed.

    References
    ----------
    Alpaydin and Kaynak, "Optical recognition of handwritten digits", UCI Machine Learning
    Repository, 1998.

    Examples
    --------
    >>> {name: X.shape for name, X in digits().items()}
    {'train': (1197, 64), 'valid': (240, 64), 'test': (360, 64)}
    """
    try:
        datasets = importlib.import_module("sklearn.datasets")
    except ImportError as error:
        raise ImportError(
            "the handwritten digits come with scikit-learn: pip install ardens[demo]"
        ) from error
    images = np.asarray(datasets.load_digits().data)
    order = np.random.default_rng(random_state).permutation(len(images))
    X = (images[order] > 7).astype(np.uint8)
    return dict(zip(SPLITS, np.split(X, [1197, 1437]), strict=True))


# ---- arrays


def _read_arrays(path: str, binary: bool, only: Collection[str]) -> dict[str, NDArray[Any]]:
    held = [SINGLE]
    try:
        with open(path, "rb") as stream:  # closed whatever np.load raises
            if stream.read(2) == b"PK":
                stream.seek(0)
                archive = np.load(stream, allow_pickle=False)
                held = archive.files
                wanted = held if len(held) == 1 else [name for name in SPLITS if name in only]
                arrays = {name: archive[name] for name in wanted if name in held}
            else:
                arrays = {SINGLE: np.load(path, mmap_mode="r", allow_pickle=False)}
    except (ValueError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        kind = os.path.splitext(path)[1].lower()
        raise ValueError(f"{path}: not a readable {kind} file ({error})") from error
    if len(held) == 1:
        (name,) = held
        return {name if name in SPLITS else SINGLE: _checked(arrays[name], path, binary)}
    if not set(held) & set(SPLITS):
        raise ValueError(
            f"{path}: expected arrays named train, valid or test, or a single array; "
            f"found {', '.join(held) or 'none'}"
        )
    if not arrays:
        raise ValueError(
            f"{path}: expected an array named {' or '.join(only)}, found {', '.join(held)}"
        )
    return {
        name: _checked(array, f"{path}, array {name!r}", binary) for name, array in arrays.items()
    }


def _checked(array: NDArray[Any], where: str, binary: bool) -> NDArray[Any]:
    if array.dtype.kind not in "buif":
        raise ValueError(f"{where}: expected numbers, found dtype {array.dtype}")
    if array.ndim != 2:
        raise ValueError(
            f"{where}: expected two dimensions, rows and features; found shape {array.shape}"
        )
    if binary and (place := _first_other(array)):
        row, column = place
        raise ValueError(
            f"{where}: expected 0 or 1, found {array[row, column]} at row {row}, column {column}"
        )
    return array


def _first_other(array: NDArray[Any]) -> tuple[int, int] | None:
    """Row and column of the first value that is neither 0 nor 1, in bounded memory."""
    step = max(1, _BLOCK // max(1, array.shape[1]))
    for start in range(0, len(array), step):
        block = array[start : start + step]
        good = (block == 0) | (block == 1)
        if not good.all():
            row, column = divmod(int(np.argmin(good)), array.shape[1])
            return start + row, column
    return None


# ---- text


def _read_text(stream: BinaryIO, name: str, binary: bool) -> NDArray[Any]:
    matrices: list[NDArray[Any]] = []
    text = _Text(name, binary)
    while block := stream.read(_BLOCK):
        block += stream.readline()  # up to the end of the line
        if (matrix := text.parse(block)) is not None:
            matrices.append(matrix)
    if not matrices:
        raise ValueError(f"{name}: expected rows of 0 and 1, found no rows")
    return np.concatenate(matrices)


class _Text:
    """The parser of one text: what its first row fixed, and the line it has come to."""

    def __init__(self, name: str, binary: bool) -> None:
        self.name = name
        self.binary = binary
        self.line = 1  # of the block's first line
        self.first_row = 0  # the line that fixed delimiter and width
        self.delimiter: str | None = None
        self.width = 0

    def parse(self, block: bytes) -> NDArray[Any] | None:
        """Rows of whole lines, or None where all lines are blank."""
        if self.line == 1:
            block = block.removeprefix(b"\xef\xbb\xbf")
        n_lines = block.count(b"\n")
        if not (content := block.strip()):
            self.line += n_lines
            return None
        if not self.first_row:
            self.first_row = self.line + block[: block.index(content[:1])].count(b"\n")
            self.delimiter = "," if b"," in content.partition(b"\n")[0] else None
        block = block.replace(b"\r\n", b"\n").replace(b" \n", b"\n")
        matrix = self._characters(block if block.endswith(b"\n") else block + b"\n")
        if matrix is None:
            matrix = self._numbers(block)
        self.width = matrix.shape[1]
        self.line += n_lines
        return matrix

    def _characters(self, block: bytes) -> NDArray[np.uint8] | None:
        """Lines of single characters 0 and 1 in equal steps; None for any other text."""
        step = block.find(b"\n") + 1
        if step % 2 or len(block) % step or self.width not in (0, step // 2):
            return None
        cells = np.frombuffer(block, np.uint8).reshape(-1, step)
        X = cells[:, ::2] - np.uint8(ord("0"))
        separators = cells[:, 1:-1:2]
        separator = block[1:2] if step > 2 else b" "
        if (
            separator not in ((b",",) if self.delimiter else (b" ", b"\t"))
            or X.max() > 1
            or np.any(separators != ord(separator))
            or np.any(cells[:, -1] != ord("\n"))
        ):
            return None
        return X

    def _numbers(self, block: bytes) -> NDArray[Any]:
        try:
            X = np.loadtxt(io.BytesIO(block), delimiter=self.delimiter, comments=None, ndmin=2)
        except ValueError as error:
            self._explain(block)
            raise ValueError(f"{self.name}: {error}") from error
        if self.width not in (0, X.shape[1]):
            self._explain(block)
        if _first_other(X) is None:
            return X.astype(np.uint8)
        if self.binary:
            self._explain(block)
        return X

    def _explain(self, block: bytes) -> None:
        """Raise the error of the first bad cell: slow, and so only after the block has failed."""
        wanted = "0 or 1" if self.binary else "a number"
        for line, row in enumerate(block.decode("utf-8", "replace").split("\n"), self.line):
            if not row.strip():
                continue
            cells = [cell.strip() for cell in row.split(self.delimiter)]
            for column, cell in enumerate(cells, 1):
                if not self._good(cell):
                    found = (
                        f"{cell[:_SHOWN]!r}{'...' * (len(cell) > _SHOWN)}" if cell else "nothing"
                    )
                    header = line == self.first_row and not any(map(_is_number, cells))
                    raise ValueError(
                        f"{self.name}: line {line}, column {column}: "
                        f"expected {wanted}, found {found}"
                        + "; is this a header line? Remove it"
                        * header
                    )
            self.width = self.width or len(cells)
            if len(cells) != self.width:
                raise ValueError(
                    f"{self.name}: line {line}: expected {self.width} columns "
                    f"as in line {self.first_row}, found {len(cells)}"
                )

    def _good(self, cell: str) -> bool:
        return _is_number(cell) and (not self.binary or float(cell) in (0, 1))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell and cell.isascii()  # which Python reads and NumPy does not
