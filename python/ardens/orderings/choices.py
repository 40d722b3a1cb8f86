"""Orderings chosen from data, or drawn."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..checks.options import RandomState, seed_from, truth, whole_number
from ..checks.rows import binary_rows
from ..checks.sparse import Held
from ..checks.weights import Table
from .information import mutual_information

__all__ = [
    "NAMES",
    "Name",
    "choose",
    "chow_liu",
    "greedy",
    "marginal",
    "random",
]

Name: TypeAlias = Literal["random", "marginal", "chow-liu", "greedy"]

NAMES: tuple[Name, ...] = ("random", "marginal", "chow-liu", "greedy")
"""What the option `ordering` of a model may be called."""

_DIGITS = 12  # information that differs by less is the same: it would be the rounding that chose


def random(n_features: int, random_state: RandomState = None) -> NDArray[np.intp]:
    """Draw a permutation, all of them equally likely.

    Parameters
    ----------
    n_features : int
        Number of columns, at least 1.
    random_state : None, int, Generator, RandomState or SeedSequence
        The seed; None, the default, takes a fresh one.

    Returns
    -------
    ndarray of intp, shape (n_features,)

    Raises
    ------
    TypeError, ValueError
        If an argument is of the wrong type or out of range.

    Examples
    --------
    >>> sorted(random(4, random_state=0).tolist())
    [0, 1, 2, 3]
    """
    n = whole_number(n_features, "n_features", minimum=1)
    return np.random.default_rng(seed_from(random_state)).permutation(n).astype(np.intp)


def marginal(
    X: ArrayLike,
    *,
    by: Literal["entropy", "mean"] = "entropy",
    descending: bool = False,
    sample_weight: ArrayLike | None = None,
) -> NDArray[np.intp]:
    r"""Sort the columns by what each is alone.

    .. math:: H_j = -m_j \log m_j - (1 - m_j) \log(1 - m_j)

    where :math:`m_j` is the mean of column j. Ascending entropy puts the nearly constant columns
    first, where there is little to predict them from and little is lost by that, and the uncertain
    ones last, which have all the others to be predicted from.

    Parameters
    ----------
    X : array_like of shape (n_samples, n_features)
        Zeros and ones, at least one row.
    by : {"entropy", "mean"}, default "entropy"
        What to sort by.
    descending : bool, default False
        Whether the largest comes first.
    sample_weight : float or array_like of float, shape (n_samples,), optional
        What each row counts, at least 0 and not 0 for all.

    Returns
    -------
    ndarray of intp, shape (n_features,)
        Columns that tie stay in their order.

    Raises
    ------
    TypeError, ValueError
        If `X` is no matrix of zeros and ones, or a weight or an option is wrong.

    Notes
    -----
    O(n_samples · n_features).

    Examples
    --------
    >>> X = [[0, 0, 1], [1, 0, 1], [0, 0, 1], [1, 1, 1]]
    >>> marginal(X), marginal(X, by="mean", descending=True)
    (array([2, 1, 0]), array([2, 0, 1]))
    """
    table = Table.of(binary_rows(X, allow_empty=False), sample_weight)
    ones = table.ones()
    if by == "entropy":
        keys = -np.abs(2 * ones - table.total)  # which sorts as the entropy does, without rounding
    elif by == "mean":
        keys = ones
    else:
        raise ValueError(f'by must be "entropy" or "mean"; got {by!r}')
    return np.argsort(-keys if truth(descending, "descending") else keys, kind="stable")


def chow_liu(
    X: ArrayLike,
    *,
    root: int | None = None,
    traversal: Literal["depth", "breadth"] = "depth",
    sample_weight: ArrayLike | None = None,
) -> NDArray[np.intp]:
    r"""Go along the tree whose edges carry the most mutual information.

    .. math:: \arg\max_{\text{tree}} \sum_{(i, j) \in \text{tree}} I(x_i; x_j)

    Of all distributions in which every feature depends on one other alone, that tree has the one
    of the highest likelihood. Along it every column but the root comes after the one that says most
    about it.

    Parameters
    ----------
    X : array_like of shape (n_samples, n_features)
        Zeros and ones, at least one row.
    root : int, optional
        The column to begin with, 0 … n_features - 1; None, the default, is the one with the most
        information about all others together.
    traversal : {"depth", "breadth"}, default "depth"
        Whether all that hangs on a column comes before its next sibling, so that what belongs
        together stays together, or after all its siblings. Siblings come with the most informative
        first.
    sample_weight : float or array_like of float, shape (n_samples,), optional
        What each row counts, at least 0 and not 0 for all.

    Returns
    -------
    ndarray of intp, shape (n_features,)

    Raises
    ------
    TypeError, ValueError
        If `X` is no matrix of zeros and ones, or a weight or an option is wrong.

    Notes
    -----
    `mutual_information`, and O(n_features²) for the tree.

    References
    ----------
    Chow, C. K. & Liu, C. N. (1968), Approximating discrete probability distributions with
    dependence trees. IEEE Transactions on Information Theory 14.
    Prim, R. C. (1957), Shortest connection networks and some generalizations. Bell System Technical
    Journal 36.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).integers(0, 2, (400, 4))
    >>> X[:, 2] = X[:, 0]
    >>> X[:, 1] = X[:, 0] & X[:, 3]
    >>> chow_liu(X, root=0)
    array([0, 2, 1, 3])
    """
    information = _information(X, sample_weight)
    n = len(information)
    first = (
        _most_informed(information) if root is None else whole_number(root, "root", maximum=n - 1)
    )
    if traversal not in ("depth", "breadth"):
        raise ValueError(f'traversal must be "depth" or "breadth"; got {traversal!r}')
    children = _spanning_tree(information, first)
    ordering: list[int] = []
    waiting = [first]
    while waiting:
        column = waiting.pop(-1 if traversal == "depth" else 0)
        ordering.append(column)
        below = sorted(children[column], key=lambda child: (-information[column, child], child))
        waiting += reversed(below) if traversal == "depth" else below
    return np.array(ordering, dtype=np.intp)


def greedy(X: ArrayLike, *, sample_weight: ArrayLike | None = None) -> NDArray[np.intp]:
    r"""Place next the column that those already placed say most about.

    .. math:: o_{k+1} = \arg\max_{j \notin \{o_1 \dots o_k\}} \sum_{l \le k} I(x_j; x_{o_l})

    It begins with the column that has the most information about all others together.

    Parameters
    ----------
    X : array_like of shape (n_samples, n_features)
        Zeros and ones, at least one row.
    sample_weight : float or array_like of float, shape (n_samples,), optional
        What each row counts, at least 0 and not 0 for all.

    Returns
    -------
    ndarray of intp, shape (n_features,)

    Raises
    ------
    TypeError, ValueError
        If `X` is no matrix of zeros and ones, or a weight is wrong.

    Notes
    -----
    `mutual_information`, and O(n_features²). The sum is of pairs: what two columns say about a
    third together, as in a parity, it does not see.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).integers(0, 2, (400, 4))
    >>> X[:, 2] = X[:, 0]
    >>> X[:, 1] = X[:, 0] & X[:, 3]
    >>> greedy(X)
    array([0, 2, 1, 3])
    """
    information = _information(X, sample_weight)
    n = len(information)
    ordering = np.empty(n, np.intp)
    told = np.zeros(n)
    free = np.ones(n, np.bool_)
    column = _most_informed(information)
    for k in range(n):
        if k > 0:
            column = int(np.argmax(np.where(free, np.round(told, _DIGITS), -1.0)))
        ordering[k] = column
        free[column] = False
        told += information[column]
    return ordering


def choose(
    name: Name, X: Held, rng: np.random.Generator, sample_weight: ArrayLike | None = None
) -> NDArray[np.intp]:
    """Choose an ordering by its name.

    Parameters
    ----------
    name : {"random", "marginal", "chow-liu", "greedy"}
        Which one; see the table above.
    X : ndarray of uint8 or SparseRows, shape (n_samples, n_features)
        The rows to choose it from.
    rng : numpy.random.Generator
        What draws a random one.
    sample_weight : float or array_like of float, shape (n_samples,), optional
        What each row counts.

    Returns
    -------
    ndarray of intp, shape (n_features,)

    Examples
    --------
    >>> import numpy as np
    >>> choose("marginal", np.array([[0, 1], [1, 1]], np.uint8), np.random.default_rng(0))
    array([1, 0])
    """
    if name == "random":
        return rng.permutation(X.shape[1]).astype(np.intp)
    if name == "marginal":
        return marginal(X, sample_weight=sample_weight)
    chosen = chow_liu if name == "chow-liu" else greedy
    return chosen(X, sample_weight=sample_weight)


def _information(X: ArrayLike, sample_weight: ArrayLike | None = None) -> NDArray[np.float64]:
    """Information between different columns, without what rounding leaves."""
    information = mutual_information(X, sample_weight)
    np.fill_diagonal(information, 0.0)
    return np.round(information, _DIGITS, out=information)


def _most_informed(information: NDArray[np.float64]) -> int:
    """The column with the most information about all others together."""
    return int(np.argmax([round(math.fsum(row), _DIGITS) for row in information]))


def _spanning_tree(information: NDArray[np.float64], root: int) -> list[list[int]]:
    """Children of every column in the maximum spanning tree, by Prim's algorithm."""
    n = len(information)
    children: list[list[int]] = [[] for _ in range(n)]
    parent = np.full(n, root)
    best = information[root].copy()
    best[root] = -1.0  # in the tree
    for _ in range(n - 1):
        column = int(np.argmax(best))
        children[parent[column]].append(column)
        best[column] = -1.0
        nearer = (information[column] > best) & (best >= 0)
        best[nearer], parent[nearer] = information[column, nearer], column
    return children
