"""Exact models of what columns hold: values as words of bits.

A *code* is a tree of bits whose leaves are the values of a column; a row is the bits of its
columns, one after the other. Where the bits before leave no choice, a bit is *forced*. A model with
``codes=`` gives forced bits probability one, and so

.. math:: p(x) = \\prod_{i \\text{ not forced}} p(x_i \\mid x_{<i})

sums to one over the rows that the codes have; all others have log-probability -inf, and none of
them is ever drawn. Forced bits add nothing to nats or gradients.

=========== =============================================================================
`one_hot`   value j is bit j alone; or no bit at all
`rank`      ordered values: every bit halves the mass
`huffman`   frequent values in few bits
`digits`    ordered values as numbers of one-hot digits
`calendar`  days as year, month and day
`bits`      free bits
`nested`    another code follows on each value
`product`   several values side by side
`words`     any set of words
=========== =============================================================================

`RowCode` joins those of columns; `detect` finds one-hot columns in data of 0 and 1.
"""

from .code import Code
from .composed import calendar, nested, product
from .finding import detect
from .makers import bits, digits, huffman, one_hot, rank, words
from .row import RowCode

__all__ = [
    "Code",
    "RowCode",
    "bits",
    "calendar",
    "detect",
    "digits",
    "huffman",
    "nested",
    "one_hot",
    "product",
    "rank",
    "words",
]
