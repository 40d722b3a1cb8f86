from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

class Codes:
    def __init__(
        self, steps: NDArray[np.int32], level: Sequence[int], column: Sequence[int]
    ) -> None: ...
    @property
    def n_bits(self) -> int: ...
    @property
    def n_leaves(self) -> list[int]: ...
    def encode(self, leaves: NDArray[np.int64], X: NDArray[np.uint8], threads: int) -> int: ...
    def decode(self, X: NDArray[np.uint8], leaves: NDArray[np.int64], threads: int) -> int: ...
    def first_impossible(self, cells: NDArray[np.uint8], threads: int) -> int: ...

class Model:
    def __init__(
        self,
        family: str,
        n_features: int,
        n_hidden: int,
        *,
        activation: str = "sigmoid",
        direct: bool = False,
        tied: bool = False,
    ) -> None: ...
    @property
    def name(self) -> str: ...
    @property
    def activation(self) -> str: ...
    @property
    def direct(self) -> bool: ...
    @property
    def tied(self) -> bool: ...
    @property
    def n_features(self) -> int: ...
    @property
    def n_hidden(self) -> int: ...
    @property
    def n_parameters(self) -> int: ...
    @property
    def size(self) -> int: ...
    @property
    def n_decayed(self) -> int: ...
    @property
    def n_tables(self) -> int: ...
    @property
    def n_drawn(self) -> int: ...
    @property
    def layout(self) -> list[tuple[str, tuple[int, ...], tuple[int, ...], int]]: ...
    def coded(self, codes: Codes | None) -> Model: ...
    @property
    def has_codes(self) -> bool: ...
    def forced(self, X: NDArray[np.uint8]) -> NDArray[np.uint8]: ...
    def tables(self, params: NDArray[np.float32], threads: int) -> NDArray[np.float32]: ...
    def log_prob(
        self,
        params: NDArray[np.float32],
        tables: NDArray[np.float32],
        X: NDArray[np.uint8],
        threads: int,
    ) -> NDArray[np.float64]: ...
    def log_prob_terms(
        self,
        params: NDArray[np.float32],
        tables: NDArray[np.float32],
        X: NDArray[np.uint8],
        threads: int,
    ) -> NDArray[np.float64]: ...
    def conditionals(
        self,
        params: NDArray[np.float32],
        tables: NDArray[np.float32],
        X: NDArray[np.uint8],
        threads: int,
    ) -> NDArray[np.float64]: ...
    def value_and_grad(
        self,
        params: NDArray[np.float32],
        X: NDArray[np.uint8],
        grad: NDArray[np.float32],
        threads: int,
        weights: NDArray[np.float64] | None = None,
    ) -> float: ...
    def sample(
        self,
        params: NDArray[np.float32],
        tables: NDArray[np.float32],
        seed: int,
        start: int,
        X: NDArray[np.uint8],
        log_prob: NDArray[np.float64] | None,
        threads: int,
        columns: NDArray[np.intp] | None = None,
        packed: bool = False,
    ) -> None: ...
    def particles(
        self,
        params: NDArray[np.float32],
        tables: NDArray[np.float32],
        seed: int,
        cells: NDArray[np.uint8],
        numbers: NDArray[np.uint64],
        n_particles: int,
        X: NDArray[np.uint8] | None,
        log_weights: NDArray[np.float64],
        threads: int,
    ) -> None: ...
    def most_probable(
        self,
        params: NDArray[np.float32],
        tables: NDArray[np.float32],
        cells: NDArray[np.uint8],
        beam: int,
        X: NDArray[np.uint8],
        log_prob: NDArray[np.float64],
        left_out: NDArray[np.float64],
        threads: int,
    ) -> None: ...

def islands(n_particles: int) -> int: ...
def resample(
    weights: NDArray[np.float64], u: NDArray[np.float64], count: int
) -> NDArray[np.intp]: ...

class SortedRows:
    def __init__(
        self,
        X: NDArray[np.uint8],
        weights: NDArray[np.float64] | None = None,
        forced: NDArray[np.uint8] | None = None,
    ) -> None: ...
    @property
    def n_distinct(self) -> int: ...
    @property
    def total(self) -> float: ...

def check_binary(X: NDArray[np.uint8]) -> int: ...
def sgd_step(
    params: NDArray[np.float32],
    grad: NDArray[np.float32],
    velocity: NDArray[np.float32],
    lr: float,
    momentum: float,
    nesterov: bool,
    weight_decay: float,
    n_decayed: int,
    threads: int,
) -> None: ...
def rmsprop_step(
    params: NDArray[np.float32],
    grad: NDArray[np.float32],
    square: NDArray[np.float32],
    lr: float,
    rho: float,
    epsilon: float,
    weight_decay: float,
    n_decayed: int,
    threads: int,
) -> None: ...
def adam_step(
    params: NDArray[np.float32],
    grad: NDArray[np.float32],
    m: NDArray[np.float32],
    v: NDArray[np.float32],
    step: int,
    lr: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    weight_decay: float,
    n_decayed: int,
    threads: int,
) -> None: ...
def ema_step(
    average: NDArray[np.float32], params: NDArray[np.float32], decay: float, threads: int
) -> None: ...
def fit_regressions(
    W: NDArray[np.float64],
    b: NDArray[np.float64],
    rows: SortedRows,
    penalty: NDArray[np.float64],
    l1_ratio: float,
    tolerance: float,
    threads: int,
) -> int: ...
def largest_gradient(rows: SortedRows, threads: int) -> float: ...
def plain_nade_log_prob_and_grad(
    W: NDArray[np.float64],
    c: NDArray[np.float64],
    V: NDArray[np.float64],
    b: NDArray[np.float64],
    X: NDArray[np.uint8],
    gW: NDArray[np.float64],
    gc: NDArray[np.float64],
    gV: NDArray[np.float64],
    gb: NDArray[np.float64],
) -> NDArray[np.float64]: ...
def plain_nade_draw(
    W: NDArray[np.float64],
    c: NDArray[np.float64],
    V: NDArray[np.float64],
    b: NDArray[np.float64],
    U: NDArray[np.float64],
) -> NDArray[np.uint8]: ...
def philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> list[int]: ...
def uniforms(seed: int, start: int, count: int, stream: int) -> NDArray[np.float64]: ...
def levels() -> list[str]: ...
def level() -> str: ...
def set_level(name: str) -> None: ...
def max_threads() -> int: ...
def force_threads(threads: int) -> None: ...
def useful_threads(threads: int, multiply_adds: int) -> int: ...
def build_info() -> dict[str, str | bool]: ...
def measure_fma(threads: int) -> float: ...
def measure_bandwidth(bytes: int, threads: int) -> float: ...
def measure_instructions(threads: int) -> float: ...

MAX_TILE: int
MAX_BATCH: int
