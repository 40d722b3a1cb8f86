"""Rows that are held out: distinct ones, with all their copies on one side."""

import warnings

import numpy as np
import pytest
from sklearn.base import clone

import ardens
from ardens.checks.sparse import SparseRows
from ardens.checks.weights import Table
from ardens.training.loop import Run
from ardens.training.split import counted, distinct, hold_out, split_places, warn_of_copies


@pytest.fixture
def table(rng):
    """Rows of 130 columns, three words of them, some of which come twice or thrice."""
    rows = rng.integers(0, 2, (300, 130), dtype=np.uint8)
    return np.concatenate([rows, rows[::3], rows[::5]])[rng.permutation(460)]


def generator(seed=7):
    return np.random.default_rng(seed)


def held_out(rows, fraction=0.1, seed=7):
    return [part.rows for part in hold_out(Table(rows), fraction, generator(seed))]


def test_rows_of_a_distribution_that_repeats_them_are_drawn_singly():
    kinds = np.eye(60, dtype=np.uint8)[np.random.default_rng(0).integers(0, 60, 600)]
    learned, held = held_out(kinds)
    assert len(held) == 60
    assert {row.tobytes() for row in held} <= {row.tobytes() for row in learned}


@pytest.mark.parametrize("copies", [2, 8])
def test_a_table_that_is_copied_as_a_whole_is_held_out_as_it_is(table, copies):
    once, copied = held_out(table)[1], held_out(np.tile(table, (copies, 1)))[1]
    assert len(copied) == copies * len(once)
    assert {row.tobytes() for row in copied} == {row.tobytes() for row in once}


def test_distinct_rows_are_numbered_by_their_first_appearance(table):
    seen = {}
    expected = [seen.setdefault(row.tobytes(), len(seen)) for row in table]
    assert distinct(table).tolist() == expected
    assert distinct(SparseRows.of(table)).tolist() == expected
    assert distinct(table[:, :9]).max() + 1 == len(np.unique(table[:, :9], axis=0))
    assert distinct(table[:0]).tolist() == []


def test_rows_that_collide_are_told_apart(table, monkeypatch):
    class Zeros:
        def integers(self, low, high, size, dtype):
            return np.zeros(size, dtype)

    expected = distinct(table)
    monkeypatch.setattr(np.random, "default_rng", lambda seed: Zeros())
    assert np.array_equal(distinct(table), expected)
    assert np.array_equal(distinct(SparseRows.of(table)), expected)


def test_all_copies_of_a_row_are_on_one_side(table):
    learned, held = held_out(table)
    assert len(learned) + len(held) == len(table)
    assert len(np.unique(held, axis=0)) == 30
    assert not {row.tobytes() for row in learned} & {row.tobytes() for row in held}


def test_distinct_rows_are_split_as_they_always_were(table):
    rows = np.unique(table, axis=0)
    order = generator().permutation(300)
    learned, held = held_out(rows)
    assert np.array_equal(held, rows[order[:30]])
    assert np.array_equal(learned, rows[order[30:]])


def test_the_order_of_columns_changes_nothing(table):
    tables = Table(table), Table(np.ascontiguousarray(table[:, ::-1]))
    splits = [split_places(one, 0.1, generator())[1][0].tolist() for one in tables]
    assert splits[0] == splits[1]


def test_few_distinct_rows_are_drawn_singly(table):
    rows = np.repeat(table[:40], 9, axis=0)
    learned, held = held_out(rows)
    assert (len(held), len(learned)) == (36, 324)
    assert {row.tobytes() for row in learned} & {row.tobytes() for row in held}
    assert hold_out(Table(table[:40]), 0.1, generator())[1] is None


def test_every_side_has_its_part_of_rows_that_come_very_often(table):
    rows = np.unique(table, axis=0)
    mode = rows[17]
    rows = np.concatenate([rows, np.tile(mode, (49, 1))])
    for seed in range(30):
        learned, held = hold_out(Table(rows), 0.4, generator(seed))
        assert len(learned) + len(held) == len(rows)
        assert (held.rows == mode).all(axis=1).sum() == 20
        assert (learned.rows == mode).all(axis=1).sum() == 30


@pytest.fixture
def runs(monkeypatch):
    """What every run of training learns, and what judges it."""
    seen, train = [], Run.train

    def watched(self, **how):
        seen.append((self.X.rows, self.X_valid.rows))
        train(self, **how)

    monkeypatch.setattr(Run, "train", watched)
    return seen


FVSBN = ardens.FVSBN(max_epochs=2, random_state=0, n_jobs=1)
MLP = ardens.MLP(2, max_epochs=2, random_state=0, n_jobs=1, validation_fraction=0.3)


@pytest.mark.parametrize(
    "learn",
    [
        lambda X: clone(MLP).fit(X),
        lambda X: ardens.NADE(2, max_epochs=2, validation_fraction=0.3).fit(X),
        lambda X: ardens.FVSBN(max_epochs=2, validation_fraction=0.3, n_jobs=1).fit(X),
        lambda X: ardens.Mixture(
            clone(MLP), n_members=2, validation_fraction=0.3, random_state=0, orderings=None
        ).fit(X),
        lambda X: ardens.tune(MLP, X, {"n_hidden": [1, 2]}, validation_fraction=0.3),
        lambda X: ardens.tune(FVSBN, X, {"l1_ratio": [0, 1]}, validation_fraction=0.3),
    ],
    ids=["mlp", "nade", "fvsbn", "mixture", "tune", "tune fvsbn"],
)
def test_no_row_that_judges_is_learned_and_no_row_is_lost(table, learn, runs):
    X = np.unique(table[:, :20], axis=0)
    learn(X)
    assert runs
    for learned, judges in runs:
        assert len(judges) == int(0.3 * len(X))
        together = np.concatenate([learned, judges])
        assert len(together) == len(X)
        assert np.array_equal(np.unique(together, axis=0), X)


