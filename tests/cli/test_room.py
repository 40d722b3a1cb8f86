"""What a draw needs of the disk is known before it begins, and refused where it is not there."""

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from types import SimpleNamespace

import numpy as np
import pytest

import ardens
from ardens.checks.machine import check_disk
from ardens.cli import main, rows, score, writing
from helpers.files import largest_file

N = 5
ROWS = 1000
# Bytes of a thousand rows; of an archive, the fewest that it could have.
SIZES = {".npy": 5000, ".npz": 4, ".csv": 10_000, ".data": 10_000, ".amat": 10_000, ".txt": 10_000}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("room") / "m.safetensors"
    X = np.random.default_rng(0).integers(0, 2, (80, N), dtype=np.uint8)
    np.save(path.parent / "x.npy", X)
    ardens.FVSBN(random_state=0, n_jobs=1).fit(X).save(path)
    return path


@pytest.fixture
def free(monkeypatch):
    """A function that says how many bytes the disk has left."""

    def set_free(n_bytes, blocks=10**9):
        disk = SimpleNamespace(f_blocks=blocks, f_bavail=n_bytes, f_bfree=10**18, f_frsize=1)
        monkeypatch.setattr(os, "statvfs", lambda where: disk)

    return set_free


def draw(model, out, *options):
    return main(["sample", str(model), "-n", str(ROWS), "--seed", "1", "--out", str(out), *options])


@pytest.mark.parametrize("suffix", SIZES)
def test_what_the_disk_does_not_hold_is_refused_before_the_first_byte(
    model, tmp_path, capsys, monkeypatch, free, suffix
):
    out = tmp_path / f"s{suffix}"
    monkeypatch.setattr(writing, "replacing", lambda path: pytest.fail("a file was made"))
    free(SIZES[suffix] - 1)
    assert draw(model, out) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert re.search(r"1,000 rows take [\d,]+ bytes, and the disk has [\d,]+ bytes left", err)
    assert err.endswith(f"left: {out}\n")
    monkeypatch.undo()
    free(SIZES[suffix])
    assert draw(model, out) == 0
    assert out.stat().st_size >= SIZES[suffix]
    assert out.stat().st_size <= SIZES[suffix] + 128 or suffix == ".npz"


def test_packed_rows_take_an_eighth(model, tmp_path, free):
    free(ROWS - 1)
    assert draw(model, tmp_path / "s.npy", "--packed") == 1
    free(ROWS)
    assert draw(model, tmp_path / "s.npy", "--packed") == 0


def test_a_disk_that_does_not_say_is_tried(model, tmp_path, free, monkeypatch):
    free(0, blocks=0)
    assert draw(model, tmp_path / "s.npy") == 0

    def fail(where):
        raise OSError("not here")

    monkeypatch.setattr(os, "statvfs", fail)
    assert draw(model, tmp_path / "s.npy", "--force") == 0
    monkeypatch.delattr(os, "statvfs")
    assert draw(model, tmp_path / "s.npy", "--force") == 0


def test_more_than_any_disk_holds_is_refused_at_once(model, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "replacing", lambda path: pytest.fail("a file was made"))
    arguments = ["sample", str(model), "-n", "1e18", "--out", str(tmp_path / "s.npy")]
    assert main(arguments) == 1
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_file_that_is_standard_output_is_one_too(model, tmp_path, options):
    out = tmp_path / "s.csv"
    limited = ["bash", "-c", 'ulimit -f 1000; exec "$@"', "-", sys.executable, "-m", "ardens"]
    command = [*limited, "sample", str(model), "-n", "1e18", *options]
    with open(out, "wb") as stream:
        done = subprocess.run(command, stdout=stream, stderr=subprocess.PIPE, text=True, timeout=60)
    assert done.returncode == 1
    assert re.search(r"rows take [\d,.]+ GiB, and the disk has", done.stderr)
    assert out.stat().st_size == 0


def test_a_disk_counts_in_blocks_of_its_own(monkeypatch):
    disk = SimpleNamespace(f_blocks=99, f_bavail=10, f_bfree=20, f_frsize=512, f_bsize=4096)
    monkeypatch.setattr(os, "statvfs", lambda where: disk)
    check_disk("/", 5120, "rows", "out")
    with pytest.raises(OSError, match="the disk has 5,120 bytes left"):
        check_disk("/", 5121, "rows", "out")


