"""Files of other formats, recognised by what they begin with."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["HEAD", "is_text", "kind_of", "refuse_foreign"]

HEAD = 1024  # bytes that tell


class _Sign(NamedTuple):
    """What a format has at its beginning, or at a place near it."""

    mark: bytes
    what: str
    advice: str
    at: int = 0
    text: bool = False  # whether all that follows may be text, and case does not matter


_UNPACK = "decompress it first"
_EXTRACT = "extract the file first; only NumPy's own archives, named .npz, are read as they are"
_CONVERT = "save its numbers as CSV without a header and an index, or with numpy.save"
_DISTRUST = f"pickles may run code and are never read; {_CONVERT}"
_RECODE = "save it as UTF-8, with iconv -t UTF-8 for example"
_PAGE = "the download may have been refused"

_SIGNS = (
    _Sign(b"\x1f\x8b", "a gzip file", _UNPACK),
    _Sign(b"BZh", "a bzip2 file", _UNPACK),
    _Sign(b"\xfd7zXZ\0", "an xz file", _UNPACK),
    _Sign(b"\x28\xb5\x2f\xfd", "a Zstandard file", _UNPACK),
    _Sign(b"\x04\x22\x4d\x18", "an LZ4 file", _UNPACK),
    _Sign(b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", _EXTRACT),
    _Sign(b"Rar!\x1a\x07", "a RAR archive", _EXTRACT),
    _Sign(b"ustar", "a tar archive", _EXTRACT, 257),
    _Sign(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an Excel workbook (.xls)", _CONVERT),
    _Sign(b"PAR1", "a Parquet file", _CONVERT),
    _Sign(b"ARROW1", "an Arrow file", _CONVERT),
    _Sign(b"FEA1", "a Feather file", _CONVERT),
    _Sign(b"ORC\n", "an ORC file", _CONVERT),
    _Sign(b"Obj\x01", "an Avro file", _CONVERT),
    _Sign(b"\x89HDF\r\n\x1a\n", "an HDF5 file", _CONVERT),
    _Sign(b"CDF", "a NetCDF file", _CONVERT),
    _Sign(b"MATLAB ", "a MATLAB file", _CONVERT),
    _Sign(b"RDX2\n", "an R data file", _CONVERT),
    _Sign(b"RDX3\n", "an R data file", _CONVERT),
    _Sign(b"$FL2", "an SPSS file", _CONVERT),
    _Sign(b"<stata_dta>", "a Stata file", _CONVERT),
    _Sign(b"\x02\x01\0", "a Stata file", _CONVERT, 1),
    _Sign(b"SQLite format 3\0", "an SQLite database", _CONVERT),
    _Sign(b"\0\0\x08\x01", "an IDX file, as MNIST has", _CONVERT),
    _Sign(b"\0\0\x08\x03", "an IDX file, as MNIST has", _CONVERT),
    _Sign(b"\x89PNG\r\n\x1a\n", "a PNG image", _CONVERT),
    _Sign(b"\xff\xd8\xff", "a JPEG image", _CONVERT),
    _Sign(b"%pdf-", "a PDF document", _CONVERT, text=True),
    _Sign(b"@relation", "an ARFF file", _CONVERT, text=True),
    _Sign(b"\xff\xfe\0\0", "text in UTF-32", _RECODE),
    _Sign(b"\0\0\xfe\xff", "text in UTF-32", _RECODE),
    _Sign(b"\xff\xfe", "text in UTF-16", _RECODE),
    _Sign(b"\xfe\xff", "text in UTF-16", _RECODE),
    _Sign(b"<!doctype html", "a web page", _PAGE, text=True),
    _Sign(b"<html", "a web page", _PAGE, text=True),
    _Sign(b"version https://git-lfs", "a pointer of Git LFS", "git lfs pull fetches it", text=True),
    _Sign(b"\x93NUMPY", "a NumPy array", "its name must end in .npy"),
    _Sign(b'{"', "a model file", "data and model may have changed places", 8),
    _Sign(b"[Content_Types].xml", "an Excel workbook (.xlsx)", _CONVERT, 30),
    _Sign(b"docProps/", "an Excel workbook (.xlsx)", _CONVERT, 30),
    _Sign(b"PK\x03\x04", "a zip archive", _EXTRACT),
    _Sign(b"<", "HTML or XML", _CONVERT, text=True),
    _Sign(b"{", "JSON", _CONVERT, text=True),
    _Sign(b"[", "JSON", _CONVERT, text=True),
)


def refuse_foreign(head: bytes, name: str, wanted: str) -> None:
    """Raise ValueError if the first bytes of a file show that it is of another format."""
    found = _recognised(head)
    if found is not None:
        what, advice = found
        raise ValueError(f"{name}: expected {wanted}, found what seems to be {what}; {advice}")


def kind_of(head: bytes) -> str | None:
    """What the first bytes of a file seem to be of; None for what is not known."""
    found = _recognised(head)
    if found is not None:
        return found[0]
    return "text" if head and head.isascii() and is_text(head) else None


def is_text(head: bytes) -> bool:
    """Whether there is nothing but characters, of ASCII and beyond it, and white space."""
    return all(byte >= 0x20 or byte in b"\t\n\v\f\r" for byte in head)


def _recognised(head: bytes) -> tuple[str, str] | None:
    """What the first bytes of a file are of, and what to do; None for what may be text of 0, 1."""
    text = is_text(head)
    for sign in _SIGNS:
        found = head[sign.at : sign.at + len(sign.mark)]
        if (found.lower() if sign.text else found) == sign.mark and (sign.text or not text):
            return sign.what, sign.advice
    if len(head) > 2 and head[0] == 0x80 and head[1] in range(2, 6):
        return "a Python pickle", _DISTRUST
    pairs = head[: len(head) & ~1]
    for high in (0, 1):  # the half of each character that is 0 where all are ASCII
        if len(pairs) >= 8 and not any(pairs[high::2]) and all(pairs[1 - high :: 2]):
            return "text in UTF-16", _RECODE
    return None
