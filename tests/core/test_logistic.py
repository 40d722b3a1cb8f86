"""The compiled regressions, against the specification."""

import numpy as np
import pytest

from ardens import _core, codes
from ardens.reference import logistic

RATIOS = [0.0, 0.3, 1.0]


def correlated(rng, rows=150, n=9):
    """Rows of all the awkward columns: rare, common, constant, equal, and opposite ones."""
    X = (rng.random((rows, n)) < np.linspace(0.05, 0.95, n)).astype(np.uint8)
    X[:, 2], X[:, 4] = 0, 1
    X[:, 5], X[:, 6] = X[:, 1], 1 - X[:, 3]
    return X


def solve(X, penalty=1.0, l1_ratio=1.0, *, weights=None, tolerance=1e-12, threads=1, start=None):
    """Weights, intercepts, and how often a loss was evaluated."""
    n = X.shape[1]
    W, b = (np.zeros((n, n)), np.zeros(n)) if start is None else [a.copy() for a in start]
    penalties = np.broadcast_to(np.float64(penalty), n).copy()
    rows = _core.SortedRows(X, weights)
    return W, b, _core.fit_regressions(W, b, rows, penalties, l1_ratio, tolerance, threads)


def fit(X, *args, **options):
    return solve(X, *args, **options)[:2]


@pytest.mark.parametrize("l1_ratio", RATIOS)
@pytest.mark.parametrize("weighted", [False, True])
def test_forced_bits_are_not_learned(rng, l1_ratio, weighted):
    """A bit that is forced depends on those before it; its row counts in all other regressions."""
    row = codes.RowCode([codes.one_hot(4), codes.rank([5, 2, 1, 1]), codes.one_hot(3, none=True)])
    leaves = [rng.integers(0, code.n_leaves, 400) for code in row.codes]
    leaves[1] = np.where(rng.random(400) < 0.7, leaves[0], leaves[1])
    X = row.encode(np.stack(leaves, axis=1))
    weights = rng.random(400) + 0.5 if weighted else None
    forced = _core.Model("fvsbn", X.shape[1], 0).coded(row.core).forced(X)
    n = X.shape[1]
    W, b = np.zeros((n, n)), np.zeros(n)
    rows = _core.SortedRows(X, weights, forced)
    _core.fit_regressions(W, b, rows, np.full(n, 0.5), l1_ratio, 1e-12, 1)
    for i in range(n):
        free = forced[:, i] == 0
        y, v = X[free, i], None if weights is None else weights[free]
        if y.min(initial=1) == y.max(initial=0) or not free.any():
            counts = np.ones(len(y)) if v is None else v
            odds = np.log((counts @ y + 1) / (counts @ (1 - y) + 1))
            assert b[i] == pytest.approx(odds, abs=1e-9)
            assert not W[i].any()
            continue
        how = {"penalty": 0.5, "l1_ratio": l1_ratio}
        assert logistic.violation(X[free, :i], y, W[i, :i], b[i], v, **how) < 1e-4


def factored(rng, rows, n, offset=1.0):
    """Rows whose columns have three causes in common; the larger the offset, the fewer ones."""
    factors = rng.normal(size=(rows, 3)) @ rng.normal(size=(3, n))
    return (rng.random((rows, n)) < 1 / (1 + np.exp(offset - factors))).astype(np.uint8)


def worst(X, W, b, weights=None, **options):
    """The largest violation of the conditions of the minimum, columns that vary alone."""
    varies = [i for i in range(X.shape[1]) if 0 < X[:, i].sum() < len(X)]
    return max(
        logistic.violation(X[:, :i], X[:, i], W[i, :i], b[i], weights, **options) for i in varies
    )


@pytest.mark.parametrize("l1_ratio", RATIOS)
@pytest.mark.parametrize("penalty", [0.05, 1.0, 20.0])
def test_the_conditions_of_the_minimum_hold(rng, penalty, l1_ratio):
    X = correlated(rng)
    W, b = fit(X, penalty, l1_ratio)
    assert worst(X, W, b, penalty=penalty, l1_ratio=l1_ratio) < 1e-4
    assert not np.triu(W).any()


@pytest.mark.parametrize("l1_ratio", RATIOS)
def test_the_conditions_hold_where_rows_are_thinned_out_for_the_curvature(rng, l1_ratio):
    X = factored(rng, 4000, 20)
    W, b = fit(X, 2.0, l1_ratio, tolerance=1e-9)
    assert worst(X, W, b, penalty=2.0, l1_ratio=l1_ratio) < 0.02


