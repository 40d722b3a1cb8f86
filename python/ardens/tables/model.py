"""Tables of mixed columns, learned as rows of bits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any, Self, final

import numpy as np
from numpy.typing import ArrayLike

from ..checks.options import seed_from
from ..checks.weights import row_weights
from ..composites import Mixture
from ..composites.description import CLASS as MIXTURE
from ..errors import warns_once
from ..models import MODELS
from ..models.description import read_model, word
from ..storage.container import Container, stamped, write
from ..storage.distrust import believed, refuse
from .cutting import Fineness
from .description import CLASS, described, written_options
from .fitted import BitModel
from .frames import read
from .learning import trained, without_model
from .reading import options_in, table_in
from .surprise import SurprisingTable

__all__ = ["TableModel"]


@final
@dataclass(eq=False, repr=False)
class TableModel(SurprisingTable):
    r"""A density over the rows of a table, whatever its columns hold.

    Every column is a code: its values, or bins of its numbers, are the leaves of a tree of bits. A
    model of bits learns the rows, and bits that those before decide cost nothing.

    .. math:: p(\text{row}) = p(\text{bits}) \prod_j p(\text{value}_j \mid \text{leaf}_j)

    is a probability where columns are of values or lie on grids, such as integers and prices, and
    a density where they are real numbers.

    Parameters
    ----------
    estimator : AutoregressiveModel or Mixture, optional
        What learns the bits; a NADE with direct weights and rectified units if None. Its `codes`
        do not count, those of the table do.
    columns : dict of name to str, optional
        Kinds of columns, where they are not to be found by themselves: ``"category"``,
        ``"ordered"``, ``"integer"``, ``"number"``, ``"boolean"``, ``"date"``; ``"ignore"`` leaves
        a column out, and ``"anew"`` draws new identifiers for one that cannot be learned.
    missing : tuple, optional
        Values that mean that a cell is missing, such as ``("?", "NA")``, beside those that are
        missing in any case.
    random_state : None, int, Generator, RandomState or SeedSequence
        The seed of training; None leaves that of the estimator.
    n_jobs : int, optional
        Number of threads, as for every model; None leaves that of the estimator.

    Attributes
    ----------
    columns_ : ColumnTable
        What was found of each column: kind, leaves, bits, and what was noticed.
    estimator_ : AutoregressiveModel or Mixture
        The fitted model of the bits.
    n_features_in_ : int
        Number of columns that were learned.
    feature_names_in_ : ndarray of object
        Their names.
    history_ : dict of str to list of float
        Figures of training.

    Notes
    -----
    A missing cell is a value of its own in `score_samples`, `cell_surprise` and draws, and unknown
    in `given`, `impute`, `log_marginal`, `most_probable` and `predict_proba`.

    All values of a column that were never seen have the probability of half a row together, and are
    never drawn. The ends of numbers are open instead: beyond the smallest and the largest one there
    is half a row each, exponential, but no number is drawn beyond zero if none was, or beyond what
    the dtype holds.

    References
    ----------
    Uria, B., Côté, M.-A., Gregor, K., Murray, I. & Larochelle, H. (2016), Neural autoregressive
    distribution estimation. JMLR 17(205).

    Examples
    --------
    >>> import numpy as np
    >>> import ardens
    >>> rng = np.random.default_rng(0)
    >>> size = rng.normal(170, 10, 1000).round(1)
    >>> X = {"size": size, "tall": np.where(size > 180, "yes", "no")}
    >>> model = ardens.TableModel(random_state=0).fit(X)
    >>> model.columns_["size"].kind, model.columns_["tall"].kind
    ('number', 'category')
    >>> bool((model.sample(9, given={"tall": "yes"}, random_state=0)["size"] > 170).all())
    True
    """

    @warns_once
    def fit(
        self,
        X: Any,
        y: object = None,
        *,
        X_valid: Any = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Find the kinds of the columns, and learn the rows.

        Parameters
        ----------
        X : data frame
            Of pandas, polars or pyarrow, or a dictionary of arrays or lists; at least one row.
        y : ignored
            There for pipelines.
        X_valid : data frame, optional
            Rows that judge the epochs; None lets the estimator hold some of `X` out.
        sample_weight : float or array_like of float, shape (n_samples,), optional
            What each row counts, at least 0 and not 0 for all; kinds of columns are found by the
            rows alone.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If `X` is no data frame, or a column holds what no model can learn.
        ValueError
            If an option is wrong, names are not distinct, or a column is of identifiers or free
            text; the message says what to do.

        Warns
        -----
        UserWarning
            Of values that look like markers of missing cells, and of columns that are functions of
            others.
        """
        self._check_options()
        frame = read(X, "X", tuple(self.missing or ()))
        wanted = dict(self.columns or {})
        unknown = [name for name in wanted if name not in frame.names]
        if unknown:
            raise ValueError(f"columns names {unknown[0]!r}, which no column of X is called")
        given = row_weights(sample_weight, frame.n_rows)
        weights = np.ones(frame.n_rows) if given is None else given
        if given is not None and not given.all():
            there = np.flatnonzero(given)
            frame, weights = frame.take(there), given[there]
            given = weights
        table = without_model(frame, weights, wanted, Fineness.of(float(weights.sum())))
        valid = None
        if X_valid is not None:
            valid = read(X_valid, "X_valid", tuple(self.missing or ()))
            lacking = [column.name for column in table.learned if column.name not in valid.names]
            if lacking:
                raise ValueError(f"X_valid lacks the column {lacking[0]!r}")
        options: dict[str, Any] = {}
        if self.random_state is not None:
            options["random_state"] = seed_from(self.random_state)
        if self.n_jobs is not None:
            options["n_jobs"] = self.n_jobs
        model = trained(table, self.estimator, (frame, given), valid, options)
        self._fitted = replace(table, model=model, markers=tuple(self.missing or ()))
        return self

    def save(self, path: str | PathLike[str]) -> None:
        """Write the model to a file; `ardens.load` reads it.

        Parameters
        ----------
        path : path-like
            Where to write. A file that is there is replaced in one step.

        Raises
        ------
        NotFittedError
            If the model is not fitted.
        TypeError
            If a column holds values that no file has words for.
        OSError
            If the file cannot be written.
        """
        fitted = self._state()
        self._check_options()
        words: Mapping[str, str] = {}
        arrays: Mapping[str, Any] = {}
        if fitted.model is not None:
            words, arrays = fitted.model._written()
        settings, omitted = written_options(self)
        description = {
            "class": CLASS,
            "settings": settings,
            "omitted": omitted,
            "bits": json.loads(words["model"]) if words else None,
        }
        told = {"model": word(description), "table": word(described(fitted))}
        write(path, stamped(told), arrays)

    @classmethod
    def _read(cls, description: Mapping[str, Any], file: Container) -> Self:
        """Read the fitted model of a file."""
        table = table_in(file.described("table", "the description of the table"))
        model = cls(**believed(options_in, description.get("settings")))
        believed(model._check_options)
        believed(seed_from, model.random_state)
        bits = description.get("bits")
        if (bits is None) != (table.row is None):
            refuse("the table and the model of its bits do not go together")
        if bits is None:
            file.arrays({})
            model._fitted = table
            return model
        if not isinstance(bits, dict):
            refuse("the model of the bits is not described")
        if bits.get("class") == MIXTURE:
            inner: BitModel = Mixture._read(bits, file)
        else:
            inner = read_model(bits, file, MODELS)[0]
        members = inner.members_ if isinstance(inner, Mixture) else [inner]
        if any(member.codes_ != table.row for member in members):
            refuse("the table and the model of its bits have different codes")
        model._fitted = replace(table, model=inner)
        return model
