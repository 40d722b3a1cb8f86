"""Models of parameters that a user gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from numpy.typing import ArrayLike

from ..codes import Code, RowCode
from ..columns import Columns
from ..core import Model
from ..parameters import check_shapes, named_arrays
from .autoregressive import AutoregressiveModel
from .coded import Codes, row_code

__all__ = ["OneForm", "made_of"]

AnyModel = TypeVar("AnyModel", bound=AutoregressiveModel)


def made_of(
    cls: type[AnyModel],
    dimensions: Mapping[str, int],
    ordering: ArrayLike | None,
    flipped: ArrayLike | None,
    codes: Codes,
    parameters: Mapping[str, ArrayLike],
    **variant: Any,
) -> AnyModel:
    """Make a fitted model, its options the defaults but for those that its parameters tell."""
    arrays = named_arrays(cls.__name__, dimensions, parameters)
    sizes = cls._sizes({name: array.shape for name, array in arrays.items()})
    core = Model(cls._family, *sizes, **variant)
    check_shapes(core, arrays)
    model = cls(**cls._options_of(core))
    model.ordering = ordering
    model.codes = codes
    rows = row_code(codes, core.n_features)
    model._adopt(core, arrays, Columns.of(core.n_features, ordering, flipped, codes=rows))
    return model


@dataclass(kw_only=True, eq=False, repr=False)
class OneForm(AutoregressiveModel):
    """A model whose parameters have one form, whatever its options."""

    @classmethod
    def from_parameters(
        cls,
        *,
        ordering: ArrayLike | None = None,
        flipped: ArrayLike | None = None,
        codes: RowCode | Sequence[Code] | None = None,
        **parameters: ArrayLike,
    ) -> Self:
        """Make a fitted model of given parameters.

        Parameters
        ----------
        ordering : array_like of int, shape (n_features,), optional
            ``ordering[k]`` is the column that stands at position k; None for the order of the
            columns.
        flipped : array_like of bool, shape (n_features,), optional
            Which columns of the data the model has turned over, as `flipped_` tells; None for none.
        codes : RowCode or sequence of Code, optional
            Which rows there can be; None for all.
        **parameters : array_like of float
            What `parameters` gives, copied and rounded to float32.

        Returns
        -------
        model
            A fitted model with the default options, `ordering` and `n_hidden` excepted.

        Raises
        ------
        TypeError
            If a parameter is missing, unknown, or does not hold real numbers.
        ValueError
            If shapes do not fit together, or a value is not finite.

        Examples
        --------
        >>> from ardens import FVSBN
        >>> model = FVSBN.from_parameters(W=[[0, 0], [2, 0]], b=[0, -1])
        >>> model.conditionals([[0, 0], [1, 0]]).round(3)
        array([[0.5  , 0.269],
               [0.5  , 0.731]])
        """
        return made_of(cls, cls._dimensions, ordering, flipped, codes, parameters)