def test_a_limit_on_files_is_one_of_disks_too(tmp_path):
    with largest_file(2**20):
        check_disk(str(tmp_path), 2**20, "rows", "out")
        told = r"rows take 1\.5 MiB, and a file may have 1\.0 MiB left"
        with pytest.raises(OSError, match=told):
            check_disk(str(tmp_path), 3 * 2**19, "rows", "out")


# ---- progress, in rows


@pytest.fixture
def counted(monkeypatch):
    """What a command counts: in all, of what, whether it is shown where a bar can move, and how."""
    told = SimpleNamespace(total=0, unit="", shown=False, done=[])

    @contextmanager
    def progress(total, unit, *, verbose=True, lines=True):
        told.total, told.unit, told.shown = total, unit, verbose and not lines
        yield told.done.append

    for module in (writing, score):
        monkeypatch.setattr(module, "progress", progress)
    return told


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".csv"])
def test_a_draw_counts_the_rows_that_are_written(model, tmp_path, monkeypatch, counted, suffix):
    monkeypatch.setattr("ardens.models.sampling._BLOCK", 300 * (N + 8))
    assert draw(model, tmp_path / f"s{suffix}") == 0
    assert (counted.total, counted.unit, counted.shown) == (ROWS, "row", True)
    assert counted.done == [300, 600, 900, 1000]


def test_a_draw_counts_nothing_that_is_not_written(model, tmp_path, monkeypatch, counted):
    monkeypatch.setattr("ardens.models.sampling._BLOCK", 300 * (N + 8))
    left = [2]

    @contextmanager
    def opened(stream, shape):
        def write(block):
            left[0] -= 1
            if left[0] < 0:
                raise OSError(28, "No space left on device")

        yield write

    monkeypatch.setitem(writing.FORMATS, ".csv", writing.Format(opened, lambda shape: 0))
    assert draw(model, tmp_path / "s.csv") == 1
    assert counted.done == [300, 600]


@pytest.mark.parametrize("wrong", [1, 2, 4])
def test_one_block_that_cannot_be_written_is_an_error(model, tmp_path, monkeypatch, wrong):
    monkeypatch.setattr("ardens.models.sampling._BLOCK", 300 * (N + 8))
    left = [wrong]

    @contextmanager
    def opened(stream, shape):
        def write(block):
            left[0] -= 1
            if left[0] == 0:
                raise OSError(28, "No space left on device")

        yield write

    monkeypatch.setitem(writing.FORMATS, ".csv", writing.Format(opened, lambda shape: 0))
    assert draw(model, tmp_path / "s.csv") == 1
    assert os.listdir(tmp_path) == []


def test_scores_count_rows_and_no_block_changes_them(model, monkeypatch, counted, capsys):
    arguments = ["score", str(model), str(model.parent / "x.npy"), "--per-row"]
    assert main(arguments) == 0
    assert counted.done == [80]
    expected = capsys.readouterr().out
    counted.done.clear()
    monkeypatch.setattr(rows, "_BLOCK", 30 * N)
    assert main(arguments) == 0
    assert (counted.total, counted.unit, counted.shown) == (80, "row", True)
    assert counted.done == [30, 60, 80]
    assert capsys.readouterr().out == expected


def test_rows_on_standard_output_have_no_bar_among_them(model, counted, capsys):
    assert main(["sample", str(model), "-n", "10", "--seed", "1"]) == 0
    assert not counted.shown


def test_where_no_bar_can_move_nothing_is_said(model, tmp_path, capsys):
    assert draw(model, tmp_path / "s.npy") == 0
    assert main(["score", str(model), str(model.parent / "x.npy")]) == 0
    assert capsys.readouterr().err == ""


def test_a_bad_value_in_a_later_block_is_named_with_its_row(tmp_path, monkeypatch, capsys):
    X = np.random.default_rng(0).random((90, 3)) * 9
    ardens.FVSBN(binarize=5, random_state=0).fit(X).save(tmp_path / "m")
    monkeypatch.setattr(rows, "_BLOCK", 30)
    np.save(tmp_path / "x.npy", X)
    assert main(["score", str(tmp_path / "m"), str(tmp_path / "x.npy"), "--json"]) == 0
    mean = ardens.load(tmp_path / "m").score(X)
    assert f'"mean_nats": {mean}' in capsys.readouterr().out
    X[77, 1] = np.nan
    np.save(tmp_path / "x.npy", X)
    assert main(["score", str(tmp_path / "m"), str(tmp_path / "x.npy")]) == 1
    assert "x.npy contains NaN or inf" in (err := capsys.readouterr().err)
    assert "nan at row 77, column 1" in err
