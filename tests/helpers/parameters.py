"""Parameters of models by the core's names for them, such as nade-tanh-direct-tied."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Shape = tuple[int, ...]


def shapes(name: str, n: int, d: int) -> dict[str, Shape]:
    """The parameters of a model of n features and d hidden units."""
    family, *variant = name.split("-")
    found: dict[str, Shape] = {
        "tabular": {"logits": (2**n - 1,)},
        "fvsbn": {"W": (n, n), "b": (n,)},
        "mlp": {"A": (n * (n - 1) // 2, d), "c": (n, d), "V": (n, d), "b": (n,)},
        "nade": {"W": (d, n), "c": (d,), "V": (n, d), "b": (n,), "D": (n, n)},
    }[family]
    if "direct" not in variant:
        found.pop("D", None)
    if "tied" in variant:
        del found["V"]
    return found


def parameters(name: str, n: int, d: int, fill: Callable[[Shape], Array]) -> dict[str, Array]:
    """Arrays that are made of their shapes, but for weights that must be 0."""
    params = {key: fill(shape) for key, shape in shapes(name, n, d).items()}
    for triangle in params.keys() & ({"W"} if name == "fvsbn" else {"D"}):
        params[triangle] = np.tril(params[triangle], -1)
    return params


def random_parameters(
    name: str, n: int, d: int, rng: np.random.Generator, scale: float = 1.0
) -> dict[str, Array]:
    """Normal numbers."""
    return parameters(name, n, d, lambda shape: scale * rng.standard_normal(shape))


def certain_parameters(name: str, bits: Array, n_hidden: int, size: float) -> dict[str, Array]:
    """Parameters for which logit i is +size where bits[i] = 1 and -size where it is 0, always."""
    n, d = bits.size, n_hidden
    sign = np.where(bits == 1, 1.0, -1.0)
    params = random_parameters(name, n, d, np.random.default_rng(0), scale=size)
    if name == "tabular":
        params["logits"] = np.repeat(sign * size, 2 ** np.arange(n))
    elif name == "fvsbn":
        params.update(W=np.zeros((n, n)), b=sign * size)
    elif "-" in name:
        params |= {key: np.zeros_like(params[key]) for key in params.keys() - {"c"}}
        params["b"] = sign * size
    else:
        # Unit 0 is saturated and carries half of the logit; the others swing widely, unheard.
        params["V"][:] = 0
        params["V"][:, 0] = sign * size / 2
        params["b"] = sign * size / 2
        params["c"][..., 0] = size
        into_unit_0 = params["A"][:, 0] if name == "mlp" else params["W"][0]
        into_unit_0[:] = 0
    return params
