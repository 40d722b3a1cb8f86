"""FVSBN by its convex solver: the path of penalties, what chooses one, and what the options do."""

import math
import pickle

import numpy as np
import pytest

import ardens
from ardens.checks.weights import Table
from ardens.reference import logistic
from ardens.training import convex as solver
from ardens.training.convex import penalties, too_large
from ardens.training.likelihood import Likelihood
from helpers.interrupts import cpu_seconds_after_ctrl_c

N = 12


@pytest.fixture
def rows(rng):
    """Rows with more pairs of columns that depend on each other than noise alone gives."""
    factors = rng.normal(size=(600, 2)) @ rng.normal(size=(2, N))
    return (rng.random((600, N)) < 1 / (1 + np.exp(-2 * factors))).astype(np.uint8)


def path_of(X, l1_ratio=1.0, weights=None):
    return penalties(Table(X, weights), l1_ratio, threads=1)


def convex(**options):
    return ardens.FVSBN(**{"random_state": 0, "n_jobs": 1} | options)


def test_the_history_has_one_entry_for_each_penalty(rows):
    model = convex().fit(rows[:400], X_valid=rows[400:])
    history = model.history_
    tried, valid = history["penalty"], history["valid"]
    assert tried == list(path_of(rows[:400])[: len(tried)])
    assert model.best_epoch_ == 1 + int(np.argmax(valid)) < len(valid)
    assert 1 < len(valid) - model.best_epoch_ + 1 <= 3
    assert history["train"] == sorted(history["train"])
    assert np.isnan(history["learning_rate"]).all()
    np.testing.assert_allclose(model.score(rows[400:]), max(valid), rtol=1e-6)


def test_a_given_penalty_is_solved_on_all_rows(rows):
    model = convex(penalty=2.0).fit(rows)
    assert model.history_["penalty"] == [2.0]
    assert np.isnan(model.history_["valid"]).all()
    found = model.parameters()
    for i in range(N):
        options = {"penalty": 2.0, "l1_ratio": 1.0}
        w, b = found["W"][i, :i].astype(np.float64), float(found["b"][i])
        best = logistic.solve(rows[:, :i], rows[:, i], **options, steps=2000)
        gap = logistic.objective(rows[:, :i], rows[:, i], w, b, **options)
        gap -= logistic.objective(rows[:, :i], rows[:, i], *best, **options)
        assert abs(gap) < 1e-3 * len(rows) / N


def test_rows_held_out_are_learned_from_in_the_end(rows):
    model = convex().fit(rows)
    penalty = model.history_["penalty"][model.best_epoch_ - 1]
    whole = convex(penalty=penalty).fit(rows)
    np.testing.assert_allclose(model.score(rows), whole.score(rows), atol=4e-3)


def test_without_rows_to_choose_by_the_penalty_is_one(rows):
    assert convex().fit(rows[:1]).history_["penalty"] == [1.0]
    assert convex(validation_fraction=0).fit(rows).history_["penalty"] == [1.0]


def test_the_lasso_leaves_weights_out_and_ridge_does_not(rows):
    below = np.tril_indices(N, -1)
    lasso, ridge = (convex(penalty=30, l1_ratio=r).fit(rows).parameters()["W"] for r in (1.0, 0.0))
    assert (lasso[below] == 0).any()
    assert (ridge[below] != 0).all()


def test_threads_do_not_change_a_bit_of_a_path(same, rows, seven_threads):
    assert same(convex().fit(rows), convex(n_jobs=7).fit(rows))


def test_the_order_of_the_rows_does_not_matter(same, rows, rng):
    valid = rows[500:]
    one = convex().fit(rows[:500], X_valid=valid)
    assert same(one, convex(random_state=5).fit(rng.permutation(rows[:500]), X_valid=valid))


def test_an_ordering_and_a_coding_are_kept(rows):
    order = np.arange(N)[::-1]
    model = convex(ordering=order, coding="majority", penalty=1.0).fit(rows)
    turned = convex(penalty=1.0).fit(np.where(model.flipped_, 1 - rows, rows)[:, order])
    np.testing.assert_allclose(
        model.score(rows), turned.score(rows[:, order] ^ model.flipped_[order])
    )


def test_epochs_and_patience_bound_the_path(rows):
    patient = convex(patience=50).fit(rows[:500], X_valid=rows[500:]).history_["penalty"]
    assert patient == list(path_of(rows[:500]))
    assert patient[-1] == 2.0**-7
    few = convex(max_epochs=3, patience=50).fit(rows[:500], X_valid=rows[500:]).history_["penalty"]
    np.testing.assert_allclose(few, np.geomspace(patient[0], patient[-1], 3))


def test_a_callback_sees_penalties_and_can_end_the_path(rows):
    seen = []

    def two(end):
        seen.append((end.epoch, end.penalty, math.isnan(end.learning_rate)))
        if end.epoch == 2:
            end.stop()

    convex(callbacks=[two]).fit(rows)
    assert seen[0][0::2] == (1, True)
    assert seen[1] == (2, 2.0 ** np.floor(np.log2(seen[0][1])), True)


