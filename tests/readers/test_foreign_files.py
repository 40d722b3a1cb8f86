"""Files of other formats: each is called by its name, and no text is taken for one."""

import bz2
import io
import lzma
import pickle
import zipfile

import numpy as np
import pandas as pd
import pytest

from ardens import data
from ardens.cli import main

X = np.array([[0, 1, 1], [1, 0, 0], [1, 1, 0]] * 9, dtype=np.uint8)
TEXT = pd.DataFrame(X).to_csv(index=False, header=False)


def of(save):
    """The bytes that a function writes into a file that it is given."""
    room = io.BytesIO()
    save(room)
    return room.getvalue()


def archive(room, name="x.csv"):
    with zipfile.ZipFile(room, "w") as file:
        file.writestr(name, TEXT)


FOREIGN = {
    "bzip2": (bz2.compress(TEXT.encode()), "a bzip2 file; decompress"),
    "xz": (lzma.compress(TEXT.encode()), "an xz file; decompress"),
    "zip": (of(archive), "a zip archive; extract the file"),
    "Excel": (of(lambda room: archive(room, "[Content_Types].xml")), "an Excel workbook"),
    "Excel of openpyxl": (of(lambda room: archive(room, "docProps/app.xml")), "an Excel workbook"),
    "old Excel": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(99), "an Excel workbook"),
    "pickle": (pickle.dumps(X), "a Python pickle; pickles may run code and are never read"),
    "frame": (pickle.dumps(pd.DataFrame(X), protocol=4), "a Python pickle"),
    "HDF5": (b"\x89HDF\r\n\x1a\n" + bytes(99), "an HDF5 file"),
    "MATLAB": (b"MATLAB 5.0 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\1IM", "a MATLAB file"),
    "MATLAB 7.3": (b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\0\2IM", "a MATLAB f"),
    "SQLite": (b"SQLite format 3\0" + bytes(99), "an SQLite database"),
    "IDX": (b"\0\0\x08\x03\0\0\xea\x60" + bytes(99), "an IDX file, as MNIST has"),
    "PNG": (b"\x89PNG\r\n\x1a\n" + bytes(99), "a PNG image"),
    "Stata": (b"r\x02\x01\0\x07\0" + bytes(99), "a Stata file"),
    "table": (pd.DataFrame(X).to_html().encode(), "HTML or XML; save its numbers as CSV"),
    "web page": (b"<!DOCTYPE html>\n<html><body>404</body>", "a web page; the download may"),
    "LFS": (b"version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS; git lfs pull"),
    "JSON": (b"[[0, 1],\n[1, 0]]", "JSON"),
    "ARFF": (b"@RELATION x\n@ATTRIBUTE a {0,1}\n", "an ARFF file"),
    "UTF-16": (TEXT.encode("utf-16"), "text in UTF-16; save it as UTF-8"),
    "UTF-16, little": (TEXT.encode("utf-16-le"), "text in UTF-16"),
    "UTF-16, big": (TEXT.encode("utf-16-be"), "text in UTF-16"),
    "UTF-32": (TEXT.encode("utf-32"), "text in UTF-32"),
    "array": (of(lambda room: np.save(room, X)), r"a NumPy array; its name must end in \.npy"),
}


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("binary", [True, False])
def test_a_foreign_file_is_called_by_its_name(tmp_path, kind, binary):
    content, words = FOREIGN[kind]
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    wanted = rf"x\.csv: expected rows of 0 and 1 as text, found what seems to be {words}"
    with pytest.raises(ValueError, match=wanted) as caught:
        data.read(path, binary=binary)
    assert str(caught.value).startswith(str(path))


def test_a_model_given_as_data_may_have_changed_places(tmp_path, random_model):
    random_model("fvsbn").save(tmp_path / "m")
    with pytest.raises(ValueError, match="a model file; data and model may have changed places"):
        data.read(tmp_path / "m")


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize("kind", ["bzip2", "pickle", "UTF-16", "HDF5", "web page"])
def test_a_foreign_file_with_the_name_of_an_array_is_too(tmp_path, suffix, kind):
    content, words = FOREIGN[kind]
    path = tmp_path / f"x{suffix}"
    path.write_bytes(content)
    wanted = rf"x{suffix}: expected a {suffix} file, found what seems to be {words}"
    with pytest.raises(ValueError, match=wanted):
        data.read(path)


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_text_with_the_name_of_an_array_is_told_its_own(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    path.write_text(TEXT)
    with pytest.raises(ValueError, match=r"it seems to be text, whose name ends in \.csv or \.txt"):
        data.read(path)


def test_an_array_with_the_name_of_the_other_kind_is_read(tmp_path):
    np.save(tmp_path / "x", X)
    (tmp_path / "x.npy").rename(tmp_path / "x.npz")
    np.testing.assert_array_equal(data.read(tmp_path / "x.npz")["data"], X)
    np.savez(tmp_path / "y", X)
    (tmp_path / "y.npz").rename(tmp_path / "y.npy")
    np.testing.assert_array_equal(data.read(tmp_path / "y.npy")["data"], X)


@pytest.mark.parametrize(
    "header",
    ["PAR1,PAR2,par3", "ORC,b,c", "BZh,b,c", "CDF,a,b", "Obj,a,b", "größe,数,c", "RDX2,a,b"],
)
def test_a_header_of_such_letters_is_a_header(tmp_path, header):
    path = tmp_path / "x.csv"
    path.write_text(f"{header}\n{TEXT}", "utf-8")
    assert data.read(path)["data"].columns == header.split(",")


@pytest.mark.parametrize(
    "text", ["0 1\n", "0,1\n", "0\n1\n0\n1\n0\n", "\ufeff0,1\n", "0\t1\n1\t0\n", "\n\n0 1\n"]
)
def test_rows_of_any_length_are_no_foreign_file(tmp_path, text):
    path = tmp_path / "x.csv"
    path.write_text(text, "utf-8")
    assert data.read(path)["data"].max() == 1


def test_two_bytes_do_not_tell_a_code(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"1\0")
    with pytest.raises(ValueError, match=r"line 1, column 1: expected 0 or 1, found '1\\x00'"):
        data.read(tmp_path / "x.csv")


def test_standard_input_is_recognised_too(monkeypatch):
    stdin = io.TextIOWrapper(io.BytesIO(bz2.compress(TEXT.encode())))
    monkeypatch.setattr("sys.stdin", stdin)
    with pytest.raises(ValueError, match=r"standard input: .* a bzip2 file"):
        data.read("-")


def test_the_command_line_says_it_in_one_line(tmp_path, capsys):
    path = tmp_path / "x.csv.bz2"
    path.write_bytes(bz2.compress(TEXT.encode()))
    assert main(["fit", str(path), "--out", str(tmp_path / "m")]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert err.endswith("found what seems to be a bzip2 file; decompress it first\n")
