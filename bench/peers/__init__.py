"""The peers: every way of computing that is compared, by model and name."""

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

    Parameters
    ----------
    library : str
        What it is written in; also the process that it runs in, shared with its siblings. Two
        libraries in one process would share threads that spin against each other.
    label : str
        Its name in the report.
    form : str
        How it is written, in one sentence.
    source : str
        Module of this package and class, joined by a colon.
    options : mapping, optional
        What the class is given beside parameters and threads.
    """

    library: str
    label: str
    form: str
    source: str
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
            "NumPy",
            "batched recurrence, blocks of rows in the cache, a pool of threads",
            "numpy_peer:NumpyNade",
        ),
        "numpy-skip": Arm(
            "numpy",
            "NumPy, skipping zeros",
            "the same; only rows with a one move and get a new hidden state",
            "numpy_peer:NumpySkippingNade",
        ),
        "torch": Arm(
            "torch",
            "PyTorch, loop",
            "eager loop over unbound rows, in place, inference mode, gradient written by hand",
            "torch_peer:TorchLoop",
        ),
        "torch-autograd": Arm(
            "torch",
            "PyTorch, autograd",
            "eager loop over unbound rows, gradient by autograd",
            "torch_peer:TorchAutograd",
        ),
        "torch-cumsum": Arm(
            "torch",
            "PyTorch, cumulative sum",
            "cumulative sum over blocks of 16 features, batched product, gradient by autograd",
            "torch_peer:TorchCumsum",
        ),
        "torch-compile": Arm(
            "torch",
            "PyTorch, compiled",
            "`torch.compile` of blocks of 16 features, forwards and a hand-written backwards",
            "torch_compiled:TorchCompiled",
        ),
        "torch-skip": Arm(
            "torch",
            "PyTorch, skipping zeros",
            "eager loop; only rows with a one move and get a new hidden state",
            "torch_skip:TorchSkipping",
        ),
        "jax": Arm(
            "jax",
            "JAX, scan",
            "jitted `lax.scan`, unrolling tuned for every shape, gradient by JAX",
            "jax_peer:JaxScan",
        ),
        "jax-reverse": Arm(
            "jax",
            "JAX, two scans",
            "the same with the gradient as a second scan, the state run backwards",
            "jax_peer:JaxReverse",
        ),
        "numba": Arm(
            "numba",
            "Numba",
            "parallel over rows, zeros skipped, fast maths",
            "numba_peer:NumbaNade",
        ),
        "numba-tuned": Arm(
            "numba",
            "Numba, tuned",
            "the same with tiles of 8 rows and an exponential that is vectorised",
            "numba_tuned:NumbaTuned",
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
        "loop": Arm(
            "blas",
            "NumPy, loop",
            "one row and one feature at a time, on one core",
            "blas_peer:LoopFvsbn",
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