def test_partial_fit_goes_on_by_gradient(rows):
    model = convex().fit(rows)
    penalties = model.history_["penalty"]
    history = model.partial_fit(rows).history_
    assert history["penalty"][:-1] == penalties
    assert math.isnan(history["penalty"][-1])
    assert history["learning_rate"][-1] > 0


def test_a_warm_start_ends_where_a_cold_one_does(rows):
    model = convex(warm_start=True).fit(rows)
    first, penalties = model.score(rows), model.history_["penalty"]
    model.fit(rows)
    assert model.history_["penalty"] == 2 * penalties
    np.testing.assert_allclose(model.score(rows), first, atol=4e-3)


def test_a_fit_survives_files_and_pickles(rows, same, tmp_path):
    model = convex(penalty=0.5, l1_ratio=0.9).fit(rows)
    model.save(tmp_path / "m")
    for copy in (ardens.load(tmp_path / "m"), pickle.loads(pickle.dumps(model))):
        assert same(copy, model)
        assert copy.get_params()["penalty"] == 0.5
        assert copy.history_["penalty"] == [0.5]


def test_ctrl_c_ends_the_solver_and_leaves_the_model_as_it_was(rng):
    X = (rng.random((4000, 300)) < 0.5).astype(np.uint8)
    model = convex(penalty=1e-3, l1_ratio=0.0).fit(X[:20, :5])
    before = model.parameters()["W"]
    assert cpu_seconds_after_ctrl_c(lambda: model.fit(X), delay=0.3) < 10  # sanitizers are slow
    assert np.shares_memory(model.parameters()["W"], before)


def test_more_memory_than_the_machine_has_is_refused_before_rows_are_sorted(rows, leave_memory):
    leave_memory(100_000)
    convex(penalty=1.0).fit(np.tile(rows, (4, 1)))
    different = np.arange(2400, dtype=np.uint16)[:, None] >> np.arange(N, dtype=np.uint16) & 1
    with pytest.raises(MemoryError, match="sorting 2,400 rows of 12 features needs"):
        convex(penalty=1.0).fit(different)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"solver": "newton"}, 'solver must be "convex" or "stochastic"; got \'newton\''),
        ({"solver": None}, "solver must be"),
        ({"penalty": 0}, "penalty must be above 0; got 0"),
        ({"penalty": -1.0}, "penalty must be a finite number of at least 0; got -1"),
        ({"penalty": "l1"}, "penalty must be a finite number"),
        ({"penalty": math.inf}, "penalty must be a finite number"),
        (
            {"l1_ratio": 1.5},
            "l1_ratio must be a finite number of at least 0 and at most 1; got 1.5",
        ),
        ({"l1_ratio": None}, "l1_ratio must be"),
    ],
    ids=str,
)
def test_wrong_options_are_refused(rows, options, words):
    with pytest.raises((TypeError, ValueError), match=words):
        convex(**options).fit(rows)


@pytest.mark.parametrize("l1_ratio", [1.0, 0.5])
def test_a_path_begins_where_the_first_weight_leaves_zero(rows, l1_ratio):
    X = np.concatenate([rows, np.ones((len(rows), 1), np.uint8)], axis=1)
    strongest = path_of(X, l1_ratio)[0]
    weights = [
        convex(penalty=penalty, l1_ratio=l1_ratio).fit(X).parameters()["W"]
        for penalty in (strongest, 0.98 * strongest)
    ]
    assert np.count_nonzero(weights[0]) == 0
    assert np.count_nonzero(weights[1]) > 0


def test_columns_that_exclude_each_other_are_learned():
    """200 columns of which one is 1: each pair says next to nothing, all together what is left."""
    X = np.eye(200, dtype=np.uint8)[np.random.default_rng(0).integers(0, 200, 2600)]
    model = convex().fit(X[:2000], X_valid=X[2000:2300])
    assert model.score(X[2300:]) > -5.4  # log 200 = 5.30 is what is possible; independent: -6.31
    drawn = model.sample(2000, random_state=0).sum(axis=1)
    assert (drawn == 1).mean() > 0.9


def test_what_changes_nothing_before_the_first_gain_is_not_waited_for():
    """Rare columns: strong penalties leave all weights at 0, or all but."""
    rng = np.random.default_rng(0)
    X = (rng.random((4000, 30)) < 0.01).astype(np.uint8)
    X[:, 1] = X[:, 0]
    model = convex().fit(X[:2000], X_valid=X[2000:3000])
    independent = convex(penalty=1e6).fit(X[:2000]).score(X[3000:])
    assert model.score(X[3000:]) > independent + 0.03


def test_a_path_of_weighted_rows_is_that_of_rows_repeated(rows, rng):
    times = rng.integers(1, 4, len(rows))
    assert path_of(rows, weights=times.astype(np.float64)) == path_of(rows.repeat(times, axis=0))


