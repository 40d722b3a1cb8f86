"""Models of rows of codes: which rows there can be, in all that a model does."""

import copy
import pickle

import numpy as np
import pytest
from scipy import sparse
from sklearn.base import clone

import ardens
from ardens import FVSBN, MLP, NADE, Mixture, Tabular, codes
from ardens.checks.sparse import SparseRows
from helpers.enumeration import Enumerated

ROW = codes.RowCode(
    [
        codes.one_hot(3, none=True),
        codes.bits(1),
        codes.nested(codes.bits(1), [codes.rank([3, 1, 1]), None]),
        codes.one_hot(2),
    ]
)
WORDS = ROW.encode(np.stack(np.unravel_index(np.arange(64), (4, 2, 4, 2)), axis=1))
RNG = np.random.default_rng(0)
X = WORDS[RNG.choice(64, 300, p=RNG.dirichlet(np.full(64, 0.3)))]
N = X.shape[1]
FEW = {"max_epochs": 3, "random_state": 0}
MODELS = {
    "tabular": Tabular(codes=ROW, random_state=0),
    "fvsbn": FVSBN(codes=list(ROW.codes), random_state=0),
    "stochastic": FVSBN(codes=ROW, solver="stochastic", ordering="random", **FEW),
    "mlp": MLP(5, codes=ROW, ordering="marginal", **FEW),
    "nade": NADE(5, codes=ROW, ordering="chow-liu", coding="majority", **FEW),
    "relu": NADE(5, codes=ROW, activation="relu", direct=True, start="fvsbn", **FEW),
    "mixture": Mixture(NADE(5, codes=ROW, max_epochs=3), n_members=3, random_state=0),
}
FITTED = {name: clone(model).fit(X) for name, model in MODELS.items()}


def words_alone(rows):
    """Whether all rows are words of the codes."""
    ROW.decode(rows)
    return True


@pytest.fixture(params=MODELS)
def model(request):
    """One fitted model after the other."""
    return copy.deepcopy(FITTED[request.param])


def test_all_mass_is_on_rows_of_the_codes(model):
    every = Enumerated(model)
    inside = (every.rows[:, None] == WORDS).all(axis=2).any(axis=1)
    np.testing.assert_array_equal(every.nats == -np.inf, ~inside)
    assert np.exp(every.nats).sum() == pytest.approx(1, abs=1e-6)


def test_no_draw_is_anything_else(model):
    rows, nats = model.sample(2000, random_state=1, return_log_prob=True)
    assert words_alone(rows)
    assert np.array_equal(nats, model.score_samples(rows))
    packed = model.sample(2000, random_state=1, packed=True)
    assert np.array_equal(np.unpackbits(packed, axis=1, count=N), rows)
    assert words_alone(np.concatenate(list(model.iter_samples(500, random_state=2))))
    distinct, counts = model.sample_counts(100_000, random_state=3)
    assert words_alone(distinct)
    assert counts.sum() == 100_000


def test_what_is_known_of_a_column_leaves_its_other_bits(model):
    every = Enumerated(model)
    for given in ({0: 1}, {2: 0, 7: 1}, {5: 1, 8: 0}, {4: 0, 5: 0, 6: 0}):
        rows = model.sample(400, given=given, n_particles=64, random_state=0)
        assert words_alone(rows)
        cells = np.full((1, N), np.nan)
        cells[0, list(given)] = list(given.values())
        assert (rows[:, list(given)] == list(given.values())).all()
        for n_particles in (64, 4096):
            nats = model.log_marginal(cells, n_particles=n_particles, random_state=1)
            assert nats[0] == pytest.approx(every.log_marginal(cells)[0], abs=0.3)
        wanted = every.posterior(cells)[0]
        posterior = model.posterior(cells, n_particles=4096, random_state=1)[0]
        np.testing.assert_allclose(posterior, wanted, atol=0.05)
        assert words_alone(model.impute(cells, random_state=0).astype(np.uint8))
        best = model.most_probable(cells)
        assert model.score_samples(best)[0] == pytest.approx(every.highest(cells)[0], abs=1e-6)