@pytest.mark.parametrize(
    ("rows", "most"),
    [
        (correlated, 5.5),
        (lambda rng: factored(rng, 4000, 20), 7),  # thinned out, and counted 64 rows at once
        (lambda rng: factored(rng, 6000, 100, 3.8), 12),  # thinned out, and counted by ones
    ],
    ids=["few", "dense", "sparse"],
)
def test_few_evaluations_find_the_minimum(rng, rows, most):
    X = rows(rng)
    assert solve(X, 2.0, tolerance=1e-9)[2] < most * X.shape[1]


@pytest.mark.parametrize("l1_ratio", RATIOS)
def test_the_minimum_is_that_of_the_specification(rng, l1_ratio):
    X = correlated(rng, rows=40, n=7)
    W, b = fit(X, 0.7, l1_ratio)
    for i in range(7):
        options = {"penalty": 0.7, "l1_ratio": l1_ratio}
        y, before = X[:, i], X[:, :i]
        w, intercept = logistic.solve(before, y, **options, steps=4000)
        if 0 < y.sum() < len(y):
            found = logistic.objective(before, y, W[i, :i], b[i], **options)
            np.testing.assert_allclose(
                found, logistic.objective(before, y, w, intercept, **options), rtol=1e-8
            )
        else:
            assert not W[i].any()
            np.testing.assert_allclose(b[i], intercept)


@pytest.mark.usefixtures("seven_threads")
@pytest.mark.parametrize("threads", [2, 3, 7])
def test_threads_do_not_change_a_bit(rng, threads):
    X = correlated(rng, rows=300, n=50)
    for one, other in zip(fit(X), fit(X, threads=threads), strict=True):
        assert one.tobytes() == other.tobytes()


def test_the_order_of_the_rows_does_not_change_a_bit(rng):
    X = correlated(rng)
    for one, other in zip(fit(X), fit(rng.permutation(X)), strict=True):
        assert one.tobytes() == other.tobytes()


@pytest.mark.parametrize("n", [1, 2, 17])
def test_a_single_row_is_learned(n):
    W, b = fit(np.ones((1, n), np.uint8))
    assert not W.any()
    np.testing.assert_allclose(b, np.log(2))


def test_weights_are_in_the_minimum(rng):
    X, weights = correlated(rng), rng.gamma(1.0, 3.0, 150)
    W, b = fit(X, 2.0, 0.7, weights=weights)
    options = {"penalty": 2.0, "l1_ratio": 0.7}
    assert worst(X, W, b, weights, **options) < 1e-4
    assert worst(X, *fit(X, 2.0, 0.7), weights, **options) > 1
    for i in (2, 4):  # the constant ones
        none, found = logistic.solve(X[:, :i], X[:, i], weights, **options)
        assert not none.any()
        np.testing.assert_allclose(b[i], found)


def test_a_row_of_weight_three_is_three_rows_to_the_bit(rng):
    X, weights = correlated(rng), rng.integers(1, 5, 150)
    one = fit(X, weights=weights.astype(np.float64))
    for a, other in zip(one, fit(X.repeat(weights, axis=0)), strict=True):
        assert a.tobytes() == other.tobytes()
    shuffled = rng.permutation(150)
    whole = fit(X, weights=np.sqrt(weights))
    for a, other in zip(whole, fit(X[shuffled], weights=np.sqrt(weights)[shuffled]), strict=True):
        assert a.tobytes() == other.tobytes()


def test_losses_of_many_rows_of_mixed_weights_stay_finite(rng):
    """Rows of weight 1 share a logarithm, which others must not keep from being taken."""
    X = (np.arange(4096)[:, None] >> np.arange(12)[::-1] & 1).astype(np.uint8)
    X = np.column_stack([X, X[:, 0] ^ (rng.random(4096) < 0.1)]).astype(np.uint8)
    weights = np.where(np.arange(4096) % 512 == 511, 2.0, 1.0)
    W, b = fit(X, 2.0, weights=weights, tolerance=1e-9)
    assert abs(W[12, 0]) > 1
    assert worst(X, W, b, weights, penalty=2.0, l1_ratio=1.0) < 0.02


def test_rows_that_repeat_are_counted_once(rng):
    X = rng.integers(0, 2, (5000, 4), dtype=np.uint8)
    X[:, 1] &= X[:, 0]
    rows = _core.SortedRows(X)
    assert rows.n_distinct == len(np.unique(X, axis=0)) == 12
    assert rows.total == 5000
    assert _core.SortedRows(X, np.full(5000, 0.5)).total == 2500


def test_the_largest_gradient_is_that_of_the_independent_model(rng):
    X, weights = correlated(rng), rng.gamma(1.0, 3.0, 150)
    mean = np.average(X, axis=0, weights=weights)
    covariances = (weights[:, None] * (X - mean)).T @ (X - mean)
    largest = np.abs(np.tril(covariances, -1)).max()
    found = [_core.largest_gradient(_core.SortedRows(X, weights), threads) for threads in (1, 2)]
    np.testing.assert_allclose(found, largest, rtol=1e-12)


