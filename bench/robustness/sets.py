"""The sets: small tables of many kinds, and larger ones with what other people's failures had.

All come from what scikit-learn, statsmodels and NetworkX ship, are drawn, or lie in the folder of
data; those of a folder that is not there are left out.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ardens import data as files

__all__ = ["LARGER", "SMALL", "LargerSet", "SmallSet"]

Rows = NDArray[np.uint8]


@dataclass(frozen=True)
class SmallSet:
    """A table that is split again and again, a third of its rows for the test."""

    about: str
    rows: Callable[[], Rows]

    def splits(self, count: int, seed: int) -> Iterator[tuple[Rows, Rows]]:
        """So many random halves to learn from and to be judged by, the first twice as large."""
        rows = self.rows()
        for child in np.random.SeedSequence(seed).spawn(count):
            order = np.random.default_rng(child).permutation(len(rows))
            third = len(rows) // 3
            yield rows[order[third:]], rows[order[:third]]


@dataclass(frozen=True)
class LargerSet:
    """Rows to learn from and rows of the test, in one split; None where the file is missing."""

    about: str
    split: Callable[[Path], tuple[Rows, Rows] | None]


def _above_median(values: Any) -> Rows:
    """Whether each value is above the median of its column."""
    array = np.asarray(values, dtype=np.float64)
    return (array > np.median(array, axis=0)).astype(np.uint8)


def _thirds(values: Any) -> Rows:
    """One of three columns for each: low, middle or high."""
    array = np.asarray(values, dtype=np.float64)
    low, high = np.quantile(array, [1 / 3, 2 / 3], axis=0)
    parts = [array <= low, (array > low) & (array <= high), array > high]
    return np.stack(parts, axis=2).reshape(len(array), -1).astype(np.uint8)


def _kinds(values: Any) -> Rows:
    """One column for each different value, one after the other."""
    columns = [np.asarray(column) for column in np.asarray(values).T]
    return np.hstack([(c[:, None] == np.unique(c)).astype(np.uint8) for c in columns])


def _some(rows: Any, count: int) -> Any:
    """So many rows, drawn; always the same."""
    return rows[np.random.default_rng(0).permutation(len(rows))[:count]]


def _sklearn(name: str) -> Any:
    """A set of scikit-learn."""
    return getattr(importlib.import_module("sklearn.datasets"), f"load_{name}")()


def _statsmodels(name: str) -> Any:
    """The table of a set of statsmodels."""
    return getattr(importlib.import_module("statsmodels.api").datasets, name).load_pandas().data


def _graph(name: str) -> Rows:
    """The adjacency matrix of a graph of NetworkX."""
    networkx = importlib.import_module("networkx")
    graph = getattr(networkx, f"{name}_graph")()
    return (networkx.to_numpy_array(graph) > 0).astype(np.uint8)


def _iris() -> Rows:
    iris = _sklearn("iris")
    return np.hstack([_thirds(iris.data), _kinds(iris.target[:, None])])


def _wine() -> Rows:
    wine = _sklearn("wine")
    return np.hstack([_above_median(wine.data), _kinds(wine.target[:, None])])


def _cancer() -> Rows:
    cancer = _sklearn("breast_cancer")
    return _some(np.hstack([_above_median(cancer.data), cancer.target[:, None]]), 150).astype(
        np.uint8
    )


def _linnerud() -> Rows:
    linnerud = _sklearn("linnerud")
    return _above_median(np.hstack([linnerud.data, linnerud.target]))


def _digits() -> Rows:
    """The 8×8 digits, black where there is any ink of half strength."""
    return (_sklearn("digits").data >= 8).astype(np.uint8)


def _southern_women() -> Rows:
    networkx = importlib.import_module("networkx")
    graph = networkx.davis_southern_women_graph()
    women, events = graph.graph["top"], graph.graph["bottom"]
    return networkx.bipartite.biadjacency_matrix(graph, women, events).toarray().astype(np.uint8)


def _spector() -> Rows:
    table = _statsmodels("spector")
    answers = table[["PSI", "GRADE"]].to_numpy()
    return np.hstack([_thirds(table[["GPA", "TUCE"]]), answers]).astype(np.uint8)


def _survey() -> Rows:
    """Answers of 200 voters: every answer a column."""
    names = ["TVnews", "selfLR", "PID", "educ", "vote"]
    return _some(_kinds(_statsmodels("anes96")[names]), 200)


def _affairs() -> Rows:
    """Answers of 100 wives: every answer a column."""
    table = _statsmodels("fair")
    names = ["rate_marriage", "religious", "educ", "occupation", "occupation_husb"]
    return _some(np.hstack([_kinds(table[names]), table[["affairs"]] > 0]), 100).astype(np.uint8)


SMALL = {
    "florentine": SmallSet("marriages of 15 families", lambda: _graph("florentine_families")),
    "karate": SmallSet("friendships in a club of 34", lambda: _graph("karate_club")),
    "miserables": SmallSet("who meets whom in a novel of 77", lambda: _graph("les_miserables")),
    "women": SmallSet("18 women at 14 events", _southern_women),
    "longley": SmallSet("16 years, medians", lambda: _above_median(_statsmodels("longley"))),
    "linnerud": SmallSet("20 men, exercises and bodies, medians", _linnerud),
    "spector": SmallSet("32 students, thirds and answers", _spector),
    "scotland": SmallSet("32 districts, thirds", lambda: _thirds(_statsmodels("scotland"))),
    "crime": SmallSet("51 states, thirds", lambda: _thirds(_statsmodels("statecrime"))),
    "affairs": SmallSet("100 answers, one-hot", _affairs),
    "digits-100": SmallSet("100 digits of 64 points", lambda: _some(_digits(), 100)),
    "iris": SmallSet("150 flowers, thirds", _iris),
    "cancer": SmallSet("150 tumours, medians", _cancer),
    "wine": SmallSet("178 wines, medians", _wine),
    "diabetes": SmallSet(
        "200 patients, medians", lambda: _some(_above_median(_sklearn("diabetes").data), 200)
    ),
    "voters": SmallSet("200 answers, one-hot", _survey),
}


def _digits_split(change: Callable[[Rows], Rows]) -> Callable[[Path], tuple[Rows, Rows]]:
    """900 digits, changed, and the other 897."""

    def split(folder: Path) -> tuple[Rows, Rows]:
        rows = _some(_digits(), 1797)
        return change(rows[:900]), rows[900:]

    return split


def _bootstrap(rows: Rows) -> Rows:
    """As many rows, drawn with replacement."""
    return rows[np.random.default_rng(1).integers(0, len(rows), len(rows))]


def _one_hot(folder: Path) -> tuple[Rows, Rows]:
    kinds = np.random.default_rng(2).integers(0, 200, 4000)
    rows = np.eye(200, dtype=np.uint8)[kinds]
    return rows[:2000], rows[2000:]


def _constant(folder: Path) -> tuple[Rows, Rows]:
    """60 rows of 20 columns, the first five of them constant; the test has the other value once."""
    rng = np.random.default_rng(3)
    rows = (rng.random((1060, 20)) < rng.random((1060, 1))).astype(np.uint8)
    rows[:, :5] = [0, 1, 0, 1, 0]
    rows[60, :5] ^= 1
    return rows[:60], rows[60:]


def _equal(folder: Path) -> tuple[Rows, Rows]:
    row = (np.arange(16) % 2).astype(np.uint8)
    rows = np.tile(row, (5001, 1))
    rows[5000] ^= 1
    return rows[:5000], rows[4001:]


def _words(folder: Path) -> tuple[Rows, Rows]:
    """Which words stand in the paragraphs of NumPy's and scikit-learn's docstrings."""
    texts = []
    names = ("numpy", "numpy.linalg", "sklearn.linear_model", "sklearn.cluster")
    # All are there before any is read, as those of numpy are others once scikit-learn is there.
    for found in [importlib.import_module(name) for name in names]:
        for name in sorted(found.__all__):
            text = getattr(getattr(found, name), "__doc__", None) or ""
            texts += [part for part in text.split("\n\n") if len(part) > 100]
    texts = list(dict.fromkeys(texts))
    text = importlib.import_module("sklearn.feature_extraction.text")
    words = text.CountVectorizer(binary=True, min_df=10, token_pattern="[a-z]{3,}")
    rows = words.fit_transform(texts).toarray().astype(np.uint8)
    rows = _some(rows, len(rows))
    return rows[: len(rows) * 2 // 3], rows[len(rows) * 2 // 3 :]


def _file(name: str, count: int) -> Callable[[Path], tuple[Rows, Rows] | None]:
    """So many training rows of a file at most, and as many of the test."""

    def split(folder: Path) -> tuple[Rows, Rows] | None:
        path = folder / f"{name}.npz"
        if not path.exists():
            return None
        splits = files.read(path, only=("train", "test"))
        return _some(splits["train"], count), _some(splits["test"], count)

    return split


LARGER = {
    "digits": LargerSet("900 digits", _digits_split(lambda rows: rows)),
    "digits-twice": LargerSet("the same, twice", _digits_split(lambda r: np.tile(r, (2, 1)))),
    "digits-bootstrap": LargerSet("900 drawn of them", _digits_split(_bootstrap)),
    "one-hot": LargerSet("2000 rows, one of 200 columns", _one_hot),
    "constant": LargerSet("60 rows, 5 of 20 columns constant", _constant),
    "equal": LargerSet("5000 equal rows of 16 columns", _equal),
    "words": LargerSet("bags of words of docstrings", _words),
    **{
        name: LargerSet(f"at most 2000 rows of {name}", _file(name, 2000))
        for name in ("adult", "connect4", "dna", "mushrooms", "nltcs", "plants")
    },
}