def test_evidence_that_no_row_has_is_said(model):
    with pytest.raises(ValueError, match="probability"):
        model.sample(3, given={0: 1, 1: 1}, random_state=0)


def test_files_and_copies_keep_the_codes(model, tmp_path):
    path = tmp_path / "model.safetensors"
    model.save(path)
    for twin in (ardens.load(path), pickle.loads(pickle.dumps(model))):
        assert np.array_equal(twin.score_samples(WORDS), model.score_samples(WORDS))
        rows = twin.sample(300, random_state=5)
        assert np.array_equal(rows, model.sample(300, random_state=5))
        if not isinstance(twin, Mixture):
            assert twin.codes_ == ROW
            assert twin.codes == model.codes or twin.codes == list(model.codes)


def test_forced_bits_add_nothing():
    for name in ("fvsbn", "nade", "mlp"):
        model = FITTED[name]
        terms = model.log_prob_per_feature(WORDS)
        assert (terms[:, -1] == 0).all()
        assert (terms[WORDS[:, 0] == 1, 1:3] == 0).all()
        _, gradients = model.value_and_grad(WORDS)
        last = model.ordering_.tolist().index(N - 1)
        assert gradients["b"][last] == 0


def test_orders_move_whole_columns():
    for seed in range(9):
        model = NADE(2, codes=ROW, ordering="random", max_epochs=1, random_state=seed).fit(X)
        ordering = model.ordering_.tolist()
        for its in ROW.slices:
            assert its.start in ordering
            at = ordering.index(its.start)
            assert ordering[at : at + its.stop - its.start] == list(range(its.start, its.stop))
    with pytest.raises(ValueError, match="ordering must keep the features of each code together"):
        FVSBN(codes=ROW, ordering=np.arange(N)[::-1]).fit(X)


def test_rows_of_other_words_are_refused():
    bad = X.copy()
    bad[7, :3] = 1
    with pytest.raises(
        ValueError, match=r"X must be rows of the codes; row 7 is none: of features \[0, 1, 2\] it"
    ):
        FVSBN(codes=ROW).fit(bad)
    with pytest.raises(ValueError, match="X_valid must be rows of the codes; row 7"):
        FVSBN(codes=ROW).fit(X, X_valid=bad)
    cells = bad.astype(float)
    cells[7, 2] = np.nan
    with pytest.raises(ValueError, match="X must be rows of the codes; row 7 is none"):
        NADE(3, codes=ROW, missing="sample").fit(cells)
    model = NADE(3, codes=ROW, max_epochs=1, random_state=0).partial_fit(X)
    before = model.parameters()["W"].copy()
    with pytest.raises(ValueError, match="X must be rows of the codes; row 7"):
        model.partial_fit(bad)
    assert np.array_equal(model.parameters()["W"], before)


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (3, TypeError, "codes must be None"),
        ("one-hot", ValueError, "codes must be None"),
        ([], ValueError, "codes must be None"),
        ([codes.bits(1), None], ValueError, "codes must be None"),
        ([codes.bits(1)], ValueError, "one bit for each of the 9 features; they have 1"),
    ],
)
def test_wrong_codes_are_refused(wrong, error, message):
    with pytest.raises(error, match=message):
        FVSBN(codes=wrong).fit(X)


def test_going_on_keeps_the_codes(tmp_path):
    model = NADE(5, codes=ROW, warm_start=True, **FEW).fit(X).fit(X)
    assert model.codes_ == ROW
    model.codes = None
    with pytest.raises(ValueError, match="needs the codes of the last fit"):
        model.fit(X)
    whole = NADE(5, codes=ROW, max_epochs=6, random_state=0).fit(X)
    path = tmp_path / "run.safetensors"

    class Stop(Exception):
        pass

    def stop(end):
        if end.epoch == 3:
            raise Stop

    half = NADE(5, codes=ROW, max_epochs=6, random_state=0, callbacks=[stop])
    with pytest.raises(Stop):
        half.fit(X, checkpoint=ardens.Checkpoint(path, epochs=1))
    half.callbacks = None
    half.fit(X, checkpoint=path, resume=True)
    assert np.array_equal(half.parameters()["W"], whole.parameters()["W"])
    with pytest.raises(ValueError, match="another run: codes was"):
        NADE(5, max_epochs=6, random_state=0).fit(X, checkpoint=path, resume=True)


