"""Settings chosen by validation likelihood: successive halving with epochs as the resource."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..checks.options import RandomState, real_number, seed_from, whole_number
from ..checks.rows import binary_matrix
from ..errors import DivergenceError
from ..models.density import Density
from ..training.settings import settings_for
from ..training.split import distinct, split_places
from .grids import Grid, combinations, default_grid, learns_by_steps, own_values

__all__ = ["Trial", "Tuning", "tune", "unfitted"]


@dataclass
class Trial:
    """How far one candidate came.

    Parameters
    ----------
    params : dict of str to object
        The options in which it differs from the estimator that was given.
    nats : list of float
        Mean log-likelihood of the validation rows after every rung that it took part in; -inf
        where training diverged.
    epochs : int, default 0
        Epochs of training in all; 0 for a model that does not learn by gradient steps.
    seconds : float, default 0.0
        Time of training in all.
    error : str, optional
        Why training diverged, if it did.
    """

    params: dict[str, Any]
    nats: list[float] = field(default_factory=list)
    epochs: int = 0
    seconds: float = 0.0
    error: str | None = None


@dataclass(frozen=True)
class Tuning:
    """What a search found.

    Parameters
    ----------
    estimator : estimator
        The best candidate, fitted.
    trials : tuple of Trial
        All candidates, the best first; those that were dropped and those that diverged are behind.
    own : dict of str to object, default none
        The options of the estimator that was given, which a candidate has where its `params` name
        no others.

    Examples
    --------
    >>> from ardens import Tabular, tune
    >>> found = tune(Tabular(), [[0, 1], [1, 0]] * 20, {"alpha": [0.1, 100]}, random_state=0)
    >>> found.best.params
    {'alpha': 0.1}
    """

    estimator: Any
    trials: tuple[Trial, ...]
    own: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @property
    def best(self) -> Trial:
        """The trial of the best candidate."""
        return self.trials[0]

    def table(self) -> str:
        """Render the trials as aligned text, one line each, the best first."""
        names = list(dict.fromkeys(name for trial in self.trials for name in trial.params))
        lines = [(*names, "valid nats", "epochs", "seconds")]
        for trial in self.trials:
            values = {**self.own, **trial.params}
            options = (_short(values[n]) if n in values else "-" for n in names)
            nats = "diverged" if trial.error else f"{trial.nats[-1]:.4f}"
            lines.append((*options, nats, str(trial.epochs), f"{trial.seconds:.1f}"))
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True))
            for line in lines
        )


def tune(
    estimator: Density[Any],
    X: ArrayLike,
    grid: Grid | None = None,
    *,
    X_valid: ArrayLike | None = None,
    validation_fraction: float = 0.1,
    n_candidates: int = 12,
    factor: int = 3,
    min_epochs: int | None = None,
    random_state: RandomState = None,
    announce: Callable[[Trial], object] = lambda trial: None,
) -> Tuning:
    r"""Search for the options with the best validation likelihood, by successive halving.

    All candidates are trained for a few epochs; the best :math:`1/f` of them go on for f times as
    many, and so forth. When f or fewer are left they are trained to their own end.

    Parameters
    ----------
    estimator : estimator
        What all candidates have in common; it is not fitted itself.
    X : array_like of shape (n_samples, n_features)
        Zeros and ones to learn from.
    grid : mapping of str to sequence, or sequence of such mappings, optional
        Values by option, of which all combinations are candidates. None takes those of
        `ardens.selection.default_grid`, with the estimator as it is for the first candidate. No
        combination may be wrong.
    X_valid : array_like of shape (n_valid, n_features), optional
        Rows that judge; if None, `validation_fraction` of `X` is held out, the same rows for all.
    validation_fraction : float, default 0.1
        Part of the rows that is held out, above 0 and below 1.
    n_candidates : int, default 12
        Candidates at most; of a grid with more combinations so many are drawn.
    factor : int, default 3
        The f above, at least 2. With as many candidates or fewer, none is dropped: a plain search.
    min_epochs : int, optional
        Epochs of the first rung; the look-ahead that suits the number of rows if None.
    random_state : None, int, Generator, RandomState or SeedSequence
        The seed of the draw, the split and, unless the estimator has its own, every fit.
    announce : callable, default does nothing
        Called with the `Trial` of a candidate after each of its rungs.

    Returns
    -------
    Tuning
        The best candidate, fitted, and what became of all.

    Raises
    ------
    TypeError, ValueError
        If data or an option are of the wrong type or out of range, or an option is unknown.
    DivergenceError
        If every candidate that was left diverged.

    Notes
    -----
    A rung goes on from the best parameters of the one before (a warm start), with the optimizer's
    memory. Models that do not learn by gradient steps are fitted once each. n candidates cost about
    as much as :math:`\log_f n` full fits. A short first rung favours candidates that learn fast;
    raise `min_epochs` where regularisation, which shows late, is to be chosen.

    References
    ----------
    Jamieson, K. & Talwalkar, A. (2016), Non-stochastic best arm identification and hyperparameter
    optimization. AISTATS.

    Examples
    --------
    >>> import numpy as np
    >>> from ardens import NADE, tune
    >>> X = np.random.default_rng(0).integers(0, 2, (300, 1)).repeat(3, axis=1)  # equal columns
    >>> rates = {"learning_rate": [0.0, 0.05]}
    >>> found = tune(NADE(4, max_epochs=9), X, rates, random_state=0)
    >>> found.best.params, bool(found.estimator.score(X) > -0.8)
    ({'learning_rate': 0.05}, True)
    """
    whole_number(n_candidates, "n_candidates", minimum=1)
    whole_number(factor, "factor", minimum=2)
    own = getattr(estimator, "random_state", None)
    seed = seed_from(random_state)
    rng = np.random.default_rng(seed)
    if X_valid is None:
        X, X_valid = _split(X, validation_fraction, estimator.binarize, rng)
    n_samples = len(np.asarray(X))
    if min_epochs is None:
        min_epochs = settings_for(n_samples, validated=True).patience
    epochs = whole_number(min_epochs, "min_epochs", minimum=1)
    common = unfitted(estimator)
    if "random_state" in common.get_params():
        common.set_params(random_state=seed if own is None else seed_from(own))
    own_options = own_values(estimator, n_samples)
    if grid is not None:
        chosen = combinations(grid, n_candidates, rng)
    else:
        drawn = combinations(default_grid(estimator, n_samples), n_candidates, rng)
        others = (params for params in drawn if not params.items() <= own_options.items())
        chosen = [{}, *others][:n_candidates]
    candidates = [_Candidate(common, params) for params in chosen]
    alive = candidates
    while True:
        last = len(alive) <= factor or not all(candidate.resumable for candidate in alive)
        for candidate in alive:
            candidate.train(X, X_valid, None if last else epochs)
            announce(candidate.trial)
        sound = sorted(
            (candidate for candidate in alive if candidate.trial.error is None),
            key=_Candidate.rank,
            reverse=True,
        )
        if not sound:
            first = alive[0].trial
            raise DivergenceError(
                f"every candidate that was left diverged; the first, {first.params}: {first.error}",
                0,
            )
        if last:
            break
        kept = sound[: math.ceil(len(alive) / factor)]
        for candidate in alive:
            if candidate not in kept:
                candidate.model = None
        alive = kept
        epochs *= factor
    candidates.sort(key=_Candidate.rank, reverse=True)
    trials = tuple(candidate.trial for candidate in candidates)
    return Tuning(sound[0].result(), trials, own_options)


def unfitted(value: Any) -> Any:
    """Copy an estimator's options, and those of estimators in them, into a new one."""
    if isinstance(value, list | tuple):
        return type(value)(map(unfitted, value))
    if isinstance(value, type) or not hasattr(value, "get_params"):
        return value
    options = value.get_params(deep=False)
    return type(value)(**{name: unfitted(option) for name, option in options.items()})


