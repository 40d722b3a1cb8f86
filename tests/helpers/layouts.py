"""The same numbers in other forms."""

import numpy as np
import pandas as pd

DTYPES = [*"?bBhHiIlLqQefdgO", ">u2", ">i4", ">f4", ">f8"]


def misaligned(X):
    """One byte off."""
    if X.dtype == object:
        return X
    room = np.zeros(X.nbytes + 1, np.uint8)
    out = room[1:].view(X.dtype).reshape(X.shape)
    out[...] = X
    return out


def read_only(X):
    X = X.copy()
    X.flags.writeable = False
    return X


LAYOUTS = {
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "every other row": lambda X: np.repeat(X, 2, axis=0)[::2],
    "every third column": lambda X: np.repeat(X, 3, axis=1)[:, ::3],
    "backwards": lambda X: np.ascontiguousarray(X[::-1, ::-1])[::-1, ::-1],
    "transposed": lambda X: X.T.copy().T,
    "read-only": read_only,
    "misaligned": misaligned,
    "matrix": lambda X: X.view(np.matrix),
    "of a subclass": lambda X: X.view(type("Mine", (np.ndarray,), {})),
    "masked, no cell": lambda X: np.ma.array(X),
    "list": lambda X: X.tolist() if X.size else X,
    "tuple of rows": lambda X: tuple(X) if X.size else X,
    "data frame": pd.DataFrame,
}
