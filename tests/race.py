"""Everything at once from many threads, for ThreadSanitizer to watch: tests/sanitize.sh thread.

Sixteen threads use one model by all its operations, then score it while another fits it. What they
get must be what one thread gets; the sanitizer reports the accesses that nothing orders.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np

import ardens
from ardens import _core
from ardens.models import MODELS
from helpers.threads import check_shared, n_parameters

CALLERS = 16
THREADS = 4  # of one call, whatever the machine has
ROUNDS = 3

X = np.random.default_rng(0).integers(0, 2, (1500, 16), np.uint8)
QUICK = {"max_epochs": 2, "n_hidden": 200, "batch_size": 700, "random_state": 0}


def make(name: str, **options: Any) -> Any:
    """An unfitted model."""
    known = MODELS[name]().get_params()
    quick = {key: value for key, value in QUICK.items() if key in known}
    return MODELS[name](**(quick | options))


def clone(model: Any) -> Any:
    """An unfitted model of the same settings."""
    return type(model)(**model.get_params())


def operations(model: Any, X: Any) -> dict[str, Callable[[], Any]]:
    """What a fitted model can be asked of so many rows, by name; all give arrays."""
    draw = partial(model.sample, len(X), random_state=1)
    holes = np.where(np.random.default_rng(1).random(X[:6].shape) < 0.5, np.nan, X[:6])
    calls = {
        "score_samples": lambda: model.score_samples(X),
        "sample": draw,
        "sample and log_prob": lambda: draw(return_log_prob=True)[1],
        "sample given": lambda: model.sample(9, given={3: 1}, n_particles=64, random_state=1),
        "log_marginal": lambda: model.log_marginal(holes, n_particles=64),
        "most_probable": lambda: model.most_probable(holes, beam=8),
    }
    if not isinstance(model, ardens.Mixture):
        calls |= {
            "conditionals": lambda: model.conditionals(X),
            "log_prob_per_feature": lambda: model.log_prob_per_feature(X),
            "value_and_grad": lambda: next(iter(model.value_and_grad(X)[1].values())),
            "fit": lambda: next(iter(clone(model).fit(X).parameters().values())),
        }
    return calls


def together(work: Callable[[int], Any]) -> None:
    """work(k) in every thread k, all begun at the same moment."""
    gate = threading.Barrier(CALLERS)

    def wait_and_work(k: int) -> None:
        gate.wait()
        work(k)

    with ThreadPoolExecutor(CALLERS) as pool:
        list(pool.map(wait_and_work, range(CALLERS)))


def all_operations(model: Any, fresh: Any, X: Any = X) -> None:
    """Every thread begins with another operation, on a model that nobody has used."""
    wanted = {name: call() for name, call in operations(model, X).items()}
    calls = list(operations(fresh, X).items())

    def work(k: int) -> None:
        for i in range(ROUNDS * len(calls)):
            name, call = calls[(k + i) % len(calls)]
            assert np.array_equal(call(), wanted[name]), f"{name} of {fresh}"

    together(work)


def fit_while_scoring(name: str) -> None:
    """What is scored is one of the models that were there, never parts of two."""
    model, seen = make(name).fit(X), set()
    before = model.score_samples(X).tobytes()
    options = {"alpha": 2.0} if name == "tabular" else {"random_state": 1}
    after = make(name).set_params(**options).fit(X).score_samples(X).tobytes()
    model.set_params(**options)

    def work(k: int) -> None:
        if k == 0:
            model.fit(X)
        else:
            seen.update(model.score_samples(X).tobytes() for _ in range(ROUNDS))

    together(work)
    assert seen <= {before, after}, f"{name} was scored half fitted"
    assert model.score_samples(X).tobytes() == after


def main() -> None:
    _core.force_threads(THREADS)
    _core.set_level("baseline")  # registers of 16 bytes: longer accesses are not watched
    for name in MODELS:
        all_operations(make(name).fit(X), make(name).fit(X))
        fit_while_scoring(name)
    stochastic = [make("fvsbn", solver="stochastic").fit(X) for _ in range(2)]
    all_operations(*stochastic)
    for options in ({"name": "nade", "n_hidden": 26_000}, {"name": "mlp", "n_hidden": 6000}):
        # so large that preparing is shared out
        wide = [make(**options, learning_rate=1e-5).fit(X[:8]) for _ in range(2)]
        check_shared(THREADS, 1, n_parameters(wide[0]))
        all_operations(*wide, X[:8])
    row = ardens.codes.RowCode([ardens.codes.digits(50), ardens.codes.bits(1)])
    words = row.encode(np.random.default_rng(0).integers(0, [50, 2], (1500, 2)))
    all_operations(*(make("nade", codes=row).fit(words) for _ in range(2)), words)
    members = [make("nade").fit(X), make("tabular").fit(X)]
    all_operations(ardens.Mixture.from_models(members), ardens.Mixture.from_models(members))
    print(
        f"{CALLERS} callers with {THREADS} threads: all operations of {', '.join(MODELS)}, mixture"
    )


if __name__ == "__main__":
    main()