@pytest.fixture
def asked(monkeypatch):
    """Sizes of all that the compiled solver is given, and bytes that the machine is asked for."""
    seen = {"W": set(), "bytes": []}
    inner = solver.fit_regressions

    def fit_regressions(W, *others):
        seen["W"].add(W.shape)
        inner(W, *others)

    monkeypatch.setattr(solver, "fit_regressions", fit_regressions)
    monkeypatch.setattr(solver, "check_memory", lambda size, what: seen["bytes"].append(size))
    return seen


@pytest.fixture
def wide(rows):
    """Among 500 columns, 12 that vary; with the places of these."""
    X = np.zeros((len(rows), 500), np.uint8)
    X[:, 250:] = 1
    places = np.arange(7, 500, 41)[:N]
    X[:, places] = rows
    return X, places


def test_constant_columns_cost_nothing_and_change_nothing(rows, wide, asked):
    X, places = wide
    alone = convex(penalty=2.0).fit(rows).parameters()
    memory = asked["bytes"][:]
    found = convex(penalty=2.0).fit(X).parameters()
    assert asked["W"] == {(N, N)}
    assert asked["bytes"][2:] == [memory[0] + np.unique(rows, axis=0).nbytes, memory[1]]
    np.testing.assert_array_equal(found["W"][np.ix_(places, places)], alone["W"])
    np.testing.assert_array_equal(found["b"][places], alone["b"])
    assert np.count_nonzero(found["W"]) == np.count_nonzero(alone["W"])
    constant = np.setdiff1d(np.arange(500), places)
    expected = np.log(601) * np.where(constant < 250, -1, 1)
    np.testing.assert_allclose(found["b"][constant], expected, rtol=1e-6)


def test_a_warm_start_forgets_what_is_constant_now(rows):
    model = convex(penalty=2.0, warm_start=True).fit(rows)
    X = rows.copy()
    X[:, 4], X[:, 6] = 1, 0
    model.fit(X)
    found = model.parameters()
    assert not found["W"][[4, 6]].any()
    assert not found["W"][:, [4, 6]].any()
    np.testing.assert_allclose(model.score(X), convex(penalty=2.0).fit(X).score(X), atol=4e-3)


def test_nothing_but_constant_columns_is_learned():
    X = np.tile(np.array([0, 1, 1], np.uint8), (50, 1))
    model = convex().fit(X, X_valid=X[:9])
    assert model.history_["penalty"] == [1.0]
    np.testing.assert_allclose(model.parameters()["b"], np.log(51) * np.array([-1, 1, 1]))


@pytest.mark.parametrize("judged", [False, True], ids=["split", "X_valid"])
def test_copies_of_rows_cost_nothing_more(rows, rng, same, judged, monkeypatch):
    """Whatever goes over rows, to learn, to judge or to tell of it, has each of them once."""
    scored = []
    log_prob = Likelihood.log_prob
    monkeypatch.setattr(
        Likelihood,
        "log_prob",
        lambda self, params, X: scored.append(len(X)) or log_prob(self, params, X),
    )
    learned, valid = np.unique(rows[:400, :6], axis=0), rows[400:, :6]
    copied = learned[rng.integers(0, len(learned), 5000)]
    given = {"X_valid": valid} if judged else {}
    model = convex().fit(copied, **given)
    kinds = [len(np.unique(some, axis=0)) for some in (copied, valid)]
    assert max(scored) <= max(kinds) < 64
    _, first, times = np.unique(copied, axis=0, return_index=True, return_counts=True)
    order = np.argsort(first)
    assert same(model, convex().fit(copied[first[order]], sample_weight=times[order], **given))


@pytest.mark.parametrize("limit", ["_MOST_PAIRS", "_MOST_VARYING"])
def test_what_is_too_large_learns_by_steps_unless_it_is_told_otherwise(rows, limit, monkeypatch):
    rows = np.unique(rows, axis=0)
    ones = np.minimum(rows.sum(axis=0), len(rows) - rows.sum(axis=0))
    n = rows.shape[1]
    size = ones.sum() * n / 2 if limit == "_MOST_PAIRS" else n
    for most, large in ((size, False), (size - 1, True)):
        monkeypatch.setattr(f"ardens.training.convex.{limit}", most)
        assert too_large(Table(rows)) == large
        told = ardens.FVSBN(max_epochs=2, validation_fraction=0, random_state=0).fit(rows)
        assert ("penalty" in told.history_) == (not large)
        assert "penalty" in ardens.FVSBN(penalty=1.0).fit(rows).history_


def test_constant_columns_make_nothing_large(monkeypatch):
    monkeypatch.setattr("ardens.training.convex._MOST_VARYING", 1)
    X = np.zeros((9, 5), np.uint8)
    X[:3, 1] = 1
    assert not too_large(Table(X))
