"""Rows of which cells are unknown, asked of every model and of mixtures; truth is enumerated."""

import math

import numpy as np
import pytest

import ardens
from ardens import Tabular
from ardens.inference import completions
from helpers.enumeration import ANSWERING, Enumerated, all_patterns, answering
from helpers.models import random_model

NAN = math.nan


@pytest.fixture(params=ANSWERING)
def model(request):
    """A fitted model of six columns, one kind after the other."""
    return answering(request.param)


ESTIMATING = [kind for kind in ANSWERING if kind != "tabular"]  # whose answers are always exact


def inexact(model, n_particles, rows=8):
    """Rows whose answers are estimates with so many particles."""
    n = model.n_features_in_
    rng = np.random.default_rng(n_particles)
    X = np.where(rng.random((4000, n)) < 0.2, rng.integers(0, 2, (4000, n)), NAN)
    return X[~model.reliability(X, n_particles=n_particles).exact][:rows]


@pytest.mark.parametrize("kind", ANSWERING)
def test_exact_answers_equal_enumeration_for_every_pattern(kind):
    model, X = answering(kind, 5), all_patterns(5)
    truth = Enumerated(model)
    nats, error = model.log_marginal(X, return_error=True)
    np.testing.assert_allclose(nats, truth.log_marginal(X), rtol=0, atol=2e-6)
    assert (error == 0).all()
    found = model.reliability(X)
    assert found.exact.all()
    assert found.reliable.all()
    assert (found.n_effective == np.inf).all()
    np.testing.assert_allclose(model.posterior(X), truth.posterior(X), rtol=0, atol=2e-6)
    rows, nats = model.most_probable(X, return_log_prob=True)
    np.testing.assert_allclose(nats, truth.highest(X), rtol=2e-6)
    np.testing.assert_allclose(model.score_samples(rows), nats, rtol=2e-6)
    assert ((rows == X) | np.isnan(X)).all()


def test_rows_that_are_known_have_their_score_and_unknown_ones_nothing(model):
    X = model.sample(9, random_state=0)
    assert np.array_equal(model.log_marginal(X), model.score_samples(X))
    assert np.array_equal(model.posterior(X), X)
    assert np.array_equal(model.impute(X), X)
    nothing = np.full((2, 6), NAN)
    np.testing.assert_allclose(model.log_marginal(nothing), 0, atol=1e-12)
    np.testing.assert_allclose(model.log_marginal(nothing, n_particles=1), 0, atol=1e-12)


@pytest.mark.parametrize("n_particles", [3, 40])
@pytest.mark.parametrize("kind", ESTIMATING)
def test_the_mean_of_estimates_over_seeds_is_the_truth(kind, n_particles):
    model = answering(kind, 9)
    X = inexact(model, n_particles)
    assert len(X) == 8
    seeds = 200 if kind == "mixture" else 1000
    estimates = np.exp(
        [model.log_marginal(X, n_particles=n_particles, random_state=s) for s in range(seeds)]
    )
    truth = np.exp(Enumerated(model).log_marginal(X))
    spread = estimates.std(axis=0)
    assert (spread > 0).all()
    assert (abs(estimates.mean(axis=0) - truth) < 5 * spread / math.sqrt(seeds)).all()


@pytest.mark.parametrize("kind", ESTIMATING)
def test_told_errors_cover_the_truth_at_their_rate(kind):
    model = answering(kind, 9)
    X = inexact(model, 64)
    truth, off = Enumerated(model).log_marginal(X), []
    for seed in range(100):
        nats, error = model.log_marginal(X, n_particles=64, random_state=seed, return_error=True)
        some = error < 0.5
        off.append((nats - truth)[some] / error[some])
    told = np.concatenate(off)
    assert told.size > 100
    assert 0.9 < np.mean(abs(told) < 2) < 0.995
    assert 0.6 < np.std(told) < 1.4


def test_few_particles_tell_no_error():
    model = answering("nade", 9)
    found = model.reliability(inexact(model, 31), n_particles=31)
    assert (found.error == np.inf).all()
    assert not found.exact.any()
    assert not found.reliable.any()
    assert (found.n_effective > 1).all()
    assert (found.n_effective < 31).all()


