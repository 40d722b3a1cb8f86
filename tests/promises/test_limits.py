"""Little memory, few threads, few processors: an error or fewer threads, never the end."""

import os

import pytest

from ardens.checks import machine
from helpers.processes import run_python

MEMORY = """
import resource, sys
import numpy as np
import ardens
from helpers.processes import ROWS, fitted
model = fitted()
expected = model.score_samples(ROWS)
W = model.parameters()["W"]
wide = np.zeros((50, 3000), np.uint8)
large = np.tile(ROWS, (2000, 1))
work = {
    "fit": lambda: model.set_params(n_hidden=5000).fit(wide),
    "solver": lambda: ardens.FVSBN().fit(wide),
    "score": lambda: model.log_prob_per_feature(large),
    "sample": lambda: model.sample(2_000_000),
    "counts": lambda: model.sample_counts(1_000_000),
}[sys.argv[1]]
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 40 * 2**20, -1))
try:
    work()
except MemoryError:
    assert np.array_equal(model.score_samples(ROWS), expected)
    assert np.array_equal(model.parameters()["W"], W)
    print("MemoryError")
"""


NO_THREADS = """
import os, resource
import numpy as np
from ardens import NADE
from helpers.parameters import parameters
from helpers.processes import ROWS, N, D
model = NADE.from_parameters(**parameters("nade", N, D, np.ones))
expected = model.set_params(n_jobs=1).score_samples(ROWS)
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * resource.getpagesize()
before = os.listdir("/proc/self/task")
resource.setrlimit(resource.RLIMIT_AS, (used + 3 * 2**20, -1))  # a stack takes 8
model.set_params(n_jobs=2)
assert np.array_equal(model.score_samples(ROWS), expected)
assert os.listdir("/proc/self/task") == before
resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
assert np.array_equal(model.score_samples(ROWS), expected)
"""


SHOW = "import ardens; print(ardens.get_config()['threads'], ardens.get_config()['cpus'])"


@pytest.mark.parametrize("work", ["fit", "solver", "score", "sample", "counts"])
def test_too_little_memory_is_an_error_and_the_model_stays(work):
    assert run_python(MEMORY, work).strip() == "MemoryError"


def test_where_no_thread_can_be_started_one_does_the_work():
    run_python(NO_THREADS)


def test_omp_num_threads_is_obeyed():
    threads, cpus = run_python(SHOW, OMP_NUM_THREADS="1").split()
    assert (threads, cpus) == ("1", str(machine.thread_count(-1)))


def test_n_jobs_does_not_exceed_omp_num_threads():
    script = "from helpers.processes import digest; import os; digest(64); "
    script += "print(len(os.listdir('/proc/self/task')))"
    assert run_python(script, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1").strip() == "1"


def test_threads_of_a_call_are_free_for_the_next():
    script = """
import os
import numpy as np
from ardens import _core
from helpers.core_model import CoreModel
_core.force_threads(4)
model, X = CoreModel("fvsbn", 100), np.zeros((1000, 100), np.uint8)
for model.threads in [1] * 8 + [4]:
    model.log_prob(X)
print(len(os.listdir("/proc/self/task")))
"""
    assert run_python(script, OPENBLAS_NUM_THREADS="1").strip() == "4"


def test_affinity_is_obeyed():
    first = min(os.sched_getaffinity(0))
    script = f"import os; os.sched_setaffinity(0, [{first}]); {SHOW}"
    assert run_python(script).split() == ["1", "1"]


def test_threadpoolctl_limits_the_threads():
    script = """
import numpy as np, ardens, threadpoolctl
with threadpoolctl.threadpool_limits(1, user_api="openmp"):
    print(ardens.get_config()["threads"])
"""
    assert run_python(script).strip() == "1"
