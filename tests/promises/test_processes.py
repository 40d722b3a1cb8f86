"""Many processes and many threads: everything ends, and with the same bits."""

import pytest

from ardens import _core
from helpers.processes import digest, run_python

FORK = """
import os, signal, sys
from helpers.processes import digest
expected = digest(2)
for depth in range(3):  # a child, and the child of a child
    child = os.fork()
    if child:
        break
    signal.alarm(20)
    assert digest(2) == expected
    assert digest() == expected
else:
    os._exit(0)
_, status = os.waitpid(child, 0)
assert status == 0, status
if depth:
    os._exit(0)
assert digest(2) == expected
"""

START = """
import multiprocessing, sys
from helpers.processes import digest
if __name__ == "__main__":
    expected = digest(2)
    context = multiprocessing.get_context(sys.argv[1])
    with context.Pool(2) as pool:
        results = pool.map_async(digest, [None, 1, 2])
        assert digest(2) == expected  # the parent beside its children
        assert results.get(40) == [expected] * 3
"""

JOBLIB = """
import sys
from joblib import Parallel, delayed
from helpers.processes import digest
expected = digest(2)
work = [delayed(digest)(n_jobs) for n_jobs in (None, 1, 2, 2)]
assert Parallel(n_jobs=2, backend=sys.argv[1], timeout=40)(work) == [expected] * 4
assert digest(2) == expected
"""

POOL = """
from concurrent.futures import ThreadPoolExecutor
from helpers.processes import ROWS, digest, fitted
expected = digest(1)
with ThreadPoolExecutor(16) as pool:
    assert set(pool.map(digest, [None, 1, 2, 7] * 8)) == {expected}
"""

BOUNDED = """
import os, threading, time
import numpy as np
from ardens import _core
from helpers.processes import ROWS, fitted
_core.force_threads(7)
model = fitted(n_jobs=None)
X = np.tile(ROWS, (60, 1))
before = len(os.listdir("/proc/self/task"))
expected = model.score_samples(X)
began, results = threading.Barrier(16), []
def call():
    began.wait()
    results.append(model.score_samples(X))
callers = [threading.Thread(target=call) for _ in range(16)]
for caller in callers:
    caller.start()
most = 0
while any(caller.is_alive() for caller in callers):
    most = max(most, len(os.listdir("/proc/self/task")))
    time.sleep(0.001)
assert len(results) == 16
assert all(np.array_equal(result, expected) for result in results)
print(most - before - 16)
"""

# scikit-learn brings a copy of libgomp of its own, as PyTorch does.
ALTERNATE = """
import time
from sklearn.ensemble import HistGradientBoostingClassifier
import numpy as np
from helpers.processes import ROWS, fitted
model = fitted(n_jobs=2)
expected = model.score_samples(ROWS)
other = HistGradientBoostingClassifier(max_iter=2, max_leaf_nodes=4, random_state=0)
other.fit(ROWS[:, 1:], ROWS[:, 0])
foreign = other.predict_proba(ROWS[:, 1:])
def timed():
    began = time.perf_counter()
    assert np.array_equal(model.score_samples(ROWS), expected)
    return time.perf_counter() - began
alone = sorted(timed() for _ in range(60))[20]
mixed = []
for _ in range(60):
    assert np.array_equal(other.predict_proba(ROWS[:, 1:]), foreign)
    mixed.append(timed())
print(alone, sorted(mixed)[20])
"""


def test_a_forked_child_ends_with_the_same_bits():
    run_python(FORK)


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_started_in_any_way_have_the_same_bits(method):
    run_python(START, method)


@pytest.mark.parametrize("backend", ["loky", "threading", "multiprocessing"])
def test_joblib_runs_it_in_processes_and_in_threads(backend):
    run_python(JOBLIB, backend)


def test_a_pool_of_sixteen_threads_has_the_same_bits():
    run_python(POOL)


def test_threads_of_many_callers_are_bounded_together():
    # Each of 16 callers could have 6 more; together they leave each other the rest.
    assert int(run_python(BOUNDED)) < 2 * 7


def test_another_openmp_runtime_in_the_process_changes_no_bit_and_little_time():
    alone, mixed = map(float, run_python(ALTERNATE).split())
    assert mixed < 10 * max(alone, 1e-3)


def test_more_threads_than_processors_have_the_same_bits(seven_threads):
    assert _core.max_threads() == (7 if _core.build_info()["openmp"] else 1)
    assert digest(7) == digest(1)
