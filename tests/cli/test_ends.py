"""How commands end: by an error of one line, by a closed pipe, by Ctrl-C."""

import os
import signal
import subprocess
import time

import pytest

import ardens
from ardens.cli import main
from helpers.commands import COMMAND, N, shell


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["paint"],
        ["sample"],
        ["sample", "m", "-n", "-1"],
        ["sample", "m", "-n", "2.5"],
        ["sample", "m", "--seed", str(2**64)],
        ["sample", "m", "-n", "2", "--start", str(2**64 - 1)],
        ["sample", "m", "--shard", "5/4"],
        ["sample", "m", "--threads", "0"],
        ["fit", "x.csv", "--model", "perceptron"],
        ["fit", "x.csv", "--hidden", "many"],
        ["fit", "x.csv", "--hid", "3"],
        ["fit", "x.csv", "--learning-rate", "nan"],
        ["fit", "x.csv", "--weight-decay", "-1"],
        ["fit", "x.csv", "--binarize", "nan"],
        ["fit", "x.csv", "--optimizer", "foo"],
        ["fit", "x.csv", "--ordering", "foo"],
        ["fit", "x.csv", "--coding", "foo"],
        ["fit", "x.csv", "--model", "tabular", "--alpha", "-1"],
        ["fit", "x.csv", "--quiet", "--verbose"],
        ["score", "m", "x", "--split", "train2"],
        ["demo", "--out", "x.jpeg"],
    ],
)
def test_a_wrong_command_is_one_line_and_exit_2(arguments, failure):
    failure(2, *arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["--epoch", "3"],
            "unrecognized arguments: --epoch 3; is --epochs meant? (see",
        ),
        (
            ["--weight_decay=0"],
            "--weight_decay=0; is --weight-decay meant?",
        ),
        (["-z"], "unrecognized arguments: -z (see 'ardens fit --help')"),
        (["--binarize", "x"], "argument --binarize: expected a number, found 'x'"),
        (["--epochs", "x"], "argument --epochs: expected a whole number from 1, found 'x'"),
    ],
)
def test_a_wrong_option_is_told_with_what_was_wanted(arguments, words, failure):
    assert words in failure(2, "fit", "x.csv", *arguments)


def test_bad_input_is_one_line_and_exit_1(model, tmp_path, failure):
    bad = tmp_path / "bad.csv"
    bad.write_text("0,1,0,1,0,1\n0,1,0,1,x,1\n")
    narrow = tmp_path / "narrow.csv"
    narrow.write_text("0,1\n")
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(model.read_bytes()[:-5])
    missing = tmp_path / "missing"
    assert f"{bad}: line 2, column 5" in failure(1, "score", model, bad)
    message = f"{narrow}: line 1: expected {N} columns, as {model} has, found 2"
    assert message in failure(1, "score", model, narrow)
    assert "No such file" in failure(1, "score", model, missing)
    assert "No such file" in failure(1, "info", missing)
    assert str(damaged) in failure(1, "info", damaged)
    assert str(bad) in failure(1, "info", bad)


def test_debug_shows_the_traceback(tmp_path, capsys):
    assert main(["info", str(tmp_path / "missing"), "--debug"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_help_and_version_exit_0(output):
    assert ardens.__version__ in output("--version")
    for command in ("fit", "score", "sample", "impute", "info", "demo"):
        assert command in output("--help")
        assert "--json" in output(command, "--help")


@pytest.mark.parametrize(
    "arguments", [("sample", "m.safetensors", "-n", 3_000_000, "--seed", 1), ("fit", "--help")]
)
def test_a_closed_pipe_is_silent(folder, arguments):
    done = shell('"$@" | head -n 1 | wc -l; echo ${PIPESTATUS[0]}', *arguments, cwd=folder)
    assert done.stderr == ""
    assert done.stdout.split() in (["1", "141"], ["1", "0"])  # help may fit into the pipe
    if arguments[0] == "sample":
        assert done.stdout.split()[1] == "141"


def test_interrupt_ends_with_130_and_leaves_nothing(model, tmp_path):
    arguments = ["sample", model, "-n", 10**10, "--out", tmp_path / "s.npz"]
    with subprocess.Popen(
        [*COMMAND, *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 30
        while not os.listdir(tmp_path) and time.monotonic() < deadline:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "ardens: interrupted\n")
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ('exec "$@" > /dev/full', "No space left on device"),
        ('exec "$@" >&-', "standard output is closed"),
    ],
)
@pytest.mark.parametrize("n", [1, 100_000])
def test_rows_that_standard_output_does_not_take_are_an_error(model, script, message, n):
    done = shell(script, "sample", model, "--seed", 1, "-n", n)
    assert (done.returncode, done.stderr) == (1, f"ardens: error: {message}\n")


def test_figures_that_standard_output_does_not_take_are_an_error(model):
    done = shell('exec "$@" >&-', "info", model)
    assert (done.returncode, done.stderr) == (1, "ardens: error: standard output is closed\n")


def test_a_closed_standard_input_is_an_error(model):
    done = shell('exec "$@" <&-', "score", model, "-")
    assert (done.returncode, done.stderr) == (1, "ardens: error: standard input is closed\n")


def test_locale_path_and_directory_change_nothing(model, folder, tmp_path):
    strange, gone = tmp_path / "größe 数.csv", tmp_path / "gone"
    strange.write_bytes((folder / "x.csv").read_bytes())
    script = f'mkdir {gone} && cd {gone} && rmdir {gone} && exec env LC_ALL=de_DE.UTF-8 "$@"'
    environment = os.environ | {"PYTHONIOENCODING": "ascii", "TZ": "Asia/Tokyo"}
    score = ("score", model)
    plain = shell('"$@"', *score, folder / "x.csv").stdout
    done = shell(script, *score, strange, env=environment)
    assert (done.returncode, done.stdout, done.stderr) == (0, plain, "")
    done = shell(script, *score, f"{strange}x", env=environment)
    message = f"ardens: error: No such file or directory: {strange}x\n"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == message.encode("ascii", "backslashreplace").decode()


def test_the_module_is_the_same_command():
    assert shell('"$@"', "--version").stdout == f"ardens {ardens.__version__}\n"
