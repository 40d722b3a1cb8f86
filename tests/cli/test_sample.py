"""``ardens sample``."""

import io
import json
import os
import sys
import zipfile
from itertools import count
from typing import Any

import numpy as np
import pytest

import ardens
from ardens import data
from ardens.cli import main
from ardens.cli.writing import _npz
from ardens.models import sampling
from ardens.models.fitted import Fitted
from helpers.commands import N, shell


@pytest.fixture
def expected(model):
    return ardens.load(model).sample(100, random_state=5)


@pytest.fixture(params=[7 * (N + 8), 1 << 24], ids=["7 rows", "all rows"])
def block(request, monkeypatch):
    """Bytes that are drawn at a time."""
    monkeypatch.setattr(sampling, "_BLOCK", request.param)


def draw(model, *options):
    return ("sample", model, "-n", 100, "--seed", 5, *options)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".csv", ".data", ".amat", ".txt"])
def test_sample_writes_the_same_rows_in_every_format_and_block_size(
    model, tmp_path, expected, block, suffix, output
):
    out = tmp_path / f"s{suffix}"
    told = json.loads(output(*draw(model, "--out", out, "--json")))
    assert (told["rows"], told["seed"], told["start"]) == (100, 5, 0)
    np.testing.assert_array_equal(data.read(out)["data"], expected)
    assert os.listdir(tmp_path) == [out.name]


def test_sample_npy_has_the_bytes_of_numpy(model, tmp_path, expected, output):
    output(*draw(model, "--out", tmp_path / "s.npy"))
    np.save(tmp_path / "t.npy", expected)
    assert (tmp_path / "s.npy").read_bytes() == (tmp_path / "t.npy").read_bytes()


def test_packed_samples_are_the_packed_bits_in_an_npy_file(
    model, tmp_path, expected, block, output
):
    out = tmp_path / "s.npy"
    told = json.loads(output(*draw(model, "--out", out, "--packed", "--json")))
    assert told["packed"] is True
    assert told["features"] == N
    np.save(tmp_path / "t.npy", np.packbits(expected, axis=1))
    assert out.read_bytes() == (tmp_path / "t.npy").read_bytes()


def test_only_npy_files_are_packed(model, tmp_path, failure):
    for out in ("-", tmp_path / "s.csv", tmp_path / "s.npz"):
        message = failure(2, *draw(model, "--out", out, "--packed"))
        assert "--packed needs --out to end in .npy" in message
    assert os.listdir(tmp_path) == []


def test_samples_go_to_standard_output_as_text_or_json_lines(model, expected, output):
    text = output(*draw(model))
    assert text == "".join(",".join(map(str, row)) + "\n" for row in expected.tolist())
    lines = output(*draw(model, "--json")).splitlines()
    assert [json.loads(line) for line in lines] == expected.tolist()


def test_shards_from_start_glue_to_the_whole(model, output):
    first = output("sample", model, "-n", 40, "--seed", 5)
    second = output("sample", model, "-n", 60, "--seed", 5, "--start", 40)
    assert first + second == output(*draw(model))


def test_the_last_row_of_a_seed_is_drawn_and_none_after_it(model, output, failure):
    last = ("sample", model, "--seed", 5, "--start", 2**64 - 1, "-n")
    assert output(*last, 1).count("\n") == 1
    assert "a seed has 2**64 rows" in failure(2, *last, 2)


def test_without_a_seed_the_one_taken_is_told(model, capsys, output):
    capsys.readouterr()
    assert main(["sample", str(model), "-n", "9"]) == 0
    drawn = capsys.readouterr()
    seed = drawn.err.split()[1]
    assert output("sample", model, "-n", 9, "--seed", seed) == drawn.out


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".csv"])
def test_sample_of_no_rows_is_an_empty_file(model, tmp_path, suffix, output):
    out = tmp_path / f"s{suffix}"
    output("sample", model, "-n", 0, "--out", out)
    if suffix == ".csv":
        assert out.read_bytes() == b""
    else:
        assert data.read(out)["data"].shape == (0, N)