def test_missing_cells_are_learned_from():
    cells = X.astype(float)
    cells[RNG.random(X.shape) < 0.2] = np.nan
    started = NADE(5, codes=ROW, direct=True, start="fvsbn", missing="sample", **FEW)
    for model in (started, FVSBN(codes=ROW, missing="sample")):
        model.set_params(random_state=0).fit(cells)
        assert np.exp(model.score_samples(WORDS)).sum() == pytest.approx(1, abs=1e-6)


def test_parameters_may_come_with_codes():
    model = FITTED["nade"]
    given = NADE.from_parameters(
        **model.parameters(), ordering=model.ordering_, flipped=model.flipped_, codes=ROW
    )
    assert np.array_equal(given.score_samples(WORDS), model.score_samples(WORDS))


def one_hot(values, n):
    """One-hot columns of a variable."""
    return np.eye(n, dtype=np.uint8)[values]


def test_one_hot_columns_are_found():
    a, b = RNG.integers(0, 4, 400), RNG.integers(0, 5, 400)
    rare = RNG.choice(6, 400, p=[0.5, 0.3, 0.17, 0.01, 0.01, 0.01])
    data = np.hstack(
        [one_hot(a, 4), one_hot(b, 5)[:, :4], RNG.integers(0, 2, (400, 3)), one_hot(rare, 6)]
    ).astype(np.uint8)
    model = NADE(3, codes="detect", max_epochs=1, random_state=0).fit(data)
    sizes = [(code.n_leaves, code.n_bits) for code in model.codes_.codes]
    assert sizes == [(4, 4), (5, 4), (2, 1), (2, 1), (2, 1), (6, 6)]
    apart = np.hstack([data[:, [0, 9, 1, 10, 2, 11, 3]]])
    found = NADE(3, codes="detect", max_epochs=1, random_state=0).fit(apart).codes_
    assert found.places.tolist() == [0, 2, 4, 6, 1, 3, 5]
    assert found.codes[0].n_leaves == 4
    assert (found.decode(FVSBN(codes=found, random_state=0).fit(apart).sample(50))[:, 0] < 4).all()


def test_columns_that_never_met_by_chance_are_none():
    assert codes.detect((RNG.random((2000, 40)) < 0.02).astype(np.uint8)) is None
    assert codes.detect((RNG.random((30, 5)) < 0.3).astype(np.uint8)) is None
    assert codes.detect(np.eye(3, dtype=np.uint8)) is None
    seldom = one_hot(RNG.choice(4, 2000, p=[0.1, 0.1, 0.1, 0.7]), 4)[:, :3]
    assert codes.detect(seldom) is None
    model = FVSBN(codes="detect", random_state=0).fit((RNG.random((300, 5)) < 0.5).astype(int))
    assert model.codes_ is None
    assert np.exp(Enumerated(model).nats).sum() == pytest.approx(1, abs=1e-6)


def test_a_group_is_none_where_rows_that_judge_break_it():
    data = one_hot(RNG.integers(0, 3, 300), 3)
    judges = data[:20].copy()
    judges[3] = [1, 1, 0]
    assert FVSBN(codes="detect", random_state=0).fit(data).codes_ is not None
    assert FVSBN(codes="detect", random_state=0).fit(data, X_valid=judges).codes_ is None


def test_sparse_rows_are_checked_and_searched_block_by_block(monkeypatch):
    values = RNG.integers(0, 4, 300)
    X = sparse.csr_matrix(one_hot(values, 4))
    whole = SparseRows.__getitem__
    monkeypatch.setattr("ardens.codes.finding._BLOCK", 1 << 10)
    monkeypatch.setattr("ardens.codes.row._BLOCK", 1 << 8)
    seen = []

    def some(rows, index):
        found = whole(rows, index)
        seen.append(len(found))
        return found

    monkeypatch.setattr(SparseRows, "__getitem__", some)
    model = NADE(3, codes="detect", max_epochs=1, random_state=0)
    data = model._learning_rows(X)
    assert data.codes.n_columns == 1
    assert max(seen) <= 64