@pytest.mark.parametrize("n_particles", [4, 40, 1024])
def test_an_answer_depends_on_its_row_alone(model, n_particles, seven_threads):
    X = all_patterns(6)[::5]
    answers = {
        "log_marginal": model.log_marginal(X, n_particles=n_particles),
        "posterior": model.posterior(X, n_particles=n_particles),
    }
    model.n_jobs = 1
    for name, whole in answers.items():
        ask = getattr(model, name)
        assert np.array_equal(ask(X[::-1], n_particles=n_particles), whole[::-1])
        for k in (0, 70, 99):
            assert np.array_equal(ask(X[k : k + 1], n_particles=n_particles), whole[k : k + 1])


@pytest.mark.parametrize("n_particles", [4, 40, 1024])
def test_questions_are_answered_in_pieces_that_fit_into_memory(model, n_particles, monkeypatch):
    X, how = all_patterns(6)[::11], {"n_particles": n_particles, "random_state": 3}

    def answers():
        yield model.log_marginal(X, **how)
        yield model.posterior(X, **how)
        yield model.impute(X, n_draws=5, **how)
        yield model.most_probable(X, beam=8)
        yield model.sample(100, given={1: 0, 4: 1}, start=7, **how)

    whole = list(answers())
    monkeypatch.setattr(completions, "_BYTES", 700)
    for piecewise, wanted in zip(answers(), whole, strict=True):
        assert np.array_equal(piecewise, wanted)


@pytest.mark.parametrize("n_particles", [1, 64])
def test_posteriors_of_particles_are_near_the_truth(n_particles):
    for kind in ESTIMATING:
        model = answering(kind, 9)
        X = inexact(model, n_particles)
        wanted = Enumerated(model).posterior(X)
        found = [model.posterior(X, n_particles=n_particles, random_state=s) for s in range(40)]
        known = ~np.isnan(X)
        assert all((p[known] == X[known]).all() for p in found)
        if n_particles > 1:
            np.testing.assert_allclose(np.mean(found, axis=0), wanted, atol=0.04)


@pytest.mark.parametrize("n_particles", [256, 1024])
def test_draws_follow_the_posterior(model, n_particles):
    X = all_patterns(6)[[5, 100, 200, 365, 500, 666]]
    wanted = Enumerated(model).posterior(X)
    drawn = model.impute(X, n_draws=4000, random_state=1, n_particles=n_particles)
    assert drawn.shape == (4000, 6, 6)
    np.testing.assert_allclose(drawn.mean(axis=0), wanted, atol=5 * 0.5 / math.sqrt(4000))


@pytest.mark.parametrize("kind", ESTIMATING)
def test_draws_of_populations_follow_the_posterior(kind):
    model = answering(kind, 9)
    X = inexact(model, 64)[:3]
    truth = Enumerated(model)
    many = np.repeat(X, 400, axis=0)
    drawn = model.impute(many, random_state=1, n_particles=64).reshape(3, 400, 9)
    np.testing.assert_allclose(drawn.mean(axis=1), truth.posterior(X), atol=5 * 0.5 / 20)
    for row in X:
        given = {int(j): row[j] for j in np.flatnonzero(~np.isnan(row))}
        rows = model.sample(64 * 64, given=given, random_state=2, n_particles=64)
        wanted = truth.posterior(row[None])[0]
        np.testing.assert_allclose(rows.mean(axis=0), wanted, atol=0.04)


def test_pairs_of_cells_are_drawn_together():
    equal = Tabular(alpha=0).fit([[0, 0, 1], [1, 1, 1], [0, 1, 0]])
    drawn = equal.impute([[None, None, 1]] * 300, random_state=0)
    assert (drawn[:, 0] == drawn[:, 1]).all()
    assert 0.3 < drawn[:, 0].mean() < 0.7


def test_a_filled_row_depends_on_its_place_and_the_seed(model):
    X = all_patterns(6)[::13]
    for n_particles in (4, 1024):
        how = {"random_state": 5, "n_particles": n_particles}
        whole = model.impute(X, **how)
        assert whole.dtype == np.uint8
        assert ((whole == X) | np.isnan(X)).all()
        assert np.array_equal(model.impute(X[:20], **how), whole[:20])
        assert np.array_equal(model.impute(X[20:], start=20, **how), whole[20:])
        assert model.impute(X[:2], start=2**64 - 2, **how).shape == (2, 6)
        assert np.array_equal(model.impute(X, n_draws=1, **how)[0], whole)
        assert not np.array_equal(model.impute(X, **(how | {"random_state": 6})), whole)