def copies_cost(make, X, X_test):
    """Nats that a row loses where the table comes twice, by what it has without."""
    once, twice = (make().fit(rows).score(X_test) for rows in (X, np.concatenate([X, X])))
    return (once - twice) / -once


@pytest.mark.parametrize(
    "make",
    [
        lambda: ardens.NADE(40, random_state=0),
        lambda: ardens.FVSBN(random_state=0),
        lambda: ardens.Mixture(ardens.NADE(30), n_members=2, random_state=0),
    ],
    ids=["nade", "fvsbn", "mixture"],
)
def test_a_table_that_comes_twice_is_learned_as_if_it_came_once(make):
    data = ardens.data.digits()
    assert abs(copies_cost(make, data["train"][:900], data["test"])) < 0.01


def test_a_search_holds_out_distinct_rows(small, data):
    rows = np.unique(data, axis=0)
    found = [
        ardens.tune(small("nade", random_state=0), X, {"n_hidden": [3, 5]}, random_state=1)
        for X in (rows, np.concatenate([rows, rows]))
    ]
    assert [abs(a - b) < 0.2 for a, b in zip(*(t.best.nats for t in found), strict=True)]


def test_validation_rows_that_are_learned_are_told(small, data):
    model = small("nade")
    with pytest.warns(UserWarning, match="100% of the rows of X_valid are rows of X too"):
        model.fit(np.unique(data, axis=0), X_valid=data)
    assert model.score(data) < 0


def test_validation_rows_that_repeat_by_chance_are_not_told(small):
    X = np.random.default_rng(0).integers(0, 2, (400, 5), dtype=np.uint8)  # 32 different rows
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        small("nade").fit(X[:200], X_valid=X[200:])


def test_few_rows_that_repeat_by_chance_are_not_told(rng):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(300):
            X, judges = (
                Table(rng.integers(0, 2, (count, 2), dtype=np.uint8))
                for count in (int(rng.integers(2, 40)), 100)
            )
            warn_of_copies(X, judges)


def counts(rows, times=None):
    """How often every row comes, or what it weighs."""
    found = {}
    for row, often in zip(rows, np.ones(len(rows)) if times is None else times, strict=True):
        found[row.tobytes()] = found.get(row.tobytes(), 0) + often
    return found


@pytest.mark.parametrize("distinct_rows", [300, 40], ids=["distinct", "singly"])
def test_a_table_with_weights_is_split_as_the_table_of_repeated_rows(table, rng, distinct_rows):
    rows = np.unique(table, axis=0)[:distinct_rows]
    times = rng.integers(0, 6, len(rows))
    times[3] = 100  # a row that is drawn singly, where there are many
    for seed in range(5):
        weighted = hold_out(Table.of(rows, times), 0.1, generator(seed))
        repeated = hold_out(Table(rows.repeat(times, axis=0)), 0.1, generator(seed))
        for one, other in zip(weighted, repeated, strict=True):
            assert counts(one.rows, one.weights) == counts(other.rows)


def test_scaled_weights_are_split_alike_and_small_ones_too(table, rng):
    times = rng.integers(1, 6, len(table))
    whole, part = (
        hold_out(Table.of(table, times * scale), 0.1, generator()) for scale in (1.0, 2.0**-30)
    )
    for one, other in zip(whole, part, strict=True):
        assert np.array_equal(one.rows, other.rows)
        assert np.array_equal(one.weights, other.weights * 2**30)


def test_few_rows_with_large_counts_are_split_in_memory_that_is_theirs(table):
    learned, held = hold_out(Table.of(table[:3], [2e9, 3e9, 1e9]), 0.1, generator())
    assert held.total == pytest.approx(6e8, rel=1e-6)
    assert learned.total + held.total == pytest.approx(6e9, rel=1e-12)
    assert held.weights == pytest.approx([2e8, 3e8, 1e8], rel=0.01)


def test_counted_rows_that_repeat_by_chance_are_not_told(small):
    X = np.random.default_rng(0).integers(0, 2, (800, 8), dtype=np.uint8)  # 256 different rows
    rows, times = np.unique(X[:400], axis=0, return_counts=True)
    judges, often = np.unique(X[400:], axis=0, return_counts=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        weights = {"sample_weight": times, "sample_weight_valid": often}
        small("nade").fit(rows, X_valid=judges, **weights)
    with pytest.warns(UserWarning, match="rows of X_valid are rows of X too"):
        small("nade").fit(rows, X_valid=judges)


def test_rows_that_repeat_are_counted_in_the_order_of_their_first_appearance(table, rng):
    once = table[np.sort(np.unique(distinct(table), return_index=True)[1])]
    found = counted(Table(table))
    np.testing.assert_array_equal(found.rows, once)
    np.testing.assert_array_equal(found.weights, np.bincount(distinct(table)))
    times = rng.integers(1, 4, len(table)).astype(np.float64)
    written = counted(Table(table.repeat(times.astype(int), axis=0)))
    np.testing.assert_array_equal(counted(Table(table, times)).weights, written.weights)
    for alone in (Table(once), Table(table, times / 2)):
        assert counted(alone) is alone