class _Candidate:
    """An estimator that is trained from rung to rung."""

    def __init__(self, common: Density[Any], params: Mapping[str, Any]) -> None:
        self.model: Any = unfitted(common).set_params(**params)
        self.model._check_options()  # a wrong one must not end a search on its way
        self.trial = Trial(dict(params))
        self.options = self.model.get_params(deep=False)
        self.resumable = learns_by_steps(self.model)
        self.finished = False

    def train(self, X: ArrayLike, X_valid: ArrayLike, epochs: int | None) -> None:
        """Go on to so many epochs in all, or to the candidate's own end."""
        trial, began = self.trial, time.perf_counter()
        try:
            if not self.resumable:
                self.model.fit(X, X_valid=X_valid)
            elif not self.finished:
                self._go_on(X, X_valid, epochs)
            trial.nats.append(float(self.model.score(X_valid)))
        except DivergenceError as error:
            trial.error = str(error)
            trial.nats.append(-math.inf)
        trial.seconds += time.perf_counter() - began

    def _go_on(self, X: ArrayLike, X_valid: ArrayLike, epochs: int | None) -> None:
        """Train for the epochs that are still to come."""
        done, end = self.trial.epochs, self.options["max_epochs"]
        if epochs is None or (end is not None and end <= epochs):
            more = end if end is None else end - done
        else:
            more = epochs - done
        if more == 0:
            return
        self.model.set_params(warm_start=True, max_epochs=more).fit(X, X_valid=X_valid)
        self.trial.epochs = int(self.model.history_["epoch"][-1])
        self.finished = more is None or self.trial.epochs < done + more  # by its look-ahead

    def rank(self) -> tuple[int, float]:
        """Those that came further stand before those that were dropped; diverged ones are last."""
        diverged = self.trial.error is not None
        return (-1 if diverged else len(self.trial.nats), self.trial.nats[-1])

    def result(self) -> Any:
        """The fitted model with the options that it was given."""
        if self.resumable:
            names = ("warm_start", "max_epochs")
            self.model.set_params(**{name: self.options[name] for name in names})
        return self.model


def _split(
    X: ArrayLike, fraction: float, binarize: float | None, rng: np.random.Generator
) -> tuple[Any, Any]:
    """Hold out validation rows."""
    real_number(fraction, "validation_fraction")
    rows: Any = X.iloc if hasattr(X, "iloc") else np.asarray(X)
    which = distinct(binary_matrix(X, binarize=binarize, allow_empty=False))
    n = len(which)
    learned, held = split_places(which, min(max(fraction, 0.0), 1.0), rng)
    if not 0 < len(held) < n:
        raise ValueError(
            "validation_fraction must be above 0 and below 1 and leave rows on both sides; "
            f"{fraction:g} of {n} rows are {len(held)}"
        )
    return rows[learned], rows[held]


def _short(value: Any) -> str:
    """A value of an option, as a cell."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