def test_a_search_finds_what_its_width_allows(model):
    X = all_patterns(6)[::9]
    truth, last = Enumerated(model).highest(X), -np.inf
    for beam in (1, 4, 64):
        rows, nats = model.most_probable(X, beam=beam, return_log_prob=True)
        assert ((rows == X) | np.isnan(X)).all()
        np.testing.assert_allclose(nats, model.score_samples(rows), rtol=2e-6)
        assert (nats < truth + 1e-5).all()
        assert nats.sum() >= last - 1e-5
        last = nats.sum()
    np.testing.assert_allclose(nats, truth, rtol=2e-6)


def test_a_mixture_keeps_the_best_that_any_member_finds():
    zeros, ones = (Tabular(alpha=0.01).fit([[bit] * 6] * 9) for bit in (0, 1))
    for weights, best in (([0.9, 0.1], 0), ([0.1, 0.9], 1)):
        mixed = ardens.Mixture.from_models([zeros, ones], weights)
        assert (mixed.most_probable([[None] * 6], beam=2) == best).all()


def test_names_and_thresholds_count_in_questions(frame):
    model = ardens.FVSBN(random_state=0, binarize=0.5).fit(frame)
    X = frame * 0.9
    X[["f", "g"]] = NAN
    assert model.log_marginal(X).shape == (200,)
    rows = model.sample(5, given={"a": 0.9, "c": 0.1}, random_state=0)
    assert (rows[:, [0, 2]] == [1, 0]).all()
    with pytest.raises(ValueError, match="feature names should match"):
        model.impute(X[list("bacdefg")])
    with pytest.raises(ValueError, match="given names the column 'x'"):
        model.sample(5, given={"x": 1})
    with pytest.warns(UserWarning, match="does not have valid feature names") as told:
        model.log_marginal(X.to_numpy())
    assert told[0].filename == __file__


def test_no_rows_are_no_answers(model):
    X = np.zeros((0, 6))
    assert model.log_marginal(X).shape == (0,)
    assert model.posterior(X).shape == model.impute(X).shape == model.most_probable(X).shape
    assert model.impute(X, n_draws=3).shape == (3, 0, 6)


def test_what_a_mixture_finds_is_better_than_all_that_differ_in_one_cell():
    models = [random_model(name, 11, seed=seed) for name in ("nade", "fvsbn") for seed in (1, 2)]
    mixed = ardens.Mixture.from_models(models, weights=[4, 3, 2, 1])
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, (60, 11)).astype(float)
    X[rng.random(X.shape) < 0.8] = np.nan
    found, nats = mixed.most_probable(X, beam=1, return_log_prob=True)
    np.testing.assert_allclose(nats, mixed.log_prob(found), rtol=1e-12)
    best = []
    for row, told, cells in zip(found, nats, X, strict=True):
        np.testing.assert_array_equal(row[~np.isnan(cells)], cells[~np.isnan(cells)])
        for cell in np.flatnonzero(np.isnan(cells)):
            other = row.copy()
            other[cell] ^= 1
            assert mixed.log_prob(other[None])[0] <= told
        exact = mixed.most_probable(cells[None], beam=2**11, return_log_prob=True)[1][0]
        assert told <= exact + 1e-9
        best.append(told > exact - 1e-9)
    assert np.mean(best) > 0.7


def test_a_mixture_climbs_as_long_as_that_gains():
    models = [random_model("nade", 30, seed=seed) for seed in range(6)]
    mixed = ardens.Mixture.from_models(models)
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, (40, 30)).astype(float)
    X[rng.random(X.shape) < 0.8] = np.nan
    found, nats = mixed.most_probable(X, beam=1, return_log_prob=True)
    for row, told, cells in zip(found, nats, X, strict=True):
        others = np.repeat(row[None], 30, axis=0) ^ np.eye(30, dtype=np.uint8)
        assert mixed.log_prob(others[np.isnan(cells)]).max() <= told
