"""Few rows judge in turn: who judges, by what, and what is kept."""

import numpy as np
import pytest

from ardens import FVSBN, MLP, NADE, Mixture
from ardens.checks.weights import Table
from ardens.parameters import named_views
from ardens.training import folds
from ardens.training.folds import deal, few
from ardens.training.split import Streams


def drawn(count, n=9, seed=0):
    """Rows whose columns are alike more often than not."""
    rng = np.random.default_rng(seed)
    return (rng.random((count, n)) < rng.choice([0.2, 0.8], (count, 1))).astype(np.uint8)


def fold_of(X, seed=0):
    return deal(Table(X), np.random.default_rng(seed))


@pytest.mark.parametrize(("count", "folds"), [(2, 2), (7, 7), (20, 10), (70, 7), (150, 5)])
def test_every_row_is_in_a_fold_and_folds_are_alike(count, folds):
    sizes = np.bincount(fold_of(drawn(count, 40)))
    assert len(sizes) == folds
    assert sizes.max() - sizes.min() <= 1


def test_copies_of_a_row_are_in_one_fold():
    X = drawn(60, 40)
    for copies in (2, 8):
        fold = fold_of(np.tile(X, (copies, 1)))
        assert (fold.reshape(copies, 60) == fold[:60]).all()
    bootstrap = np.random.default_rng(1).integers(0, 60, 60)
    fold = fold_of(X[bootstrap])
    assert all(len(set(fold[bootstrap == row])) == 1 for row in set(bootstrap))


def test_rows_that_a_distribution_repeats_are_dealt_singly():
    coins = np.arange(100)[:, None] % 2 * np.ones((1, 3), np.uint8)
    assert all(np.bincount(fold_of(coins)[::2]) > 0)
    some = np.vstack([np.zeros((30, 40)), drawn(60, 40)]).astype(np.uint8)
    assert len(set(fold_of(some)[:30])) > 1


def test_the_order_of_the_columns_changes_no_fold():
    X = drawn(50)
    assert np.array_equal(fold_of(X), fold_of(X[:, ::-1].copy()))


def test_few_are_distinct_rows_up_to_two_hundred():
    assert few(Table(np.tile(drawn(200, 60), (4, 1))))
    assert not few(Table(drawn(201, 60)))
    assert few(Table(drawn(200, 60), np.full(200, 4.0)))
    assert not few(Table(drawn(2, 3), np.full(2, 101.0)))


def test_what_judges_is_the_mean_over_all_rows_of_models_that_did_not_learn_from_them():
    X = drawn(40)
    model = FVSBN(random_state=3, n_jobs=1).fit(X)
    fold = deal(Table(X), Streams.of(3).split)
    for penalty, valid in zip(model.history_["penalty"], model.history_["valid"], strict=True):
        one = FVSBN(penalty=penalty, n_jobs=1)
        nats = [one.fit(X[fold != k]).score_samples(X[fold == k]) for k in range(fold.max() + 1)]
        assert np.concatenate(nats).mean() == pytest.approx(valid, abs=0.01)  # what solving leaves


def test_what_is_kept_was_learned_from_all_rows():
    X = drawn(40)
    model = FVSBN(random_state=3, n_jobs=1).fit(X)
    best = int(np.argmax(model.history_["valid"]))
    assert model.best_epoch_ == best + 1
    one = FVSBN(penalty=model.history_["penalty"][best], n_jobs=1).fit(X)
    np.testing.assert_allclose(model.score_samples(X), one.score_samples(X), atol=0.05)


def test_no_fold_starts_from_rows_that_it_judges():
    X = np.vstack([drawn(30, 8), np.eye(8, dtype=np.uint8)])
    model = MLP(2, random_state=0, max_epochs=1, learning_rate=0.0, n_jobs=1).fit(X)
    fold = deal(Table(X), Streams.of(0).split)
    nats = []
    for k in range(fold.max() + 1):
        p = (X[fold != k].sum(0) + 1) / (np.sum(fold != k) + 2)
        nats += list(np.where(X[fold == k], np.log(p), np.log1p(-p)).sum(1))
    # What V starts with adds a little noise.
    assert model.history_["valid"][0] == pytest.approx(np.mean(nats), abs=0.1)
    p = (X.sum(0) + 1) / (len(X) + 2)
    assert np.where(X, np.log(p), np.log1p(-p)).sum(1).mean() > np.mean(nats) + 0.2


@pytest.mark.parametrize("model", [FVSBN(), NADE(12), MLP(4)], ids=lambda m: type(m).__name__)
def test_numbers_of_copies_are_copies(model):
    X, times = drawn(30), np.arange(30) % 3 + 1
    model.set_params(random_state=1, max_epochs=3, n_jobs=1)
    weighted = model.fit(X, sample_weight=times).score_samples(X)
    assert np.array_equal(model.fit(X.repeat(times, axis=0)).score_samples(X), weighted)


