"""Progress: what is really counted, as a bar where one can move, and elsewhere as it is wanted."""

import io
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import ardens
from ardens import progress as module
from ardens.progress import progress

X = np.random.default_rng(0).integers(0, 2, (80, 5), dtype=np.uint8)


class Terminal(io.StringIO):
    """A terminal as far as `isatty` can tell."""

    def isatty(self):
        return True


@pytest.fixture
def opened(monkeypatch):
    """A function that puts a terminal in the place of standard error."""

    def open_terminal():
        monkeypatch.setattr(sys, "stderr", Terminal())
        return sys.stderr

    return open_terminal


def last_bar(terminal):
    return terminal.getvalue().strip().split("\r")[-1]


def test_epochs_are_counted_in_epochs_and_a_warm_start_goes_on(opened):
    terminal = opened()
    model = ardens.MLP(2, max_epochs=3, patience=9, random_state=0, warm_start=True, verbose=True)
    model.fit(X)
    assert re.search(r"3/3 .*epoch.*train -\d.*valid -\d.* nats", last_bar(terminal))
    terminal.truncate(0)
    model.fit(X)
    assert re.search(r" 3/6 ", terminal.getvalue())
    assert re.search(r"6/6 .*epoch", last_bar(terminal))


def test_the_convex_solver_counts_penalties(opened):
    terminal = opened()
    model = ardens.FVSBN(random_state=0, verbose=True).fit(X)
    penalties = len(model.history_["penalty"])
    assert re.search(rf" {penalties}/\d+ .*penalty.* nats at \d", last_bar(terminal))


def test_lines_name_what_is_counted(capsys):
    model = ardens.FVSBN(random_state=0, max_epochs=2, verbose=True).fit(X)
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["penalty 1", "penalty 2"]
    for line, penalty in zip(lines, model.history_["penalty"], strict=True):
        assert line.endswith(f" nats at {penalty:g}")
    ardens.FVSBN(random_state=0, max_epochs=1, solver="stochastic", verbose=True).fit(X)
    assert re.fullmatch(r"epoch 1: train -.*, valid -.* nats\n", capsys.readouterr().err)


def test_a_mixture_counts_members(opened, capsys):
    terminal = opened()
    mixture = ardens.Mixture(ardens.FVSBN(), 3, random_state=0, n_jobs=2, verbose=True)
    mixture.fit(X, X_valid=1 - X)
    assert re.search(r"3/3 .*member.*valid -\d.* nats", last_bar(terminal))
    assert "penalty" not in terminal.getvalue()
    assert len(mixture.members_) == 3


def test_rows_are_a_bar_on_a_terminal_that_goes_when_it_is_done(opened, monkeypatch):
    terminal = opened()
    monkeypatch.setattr(module, "_SOON", 0)
    with progress(2_000_000, "row", lines=False) as report:
        report(500_000)
        report(2_000_000)
    assert re.search(r"\d/2.00M .*row", terminal.getvalue())
    assert re.search(r"\r +\r$", terminal.getvalue())


def test_rows_that_are_soon_done_draw_nothing(opened):
    terminal = opened()
    with progress(2_000_000, "row", lines=False) as report:
        report(2_000_000)
    assert terminal.getvalue().strip() == ""


def test_rows_say_nothing_where_no_bar_can_move(capsys):
    with progress(10, "row", lines=False) as report:
        report(10)
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("lines", [True, False])
def test_nothing_is_said_unasked_nor_without_standard_error(opened, monkeypatch, lines):
    terminal = opened()
    with progress(2, "epoch", verbose=False, lines=lines) as report:
        report(1, "told")
    assert terminal.getvalue() == ""
    monkeypatch.setattr(sys, "stderr", None)
    with progress(2, "epoch", lines=lines) as report:
        report(1, "told")


def test_without_tqdm_there_are_lines(opened, monkeypatch):
    terminal = opened()
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    with progress(2, "epoch") as report:
        report(1, "well", "the first")
        report(2, "better")
    assert terminal.getvalue() == "the first: well\nepoch 2: better\n"


class Bar:
    """One that two threads must not move at once."""

    def __init__(self):
        self.n, self.inside = 0, 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def update(self, more):
        self.inside += 1
        time.sleep(0.001)
        assert (self.inside, more >= 0) == (1, True)
        self.inside -= 1
        self.n += more


def test_threads_may_report_at_once_and_a_bar_never_goes_back(monkeypatch):
    bar = Bar()
    monkeypatch.setattr(module, "_open_bar", lambda *_: bar)
    with progress(100, "epoch") as report, ThreadPoolExecutor(8) as pool:
        list(pool.map(report, np.random.default_rng(0).permutation(np.arange(2, 101, 2)).tolist()))
    assert bar.n == 100
