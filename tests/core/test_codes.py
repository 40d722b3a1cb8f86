"""Models of rows of codes in the core, against the reference and by enumeration."""

import numpy as np
import pytest
from numpy.typing import NDArray

from ardens import _core, codes
from ardens.reference import bernoulli
from ardens.reference import particles as reference
from ardens.reference.codes import coded
from ardens.reference.particles import UNKNOWN
from helpers.core_model import CoreModel
from helpers.first_principles import all_vectors
from helpers.references import MODELS

NAMES = ["tabular", "fvsbn", "mlp", "nade", "nade-relu", "nade-tanh-direct-tied"]
pytestmark = pytest.mark.usefixtures("level")

ROW = codes.RowCode(
    [
        codes.one_hot(3, none=True),
        codes.bits(1),
        codes.nested(codes.bits(1), [codes.rank([3, 1, 1]), None]),
        codes.one_hot(3),
    ]
)
WORDS = ROW.encode(np.stack(np.unravel_index(np.arange(96), (4, 2, 4, 3)), axis=1))
N = WORDS.shape[1]


def coded_model(name: str, scale: float = 2.0, row: codes.RowCode = ROW) -> CoreModel:
    model = CoreModel(name, row.n_bits, scale=scale)
    model.core = model.core.coded(row.core)
    return model


def reference_logits(name: str, model: CoreModel, X: NDArray[np.uint8]) -> NDArray[np.float64]:
    return coded(MODELS[name].logits(X, **model.params), WORDS, X)