@pytest.mark.parametrize("model", [FVSBN(), NADE(20)], ids=lambda m: type(m).__name__)
def test_a_small_table_that_is_doubled_gives_as_good_a_model(model):
    X, test = drawn(40, 12), drawn(400, 12, seed=1)
    model.set_params(random_state=0, max_epochs=25, n_jobs=1)
    once = model.fit(X).score(test)
    assert model.fit(np.vstack([X, X])).score(test) > 1.03 * once


@pytest.mark.parametrize("model", [FVSBN(), NADE(20)], ids=lambda m: type(m).__name__)
def test_columns_that_are_independent_are_left_so(model):
    losses = []
    for seed in range(3):
        X = (np.random.default_rng(seed).random((430, 15)) < 0.3).astype(np.uint8)
        p = (X[:30].sum(0) + 1) / 32
        alone = np.where(X[30:], np.log(p), np.log1p(-p)).sum(1).mean()
        model.set_params(random_state=0, max_epochs=25, n_jobs=1)
        losses.append(alone - model.fit(X[:30]).score(X[30:]))
    assert np.mean(losses) < 0.15


def test_steps_go_on_unjudged_and_the_path_is_judged_again():
    X = drawn(40)
    nade = NADE(4, max_epochs=3, warm_start=True, random_state=0, n_jobs=1).fit(X).fit(X)
    assert np.isnan(nade.history_["valid"]).tolist() == [False] * 3 + [True] * 3
    assert nade.best_epoch_ == 6
    path = FVSBN(warm_start=True, random_state=0, n_jobs=1).fit(X)
    chosen = path.history_["penalty"][path.best_epoch_ - 1]
    path.fit(X)
    assert path.history_["penalty"][path.best_epoch_ - 1] == chosen
    assert np.isfinite(path.history_["valid"]).all()


def test_large_models_hold_rows_out_as_before(monkeypatch):
    X = drawn(60)
    in_turn = NADE(4, max_epochs=2, random_state=0, n_jobs=1).fit(X)
    monkeypatch.setattr("ardens.models.learning.LARGEST", 10)
    held_out = NADE(4, max_epochs=2, random_state=0, n_jobs=1).fit(X)
    assert held_out.history_["valid"] != in_turn.history_["valid"]
    assert np.isfinite(held_out.history_["valid"]).all()


def test_members_of_a_mixture_are_judged_in_turn_unless_weights_are_learned():
    X = drawn(60)
    made = {"n_members": 2, "random_state": 0, "n_jobs": 1}
    equal = Mixture(NADE(4, max_epochs=2), **made).fit(X)
    assert all(np.isfinite(member.history_["valid"]).all() for member in equal.members_)
    assert equal.history_ == {}
    learned = Mixture(NADE(4, max_epochs=2), weights="learned", **made).fit(X)
    assert np.isfinite(learned.history_["valid"]).all()
    alone = Mixture(NADE(4, max_epochs=2), validation_fraction=0, **made).fit(X)
    assert all(np.isnan(member.history_["valid"]).all() for member in alone.members_)


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("direct", [False, True], ids=["alone", "direct"])
def test_a_nade_of_few_rows_begins_as_an_fvsbn(activation, direct):
    X = drawn(50)
    still = {"learning_rate": 0.0, "max_epochs": 1, "random_state": 0, "n_jobs": 1}
    hidden = 3 if direct else 11
    nade = NADE(hidden, activation=activation, direct=direct, **still).fit(X)
    fvsbn = FVSBN(random_state=0, n_jobs=1).fit(X)
    assert np.ptp(fvsbn.conditionals(X)) > 0.1
    np.testing.assert_allclose(nade.conditionals(X), fvsbn.conditionals(X), atol=1e-5)


def test_a_nade_that_contains_none_begins_at_random(monkeypatch):
    X, begun = drawn(50), []
    fit = FVSBN.fit
    monkeypatch.setattr(FVSBN, "fit", lambda *a, **k: begun.append(1) or fit(*a, **k))
    NADE(8, max_epochs=1, random_state=0, n_jobs=1).fit(X)
    NADE(30, tied=True, max_epochs=1, random_state=0, n_jobs=1).fit(X)
    NADE(30, max_epochs=1, validation_fraction=0, random_state=0, n_jobs=1).fit(X)
    assert begun == []
    NADE(30, max_epochs=1, random_state=0, n_jobs=1).fit(X)
    assert len(begun) == 1 + int(fold_of(X).max()) + 1


def test_every_row_judges_once_an_epoch_what_keeps_constant_columns(monkeypatch):
    X, seen = drawn(33), []
    X[:, 2] = 0
    log_prob = folds.Folds.log_prob
    monkeypatch.setattr(folds.Folds, "log_prob", lambda *a: seen.append(a) or log_prob(*a))
    NADE(4, max_epochs=3, patience=9, random_state=0, n_jobs=1).fit(X)
    assert [epoch for _, epoch in seen] == [0, 1, 2, 3]
    judge = seen[-1][0]
    for k, state in enumerate(judge.states):
        b = named_views(judge.model.core, state.params)["b"]
        assert b[2] == np.float32(np.log(1 / (np.sum(judge.fold != k) + 1)))
