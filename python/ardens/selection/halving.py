"""Settings chosen by validation likelihood: successive halving with epochs as the resource."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..checks.options import RandomState, seed_from, whole_number
from ..errors import DivergenceError, warns_once
from ..models.density import Density
from ..training.settings import settings_for
from .candidates import Candidate, JudgedRows, Trial, held_out, unfitted
from .grids import Grid, combinations, default_grid, own_values

__all__ = ["Tuning", "tune"]


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


@warns_once
def tune(
    estimator: Density[Any],
    X: ArrayLike,
    grid: Grid | None = None,
    *,
    X_valid: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    sample_weight_valid: ArrayLike | None = None,
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
        Zeros and ones to learn from; unknown cells too where `X_valid` is given and the estimator
        has ``missing="sample"``.
    grid : mapping of str to sequence, or sequence of such mappings, optional
        Values by option, of which all combinations are candidates. None takes those of
        `ardens.selection.default_grid`, with the estimator as it is for the first candidate. No
        combination may be wrong.
    X_valid : array_like of shape (n_valid, n_features), optional
        Rows that judge; if None, `validation_fraction` of `X` is held out, the same rows for all.
    sample_weight, sample_weight_valid : float or array_like of float, optional
        What each row of `X`, and of `X_valid`, counts, as for the estimator.
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
    if not isinstance(estimator, Density):
        raise TypeError(
            "estimator must be a model of this package or a Mixture, such as NADE(); "
            f"got {estimator!r}"
        )
    own = getattr(estimator, "random_state", None)
    seed = seed_from(random_state)
    rng = np.random.default_rng(seed)
    if X_valid is None:
        if sample_weight_valid is not None:
            raise ValueError("sample_weight_valid needs X_valid, whose rows it weighs")
        rows = held_out(X, sample_weight, validation_fraction, estimator.binarize, rng)
    else:
        rows = JudgedRows(X, X_valid, sample_weight, sample_weight_valid)
    shape = getattr(rows.X, "shape", None)  # which sparse rows have
    n_samples = int(shape[0]) if shape else len(np.asarray(rows.X))
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
    candidates = [Candidate(common, params) for params in chosen]
    alive = candidates
    while True:
        last = len(alive) <= factor or not all(candidate.resumable for candidate in alive)
        for candidate in alive:
            candidate.train(rows, None if last else epochs)
            announce(candidate.trial)
        sound = sorted(
            (candidate for candidate in alive if candidate.trial.error is None),
            key=Candidate.rank,
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
    candidates.sort(key=Candidate.rank, reverse=True)
    trials = tuple(candidate.trial for candidate in candidates)
    return Tuning(sound[0].result(), trials, own_options)


def _short(value: Any) -> str:
    """A value of an option, as a cell."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
