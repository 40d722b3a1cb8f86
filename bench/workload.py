"""What is computed: rows, and models that were fitted to such rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ardens
from ardens import data as files

from .internals import MODELS
from .peers import Parameters

__all__ = ["Workload", "density_rows", "fitted", "learned_rows", "made_up", "table_rows"]

Rows = NDArray[np.uint8]
MNIST_FEATURES = 784
ROWS = 10_000  # to fit a quick model


@dataclass(frozen=True)
class Workload:
    """A model with rows that suit it, both in the model's order of the features."""

    key: str  # its name among others
    model: str
    parameters: Parameters
    X: Rows
    about: str  # what the report says of rows and model
    # what the reference has computed
    cache: dict[Any, Any] = field(default_factory=dict, repr=False)

    @property
    def n(self) -> int:
        """Number of features."""
        return self.X.shape[1]

    @property
    def d(self) -> int:
        """Number of hidden units; 0 where a model has none."""
        return self.parameters["c"].shape[-1] if "c" in self.parameters else 0

    def with_rows(self, key: str, X: Rows) -> Workload:
        """The same model with other rows."""
        return replace(self, key=key, X=np.ascontiguousarray(X), cache={})


def learned_rows(folder: Path | None, n: int) -> tuple[Rows, str]:
    """Images for NADE and FVSBN, shuffled, and where they come from.

    They are binarized MNIST, if the folder has ``binarized_mnist.npz``, or scikit-learn's digits
    enlarged; of their 784 pixels, the middle n.
    """
    path = folder / "binarized_mnist.npz" if folder else None
    if path is not None and path.exists():
        X, about = files.read(path, only=["train"])["train"], "binarized MNIST (training rows)"
    else:
        X, about = _enlarged_digits(), "scikit-learn's 8×8 digits, enlarged to 28×28"
    if n > X.shape[1]:
        raise ValueError(f"n must be at most {X.shape[1]}, the pixels of an image; got {n}")
    first = (X.shape[1] - n) // 2
    order = np.random.default_rng(0).permutation(len(X))[:ROWS]
    return np.ascontiguousarray(X[order, first : first + n]), about


def table_rows(folder: Path | None, n: int) -> tuple[Rows, str]:
    """Rows of a table for the MLP: Adult, or rows drawn from groups with their own frequencies."""
    path = folder / "adult.npz" if folder else None
    if path is not None and path.exists():
        X = files.read(path, only=["train"])["train"][:, :n]
        return np.ascontiguousarray(X), "Adult (training rows)"
    rng = np.random.default_rng(0)
    frequencies = rng.beta(0.3, 2.3, size=(10, n))
    X = (rng.random((5000, n)) < frequencies[rng.integers(0, 10, 5000)]).astype(np.uint8)
    return X, "rows drawn from a mixture of 10 products of Bernoullis"


def fitted(
    key: str, model: str, X: Rows, about: str, *, file: Path | None = None, **options: Any
) -> Workload:
    """Make a workload of a model fitted to the rows, or read from a file with its own ordering."""
    if file is None:
        make: Any = MODELS[model]
        estimator: Any = make(**options, validation_fraction=0.0, random_state=0).fit(X)
        epochs = len(estimator.history_["epoch"])
        about = f"{about}; parameters of {epochs} epochs on {len(X):,} of these rows"
    else:
        estimator = ardens.load(file)
        wanted = MODELS[model]
        if not isinstance(estimator, wanted):
            raise TypeError(f"{file} must hold a {wanted.__name__}; it is {estimator!r}")
        if estimator.n_features_in_ != X.shape[1]:
            raise ValueError(
                f"{file} must have {X.shape[1]} features, as the rows; "
                f"it has {estimator.n_features_in_}"
            )
        about = f"{about}; parameters of {file.name}"
    rows = np.ascontiguousarray(X[:, estimator.ordering_])
    parameters = {k: np.array(v) for k, v in estimator.parameters().items()}
    return Workload(key, model, parameters, rows, about)


def made_up(key: str, n: int, d: int, n_rows: int, ones: float = 0.13) -> Workload:
    """A NADE of any size with weights as large as learned ones, and rows of independent bits."""
    rng = np.random.default_rng([n, d])
    parameters = {
        "W": rng.normal(0, 3 / np.sqrt(n), (d, n)),
        "c": rng.normal(0, 0.5, d),
        "V": rng.normal(0, 3 / np.sqrt(d), (n, d)),
        "b": rng.normal(np.log(ones / (1 - ones)), 0.5, n),
    }
    rounded = {k: v.astype(np.float32) for k, v in parameters.items()}
    about = f"made-up weights, independent bits with {100 * ones:.0f} % ones"
    return Workload(key, "nade", rounded, density_rows(n_rows, n, ones), about)


def density_rows(n_rows: int, n: int, ones: float) -> Rows:
    """Rows of independent bits."""
    rng = np.random.default_rng([n_rows, n])
    return (rng.random((n_rows, n)) < ones).astype(np.uint8)


def _enlarged_digits() -> Rows:
    """scikit-learn's digits as images of the size of MNIST's."""
    from sklearn.datasets import load_digits

    images = np.asarray(load_digits().images)
    # 14 % ones, much as in MNIST, once the 24×24 image has its frame
    ones = (images > 12).repeat(3, axis=1).repeat(3, axis=2)
    return np.pad(ones, ((0, 0), (2, 2), (2, 2))).reshape(len(images), -1).astype(np.uint8)
