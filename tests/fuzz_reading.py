"""Data files from strangers: whole files are damaged at random and read.

    python tests/fuzz_reading.py 100000 --seed 0

A file must be read as matrices that models take, or be refused as a `ValueError` that names it: in
under a second, in memory that its size bounds, and without a warning that does not name it. One
that is not is written to the folder --keep.
"""

from __future__ import annotations

import gzip
import io
import random
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyarrow import csv
from scipy import sparse

from ardens import data
from ardens.checks.cells import UNKNOWN, cell_matrix
from helpers.damage import DAMAGES_OF_BYTES
from helpers.fuzzing import MOST_GROWTH, File, Verdict, command, judged, many

csv.read_csv(io.BytesIO(b"a\n0\n"))["a"].to_numpy()  # what these load is of no file

POOLS = 32 << 20  # bytes, which the threads of pyarrow take at some time

SUFFIXES = [".npy", ".npz", ".csv", ".amat", ".dat", ".parquet", ".feather"]


def fuzz_one(
    file: File,
    growth: int = MOST_GROWTH,
    binary: bool = True,
    weight_column: int | str | None = None,
    unknown: bool = False,
    table: bool = False,
) -> Verdict:
    """Read a file. AssertionError, or what `read` should not raise, if it fails."""
    with judged(file, ValueError, growth, POOLS) as (path, verdict):
        matrices = data.read(
            path, binary=binary, weight_column=weight_column, unknown=unknown, table=table
        )
    if verdict.accepted and isinstance(matrices, dict):
        rows = {name: X for name, X in matrices.items() if not name.endswith("_weight")}
        check_use(rows, binary, unknown)
    return verdict


def options_for(content: bytes) -> dict[str, Any]:
    """How a file is read: as it would be most often, or another way; always the same for a file."""
    rng = random.Random(content)
    return {
        "binary": rng.random() < 0.7,
        "weight_column": rng.choice([None] * 5 + [0, -1, "b"]),
        "unknown": rng.random() < 0.3,
        "table": rng.random() < 0.3,
    }


def check_use(matrices: dict[str, np.ndarray], binary: bool, unknown: bool) -> None:
    """Hand the matrices on as a model does."""
    assert matrices
    for X in matrices.values():
        assert X.ndim == 2
        if 0 in X.shape:
            continue
        if binary:
            assert set(np.unique(cell_matrix(X))) <= ({0, 1, UNKNOWN} if unknown else {0, 1})
        elif not (isinstance(X, np.ndarray) and X.dtype.kind == "f" and np.isinf(X).any()):
            assert cell_matrix(X, binarize=0.5).shape == X.shape


# Damage


def damaged(rng: random.Random, file: File) -> File:
    """A file with one to three damages, of bytes or of what its format is made of."""
    content, suffix = file
    own = OF_FORMATS.get(suffix, [])
    for damage in rng.choices(DAMAGES_OF_BYTES + own * 8, k=rng.choice([1, 1, 2, 3])):
        content = damage(rng, content)
    if rng.random() < 0.02:
        suffix = rng.choice(SUFFIXES)
    return File(content, suffix)


_WORDS = r"""
    '<f8' '|u1' '|b1' '>i2' '<c16' '|O' '<U3' '<U0' '|V8' '<f2' '<M8[s]' '<g' 'x' '' 3 None True ()
    [] {} '\d' [('a','<f8')] ('<f8',(2,)) 1L 2L, 1e999 0x10 1_0 01 -1 (3,) (-1,3) (1,2,3) (True,2)
    (2.0,3) (3,2 lambda:0 open('x') __import__('os') # f'' b''
"""
ODD_WORDS = [*_WORDS.split(), "''' '", "1 is 1", "\0", "\n", "(" * 90, "(" * 400, "-" * 9000]
ODD_WORDS += ["[" * 3000, "9" * 5000, f"({2**62}, 3)", f"({2**70}, 0)", f"(0, {10**16})"]
KEYS = ["descr", "fortran_order", "shape"]


def array_words(rng: random.Random, content: bytes) -> bytes:
    """A value or a key of the header of an array, whose length may stay what it was."""
    start = 10 if content[6:7] == b"\1" else 12
    length = min(int.from_bytes(content[8:start], "little"), len(content))
    words = content[start : start + length].decode("latin1")
    key = rng.choice(KEYS)
    found = re.search(rf"'{key}': (\([^)]*\)|\[[^]]*\]|[^,}}]*)", words)
    if not found:
        return content
    place = rng.choice([0, 1, 1, 1])
    odd = rng.choice(ODD_WORDS)
    new = words[: found.start(place)] + odd + words[found.end(place) :]
    if rng.random() < 0.5:
        new = new.rstrip(" \n")[: length - 1].ljust(length - 1) + "\n"
    size = len(new).to_bytes(8, "little")[: start - 8]
    return content[:8] + size + new.encode("latin1") + content[start + length :]