def test_a_failure_half_way_leaves_nothing_and_keeps_the_old_file(
    model, tmp_path, monkeypatch, failure
):
    sample = Fitted.sample

    def fails(self: Fitted, *args: Any) -> None:
        if args[-1].start > 50:
            raise RuntimeError("half way")
        sample(self, *args)

    monkeypatch.setattr(sampling, "_BLOCK", 7 * (N + 8))
    monkeypatch.setattr(Fitted, "sample", fails)
    out = tmp_path / "s.npy"
    out.write_bytes(b"precious")
    message = failure(1, *draw(model, "--out", out, "--force"))
    assert "unexpected RuntimeError: half way" in message
    assert out.read_bytes() == b"precious"
    assert os.listdir(tmp_path) == ["s.npy"]


def test_an_interrupt_at_any_line_of_an_archive_stays_an_interrupt():
    def interrupted(line: int) -> bool:
        lines = count()

        def trace(frame: Any, event: str, argument: Any) -> Any:
            if frame.f_code.co_filename != zipfile.__file__:
                return None
            if event == "line" and next(lines) == line:
                sys.settrace(None)
                raise KeyboardInterrupt
            return trace

        before = sys.gettrace()
        stream = io.BytesIO()
        try:
            sys.settrace(trace)
            with _npz(stream, (2, 3)) as write:
                write(np.zeros((2, 3), dtype=np.uint8))
        except KeyboardInterrupt:
            return True
        finally:
            sys.settrace(before)
            stream.close()  # as `replacing` does; what an archive writes then is heard by pytest
        return False

    lines = 0
    while interrupted(lines):
        lines += 1
    assert lines > 100


def test_an_output_that_grows_too_large_is_one_line_and_leaves_nothing(model, tmp_path):
    out = tmp_path / "s.npz"  # whose size is not known before
    arguments = ("sample", model, "-n", 1_000_000, "--out", out)
    done = shell('ulimit -f 100; exec "$@"', *arguments)
    assert done.returncode == 1
    assert done.stderr == f"ardens: error: File too large: {out}\n"
    assert os.listdir(tmp_path) == []


def test_a_file_that_is_there_is_replaced_with_force_alone(
    model, tmp_path, expected, failure, output
):
    out = tmp_path / "s.npy"
    out.write_bytes(b"precious")
    assert "exists; --force replaces it" in failure(2, *draw(model, "--out", out))
    assert out.read_bytes() == b"precious"
    output(*draw(model, "--out", out, "--force"))
    np.testing.assert_array_equal(np.load(out), expected)


def test_a_link_as_output_is_followed(model, tmp_path, expected, output):
    (tmp_path / "link.npy").symlink_to(tmp_path / "real.npy")
    output(*draw(model, "--out", tmp_path / "link.npy"))
    assert (tmp_path / "link.npy").is_symlink()
    np.testing.assert_array_equal(np.load(tmp_path / "real.npy"), expected)


def test_outputs_that_cannot_be_made_are_refused(model, tmp_path, failure):
    (tmp_path / "d.npy").mkdir()
    (tmp_path / "broken.npy").symlink_to(tmp_path / "gone" / "x.npy")
    os.mkfifo(tmp_path / "pipe.npy")
    place = "is not a file that could be replaced"
    assert place in failure(2, *draw(model, "--out", tmp_path / "d.npy", "--force"))
    assert place in failure(2, *draw(model, "--out", tmp_path / "pipe.npy", "--force"))
    for out in (tmp_path / "none" / "s.npy", tmp_path / "broken.npy"):
        assert "No such directory" in failure(1, *draw(model, "--out", out))
    message = failure(2, *draw(model, "--out", tmp_path / "s.pickle"))
    assert "--out must end in one of .npy, .npz, .csv" in message
