"""The peers: every way of computing that is compared, by model and name.

Of each library only what is fastest at some operation is here.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .contract import OPERATIONS, SEED, Array, Parameters, Peer

__all__ = ["ARMS", "OPERATIONS", "SEED", "Arm", "Array", "Parameters", "Peer"]


@dataclass(frozen=True)
class Arm:
    """One way of computing with one model.

    Arms of a library share a process. Two libraries in one process would share threads that spin
    against each other.
    """

    library: str  # what it is written in
    label: str  # its name in the report
    form: str  # how it is written, in one sentence
    source: str  # module of this package and class, joined by a colon
    # what the class is given beside parameters and threads
    options: Mapping[str, Any] = field(default_factory=dict)

    def load(self) -> type[Peer]:
        """Import the class."""
        module, name = self.source.split(":")
        peer: type[Peer] = getattr(importlib.import_module(f".{module}", __package__), name)
        return peer

    def make(self, parameters: Parameters, threads: int, **options: Any) -> Peer:
        """Build the peer."""
        return self.load()(parameters, threads, **self.options, **options)


def _ours(model: str) -> dict[str, Arm]:
    """The arms of this package."""
    options = {"model": model}
    public = "the estimator's public methods, checks of the data and all"
    kernel = "the compiled core as `fit` calls it"
    return {
        "ardens": Arm("ardens", "ardens", public, "ardens_peer:Estimator", options),
        "core": Arm("ardens", "ardens, core", kernel, "ardens_peer:Core", options),
    }


ARMS: dict[str, dict[str, Arm]] = {
    "nade": {
        **_ours("nade"),
        "numpy": Arm(
            "numpy",
            "NumPy, skipping zeros",
            "batched recurrence, blocks of rows in the cache, a pool of threads; only rows with a "
            "one move and get a new hidden state",
            "numpy_peer:NumpyNade",
        ),
        "torch-skip": Arm(
            "torch",
            "PyTorch, skipping zeros",
            "eager loop; only rows with a one move and get a new hidden state",
            "torch_skip:TorchSkipping",
        ),
        "torch-compile": Arm(
            "torch",
            "PyTorch, compiled",
            "`torch.compile` of blocks of 16 features, forwards and a hand-written backwards",
            "torch_compiled:TorchCompiled",
        ),
        "jax": Arm(
            "jax",
            "JAX",
            "jitted `lax.scan`, unrolling tuned for every shape; the gradient as a second scan, "
            "the state run backwards",
            "jax_peer:JaxNade",
        ),
        "numba": Arm(
            "numba",
            "Numba, tuned",
            "parallel over tiles of 8 rows, zeros skipped, fast maths and an exponential that is "
            "vectorised",
            "numba_peer:NumbaNade",
        ),
    },
    "fvsbn": {
        **_ours("fvsbn"),
        "blas": Arm(
            "blas",
            "NumPy, BLAS",
            "product with a masked matrix on all cores; a loop over features to sample",
            "blas_peer:BlasFvsbn",
        ),
    },
    "mlp": {
        **_ours("mlp"),
        "torch": Arm(
            "torch",
            "PyTorch, loop",
            "loop over dimensions, inference mode, gradient written by hand",
            "torch_mlp:MlpLoop",
        ),
        "torch-product": Arm(
            "torch",
            "PyTorch, one product",
            "all hidden layers in one product with a half-empty matrix",
            "torch_mlp:MlpProduct",
        ),
    },
}
