"""One operation of NADE over and over: ``python -m bench.profile log_prob --model FILE``.

For a profiler, on Linux: ``perf record -e cpu-clock python -m bench.profile value_and_grad --model
FILE`` with a core built with symbols.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import ardens

__all__ = ["main"]


def main() -> None:
    """Run the operation for some seconds and print microseconds per row, and how they spread."""
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    parser.add_argument("operation", choices=["log_prob", "value_and_grad", "sample"])
    parser.add_argument("--model", type=Path, required=True, metavar="FILE", help="a fitted NADE")
    parser.add_argument("--rows", type=int, default=1000, metavar="N")
    parser.add_argument("--threads", type=int, default=1, metavar="N")
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    model: Any = ardens.load(options.model).set_params(n_jobs=options.threads)
    X = model.sample(options.rows, random_state=0)
    operations: dict[str, Callable[[], object]] = {
        "log_prob": lambda: model.log_prob(X),
        "value_and_grad": lambda: model.value_and_grad(X),
        "sample": lambda: model.sample(len(X), random_state=1),
    }
    run, seconds = operations[options.operation], list[float]()
    while sum(seconds) < options.seconds:
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    best, usual, slow = np.quantile(seconds, [0, 0.5, 0.9]) / len(X) * 1e6
    print(
        f"{best:.2f} us per row, best of {len(seconds)} calls; median {usual:.2f}, "
        f"nine tenths below {slow:.2f}"
    )


if __name__ == "__main__":
    main()