def test_without_columns_there_is_no_gradient_and_nothing_to_fit():
    rows = _core.SortedRows(np.zeros((3, 0), np.uint8))
    assert _core.largest_gradient(rows, 2) == 0
    assert _core.fit_regressions(np.zeros((0, 0)), np.zeros(0), rows, np.ones(0), 1.0, 1.0, 2) == 0


def test_columns_that_exclude_each_other_have_a_gradient():
    X = np.eye(2, dtype=np.uint8).repeat(50, axis=0)
    assert _core.largest_gradient(_core.SortedRows(X), 1) == pytest.approx(25)


def test_a_warm_start_ends_at_the_same_minimum(rng):
    X = correlated(rng)
    cold, warm = fit(X, 0.5), fit(X, 0.5, start=fit(X, 8.0))
    for i in range(X.shape[1]):
        np.testing.assert_allclose(
            *[
                logistic.objective(X[:, :i], X[:, i], W[i, :i], b[i], penalty=0.5, l1_ratio=1.0)
                for W, b in (cold, warm)
            ]
        )


@pytest.mark.parametrize("l1_ratio", RATIOS)
def test_a_start_far_from_the_minimum_ends_at_it_soon(rng, l1_ratio):
    """Where probabilities are near 0 and 1 the model of a loss promises what steps do not keep."""
    X = correlated(rng)
    far = np.tril(10 * rng.choice([-1.0, 1.0], (9, 9)), -1), np.zeros(9)
    W, b, evaluations = solve(X, 0.05, l1_ratio, start=far, tolerance=1e-9)
    assert worst(X, W, b, penalty=0.05, l1_ratio=l1_ratio) < 1e-4
    assert evaluations < 20 * 9


def test_a_weaker_penalty_never_fits_worse(rng):
    X = correlated(rng)
    losses, sizes = [], []
    for penalty in (32.0, 8.0, 2.0, 0.5):
        W, b = fit(X, penalty)
        pairs = [(X[:, :i], X[:, i], W[i, :i], b[i]) for i in range(X.shape[1])]
        losses.append(sum(logistic.objective(*p, penalty=0.0, l1_ratio=1.0) for p in pairs))
        sizes.append(np.abs(W).sum())
    assert losses == sorted(losses, reverse=True)
    assert sizes == sorted(sizes)


def test_separable_columns_end_at_finite_weights(rng):
    X = rng.integers(0, 2, (500, 1), dtype=np.uint8).repeat(3, axis=1)
    W, b = fit(X, 1e-3)
    assert np.isfinite(W).all()
    assert np.abs(W).max() < 50
    assert worst(X, W, b, penalty=1e-3, l1_ratio=1.0) < 1e-5


def test_columns_without_a_penalty_stay_as_they_are(rng):
    X = correlated(rng)
    penalties = np.ones(9)
    penalties[[3, 7]] = 0
    W, b = fit(X, penalties)
    assert not W[[3, 7]].any()
    assert not b[[3, 7]].any()
    assert np.array_equal(W[8], fit(X)[0][8])


def test_arrays_of_the_wrong_kind_are_refused(rng):
    X = correlated(rng)
    rows, W, b, penalties = _core.SortedRows(X), np.zeros((9, 9)), np.zeros(9), np.ones(9)
    with pytest.raises(TypeError, match="W must be an aligned C-contiguous array of float64"):
        _core.fit_regressions(W.astype(np.float32), b, rows, penalties, 1.0, 1e-6, 1)
    with pytest.raises(ValueError, match=r"penalty must have shape \(9\)"):
        _core.fit_regressions(W, b, rows, penalties[:3].copy(), 1.0, 1e-6, 1)
    with pytest.raises(ValueError, match="X must have at least one row; got 0"):
        _core.SortedRows(X[:0])
    with pytest.raises(ValueError, match=r"weights must have shape \(150\)"):
        _core.SortedRows(X, np.ones(9))
    for wrong in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="weights must be finite numbers above 0"):
            _core.SortedRows(X, np.full(150, wrong))
    with pytest.raises(TypeError, match="X must be an aligned C-contiguous array of uint8"):
        _core.SortedRows(X.T)
    with pytest.raises(ValueError, match="threads must be at least 1; got 0"):
        _core.fit_regressions(W, b, rows, penalties, 1.0, 1e-6, 0)


def test_what_is_no_zero_or_one_is_refused() -> None:
    for value in (2, 255):
        X = np.zeros((9, 5), np.uint8)
        X[8, 4] = value
        with pytest.raises(ValueError, match="X must be zeros and ones"):
            _core.SortedRows(X)
