"""Reading matrices of zeros and ones from files, and one small real data set.

============================ ============================================================
``.npz``                     arrays ``train``, ``valid``, ``test`` (any of them), one array, or
                             what `scipy.sparse.save_npz` writes, which stays sparse
``.npy``                     one array, memory-mapped
``.csv``, ``.data``,         text: one row a line, cells separated by commas or by white
``.amat``, anything else     space (``.data`` are the DEBD files, ``.amat`` the MNIST ones),
                             with or without names of the columns in the first line
text of other layouts        tabs, semicolons or bars between cells, quotes, an index before
                             them, truth values in words; read by pyarrow
Parquet, Arrow, Feather      tables, known by their content; read by pyarrow
svmlight, FIMI               text that lists what is not 0, which stays sparse: labels and
                             pairs ``column:value``, or numbers of columns alone
``-``                        any but arrays from standard input
============================ ============================================================

gzip may have packed whatever is no array. pyarrow comes with ``pip install ardens[tables]``: it is
the library of the Apache Arrow project, which defines these formats and knows the types of their
columns. Nothing is ever unpickled.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from .checks.options import truth, whole_number
from .readers.arrays import SPLITS, read_arrays
from .readers.cells import SINGLE, Wanted
from .readers.files import read_stream
from .readers.files import read_table as read_stream_table

__all__ = ["SINGLE", "SPLITS", "digits", "read", "read_table", "wines"]


def read(
    source: str | os.PathLike[str],
    *,
    binary: bool = True,
    only: Collection[str] = SPLITS,
    n_features: int | None = None,
    as_in: str = "the model",
    weight_column: int | str | None = None,
    unknown: bool = False,
    table: bool = False,
) -> Any:
    """Read the matrices of a data file, as a dict of split names to arrays.

    Parameters
    ----------
    source : str or path
        A file of any kind in the table above, or ``"-"`` for standard input.
    binary : bool, default True
        Whether every value must be 0 or 1. With False any real number is read, to be
        thresholded by an estimator's `binarize`.
    only : collection of str, default ("train", "valid", "test")
        The splits of a ``.npz`` file to load; those it does not hold are left out, but one must be
        there. A file with a single matrix ignores it.
    n_features : int, optional
        The number of columns that is wanted, at least 1; None for any.
    as_in : str, default "the model"
        What has so many columns, for the error where others are found.
    weight_column : int or str, optional
        A column of weights of the rows, any numbers of at least 0, which is taken out: its number
        from 0, below 0 from the end, or its name in the first line of a text, which is a header
        then.
    unknown : bool, default False
        Whether cells may have no value, to be handed to calls that take unknown cells. In text such
        a cell is empty between commas, or says NA, NaN, None, null, missing, ``?`` or ``-``; in
        arrays it is NaN. A blank line is no row.
    table : bool, default False
        Whether a table of other cells than 0 and 1 will do as well, as for `TableModel`.

    Returns
    -------
    dict of str to ndarray of shape (n_samples, n_features), or pyarrow.Table
        Under ``"train"``, ``"valid"`` and ``"test"``, or under ``"data"`` where the file holds one
        matrix only and calls it none of these. Where the file names its columns the array has
        them as its attribute `columns`, and a model learns them. Sparse rows, which models take
        and ``np.asarray`` makes dense, are there where a file lists what is not 0. With
        `weight_column` also the weights of each, of shape (n_samples,), under its name and
        ``"_weight"``. Text becomes uint8 where all of it is 0 and 1, else float64, unknown cells
        NaN; arrays keep their dtype. A table comes as a `pyarrow.Table`.

    Raises
    ------
    OSError
        If the file cannot be opened or read.
    ImportError
        If pyarrow is needed and not there.
    ValueError
        If it holds something else, naming the file, the place (lines and columns of text count
        from 1, rows and columns of arrays from 0), what was wanted and what came.

    Warns
    -----
    UserWarning
        If any numbers are read, and the first row looks like the numbers of columns. Above rows of
        0 and 1 that is an error.

    Notes
    -----
    Text of single characters 0 and 1 is read at the speed of memory, other numbers by NumPy's
    parser, a block of lines at a time. Labels of svmlight are left out; its columns count from 1
    unless one is 0, those of transactions are called by their own numbers.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "toy.csv"
    ...     _ = path.write_text("0,1,1\\n1,0,0\\n")
    ...     read(path)["data"]
    array([[0, 1, 1],
           [1, 0, 0]], dtype=uint8)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "toy.csv"
    ...     _ = path.write_text("0,,1\\nNA,0,?\\n")
    ...     read(path, unknown=True)["data"]
    array([[ 0., nan,  1.],
           [nan,  0., nan]])
    """
    path = os.fspath(source)
    binary, unknown = truth(binary, "binary"), truth(unknown, "unknown")
    wanted = Wanted(binary, weights=weight_column, unknown=unknown)
    weighted = weight_column is not None
    if weighted and not isinstance(weight_column, str):
        whole_number(weight_column, "weight_column, where it is no name,", minimum=-(2**63))
    if n_features is not None:
        width = whole_number(n_features, "n_features", minimum=1) + weighted
        also = f": one of weights and {n_features}" * weighted
        wanted = wanted.wide(width, f"{also}, as {as_in} has")
    table = truth(table, "table")
    if path != "-" and os.path.splitext(path)[1].lower() in (".npz", ".npy"):
        return read_arrays(path, wanted, only)
    with _opened(path) as (stream, name):
        return read_stream(stream, name, wanted, table=table)


def read_table(
    source: str | os.PathLike[str],
    *,
    strings: Collection[str] = (),
    absent: Collection[str] = (),
) -> Any:
    """Read a table of any columns, by pyarrow: text of any layout, Parquet, Arrow or Feather.

    Parameters
    ----------
    source : str or path
        The file, or ``"-"`` for standard input. gzip may have packed text.
    strings : collection of str, default ()
        Columns of a text that are strings, whatever they look like.
    absent : collection of str, default ()
        Words of a text that mean that a cell is missing, beside NA, NaN, null, None and nothing.

    Returns
    -------
    pyarrow.Table
        Without a column that is an index: a first one without a name, or one called ``index`` that
        counts the rows.

    Raises
    ------
    OSError, ValueError
        If the file cannot be read, or is damaged or of another format.
    ImportError
        If pyarrow is not installed.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder) / "people.csv"
    ...     _ = path.write_text("name;age\\nAda;36\\nAlan;\\n")
    ...     read_table(path).to_pylist()
    [{'name': 'Ada', 'age': 36}, {'name': 'Alan', 'age': None}]
    """
    with _opened(os.fspath(source)) as (stream, name):
        return read_stream_table(stream, name, strings, absent)


@contextmanager
def _opened(path: str) -> Iterator[tuple[BinaryIO, str]]:
    """A file, or standard input, and what errors call it."""
    if path == "-":
        if sys.stdin is None or sys.stdin.closed:
            raise OSError("standard input is closed")
        yield sys.stdin.buffer, "standard input"
        return
    with open(path, "rb") as stream:
        yield stream, path


def digits(*, random_state: int = 0) -> dict[str, NDArray[np.uint8]]:
    """Load scikit-learn's 1797 handwritten digits, 8x8 pixels, binarised and split.

    A pixel is 1 where its intensity, 0 to 16, is above 7. Rows are shuffled by `random_state` and
    split into 1197 for training, 240 for validation and 360 for testing.

    Parameters
    ----------
    random_state : int, default 0
        Seed of the shuffle.

    Returns
    -------
    dict of str to ndarray of uint8, shape (n_samples, 64)
        Under ``"train"``, ``"valid"`` and ``"test"``.

    Raises
    ------
    ImportError
        If scikit-learn, which brings the images, is not installed.

    References
    ----------
    Alpaydin and Kaynak, "Optical recognition of handwritten digits", UCI Machine Learning
    Repository, 1998.

    Examples
    --------
    >>> {name: X.shape for name, X in digits().items()}
    {'train': (1197, 64), 'valid': (240, 64), 'test': (360, 64)}
    """
    datasets = _datasets("the handwritten digits")
    images = np.asarray(datasets.load_digits().data)
    order = np.random.default_rng(random_state).permutation(len(images))
    X = (images[order] > 7).astype(np.uint8)
    return dict(zip(SPLITS, np.split(X, [1197, 1437]), strict=True))


def wines() -> dict[str, NDArray[Any]]:
    """Load scikit-learn's 178 wines, 13 measurements of each and its grower, as columns.

    Returns
    -------
    dict of str to ndarray of shape (178,)
        Numbers, and under ``"grower"`` one of three names.

    Raises
    ------
    ImportError
        If scikit-learn, which brings the table, is not installed.

    References
    ----------
    Aeberhard and Forina, "Wine", UCI Machine Learning Repository, 1992.

    Examples
    --------
    >>> table = wines()
    >>> len(table), table["alcohol"][:2], str(table["grower"][0])
    (14, array([14.23, 13.2 ]), 'class_0')
    """
    wine = _datasets("the wines").load_wine()
    return dict(zip(wine.feature_names, wine.data.T, strict=True)) | {
        "grower": wine.target_names[wine.target]
    }


def _datasets(what: str) -> Any:
    """The module of scikit-learn's that brings data."""
    try:
        return importlib.import_module("sklearn.datasets")
    except ImportError as error:
        raise ImportError(f"{what} come with scikit-learn: pip install ardens[demo]") from error
