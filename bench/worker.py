"""One process for every library: it holds the peers of that library and times them on request.

While one process works, the others sleep on their pipes. In a single process the thread pools of
the libraries would spin against each other, and calls of microseconds would take milliseconds.
"""

from __future__ import annotations

import multiprocessing
import os
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .peers import ARMS, SEED, Parameters, Peer

__all__ = ["Case", "PeerError", "Worker"]

TIMEOUT = 900  # seconds: compiling can take minutes

# OpenMP's idle threads go to sleep, those of Numba's own pool would wake a thousand times a second.
ENVIRONMENT = {"NUMBA_THREADING_LAYER": "omp", "JAX_PLATFORMS": "cpu"}


class PeerError(RuntimeError):
    """A peer that failed in its own process."""


@dataclass(frozen=True)
class Case:
    """One operation of one arm on one workload."""

    workload: str  # the key under which parameters and rows were loaded
    model: str
    arm: str
    operation: str
    n_rows: int  # how many of the workload's rows to use, or to sample
    threads: int
    level: str = ""  # the instruction-set level, for the core; the highest if empty


class Session:
    """What a worker holds: workloads, and the peers made of them."""

    def __init__(self) -> None:
        self.workloads: dict[str, tuple[Parameters, NDArray[np.uint8]]] = {}
        self.peers: dict[tuple[str, str, int, str, bool], Peer] = {}
        self.rows: dict[tuple[str, str, int], Any] = {}

    def load(self, key: str, parameters: Parameters, X: NDArray[np.uint8]) -> None:
        """Keep a workload, in place of one with the same key; peers of others stay."""
        self.workloads[key] = parameters, X

    def drop(self, key: str) -> None:
        """Forget a workload and its peers."""
        self.workloads.pop(key, None)
        self.peers = {k: v for k, v in self.peers.items() if k[0] != key}
        self.rows = {k: v for k, v in self.rows.items() if k[0] != key}

    def seconds(self, case: Case, calls: int) -> float:
        """Seconds per call."""
        return self._peer(case).seconds(case.operation, self._rows(case), case.n_rows, calls)

    def result(self, case: Case, uniforms: NDArray[np.float64] | None) -> Any:
        """What the operation gives, as NumPy arrays; a training step gives the new parameters."""
        if case.operation == "train_step":
            self.peers.pop(self._key(case), None)  # steps have moved its parameters
        peer = self._peer(case)
        if case.operation == "sample":
            return np.asarray(peer.sample(case.n_rows, uniforms))
        value = getattr(peer, case.operation)(self._rows(case))
        if case.operation == "train_step":
            return {k: np.array(v) for k, v in peer.parameters().items()}
        if case.operation == "value_and_grad":
            return float(value[0]), {k: np.array(v) for k, v in value[1].items()}
        return np.asarray(value)

    def operations(self, model: str, arm: str) -> tuple[str, ...]:
        """What an arm can do."""
        return ARMS[model][arm].load().operations

    def core(self, name: str, *args: Any) -> Any:
        """Call a function of the compiled core, such as the measurement of a limit."""
        from .internals import core  # only where it is timed

        return getattr(core, name)(*args)

    @staticmethod
    def _key(case: Case) -> tuple[str, str, int, str, bool]:
        """What peers are told apart by: one that trains does not serve others."""
        training = case.operation in ("train_step", "fit_step")
        return case.workload, case.arm, case.threads, case.level, training

    def _peer(self, case: Case) -> Peer:
        """The peer of a case, made when it is first needed."""
        key = self._key(case)
        if key not in self.peers:
            options = {"level": case.level} if case.level else {}
            parameters = self.workloads[case.workload][0]
            arm = ARMS[case.model][case.arm]
            self.peers[key] = arm.make(parameters, case.threads, **options)
        return self.peers[key]

    def _rows(self, case: Case) -> Any:
        """The rows of a case in the peer's own layout."""
        key = case.workload, case.arm, case.n_rows
        if case.operation == "sample":
            return None
        if key not in self.rows:
            X = self.workloads[case.workload][1]
            # a workload of fewer rows is repeated
            self.rows[key] = self._peer(case).rows(np.resize(X, (case.n_rows, X.shape[1])))
        return self.rows[key]


def serve(connection: Connection) -> None:
    """Answer requests until the other side hangs up."""
    session = Session()
    while True:
        try:
            method, args = connection.recv()
        except EOFError:
            return
        try:
            connection.send((True, getattr(session, method)(*args)))
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{os.path.basename(last.filename)}:{last.lineno}"
            text = str(error).strip().splitlines() or [""]
            connection.send((False, f"{type(error).__name__}: {text[0]} ({where})"))


class Worker:
    """The near end of a process that times peers; `start` is what runs in it."""

    def __init__(self, start: Callable[[Connection], None] = serve) -> None:
        context = multiprocessing.get_context("spawn")
        self._near, far = context.Pipe()
        os.environ.update(ENVIRONMENT)  # read when the libraries are imported, in the process
        self._process = context.Process(target=start, args=(far,), daemon=True)
        self._process.start()
        far.close()
        self.loaded: set[str] = set()

    def call(self, method: str, *args: Any) -> Any:
        """Ask the session for something; `PeerError` if it failed, died or took too long."""
        try:
            self._near.send((method, args))
            if not self._near.poll(TIMEOUT):
                self._process.kill()
                self._process.join()
                raise PeerError(f"no answer in {TIMEOUT} s")
            fine, value = self._near.recv()
        except (EOFError, BrokenPipeError, ConnectionResetError) as error:
            self._process.join(5)
            raise PeerError("the process died") from error
        if not fine:
            raise PeerError(value)
        return value

    @property
    def alive(self) -> bool:
        """Whether the process is there."""
        return self._process.is_alive()

    def close(self) -> None:
        """End the process."""
        self._near.close()
        self._process.join(5)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()


def reference_uniforms(n_rows: int, n_features: int) -> NDArray[np.float64]:
    """The uniforms of the sample that is checked."""
    from ardens.reference.philox import uniforms

    return uniforms(SEED, 0, n_rows, n_features)
