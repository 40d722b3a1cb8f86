r"""Orderings of the columns, chosen from data: which feature is predicted from which.

An ordering is a permutation: ``ordering[k]`` is the column that stands at position k, and is
predicted from the columns at positions before it. Every model takes one as its option `ordering`,
or one of the names in `NAMES`, for which `fit` calls the function here on its training rows.

========== =================== =====================================================
name       function            order
========== =================== =====================================================
random     `random`            a permutation drawn uniformly
marginal   `marginal`          by the entropy of the columns alone, the surest first
chow-liu   `chow_liu`          along the tree of strongest dependences, depth first
greedy     `greedy`            next what those already placed tell most about
========== =================== =====================================================

`given_first` puts columns that will be known before all others; it is an ordering too.

No ordering changes what a model could learn with enough units and rows; it changes how hard that
is. The choice is exact and the same on every machine: counts are integers, and ties go to the
first column.
"""

from .choices import NAMES, Name, choose, chow_liu, greedy, marginal, random
from .given import GivenFirst, given_first
from .information import mutual_information

__all__ = [
    "NAMES",
    "GivenFirst",
    "Name",
    "choose",
    "chow_liu",
    "given_first",
    "greedy",
    "marginal",
    "mutual_information",
    "random",
]