def member(rng: random.Random, content: bytes) -> bytes:
    """One array of an archive, or its name; its sum of bytes is right."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
    except Exception:  # it is damaged already
        return content
    if not files:
        return content
    name = rng.choice(list(files))
    if rng.random() < 0.2:
        other = rng.choice(["train.npy", "valid", "x.npy", "a/../b.npy", "ü.npy", "a/b/"])
        files[other] = files.pop(name)
    else:
        files[name] = rng.choice([array_words, *DAMAGES_OF_BYTES])(rng, files[name])
    room = io.BytesIO()
    method = rng.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
    with zipfile.ZipFile(room, "w", method) as archive:
        for name, held in files.items():
            archive.writestr(name, held)
    return room.getvalue()


_CELLS = """
    2 0.5 -1 nan inf 1e999 x ü ١ 1_0 0x1 '1' "1" # 1,1 1;1 True 1j 1d0 +1 -0 0,1,2,3,4,5 (1) [1 --
"""
ODD_CELLS = [*_CELLS.split(), "", " ", "\t", "\r", "\0", "\x1c", "\x85", "\u00a0", "\u2028"]
ODD_CELLS += ["\ufeff", "NA", "1 1", "9" * 300]
ODD_LINES = ["0,1,2,3,4,5", "a b c d e f", "a,b,c,d,e,f"]


def cells(rng: random.Random, content: bytes) -> bytes:
    """A cell, a line, or how a text is written."""
    text = content.decode("latin1")
    action = rng.choice(["cell", "cell", "cell", "line", "all", "code"])
    if action == "code":
        return text.encode(rng.choice(["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "utf-8"]))
    if action == "all":
        old = rng.choice([",", " ", "\n", "0", "1"])
        return text.replace(old, rng.choice(ODD_CELLS)).encode("utf-8", "replace")
    lines = text.split("\n")
    at = rng.randrange(len(lines))
    if action == "line":
        lines[at] = rng.choice(
            [*ODD_CELLS, "0,1,2,3,4,5", "a b c d e f", "a,b,c,d,e,f", lines[at] * 2]
        )
    else:
        parts = re.split(r"([, ])", lines[at])
        parts[rng.randrange(len(parts))] = rng.choice(ODD_CELLS)
        lines[at] = "".join(parts)
    return "\n".join(lines).encode("utf-8", "replace")


OF_FORMATS = {".npy": [array_words], ".npz": [member]}
OF_FORMATS |= {suffix: [cells] for suffix in (".csv", ".amat", ".dat")}


# Files to begin with


def whole_files() -> list[File]:
    """Small files of every format, as it may be written."""
    X = np.random.default_rng(0).integers(0, 2, (12, 6), np.uint8)
    files = []
    for array in (X, X > 0, X.astype(">i2"), np.asfortranarray(X, np.float64), X.astype("<f2")):
        for version in ((1, 0), (2, 0)):
            room = io.BytesIO()
            np.lib.format.write_array(room, array, version)
            files.append(File(room.getvalue(), ".npy"))
    for save in (np.savez, np.savez_compressed):
        for arrays in ({"train": X, "test": X[:3]}, {"any": X.astype(np.int64)}):
            room = io.BytesIO()
            save(room, **arrays)
            files.append(File(room.getvalue(), ".npz"))
    for suffix, delimiter in ((".csv", ","), (".amat", " ")):
        for kind in ("%d", "%.3f"):
            room = io.BytesIO()
            np.savetxt(room, X, fmt=kind, delimiter=delimiter)
            files.append(File(room.getvalue(), suffix))
    return files + tables() + lists()


def tables() -> list[File]:
    """Tables of 0 and 1 with names, in every format."""
    X = pd.DataFrame(np.random.default_rng(0).integers(0, 2, (12, 6)), columns=list("abcdef"))
    files = []
    for frame, separator, quoting in ((X, ",", 0), (X > 0, ";", 1), (X.astype(str), "\t", 1)):
        content = frame.to_csv(sep=separator, quoting=quoting, index=quoting > 0).encode()
        files += [File(content, ".csv"), File(gzip.compress(content, mtime=0), ".csv")]
    for suffix in (".parquet", ".feather"):
        room = io.BytesIO()
        getattr(X, f"to_{suffix[1:]}")(room)
        getattr(pd, f"read_{suffix[1:]}")(room)  # what that loads is of no file
        files.append(File(room.getvalue(), suffix))
    return files


def lists() -> list[File]:
    """Files of what is not 0."""
    X = np.random.default_rng(0).integers(0, 2, (12, 6), np.uint8)
    files = []
    for layout in ("csr", "csc", "coo"):
        room = io.BytesIO()
        sparse.save_npz(room, sparse.coo_array(X).asformat(layout))
        files.append(File(room.getvalue(), ".npz"))
    places = [np.flatnonzero(row).tolist() for row in X]
    items = "\n".join(" ".join(map(str, row)) for row in places)
    pairs = "\n".join(" ".join(["1", *(f"{item + 1}:1" for item in row)]) for row in places)
    return [*files, File(items.encode(), ".dat"), File(pairs.encode(), ".dat")]


def fuzz(count: int, seed: int = 0, growth: int = MOST_GROWTH, keep: Path | None = None) -> str:
    """Damage and read so many files; say what was seen, or raise what was wrong with the first."""
    files = whole_files()
    return many(
        count,
        lambda rng: damaged(rng, rng.choice(files)),
        lambda file: fuzz_one(file, growth, **options_for(file.content)),
        seed,
        keep,
    )


if __name__ == "__main__":
    command(fuzz, __doc__)
