"""Tables of mixed columns as rows of bits.

frames, schema, cells, native: what comes in and goes out; kinds: what a column is; columns, pieces,
cutting, grids, formats: values as leaves; units: leaves as bits, and columns that are functions of
others; fitted: all of it together; evidence: what is known of rows; description, reading, words:
all that in files. holder → scoring → sampling → questions → surprise → model: what users ask.
compare: drawn rows beside real ones.
"""

from .compare import Closeness, Comparison, compare
from .model import TableModel

__all__ = ["Closeness", "Comparison", "TableModel", "compare"]
