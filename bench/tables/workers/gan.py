"""CTGAN and TVAE of the package ctgan (Xu et al. 2019), with its settings."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd
import torch
from ctgan import CTGAN, TVAE
from ctgan.synthesizers import ctgan as ctgan_file
from ctgan.synthesizers import tvae as tvae_file
from work import Complete, Job, run

MODELS = {"ctgan": (CTGAN, ctgan_file), "tvae": (TVAE, tvae_file)}


class Gan:
    """A network that learns until its epochs or the seconds of the job are over."""

    def fit(self, train: pd.DataFrame, job: Job) -> None:
        """Learn; the loop over epochs is told to stop after a time."""
        make, file = MODELS[job["options"]["model"]]
        self.frame = Complete(train, job["categories"])
        self.notes: dict[str, Any] = {"epochs": 0}
        began = time.perf_counter()

        class Epochs:
            def __init__(self, epochs: Iterable[int], **how: Any) -> None:
                self.epochs = epochs

            def __iter__(me) -> Iterator[int]:
                for epoch in me.epochs:
                    if time.perf_counter() - began > job["seconds"]:
                        return
                    yield epoch
                    self.notes["epochs"] = epoch + 1

            def set_description(self, text: str) -> None:
                pass

        file.tqdm = Epochs
        torch.manual_seed(job["seed"])
        np.random.seed(job["seed"])  # noqa: NPY002
        self.model = make(enable_gpu=False)
        self.model.fit(self.frame.encode(train), self.frame.categories)

    def sample(self, n: int, seed: int) -> pd.DataFrame:
        """Draw rows."""
        self.model.set_random_state(seed)
        return self.frame.decode(self.model.sample(n))


if __name__ == "__main__":
    run(Gan, "ctgan")
