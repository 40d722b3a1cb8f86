"""What the models are, with Python's floats and no recurrence."""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


def _sigmoid(t: float) -> float:
    return 1 / (1 + math.exp(-t))


def _logit_tabular(i: int, x: Sequence[int], p: Mapping[str, Array]) -> float:
    """Level i of the tree begins at 2**i - 1, and a prefix is a binary number within its level."""
    return float(p["logits"][2**i - 1 + int("0" + "".join(map(str, x[:i])), base=2)])


def _logit_fvsbn(i: int, x: Sequence[int], p: Mapping[str, Array]) -> float:
    return float(p["b"][i] + sum(p["W"][i, j] * x[j] for j in range(i)))


def _logit_mlp(i: int, x: Sequence[int], p: Mapping[str, Array]) -> float:
    pairs = [(k, j) for k in range(len(x)) for j in range(k)]
    row = {pair: p["A"][place] for place, pair in enumerate(pairs)}
    a = [
        p["c"][i, unit] + sum(row[i, j][unit] * x[j] for j in range(i))
        for unit in range(p["c"].shape[1])
    ]
    return float(p["b"][i] + sum(v * _sigmoid(t) for v, t in zip(p["V"][i], a, strict=True)))


def _logit_nade(
    i: int, x: Sequence[int], p: Mapping[str, Array], f: Callable[[float], float] = _sigmoid
) -> float:
    a = [
        p["c"][unit] + sum(p["W"][unit, j] * x[j] for j in range(i)) for unit in range(p["c"].size)
    ]
    V = p["V"][i] if "V" in p else p["W"][:, i]
    direct = sum(p["D"][i, j] * x[j] for j in range(i)) if "D" in p else 0.0
    return float(p["b"][i] + direct + sum(v * f(t) for v, t in zip(V, a, strict=True)))


LOGITS = {
    "tabular": _logit_tabular,
    "fvsbn": _logit_fvsbn,
    "mlp": _logit_mlp,
    "nade": _logit_nade,
    "nade-tanh": partial(_logit_nade, f=math.tanh),
    "nade-relu": partial(_logit_nade, f=lambda a: max(a, 0.0)),
    "nade-direct": _logit_nade,
    "nade-tied": _logit_nade,
    "nade-tanh-direct-tied": partial(_logit_nade, f=math.tanh),
}


def conditionals_by_definition(name: str, X: Array, params: Mapping[str, Array]) -> Array:
    """Conditional probabilities p(x_i = 1 | x_<i), bit by bit."""
    rows = X.astype(int).tolist()
    n = X.shape[1]
    return np.array([[_sigmoid(LOGITS[name](i, x, params)) for i in range(n)] for x in rows])


def log_prob_by_definition(name: str, X: Array, params: Mapping[str, Array]) -> Array:
    """Logarithm of the product of the probabilities of the bits; for moderate logits only."""
    P = conditionals_by_definition(name, X, params)
    return np.array([math.log(math.prod(p)) for p in np.where(X == 1, P, 1 - P).tolist()])


def information_by_definition(X: Array, times: Array | None = None) -> Array:
    """Mutual information of every pair of columns, in nats: sums over four cells."""
    rows, n = X.tolist(), X.shape[1]
    each = [1] * len(rows) if times is None else times.tolist()

    def part(there: Callable[[Any], bool]) -> float:
        """Of all rows, those of which something is true."""
        return sum(t for x, t in zip(rows, each, strict=True) if there(x)) / sum(each)

    result = np.zeros((n, n))
    for i, j in itertools.product(range(n), repeat=2):
        for a, b in itertools.product((0, 1), repeat=2):
            both = part(lambda x, i=i, j=j, a=a, b=b: x[i] == a and x[j] == b)
            of_i, of_j = (part(lambda x, k=k, v=v: x[k] == v) for k, v in ((i, a), (j, b)))
            if both > 0:
                result[i, j] += both * math.log(both / (of_i * of_j))
    return result
