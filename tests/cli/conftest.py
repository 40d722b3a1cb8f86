"""Commands, and files for them."""

import numpy as np
import pytest

from ardens.cli import main
from helpers.commands import N, fit


@pytest.fixture(scope="session")
def rows():
    drawn = np.random.default_rng(0).random((80, N)) < np.linspace(0.2, 0.8, N)
    drawn[:, 1] |= drawn[:, 0]
    return drawn.astype(np.uint8)


@pytest.fixture(scope="session")
def folder(tmp_path_factory, rows):
    """A data file in several formats and a fitted model, which no test changes."""
    path = tmp_path_factory.mktemp("cli")
    np.savez(path / "x.npz", train=rows[:50], valid=rows[50:60], test=rows[60:])
    np.savetxt(path / "x.csv", rows, fmt="%d", delimiter=",")
    assert main(fit(path / "x.npz", path / "m.safetensors", "--hidden", "3", "--seed", "1")) == 0
    return path


@pytest.fixture(scope="session")
def model(folder):
    """The file of the model."""
    return folder / "m.safetensors"


@pytest.fixture
def output(capsys):
    """A function that runs a command and tells its standard output."""

    def run(*arguments):
        capsys.readouterr()
        assert main(list(map(str, arguments))) == 0
        return capsys.readouterr().out

    return run


@pytest.fixture
def failure(capsys):
    """A function that runs a command that fails, and tells its one line on standard error."""

    def run(code, *arguments):
        capsys.readouterr()
        assert main(list(map(str, arguments))) == code
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err.count("\n") == 1
        assert captured.err.startswith("ardens: error: ")
        return captured.err

    return run
