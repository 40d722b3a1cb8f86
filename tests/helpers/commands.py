"""The command line, in a process of its own or its arguments alone."""

import subprocess
import sys

COMMAND = [sys.executable, "-m", "ardens"]
N = 6  # columns of the files that commands read


def fit(source, out, *options, model="nade"):
    """Arguments of a fit that takes a moment."""
    small = ["--threads", "1"] if model == "tabular" else ["--threads", "1", "--epochs", "2"]
    return ["fit", str(source), "--model", model, "--out", str(out), *small, *options]


def shell(script, *arguments, **options):
    """Run a bash script in which ``"$@"`` is the command with these arguments."""
    return subprocess.run(
        ["bash", "-c", script, "-", *COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        **options,
    )
