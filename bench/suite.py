"""What all sections of a run share: workers, workloads, verdicts, races."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from .figures import significant
from .peers import ARMS
from .settings import Settings
from .timing import Effort, Race, calls_for, race
from .verify import Verdict, judge
from .worker import Case, PeerError, Worker, reference_uniforms
from .workload import Workload

__all__ = ["MULTIPLY_ADDS", "VERIFIED", "Record", "Suite"]

MULTIPLY_ADDS = {"log_prob": 1, "value_and_grad": 3, "sample": 1, "train_step": 3, "fit_step": 3}
"""Multiply-adds of an operation on a row of NADE, in units of n·d."""

VERIFIED = 1000  # rows of a call that are compared with the reference, at most
SLOW_TO_COMPILE = ("torch-compile",)


@dataclass(frozen=True)
class Record:
    """The outcome of a verification, or the reason why there is none."""

    case: Case
    verdict: Verdict | None
    reason: str = ""


class Suite:
    """Runs cases in the processes of their libraries, and times none that is wrong."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.workloads: dict[str, Workload] = {}
        self.records: list[Record] = []
        self._workers: dict[str, Worker] = {}
        self._began = time.perf_counter()
        self._judged: dict[Case, bool] = {}

    def __enter__(self) -> Suite:
        return self

    def __exit__(self, *exc: object) -> None:
        for worker in self._workers.values():
            worker.close()
        self._workers.clear()

    def say(self, text: str) -> None:
        """Show what is going on."""
        print(f"{time.perf_counter() - self._began:5.0f} s  {text}", file=sys.stderr, flush=True)

    def add(self, workload: Workload) -> Workload:
        """Make a workload known under its key."""
        self.workloads[workload.key] = workload
        return workload

    def drop(self, keys: Iterable[str]) -> None:
        """Forget workloads, here and in all processes."""
        for key in keys:
            del self.workloads[key]
            for worker in self._workers.values():
                if key in worker.loaded:
                    worker.loaded.remove(key)
                    worker.call("drop", key)

    def core(self, name: str, *args: Any) -> Any:
        """Call a function of the compiled core in the process where it is timed."""
        return self._worker("ardens").call("core", name, *args)

    def arms(self, model: str, operation: str) -> list[str]:
        """Names of the arms that can do an operation, ours first."""
        names = []
        for name, arm in ARMS[model].items():
            if self.settings.quick and name in SLOW_TO_COMPILE:
                continue
            try:
                operations = self._worker(arm.library).call("operations", model, name)
            except PeerError as error:
                self._fail(Case("", model, name, operation, 0, 0), str(error))
                continue
            if operation in operations:
                names.append(name)
        return names

    def case(self, workload: Workload, arm: str, operation: str, n_rows: int, **rest: Any) -> Case:
        """Describe what is to be timed, by default with all threads."""
        rest = {"threads": self.settings.threads} | rest
        return Case(workload.key, workload.model, arm, operation, n_rows, **rest)

    def limit(self, workload: Workload, operation: str, threads: int) -> Callable[[], float]:
        """Measure the seconds that the multiply-adds of a row of NADE take at the peak."""
        count = MULTIPLY_ADDS[operation] * workload.n * workload.d
        return lambda: count / self.peak(threads)

    def peak(self, threads: int) -> float:
        """Multiply-adds in a second, of all threads together, at the highest level."""
        self.core("set_level", self.core("levels")[-1])
        return 1e9 * float(self.core("measure_fma", threads))

    def race(
        self,
        cases: Mapping[str, Case],
        effort: Effort | None = None,
        beside: Mapping[str, Callable[[], float]] | None = None,
        verify: int = VERIFIED,
    ) -> Race:
        """Verify cases, then time them in interleaved rounds, in seconds per row.

        Cases that fail or are wrong do not take part; what is `beside` them has its turn in every
        round. At most `verify` rows of a case are compared with the reference.
        """
        effort = effort or self.settings.effort
        arms: dict[str, Callable[[], float]] = {}
        for name, case in cases.items():
            try:
                if self._right(case, verify):
                    once = self._seconds(case, 1)
                    calls = calls_for(self._seconds(case, 1) if once < 1 else once, effort)
                    arms[name] = partial(self._per_row, case, calls)
            except PeerError as error:
                self._fail(case, str(error))
        return race(arms | dict(beside or {}), effort)

    def errors(self) -> dict[str, dict[str, dict[str, float]]]:
        """The greatest error of every arm that was found right, by model, arm and operation."""
        worst: dict[str, dict[str, dict[str, float]]] = {}
        for record in self.records:
            case, verdict = record.case, record.verdict
            if verdict is not None and verdict.fine:
                arm = worst.setdefault(case.model, {}).setdefault(case.arm, {})
                error = max(arm.get(case.operation, 0.0), significant(verdict.error, 2))
                arm[case.operation] = error
        return worst

    def failures(self) -> dict[str, str]:
        """Why cases were not timed, by model, arm, operation and rows."""
        return {
            f"{r.case.model} {r.case.arm} {r.case.operation} {r.case.n_rows}": r.reason
            for r in self.records
            if r.verdict is None or not r.verdict.fine
        }

    def _per_row(self, case: Case, calls: int) -> float:
        """Seconds of a row."""
        return self._seconds(case, calls) / case.n_rows

    def _seconds(self, case: Case, calls: int) -> float:
        """Seconds of a call."""
        seconds: float = self._at(case).call("seconds", case, calls)
        return seconds

    def _right(self, case: Case, verify: int) -> bool:
        """Whether the arm agrees with the reference on the rows of the case."""
        operation = "train_step" if case.operation == "fit_step" else case.operation
        rows = min(case.n_rows, verify)
        case = Case(case.workload, case.model, case.arm, operation, rows, case.threads, case.level)
        if case not in self._judged:
            workload = self.workloads[case.workload]
            uniforms = reference_uniforms(rows, workload.n) if operation == "sample" else None
            verdict = judge(case, self._at(case).call("result", case, uniforms), workload)
            self._judged[case] = verdict.fine
            reason = "" if verdict.fine else f"error {verdict.error:.2g}"
            self.records.append(Record(case, verdict, reason))
            if not verdict.fine:
                self.say(f"  {case.arm} {operation}: error {verdict.error:.3g}, not timed")
        return self._judged[case]

    def _fail(self, case: Case, reason: str) -> None:
        """Note and show why a case is not timed."""
        self.say(f"  {case.arm} {case.operation}: {reason}, not timed")
        self.records.append(Record(case, None, reason))

    def _at(self, case: Case) -> Worker:
        """The process of the case's library, its workload loaded."""
        worker = self._worker(ARMS[case.model][case.arm].library)
        if case.workload not in worker.loaded:
            workload = self.workloads[case.workload]
            worker.call("load", case.workload, workload.parameters, workload.X)
            worker.loaded.add(case.workload)
        return worker

    def _worker(self, library: str) -> Worker:
        """The process of a library; a new one where it is not there or died."""
        worker = self._workers.get(library)
        if worker is None or not worker.alive:
            worker = self._workers[library] = Worker()
        return worker
