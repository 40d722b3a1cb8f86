"""Little memory, few threads, few processors: an error or fewer threads, never the end."""

import os

import pytest

from ardens import _core, get_config
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


@pytest.fixture
def groups(tmp_path, monkeypatch):
    """A function that makes a tree of control groups with files of numbers in it."""

    def make(membership, files):
        (tmp_path / "membership").write_text(membership)
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)

    monkeypatch.setattr(machine, "_ROOT", tmp_path)
    monkeypatch.setattr(machine, "_MEMBERSHIP", tmp_path / "membership")
    machine.cpu_quota.cache_clear()
    machine.memory_limit.cache_clear()
    yield make
    machine.cpu_quota.cache_clear()
    machine.memory_limit.cache_clear()


V1 = "4:memory:/docker/a\n1:cpu,cpuacct:/docker/a\n"
QUOTAS = [
    ("0::/a/b\n", {"a/b/cpu.max": "50000 100000\n"}, 1),
    ("0::/a/b\n", {"a/b/cpu.max": "max 100000\n", "a/cpu.max": "150000 100000\n"}, 2),
    ("0::/a/b\n", {"a/b/cpu.max": "max 100000\n", "a/cpu.max": "max 100000\n"}, None),
    ("0::/../elsewhere\n", {"cpu.max": "100000 100000\n"}, 1),
    (V1, {"cpu/docker/a/cpu.cfs_quota_us": "-1\n", "cpu/docker/a/cpu.cfs_period_us": "9\n"}, None),
    (V1, {"cpu/cpu.cfs_quota_us": "250000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
    (V1, {"cpu/cpu.cfs_quota_us": "nonsense\n", "cpu/cpu.cfs_period_us": "100000\n"}, None),
    ("", {}, None),
]


@pytest.mark.parametrize(("membership", "files", "quota"), QUOTAS)
def test_the_quota_of_a_container_is_read(groups, membership, files, quota):
    groups(membership, files)
    assert machine.cpu_quota() == quota


def test_no_more_threads_than_the_quota_of_a_container(groups, monkeypatch):
    groups("0::/\n", {"cpu.max": "300000 100000\n"})
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)))
    _core.force_threads(8)
    try:
        assert [machine.thread_count(n_jobs) for n_jobs in (None, -1, -2, 8)] == [3, 3, 2, 3]
        assert (get_config()["threads"], get_config()["cpus"]) == (3, 3)
    finally:
        _core.force_threads(0)


def test_the_memory_of_a_container_is_what_counts(groups):
    groups("0::/a\n", {"a/memory.max": "max\n", "memory.max": f"{2**29}\n"})
    machine.check_memory(2**29, "little")
    with pytest.raises(MemoryError, match=r"a little more needs 0\.5 GiB; this machine has 0\.5"):
        machine.check_memory(2**29 + 1, "a little more")
