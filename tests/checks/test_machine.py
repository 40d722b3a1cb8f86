"""Threads and memory: what the machine, or the container around the process, leaves."""

import os

import pytest

from ardens import _core, get_config
from ardens.checks import machine


@pytest.mark.parametrize(
    ("n_jobs", "threads"),
    [(1, 1), (3, 3), (4, 4), (5, 4), (10**6, 4), (-1, 4), (-2, 3), (-4, 1), (-(10**9), 1)],
)
def test_n_jobs_follows_the_rules_of_scikit_learn(monkeypatch, n_jobs, threads):
    monkeypatch.setattr(machine, "_cpus", lambda: 4)
    assert machine.thread_count(n_jobs) == threads


def test_n_jobs_none_is_the_default_of_the_core(monkeypatch):
    monkeypatch.setattr(machine, "max_threads", lambda: 3)
    assert machine.thread_count(None) == 3


@pytest.mark.parametrize("n_jobs", [0, 2.5, "x", True])
def test_other_n_jobs_are_refused(n_jobs):
    with pytest.raises((TypeError, ValueError), match="n_jobs must be"):
        machine.thread_count(n_jobs)


def test_more_memory_than_the_machine_has_is_refused():
    machine.check_memory(2**20, "a trifle")
    with pytest.raises(MemoryError, match=r"a monster needs .* GiB; this machine has"):
        machine.check_memory(2**60, "a monster")


# Containers


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
    ("0::/a/b\n", {"a/b/cpu.max": "400000 100000\n", "a/cpu.max": "150000 100000\n"}, 2),
    ("0::/a/b\n", {"a/b/cpu.max": "150000 100000\n", "a/cpu.max": "400000 100000\n"}, 2),
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
    usual = 3 if _core.build_info()["openmp"] else 1
    try:
        assert [machine.thread_count(n_jobs) for n_jobs in (None, -1, -2, 8)] == [usual, 3, 2, 3]
        assert (get_config()["threads"], get_config()["cpus"]) == (usual, 3)
    finally:
        _core.force_threads(0)


@pytest.mark.parametrize("own", ["max", 2**29, 2**30])
def test_the_memory_of_a_container_is_what_counts(groups, own):
    above = 2**30 if own == 2**29 else 2**29
    groups("0::/a\n", {"a/memory.max": f"{own}\n", "memory.max": f"{above}\n"})
    machine.check_memory(2**29, "little")
    with pytest.raises(MemoryError, match=r"a little more needs 0\.5 GiB; this machine has 0\.5"):
        machine.check_memory(2**29 + 1, "a little more")
