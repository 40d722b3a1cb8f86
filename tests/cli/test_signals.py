"""SIGTERM and SIGHUP: a command ends as with Ctrl-C, and leaves nothing behind."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

import ardens
from ardens.cli import main
from ardens.cli.signals import Ended, signals_raised

COMMAND = [sys.executable, "-m", "ardens"]
N = 6
ENDS = {signal.SIGTERM: (143, "ardens: terminated\n"), signal.SIGHUP: (129, "ardens: hung up\n")}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Rows, and a model that was fitted to them."""
    path = tmp_path_factory.mktemp("signals")
    X = np.random.default_rng(0).integers(0, 2, (500, N), dtype=np.uint8)
    np.save(path / "x.npy", X)
    ardens.FVSBN(random_state=0, n_jobs=1).fit(X).save(path / "m.safetensors")
    return path


def begun(target, *command):
    """A command that is at work: there is a file in the folder `target`."""
    process = subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # which nohup ignores
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not os.listdir(target) and time.monotonic() < deadline:
        time.sleep(0.02)
    return process


def ended(process):
    out, err = process.communicate(timeout=60)
    assert out == ""
    return process.returncode, err


def sampling(folder, out, rows=2 * 10**8):
    return *COMMAND, "sample", folder / "m.safetensors", "-n", rows, "--out", out


@pytest.mark.parametrize("number", ENDS)
@pytest.mark.parametrize("suffix", [".npy", ".npz", ".csv"])
def test_a_signal_ends_a_draw_with_its_code_and_leaves_nothing(folder, tmp_path, number, suffix):
    process = begun(tmp_path, *sampling(folder, tmp_path / f"s{suffix}"))
    process.send_signal(number)
    assert ended(process) == ENDS[number]
    assert os.listdir(tmp_path) == []


def test_the_two_signals_that_timeout_sends_are_one(folder, tmp_path):
    process = begun(tmp_path, *sampling(folder, tmp_path / "s.npy"))
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGTERM)
    assert ended(process) == ENDS[signal.SIGTERM]
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("more", [("--checkpoint", "c.safetensors"), ("--members", "2")])
def test_a_signal_ends_a_fit_and_leaves_what_was_there(folder, tmp_path, monkeypatch, more):
    monkeypatch.chdir(tmp_path)
    out = tmp_path / "m.safetensors"
    out.write_bytes(b"old")
    options = ("--out", out, "--force", "--model", "mlp", "--hidden", "3", "--seed", "0")
    long = ("--verbose", "--epochs", 10**9, "--patience", 10**9)
    process = begun(tmp_path, *COMMAND, "fit", folder / "x.npy", *options, *long, *more)
    if more[0] == "--checkpoint":
        process.stderr.readline()  # an epoch is done
    else:
        wait_for_handler(process)
    process.send_signal(signal.SIGTERM)
    code, err = ended(process)
    assert (code, err.splitlines()[-1]) == (143, "ardens: terminated")
    left = ["c.safetensors", "m.safetensors"] if more[0] == "--checkpoint" else ["m.safetensors"]
    assert sorted(os.listdir(tmp_path)) == left
    assert out.read_bytes() == b"old"
    if len(left) == 2:
        assert ardens.load(tmp_path / "c.safetensors").n_features_in_ == N


def wait_for_handler(process):
    """Until the process is not ended by SIGTERM any more."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        status = Path(f"/proc/{process.pid}/status").read_text("ascii")
        if int(re.search(r"SigCgt:\s*(\w+)", status)[1], 16) >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.01)


def test_a_signal_that_is_ignored_stays_so(folder, tmp_path):
    """As `nohup` has it."""
    out = tmp_path / "s.npy"
    script = 'trap "" HUP; exec "$@"'
    process = begun(tmp_path, "bash", "-c", script, "-", *sampling(folder, out, rows=2 * 10**7))
    process.send_signal(signal.SIGHUP)
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert np.load(out, mmap_mode="r").shape == (2 * 10**7, N)


def test_what_a_killed_command_left_is_swept_by_the_next(folder, tmp_path, capsys):
    process = begun(tmp_path, *sampling(folder, tmp_path / "s.npy"))
    process.kill()
    ended(process)
    assert len(os.listdir(tmp_path)) == 1
    assert main(list(map(str, sampling(folder, tmp_path / "s.npy", rows=2)[len(COMMAND) :]))) == 0
    assert os.listdir(tmp_path) == ["s.npy"]


def test_a_signal_of_the_same_end_that_comes_late_ends_at_once(monkeypatch):
    sent = []
    monkeypatch.setattr(signal, "raise_signal", sent.append)
    monkeypatch.setattr("ardens.cli.signals._ONE_END", 60.0)
    before = signal.getsignal(signal.SIGTERM)
    try:
        with pytest.raises(Ended, match="terminated"), signals_raised():
            signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        assert sent == []
        monkeypatch.setattr("ardens.cli.signals._ONE_END", 0.0)
        signal.pthread_kill(threading.get_ident(), signal.SIGTERM)
        assert sent == [signal.SIGTERM]
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)
        signal.signal(signal.SIGHUP, signal.SIG_DFL)


def test_handlers_of_others_are_left_alone_and_none_stays(capsys):
    mine = lambda number, frame: None  # noqa: E731
    before = signal.signal(signal.SIGTERM, mine)
    try:
        with signals_raised():
            assert signal.getsignal(signal.SIGTERM) is mine
            assert signal.getsignal(signal.SIGHUP) is not signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is mine
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_DFL
    finally:
        signal.signal(signal.SIGTERM, before)


def test_the_command_runs_in_a_thread_that_may_set_no_handlers(capsys):
    codes = []
    thread = threading.Thread(target=lambda: codes.append(main(["--version"])))
    thread.start()
    thread.join(60)
    assert codes == [0]
