"""Particles and the beam search of the core, against the reference and against enumeration."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ardens import _core
from ardens.parameters import filled
from ardens.reference import particles as reference
from ardens.reference.particles import UNKNOWN
from helpers.core_model import CoreModel
from helpers.first_principles import all_vectors
from helpers.references import MODELS, VARIANTS

NAMES = [*("tabular", "fvsbn", "mlp", "nade"), *VARIANTS]
pytestmark = pytest.mark.usefixtures("level")


def ask(
    model: CoreModel, cells: NDArray[np.uint8], numbers: list[int], n_particles: int, seed: int = 5
) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    X = np.full((len(cells), n_particles, cells.shape[1]), 255, np.uint8)
    log_weights = np.full((len(cells), n_particles), np.nan)
    which = np.array(numbers, np.uint64)
    arguments = (model.flat, model.tables, seed, cells, which, n_particles)
    model.core.particles(*arguments, X, log_weights, model.threads)
    weights_alone = np.full(log_weights.shape, np.nan)
    model.core.particles(*arguments, None, weights_alone, model.threads)
    np.testing.assert_array_equal(weights_alone, log_weights)
    return X, log_weights


def patterns(n: int, count: int, known: float = 0.5) -> NDArray[np.uint8]:
    """Rows of cells of which a part is known; the first has its evidence in front."""
    rng = np.random.default_rng([n, count])
    cells = rng.integers(0, 2, (count, n), dtype=np.uint8)
    cells[rng.random((count, n)) >= known] = UNKNOWN
    cells[0] = np.where(np.arange(n) < n // 2, 1, UNKNOWN)
    return cells


@pytest.mark.parametrize("n_particles", [1, 3, 20, 64, 70, 300])
@pytest.mark.parametrize("name", NAMES)
def test_particles_follow_the_reference_draw_by_draw(name: str, n_particles: int) -> None:
    n = 10 if name == "tabular" else 21
    model, cells = CoreModel(name, n, scale=2.0), patterns(n, 6)
    numbers = [0, 7, 2**32 - 3, 2**63, 10**6, 5]
    X, log_weights = ask(model, cells, numbers, n_particles)
    params = model.params
    agree = []
    for k, row in enumerate(cells):
        expected, nats = reference.particles(
            lambda X: MODELS[name].logits(X, **params), row, 5, numbers[k], n_particles
        )
        known = row != UNKNOWN
        assert (X[k][:, known] == row[known]).all()
        same = (X[k] == expected).all(axis=1)
        np.testing.assert_allclose(log_weights[k][same], nats[same], rtol=0, atol=2e-5)
        agree.append(same)
    # A uniform number may fall between a number in float32 and the same in float64, and only there.
    assert np.concatenate(agree).mean() > 0.98


@pytest.mark.parametrize("name", NAMES)
def test_a_question_does_not_depend_on_its_neighbours_or_threads(name: str, seven_threads) -> None:
    n = 10 if name == "tabular" else 150
    model, cells = CoreModel(name, n, 40), patterns(n, 40)
    numbers = [37 * k for k in range(40)]
    for n_particles in (5, 100):
        model.threads = 1
        X, log_weights = ask(model, cells, numbers, n_particles)
        for k in (0, 1, 39):
            one, nats = ask(model, cells[k : k + 1], numbers[k : k + 1], n_particles)
            np.testing.assert_array_equal(one[0], X[k])
            np.testing.assert_array_equal(nats[0], log_weights[k])
        model.threads = 7
        many, nats = ask(model, cells, numbers, n_particles)
        np.testing.assert_array_equal(many, X)
        np.testing.assert_array_equal(nats, log_weights)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_unknown_altogether_is_a_plain_sample(name: str) -> None:
    n = 10 if name == "tabular" else 70
    model = CoreModel(name, n, 40)
    X, log_weights = ask(model, np.full((1, n), UNKNOWN, np.uint8), [11], 130)
    np.testing.assert_array_equal(X[0], model.sample(130, 5, 11))
    assert (log_weights == 0).all()


@pytest.mark.parametrize("n_particles", [1, 100])
@pytest.mark.parametrize("name", NAMES)
def test_all_known_has_the_nats_of_the_row(name: str, n_particles: int) -> None:
    n = 10 if name == "tabular" else 70
    model, cells = CoreModel(name, n, 40), patterns(n, 3, known=1.0)
    cells[0] = 1
    X, log_weights = ask(model, cells, [1, 2, 3], n_particles)
    assert (cells[:, None] == X).all()
    nats = np.broadcast_to(model.log_prob(cells)[:, None], log_weights.shape)
    np.testing.assert_allclose(log_weights, nats, rtol=1e-6)


@pytest.mark.parametrize("name", ["nade", "nade-tanh", "nade-direct"])
def test_particles_beyond_the_range_of_the_state_equal_the_reference(name: str) -> None:
    n, rng = 24, np.random.default_rng(5)
    model = CoreModel(name, n, 5)
    params = {key: array.astype(np.float64) for key, array in model.params.items()}
    params["W"][0, : n // 2], params["W"][0, n // 2 :] = -60.0, 60.0
    params["b"][:] = rng.normal(size=n)
    model.flat = filled(model.core, params)
    cells = patterns(n, 4)
    cells[:, : n // 2][cells[:, : n // 2] == 0] = 1
    X, log_weights = ask(model, cells, [0, 100, 200, 300], 64)
    for k, row in enumerate(cells):
        expected, nats = reference.particles(
            lambda X: MODELS[name].logits(X, **params), row, 5, 100 * k, 64
        )
        same = (X[k] == expected).all(axis=1)
        assert same.mean() > 0.95
        np.testing.assert_allclose(log_weights[k][same], nats[same], rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", ["nade", "nade-tanh"])
def test_a_particle_that_left_the_range_and_died_was_weighed_rightly(name: str) -> None:
    n, rng = 44, np.random.default_rng(5)
    model = CoreModel(name, n, 5)
    params = {key: array.astype(np.float64) for key, array in model.params.items()}
    swing = 10.0 if name == "nade-tanh" else 20.0
    params["W"][0], params["c"][0] = np.repeat([-swing, swing, 0.0], [12, 12, 20]), 5.0
    params["V"][:, 0] = np.repeat([0.0, 3.0], [24, 20])  # it counts when it ought to be back
    params["b"][:] = np.repeat([1.2, -1.0], [24, 20]) + 0.1 * rng.normal(size=n)
    model.flat = filled(model.core, params)
    cells = np.full((1, n), UNKNOWN, np.uint8)
    cells[0, 24:40] = 1  # what did not come back weighs little
    X, log_weights = ask(model, cells, [0], 640)
    expected, nats = reference.particles(
        lambda X: MODELS[name].logits(X, **params), cells[0], 5, 0, 640
    )
    same = (X[0] == expected).all(axis=1)
    assert same.mean() > 0.95
    np.testing.assert_allclose(log_weights[0][same], nats[same], rtol=0, atol=1e-4)


@pytest.mark.parametrize("beam", [1, 3, 8, 200])
@pytest.mark.parametrize("name", NAMES)
def test_the_beam_finds_the_most_probable_row_or_says_what_it_left_out(
    name: str, beam: int
) -> None:
    n = 10
    model, cells = CoreModel(name, n, 20), patterns(n, 30, known=0.3)
    X, nats, left = np.empty((30, n), np.uint8), np.empty(30), np.empty(30)
    model.core.most_probable(model.flat, model.tables, cells, beam, X, nats, left, 1)
    every = all_vectors(n)
    log_prob = model.log_prob(every)
    np.testing.assert_allclose(nats, model.log_prob(X), rtol=1e-5)
    for k, row in enumerate(cells):
        fits = ((row == UNKNOWN) | (every == row)).all(axis=1)
        best = log_prob[fits].max()
        assert ((row == UNKNOWN) | (X[k] == row)).all()
        assert best <= max(nats[k], left[k]) + 1e-5
        if np.count_nonzero(row == UNKNOWN) <= np.log2(beam):
            assert left[k] == -np.inf
            assert nats[k] >= best - 1e-5


@pytest.mark.usefixtures("seven_threads")
@pytest.mark.parametrize("name", NAMES)
def test_threads_change_nothing_of_a_search(name: str) -> None:
    n = 10 if name == "tabular" else 40
    model, cells = CoreModel(name, n, 40), patterns(n, 40, known=0.3)
    assert _core.useful_threads(7, 40 * 20 * model.core.size) == 7 or name == "tabular"
    found = []
    for threads in (1, 7):
        X, nats, left = np.empty((40, n), np.uint8), np.empty(40), np.empty(40)
        arguments = (model.flat, model.tables, cells, 20, X, nats, left)
        model.core.most_probable(*arguments, threads)
        found.append((X, nats, left))
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


def test_equal_candidates_are_broken_by_their_order(level: str) -> None:
    model = CoreModel("fvsbn", 6)
    model.flat = np.zeros_like(model.flat)
    X, nats, left = np.empty((1, 6), np.uint8), np.empty(1), np.empty(1)
    cells = np.full((1, 6), UNKNOWN, np.uint8)
    model.core.most_probable(model.flat, model.tables, cells, 3, X, nats, left, 1)
    assert X.tolist() == [[0] * 6]
    np.testing.assert_allclose(left, 4 * np.log(0.5), rtol=1e-6)


def test_resampling_and_islands_are_the_references() -> None:
    rng = np.random.default_rng(0)
    weights = rng.random((20, 33)) * (rng.random((20, 33)) < 0.6)
    u = rng.random(20)
    for count in (1, 7, 33, 1000):
        drawn = _core.resample(weights, u, count)
        for k in range(20):
            np.testing.assert_array_equal(drawn[k], reference.resample(weights[k], u[k], count))
    assert [_core.islands(n) for n in range(1, 5000)] == [
        reference.islands(n) for n in range(1, 5000)
    ]


def test_what_is_wrong_is_refused_before_anything_is_written() -> None:
    model = CoreModel("fvsbn", 3)
    X, nats = np.zeros((1, 2, 3), np.uint8), np.zeros((1, 2))
    numbers, call = np.zeros(1, np.uint64), model.core.particles
    wrong = np.full((1, 3), 3, np.uint8)
    with pytest.raises(ValueError, match="cells must be 0, 1 or 2"):
        call(model.flat, model.tables, 0, wrong, numbers, 2, X, nats, 1)
    with pytest.raises(ValueError, match="n_particles must be at least 1"):
        call(model.flat, model.tables, 0, wrong, numbers, 0, X, nats, 1)
    with pytest.raises(ValueError, match="log_weights"):
        call(model.flat, model.tables, 0, wrong % 2, numbers, 3, None, nats, 1)
    left = np.zeros(1)
    with pytest.raises(ValueError, match="beam must be at least 1"):
        model.core.most_probable(model.flat, model.tables, wrong % 2, 0, X[0, :1], left, left, 1)
    for weights, u in [([[0.0, 0.0]], [0.5]), ([[np.inf, 1.0]], [0.5]), ([[1.0, 1.0]], [1.0])]:
        with pytest.raises(ValueError, match="weights must sum"):
            _core.resample(np.array(weights), np.array(u), 3)