@pytest.mark.parametrize("name", NAMES)
def test_all_mass_is_on_the_words(name: str) -> None:
    model, X = coded_model(name), all_vectors(N)
    nats = model.log_prob(X)
    inside = (X[:, None] == WORDS).all(axis=2).any(axis=1)
    assert inside.sum() == 96
    np.testing.assert_array_equal(nats == -np.inf, ~inside)
    assert np.exp(nats).sum() == pytest.approx(1.0, abs=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_terms_and_conditionals_are_the_references(name: str) -> None:
    model, X = coded_model(name), all_vectors(N)
    t = reference_logits(name, model, X)
    terms = bernoulli.log_prob_terms(X, t)
    np.testing.assert_allclose(model.log_prob_terms(X), terms, rtol=2e-5, atol=1e-6)
    np.testing.assert_array_equal(model.log_prob_terms(X)[np.isinf(t) & (terms == 0)], 0)
    np.testing.assert_allclose(model.conditionals(X), bernoulli.sigmoid(t), atol=1e-6)
    np.testing.assert_array_equal(
        model.conditionals(X)[np.isinf(t)], np.where(t > 0, 1, 0)[np.isinf(t)]
    )


@pytest.mark.parametrize("name", NAMES)
def test_gradients_are_those_of_the_free_bits(name: str) -> None:
    model = coded_model(name, 1.0)
    X = WORDS[np.random.default_rng(0).permutation(96)[:70]]
    value, gradient = model.value_and_grad(X)
    params = {k: v.astype(np.float64) for k, v in model.params.items()}

    def mean() -> float:
        return float(
            bernoulli.log_prob(X, coded(MODELS[name].logits(X, **params), WORDS, X)).mean()
        )

    assert value == pytest.approx(mean(), rel=1e-5)
    rng = np.random.default_rng(1)
    for key, slopes in gradient.items():
        places = list(np.ndindex(params[key].shape))
        for at in [places[k] for k in rng.permutation(len(places))[:8]]:
            before, step = params[key][at], 1e-5
            params[key][at] = before + step
            above = mean()
            params[key][at] = before - step
            slope = (above - mean()) / (2 * step)
            params[key][at] = before
            assert slopes[at] == pytest.approx(slope, abs=2e-5)


def test_a_bit_that_is_always_forced_has_no_gradient_at_all() -> None:
    for name in ("fvsbn", "mlp", "nade-direct"):
        model = coded_model(name)
        gradient = model.value_and_grad(WORDS)[1]
        assert gradient["b"][-1] == 0  # the last of a one-hot column


@pytest.mark.parametrize("name", NAMES)
def test_draws_are_words_as_often_as_they_ought(name: str) -> None:
    model, n = coded_model(name, 1.0), 5000
    X, nats = model.sample_with_log_prob(n, seed=3)
    np.testing.assert_array_equal(nats, model.log_prob(X))
    assert (nats > -np.inf).all()
    p = np.exp(model.log_prob(WORDS))
    counts = np.array([(word == X).all(axis=1).sum() for word in WORDS])
    assert counts.sum() == n
    assert (np.abs(counts - n * p) < 5 * np.sqrt(n * p * (1 - p)) + 1).all()
    for start, count in ((0, 7), (1003, 300)):
        assert np.array_equal(model.sample(count, 3, start), X[start : start + count])


def questions() -> NDArray[np.uint8]:
    """Evidence of whole columns, of parts of them, and none at all."""
    cells = np.full((9, N), UNKNOWN, np.uint8)
    cells[1, :3] = [0, 1, 0]
    cells[2, 3] = 1
    cells[3, -1] = 1
    cells[4, -2:] = 0
    cells[5, [1, 5]] = [0, 1]
    cells[6] = WORDS[50]
    cells[7, [2, 4, -3]] = [1, 1, 0]
    cells[8, -3:] = [0, 0, 1]
    return cells


@pytest.mark.parametrize("n_particles", [1, 80])
@pytest.mark.parametrize("name", ["tabular", "fvsbn", "mlp", "nade", "nade-relu"])
def test_particles_look_ahead_as_the_reference_does(name: str, n_particles: int) -> None:
    model, cells = coded_model(name), questions()
    X = np.empty((len(cells), n_particles, N), np.uint8)
    nats = np.empty((len(cells), n_particles))
    numbers = np.arange(len(cells), dtype=np.uint64) * 1000
    model.core.particles(model.flat, model.tables, 5, cells, numbers, n_particles, X, nats, 1)
    same = []
    for k, row in enumerate(cells):
        expected, weights = reference.particles(
            lambda X: reference_logits(name, model, X), row, 5, 1000 * k, n_particles, WORDS
        )
        alike = (X[k] == expected).all(axis=1)
        np.testing.assert_allclose(nats[k][alike], weights[alike], rtol=0, atol=2e-5)
        same.append(alike)
        assert (X[k][:, row != UNKNOWN] == row[row != UNKNOWN]).all()
        assert (nats[k] > -np.inf).all()
    assert np.concatenate(same).mean() > 0.98


@pytest.mark.parametrize("name", NAMES)
def test_searches_find_the_best_word(name: str) -> None:
    model, cells = coded_model(name), questions()
    X, (nats, left_out) = np.empty(cells.shape, np.uint8), np.empty((2, len(cells)))
    model.core.most_probable(model.flat, model.tables, cells, 200, X, nats, left_out, 1)
    all_nats = model.log_prob(WORDS)
    for k, row in enumerate(cells):
        fits = ((row == WORDS) | (row == UNKNOWN)).all(axis=1)
        assert nats[k] == pytest.approx(all_nats[fits].max(), abs=1e-5)
    np.testing.assert_allclose(model.log_prob(X), nats, atol=1e-5)
    model.core.most_probable(model.flat, model.tables, cells, 2, X, nats, left_out, 1)
    assert (model.log_prob(X) > -np.inf).all()


def test_a_narrow_search_looks_ahead_to_what_is_known() -> None:
    row = codes.RowCode([codes.one_hot(40), codes.bits(2)])
    model = coded_model("fvsbn", row=row)
    model.flat = np.zeros_like(model.flat)
    cells = np.full((1, 42), UNKNOWN, np.uint8)
    cells[0, 39] = 1
    X, (nats, left_out) = np.empty(cells.shape, np.uint8), np.empty((2, 1))
    model.core.most_probable(model.flat, model.tables, cells, 2, X, nats, left_out, 1)
    assert X[0, :40].tolist() == [0] * 39 + [1]
    assert nats[0] == pytest.approx(-41 * np.log(2))


def test_what_no_word_has_is_impossible() -> None:
    model = coded_model("nade")
    cells = np.full((3, N), UNKNOWN, np.uint8)
    cells[0, :2] = 1
    cells[1, -3:] = 0
    cells[2, :3] = [1, 0, 1]
    X, nats = np.empty((3, 8, N), np.uint8), np.empty((3, 8))
    model.core.particles(model.flat, model.tables, 0, cells, np.zeros(3, np.uint64), 8, X, nats, 1)
    assert (nats == -np.inf).all()
    best, (found, left_out) = np.empty((3, N), np.uint8), np.empty((2, 3))
    model.core.most_probable(model.flat, model.tables, cells, 5, best, found, left_out, 1)
    assert (found == -np.inf).all()


def test_threads_and_neighbours_do_not_matter(seven_threads) -> None:
    row = codes.RowCode([codes.digits(60), codes.huffman(np.arange(1, 40)), codes.one_hot(17)] * 3)
    model = coded_model("nade-relu", row=row)
    X, nats = model.sample_with_log_prob(300, seed=1)
    _, grad = model.flat_gradient(X)
    model.threads = 7
    again, more = model.sample_with_log_prob(300, seed=1)
    np.testing.assert_array_equal(again, X)
    np.testing.assert_array_equal(more, nats)
    np.testing.assert_array_equal(model.flat_gradient(X)[1], grad)
    row.decode(X)


def test_automata_that_are_none_are_refused() -> None:
    right = np.array([[1, 1]], np.int32)
    _core.Codes(right, [0, 1], [0, 1])
    several = np.array([[1, 2], [3, 3], [3, 3]], np.int32)
    for steps, level, column, wanted in (
        (right, [0, 2], [0, 1], "a level for every bit"),
        (right, [0, 1], [0, 2], "columns of all bits"),
        (right + 1, [0, 1], [0, 1], "steps from one level to the next"),
        (right * 0, [0, 1], [0, 1], "steps from one level to the next"),
        (right * 0 - 1, [0, 1], [0, 1], "a way on from every state"),
        (several, [0, 1, 3], [0, 1, 2], "one state before the first bit of a column"),
        (right, [0], [0], "a level for every bit"),
    ):
        with pytest.raises(ValueError, match=f"codes must have {wanted}"):
            _core.Codes(steps, level, column)
    with pytest.raises(ValueError, match="codes must have 3 bits; got 1"):
        _core.Model("fvsbn", 3, 0).coded(_core.Codes(right, [0, 1], [0, 1]))
