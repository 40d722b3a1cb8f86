"""scikit-learn's protocol, without scikit-learn: options, representation, tags, routing.

An estimator is a dataclass whose fields are the options of its constructor, each declared with what
it may be (`ardens.checks.options.option`). The constructor only stores them, so that cloning and
searching over them works; `fit` is where they are checked.
"""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import reprlib
from collections.abc import Callable
from typing import Any, ClassVar, Self, TypeAlias

from ..checks.options import options_of

__all__ = ["Estimator", "Rule"]

Rule: TypeAlias = Callable[[Any, "int | None"], None]
"""What must hold of several options together, for so many columns if that is known."""

_SHORT = reprlib.Repr()
_SHORT.maxother = _SHORT.maxstring = 100


@dataclasses.dataclass(kw_only=True, eq=False, repr=False)
class Estimator:
    """What scikit-learn asks of any estimator."""

    _rules: ClassVar[tuple[Rule, ...]] = ()

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Read the options given to the constructor.

        Parameters
        ----------
        deep : bool, default True
            Whether to add the options of options that are estimators, as ``option__suboption``.

        Returns
        -------
        dict of str to object
            The options by name, in alphabetical order.

        Examples
        --------
        >>> from ardens import Tabular
        >>> Tabular(alpha=0.5).get_params()["alpha"]
        0.5
        """
        params: dict[str, Any] = {}
        for name in sorted(self._options()):
            value = getattr(self, name)
            params[name] = value
            if deep and hasattr(value, "get_params") and not isinstance(value, type):
                params |= {f"{name}__{key}": sub for key, sub in value.get_params().items()}
        return params

    def set_params(self, **params: Any) -> Self:
        """Change options; they count from the next `fit` on, `binarize` and `n_jobs` at once.

        Parameters
        ----------
        **params : object
            New values by name; ``option__suboption`` reaches into an option that is an estimator.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If there is no option of that name, or no estimator to reach into; nothing is changed
            then.

        Examples
        --------
        >>> from ardens import NADE
        >>> NADE().set_params(n_hidden=50)
        NADE(n_hidden=50)
        """
        names = sorted(self._options())
        nested: dict[str, dict[str, Any]] = {}
        for key, value in params.items():
            name, separator, rest = key.partition("__")
            if name not in names:
                raise ValueError(
                    f"Invalid parameter {name!r} for estimator {self}. "
                    f"Valid parameters are: {names}."
                )
            if separator:
                inner = params.get(name, getattr(self, name))
                if not hasattr(inner, "set_params"):
                    raise ValueError(
                        f"{key} needs an estimator in the option {name}; give one, such as "
                        f"{name}=NADE(); got {name}={inner!r}"
                    )
                nested.setdefault(name, {})[rest] = value
        for key, value in params.items():
            if "__" not in key:
                setattr(self, key, value)
        for name, options in nested.items():
            getattr(self, name).set_params(**options)
        return self

    def set_fit_request(self, **requests: bool | str | None) -> Self:
        """Ask scikit-learn's meta-estimators for arguments of `fit`, where metadata routing is on.

        Parameters
        ----------
        **requests : bool, str or None
            By the name of an argument, such as `sample_weight`: True to be passed what the
            meta-estimator is given under that name, False to do without, a string for what it is
            given under another, None for an error where it is given any.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If there is no such argument.

        Examples
        --------
        >>> from ardens import Tabular
        >>> Tabular().set_fit_request(sample_weight=True).get_metadata_routing().fit.requests
        {'X_valid': None, 'sample_weight': True, 'sample_weight_valid': None}
        """
        return self._request("fit", requests)

    def set_score_request(self, **requests: bool | str | None) -> Self:
        """Ask scikit-learn's meta-estimators for arguments of `score`.

        Parameters
        ----------
        **requests : bool, str or None
            As for `set_fit_request`.

        Returns
        -------
        self

        Raises
        ------
        TypeError
            If there is no such argument.
        """
        return self._request("score", requests)

    def get_metadata_routing(self) -> Any:
        """Tell scikit-learn's meta-estimators what they are asked for.

        Returns
        -------
        sklearn.utils.metadata_routing.MetadataRequest
            A copy.
        """
        if "_metadata_request" in vars(self):  # where scikit-learn's `clone` looks for it
            return copy.deepcopy(self._metadata_request)
        routing = importlib.import_module("sklearn.utils.metadata_routing")
        requests = routing.MetadataRequest(owner=type(self).__name__)
        for method in ("fit", "partial_fit", "score"):
            for name in self._arguments(method):
                getattr(requests, method).add_request(param=name, alias=None)
        return requests

    def _request(self, method: str, requests: dict[str, bool | str | None]) -> Self:
        """Ask for arguments of a method."""
        known, routing = self._arguments(method), self.get_metadata_routing()
        for name, asked in requests.items():
            if name not in known:
                raise TypeError(f"{method} has the arguments {', '.join(known)}; got {name!r}")
            getattr(routing, method).add_request(param=name, alias=asked)
        self._metadata_request = routing
        return self

    def _arguments(self, method: str) -> list[str]:
        """What a method takes beside the data, if there is such a method."""
        parameters = inspect.signature(getattr(self, method, lambda: None)).parameters
        return [name for name in parameters if name not in ("X", "y")]

    def __repr__(self) -> str:
        changed = []
        for name, default in self._options().items():
            value = getattr(self, name)
            if type(value) is not type(default) or value != default:
                changed.append(f"{name}={_SHORT.repr(value)}")
        return f"{type(self).__name__}({', '.join(changed)})"

    def __sklearn_tags__(self) -> Any:
        utils = importlib.import_module("sklearn.utils")
        return utils.Tags(
            estimator_type="density_estimator",
            target_tags=utils.TargetTags(required=False),
            input_tags=utils.InputTags(sparse=True),
        )

    def _options(self) -> dict[str, Any]:
        """The defaults of the constructor's options, by name."""
        return {field.name: field.default for field in dataclasses.fields(self) if field.init}

    def _check_options(self, n_features: int | None = None) -> None:
        """Refuse wrong options, all but the seed, which a look may advance."""
        for name, option in options_of(self).items():
            option.kind.check(getattr(self, name), name)
        for rule in self._rules:
            rule(self, n_features)
