"""What is said of a run while it goes on."""

import io
import sys

from helpers.coins import coins, run, settings


def test_training_is_silent_by_default(capfd):
    run(settings(), coins(20), coins(20))
    assert capfd.readouterr() == ("", "")


def test_progress_is_a_line_per_epoch_where_there_is_no_terminal(capsys):
    run(settings(max_epochs=2), coins(20), coins(20), verbose=True)
    out, err = capsys.readouterr()
    assert out == ""
    assert [line.split(":")[0] for line in err.splitlines()] == ["epoch 1", "epoch 2"]
    assert "valid" in err


class Terminal(io.StringIO):
    """A terminal as far as `isatty` can tell."""

    def isatty(self):
        return True


def test_progress_is_a_bar_on_a_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    run(settings(), coins(20), verbose=True)
    assert "5/5" in sys.stderr.getvalue()
    assert "nats" in sys.stderr.getvalue()
    assert "valid" not in sys.stderr.getvalue()


def test_progress_is_lines_without_tqdm(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    run(settings(max_epochs=1), coins(20), verbose=True)
    assert sys.stderr.getvalue().startswith("epoch 1: train -")
