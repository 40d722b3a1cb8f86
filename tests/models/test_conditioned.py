"""Rows drawn given some of the columns."""

import numpy as np
import pytest

from ardens import FVSBN, Tabular
from helpers.enumeration import ANSWERING, answering


@pytest.fixture(params=ANSWERING)
def model(request):
    """A fitted model of nine columns, one kind after the other."""
    return answering(request.param, 9)


GIVEN = {0: 1, 4: 0, 7: 1}


@pytest.mark.parametrize("n_particles", [1, 7, 64, 1024])
def test_shards_of_what_is_given_glue_to_the_whole(model, n_particles):
    how = {"given": GIVEN, "n_particles": n_particles, "random_state": 11}
    whole = model.sample(200, start=2**40, **how)
    assert (whole[:, [0, 4, 7]] == [1, 0, 1]).all()
    for first, end in ((0, 3), (3, 64), (64, 130), (130, 200)):
        shard = model.sample(end - first, start=2**40 + first, **how)
        assert np.array_equal(shard, whole[first:end])
    for size in (1, 30, None):
        blocks = model.iter_samples(200, start=2**40, batch_size=size, **how)
        assert np.array_equal(np.concatenate(list(blocks)), whole)


@pytest.mark.parametrize("n_particles", [8, 1024])
def test_forms_of_a_draw_are_one_draw(model, n_particles):
    how = {"given": GIVEN, "n_particles": n_particles, "random_state": 1, "start": 5}
    rows, nats = model.sample(50, return_log_prob=True, **how)
    assert np.array_equal(nats, model.score_samples(rows))
    packed, same = model.sample(50, return_log_prob=True, packed=True, **how)
    assert np.array_equal(packed, np.packbits(rows, axis=1))
    assert np.array_equal(same, nats)
    row = np.full(9, np.nan)
    row[list(GIVEN)] = list(GIVEN.values())
    assert np.array_equal(model.sample(50, **(how | {"given": row})), rows)
    model.n_jobs = 1
    assert np.array_equal(model.sample(50, **how), rows)


def test_a_row_beyond_all_others_is_drawn(model):
    how = {"given": GIVEN, "n_particles": 7, "random_state": 1}
    assert model.sample(3, start=2**64 - 3, **how).shape == (3, 9)
    assert model.sample(0, **how).shape == (0, 9)


def test_nothing_given_is_a_draw_of_the_whole(model):
    wanted = model.sample(20, random_state=4)
    for given in (None, {}, {3: None}, [None] * 9):
        assert np.array_equal(model.sample(20, given=given, random_state=4), wanted)


def test_evidence_in_front_makes_draws_that_no_particle_counts_in():
    for kind in ("fvsbn", "mlp", "nade"):
        model = answering(kind, 9)
        free = model.sample(4000, random_state=0)
        first = {int(column): free[0, column] for column in model.ordering_[:4]}
        rows = model.sample(30, given=first, random_state=0, n_particles=1)
        assert np.array_equal(model.sample(30, given=first, random_state=0), rows)
        # What is drawn behind a row's own beginning is what the whole row was drawn with.
        same = (free[:, list(first)] == list(first.values())).all(axis=1)
        given = model.sample(4000, given=first, random_state=0, n_particles=1)
        assert np.array_equal(given[same], free[same])


def test_populations_are_drawn_once_however_small_the_blocks(monkeypatch):
    model = answering("nade", 9)
    given = {int(model.ordering_[-1]): 1}
    drawn = []
    original = type(model._state()).draws

    def counted(self, cells, *arguments):
        drawn.append(len(cells))
        return original(self, cells, *arguments)

    monkeypatch.setattr(type(model._state()), "draws", counted)
    list(model.iter_samples(100, batch_size=3, given=given, n_particles=32, random_state=0))
    assert sum(drawn) == 4


def test_a_table_gives_every_question_exact_draws():
    model = Tabular(alpha=0).fit([[0, 0, 1], [1, 1, 1], [1, 0, 0]])
    rows = model.sample(400, given={2: 1}, random_state=0, n_particles=1)
    assert set(map(tuple, rows.tolist())) == {(0, 0, 1), (1, 1, 1)}
    assert 0.4 < rows[:, 0].mean() < 0.6


def test_few_rows_of_a_population_are_far_apart_in_it():
    W, b = np.zeros((24, 24)), np.zeros(24)
    W[20:, :20], b[20:] = 1.0, -13.0  # ones at the end come where there were many
    model = FVSBN.from_parameters(W=W, b=b)
    how = {"given": dict.fromkeys(range(20, 24), 1), "n_particles": 1024, "random_state": 0}
    many = model.sample(1024, **how)
    assert np.array_equal(model.sample(8, **how), many[:8])
    shuffled = np.random.default_rng(0).permutation(many)
    alike = [(rows[1:] == rows[:-1]).all(axis=1).mean() for rows in (many, shuffled)]
    assert alike[0] < alike[1] + 0.05
