"""Sparse rows are learned from and scored with the bits of dense ones, in little memory."""

import copy
import tracemalloc

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder

import ardens

SHORT = {"max_epochs": 2, "random_state": 0}
MODELS = {
    "tabular": ardens.Tabular(),
    "fvsbn": ardens.FVSBN(max_epochs=3, random_state=0),
    "fvsbn by gradient": ardens.FVSBN(solver="stochastic", **SHORT),
    "mlp": ardens.MLP(3, **SHORT),
    "nade": ardens.NADE(4, ordering="random", coding="majority", **SHORT),
    "nade, chow-liu": ardens.NADE(4, direct=True, ordering="chow-liu", missing="sample", **SHORT),
    "mixture": ardens.Mixture(
        ardens.NADE(3, max_epochs=2), n_members=2, weights="learned", random_state=0
    ),
}


@pytest.fixture(scope="module")
def X():
    """Rows that repeat, of columns of few ones, many, or none."""
    rng = np.random.default_rng(0)
    X = (rng.random((1100, 12)) < np.linspace(0, 0.9, 12)).astype(np.uint8)
    X[::7] = X[0]
    return X


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_every_model_has_the_bits_of_dense_rows(name, weighted, X):
    weights = np.random.default_rng(1).random(len(X)) * 3 if weighted else None
    made = sparse.coo_matrix(X)
    dense, lean = (copy.deepcopy(MODELS[name]) for _ in range(2))
    dense.fit(X, sample_weight=weights, X_valid=X[:90])
    lean.fit(made, sample_weight=weights, X_valid=sparse.csc_array(X[:90]))
    scores = dense.score_samples(X)
    for rows in (X, made):
        np.testing.assert_array_equal(lean.score_samples(rows), scores)
    assert lean.score(made, sample_weight=weights) == dense.score(X, sample_weight=weights)
    if hasattr(dense, "partial_fit"):
        dense.partial_fit(X)
        lean.partial_fit(made)
        np.testing.assert_array_equal(lean.score_samples(made), dense.score_samples(X))


@pytest.mark.parametrize("count", [150, 1100])
def test_rows_are_held_out_alike(count, X):
    for model in (ardens.NADE(2, **SHORT), MODELS["mixture"]):
        dense = copy.deepcopy(model).fit(X[:count])
        lean = copy.deepcopy(model).fit(sparse.csr_array(X[:count]))
        np.testing.assert_array_equal(lean.score_samples(X), dense.score_samples(X))


def test_other_questions_take_sparse_rows(X):
    model = ardens.NADE(2, **SHORT).fit(X)
    rows = sparse.csr_array(X[:9])
    for ask in (model.conditionals, model.log_prob_per_feature, model.log_marginal):
        np.testing.assert_array_equal(ask(rows), ask(X[:9]))
    np.testing.assert_array_equal(model.impute(rows), X[:9])


def test_names_of_a_sparse_frame_are_kept(X):
    frame = pd.DataFrame(X, columns=list("abcdefghijkl")).astype("Sparse[uint8, 0]")
    model = ardens.FVSBN(penalty=1.0).fit(frame)
    assert model.feature_names_in_.tolist() == list("abcdefghijkl")
    np.testing.assert_array_equal(
        model.score_samples(frame), ardens.FVSBN(penalty=1.0).fit(X).score_samples(X)
    )


@pytest.mark.parametrize(
    "encoder", [OneHotEncoder(), KBinsDiscretizer(4, quantile_method="linear")]
)
def test_the_encoders_of_scikit_learn_work_in_front_of_a_model(encoder):
    X = (
        np.random.default_rng(0)
        .normal(size=(200, 3))
        .round(1 if type(encoder) is OneHotEncoder else 9)
    )
    model = make_pipeline(encoder, ardens.NADE(2, **SHORT)).fit(X)
    assert np.isfinite(model.score_samples(X)).all()


@pytest.mark.parametrize("name", ["nade", "mixture"])
def test_wide_rows_never_stand_dense_as_a_whole(name, monkeypatch):
    monkeypatch.setattr("ardens.checks.sparse._BLOCK", 1 << 19)
    shape, ones = (600, 10_000), 6000
    rng = np.random.default_rng(0)
    places = [rng.integers(0, size, ones) for size in shape]
    X = sparse.coo_array((np.ones(ones), places), shape).astype(bool).tocsr()
    options = {"max_epochs": 1, "batch_size": 20, "validation_fraction": 0.0}
    member = ardens.NADE(1, random_state=0, **options)
    mixture = ardens.Mixture(member, n_members=1, weights="learned", random_state=0, n_jobs=1)

    def peaks(rows):
        model, found = copy.deepcopy(member if name == "nade" else mixture), []
        tracemalloc.start()
        try:
            for call in ("fit", "score_samples", *["partial_fit"] * (name == "nade")):
                tracemalloc.reset_peak()
                before = tracemalloc.get_traced_memory()[0]
                getattr(model, call)(rows)
                found.append(tracemalloc.get_traced_memory()[1] - before)
        finally:
            tracemalloc.stop()
        return np.array(found)

    # The dense rows are 6 MB.
    assert (peaks(X) < peaks(X[:60]) + 2e6).all()


@pytest.mark.parametrize(
    "model",
    [
        ardens.FVSBN(),
        ardens.FVSBN(solver="stochastic"),
        ardens.MLP(2),
        ardens.NADE(2, direct=True),
    ],
)
def test_models_of_a_weight_for_every_pair_refuse_wide_rows_with_the_size_they_would_need(model):
    X = sparse.csr_array((100, 300_000))
    tracemalloc.start()
    try:
        with pytest.raises(MemoryError, match=r"fitting [\d,]{14,} parameters .* [\d,.]+ GiB"):
            model.fit(X)
        assert tracemalloc.get_traced_memory()[1] < 2e7  # the dense rows are 30 MB
    finally:
        tracemalloc.stop()


def test_a_search_takes_sparse_rows(X):
    found = [
        ardens.tune(ardens.Tabular(), rows, grid={"alpha": [0.1, 1.0]}, random_state=0)
        for rows in (X, sparse.csr_array(X))
    ]
    assert found[0].best.nats == found[1].best.nats
