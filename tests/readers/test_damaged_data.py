"""Data files from strangers: what is damaged at random is refused by its name, or read."""

import io
import re
import time
import warnings
import zipfile

import numpy as np
import pytest

from ardens import data
from fuzz_reading import fuzz, fuzz_one, lists, whole_files

X = np.random.default_rng(0).integers(0, 2, (12, 6), dtype=np.uint8)


def test_damaged_data_are_refused_or_read():
    read = re.search(r"(\d+) accepted", fuzz(1000))
    assert 20 < int(read[1]) < 300


@pytest.mark.slow
def test_thousands_of_damaged_data_are_refused_or_read():
    fuzz(20_000, seed=1)


def test_whole_files_are_read_and_are_the_same_every_time():
    files = whole_files()
    assert [file.suffix for file in files] == [file.suffix for file in whole_files()]
    for file in files:
        assert fuzz_one(file).accepted
        assert fuzz_one(file, table=True).accepted
    for file in [file for file in files if file not in lists()]:
        assert fuzz_one(file, binary=False, weight_column=1, unknown=True).accepted


def array_file(header, content=bytes(72), version=b"\1\0", length=None):
    size = 2 if version == b"\1\0" else 4
    length = len(header) if length is None else length
    return b"\x93NUMPY" + version + length.to_bytes(size, "little") + header + content


GOOD = "{'descr': '|u1', 'fortran_order': False, 'shape': (12, 6), }"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("'|u1'", "'|u1", "header"),  # a string without an end: SyntaxError
        ("(12, 6)", "(12, 6", "header"),  # a bracket without one: tokenize.TokenError
        ("(12, 6)", "('" + "9" * 5000 + "',)", "."),
        ("(12, 6)", f"({2**70}, 6)", "cut off"),
        ("(12, 6)", f"(0, {2**70})", "."),  # OverflowError
        ("(12, 6)", "(-12, -6)", r"the shape is \(-12, -6\)"),
        ("(12, 6)", "-" * 9000 + "1", "header"),  # MemoryError
        ("(12, 6)", "(13, 6)", "cut off"),
        ("'|u1'", "'|O'", "pickles, which may run code"),
        ("'|u1'", "[('a', '|O')]", "pickles, which may run code"),
        ("'|u1'", "('|u1', (2,))", "expected numbers, found dtype"),
        ("'|u1'", "'nothing'", "not understood"),
        ("'|u1'", "f''", "header"),
        ("(12, 6)", "[12, 6]", r"the shape is \[12, 6\]"),
        ("(12, 6)", "(True, 6)", r"the shape is \(True, 6\)"),
        ("False", "0", "fortran_order is 0"),
        ("'shape'", "'size'", "header"),
        (", 'shape'", " 'shape'", "header"),
    ],
    ids=lambda part: part[:20],
)
@pytest.mark.parametrize("name", ["x.npy", "x.npz"])
def test_a_wrong_header_is_an_error_that_names_the_file(tmp_path, name, old, new, words):
    content = array_file(GOOD.replace(old, new).encode("latin1"))
    path = tmp_path / name
    if name == "x.npz":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("test.npy", content)
        words = words.replace("cut off", "not of the size that it says")
    else:
        path.write_bytes(content)
    wanted = rf"{name}(, array 'test')?: not a readable \.np[yz] file \(.*(?i:{words})"
    with pytest.raises(ValueError, match=wanted) as caught:
        data.read(path)
    assert str(caught.value).startswith(str(path))
    assert len(str(caught.value)) < 600


def test_the_length_of_a_header_is_looked_at_before_it_is_read(tmp_path):
    (tmp_path / "x.npy").write_bytes(array_file(b"{}", version=b"\2\0", length=2**31))
    with pytest.raises(ValueError, match="its header is to have 2,147,483,648 bytes"):
        data.read(tmp_path / "x.npy")
    (tmp_path / "y.npy").write_bytes(array_file(b"{}", version=b"\7\0"))
    with pytest.raises(ValueError, match=r"its format version is \(7, 0\)"):
        data.read(tmp_path / "y.npy")


