"""A model small enough to follow by hand, and runs of training with it."""

from dataclasses import dataclass, field

import numpy as np

from ardens.checks.weights import Table
from ardens.columns import Columns
from ardens.schedules import Constant
from ardens.training.ascent import GradientAscent
from ardens.training.loop import Run
from ardens.training.settings import Settings

N = 16


@dataclass
class Coins:
    """Independent coins: the parameters are the log-odds of every column."""

    n_decayed: int = 0
    size: int = N
    batches: list = field(default_factory=list)
    values: list = field(default_factory=list)

    def value_and_grad(self, params, X, grad, weights=None):
        self.batches.append(X.copy())
        w = np.ones(len(X)) if weights is None else weights
        odds = params[:N].astype(np.float64)
        grad[:] = 0.0
        grad[:N] = w @ (X - 1 / (1 + np.exp(-odds))) / len(X)
        self.values.append(float((w * Coins.log_prob(self, params, X)).mean()))
        return self.values[-1]

    def log_prob(self, params, X):
        odds = params[:N].astype(np.float64)
        return (X * odds - np.logaddexp(0, odds)).sum(axis=1)

    def mean_log_prob(self, params, X):
        return float(Coins.log_prob(self, params, X).mean())


def coins(rows, probability=0.3, seed=0):
    rng = np.random.default_rng(seed)
    return (rng.random((rows, N)) < probability).astype(np.uint8)


def settings(**options):
    defaults = {"schedule": Constant(0.1), "batch_size": 10, "max_epochs": 5, "patience": 3}
    return Settings(**defaults | options)


def fresh(how, *, size=N, seed=0):
    return start(np.zeros(size, np.float32), how, np.random.default_rng(seed))


def start(params, how, rng):
    """The state before the first epoch."""
    return GradientAscent.by(how).start(params.copy(), rng)


def train(model, state, X, X_valid, how, threads=1, weights=None, weights_valid=None, **options):
    """Go on to the last epoch of the settings."""
    solver = GradientAscent.by(how, threads)
    tables = Table.of(X, weights), None if X_valid is None else Table.of(X_valid, weights_valid)
    Run(model, Columns.of(N), solver, state, *tables, how.max_epochs).train(**options)


def run(how, X, X_valid=None, *, model=None, seed=0, **options):
    model = Coins() if model is None else model
    state = fresh(how, size=model.size, seed=seed)
    train(model, state, X, X_valid, how, **options)
    return state


def assert_same(one, other):
    """Compare two states bit for bit, clocks aside."""
    for name in ("params", "best", "average"):
        assert np.array_equal(getattr(one, name), getattr(other, name))
    for name in ("epoch", "best_epoch", "best_valid", "waiting"):
        assert getattr(one, name) == getattr(other, name)
    assert one.optimizer.step == other.optimizer.step
    for name, array in one.optimizer.arrays.items():
        assert array.tobytes() == other.optimizer.arrays[name].tobytes()
    assert one.rng.bit_generator.state == other.rng.bit_generator.state
    columns = one.history.keys() - {"time"}
    assert repr([one.history[c] for c in columns]) == repr([other.history[c] for c in columns])