def test_a_long_header_is_read_or_refused_at_once(tmp_path):
    """NumPy takes half a minute to look for integers of Python 2 in it."""
    words = GOOD.replace("'|u1'", "f''").ljust(9999).encode("latin1")
    (tmp_path / "x.npy").write_bytes(array_file(words, version=b"\2\0"))
    began = time.process_time()
    with pytest.raises(ValueError, match="its header cannot be read"):
        data.read(tmp_path / "x.npy")
    assert time.process_time() - began < 5


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("version", [(1, 0), (2, 0)])
@pytest.mark.parametrize("dtype", ["<f4", ">i2", "|b1"])
def test_arrays_are_read_however_they_lie(tmp_path, order, version, dtype):
    room, array = io.BytesIO(), np.asarray(X.astype(dtype), order=order)
    np.lib.format.write_array(room, array, version)
    (tmp_path / "x.npy").write_bytes(room.getvalue())
    with zipfile.ZipFile(tmp_path / "x.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("test.npy", room.getvalue())
    for name, key in (("x.npy", "data"), ("x.npz", "test")):
        read = data.read(tmp_path / name)[key]
        np.testing.assert_array_equal(read, X)
        assert read.dtype == dtype


def test_arrays_that_python_2_wrote_are_read(tmp_path):
    content = array_file(GOOD.replace("(12, 6)", "(12L, 6L)").encode(), X.tobytes())
    (tmp_path / "x.npy").write_bytes(content)
    np.testing.assert_array_equal(data.read(tmp_path / "x.npy")["data"], X)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_archive_that_is_not_compressed_as_numpy_does_is_refused(tmp_path, method):
    """A few bytes of such a member can be gigabytes before the first is seen."""
    room = io.BytesIO()
    np.save(room, X)
    with zipfile.ZipFile(tmp_path / "x.npz", "w", method) as archive:
        archive.writestr("test.npy", room.getvalue())
    with pytest.raises(ValueError, match="it is compressed as NumPy does not"):
        data.read(tmp_path / "x.npz")


@pytest.mark.parametrize("text", ["", "\n\n", " \t\n", "\x1c\n", "\x85\n \xa0\n", "\ufeff\n"])
@pytest.mark.parametrize("name", ["x.csv", "x.amat"])
def test_a_text_without_rows_says_so_and_nothing_else(tmp_path, text, name):
    (tmp_path / name).write_text(text, "utf-8" if "\ufeff" in text else "latin1")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match=f"{name}: expected rows of 0 and 1, found no rows"):
            data.read(tmp_path / name)


def test_lines_may_end_as_they_did_on_old_machines(tmp_path):
    (tmp_path / "x.csv").write_bytes(b"0,1\r1,0\r")
    assert data.read(tmp_path / "x.csv")["data"].tolist() == [[0, 1], [1, 0]]


def test_a_member_that_is_no_array_is_an_error_that_names_the_file(tmp_path):
    for name in ("train.npy", "train", "notes.txt"):
        with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
            archive.writestr(name, "0,1\n")
        with pytest.raises(ValueError, match=r"x\.npz, array .*: not a readable \.npz file"):
            data.read(tmp_path / "x.npz")


def test_a_member_is_as_large_as_the_archive_says_or_is_not_read(tmp_path, monkeypatch):
    """No memory is taken for what a header says of itself."""
    room = io.BytesIO()
    np.save(room, X)
    giant = room.getvalue().replace(b"(12, 6), }   ", f"({10**15}, 6), }}".encode())
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.npy", giant)
    with pytest.raises(ValueError, match="is not of the size that it says"):
        data.read(tmp_path / "x.npz")
    monkeypatch.setattr("ardens.checks.machine._SMALL", 0)
    monkeypatch.setattr("ardens.checks.machine.memory_limit", lambda: 71)
    np.savez(tmp_path / "y.npz", test=X)
    with pytest.raises(MemoryError, match=r"the array test\.npy of .*y\.npz needs"):
        data.read(tmp_path / "y.npz")


def test_an_archive_whose_bytes_were_changed_is_not_believed(tmp_path):
    np.savez(tmp_path / "x.npz", test=X)
    content = bytearray((tmp_path / "x.npz").read_bytes())
    content[content.index(X.tobytes()) + 5] ^= 1
    (tmp_path / "x.npz").write_bytes(content)
    with pytest.raises(
        ValueError, match=r"x\.npz, array 'test': not a readable \.npz file \(Bad CRC-32"
    ):
        data.read(tmp_path / "x.npz")


def test_an_error_of_the_disk_is_one_with_the_path(tmp_path, monkeypatch):
    np.savez(tmp_path / "x.npz", test=X)

    def fail(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("ardens.readers.arrays._member", fail)
    with pytest.raises(OSError, match="Input/output error") as caught:
        data.read(tmp_path / "x.npz")
    assert caught.value.filename == str(tmp_path / "x.npz")


def test_truth_values_may_be_stored_as_any_byte(tmp_path):
    np.save(tmp_path / "x.npy", np.array([[0, 255, 2]], np.uint8).view(bool))
    assert np.count_nonzero(data.read(tmp_path / "x.npy")["data"]) == 2


@pytest.mark.parametrize("shape", [(0, 6), (6, 0), (0, 0)])
@pytest.mark.parametrize("name", ["x.npy", "x.npz"])
def test_a_matrix_without_rows_or_columns_is_read(tmp_path, shape, name):
    (np.save if name == "x.npy" else np.savez)(tmp_path / name, np.zeros(shape))
    assert data.read(tmp_path / name)["data"].shape == shape
