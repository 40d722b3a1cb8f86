"""Conditionals of mixtures against sums over all vectors, and against the reference."""

import copy

import numpy as np
import pandas as pd
import pytest

import ardens
from ardens import FVSBN, NADE, Mixture, Tabular
from ardens.composites import ordered
from ardens.models import MODELS
from ardens.models.fitted import Fitted
from ardens.reference import mixture as reference
from helpers.first_principles import all_vectors, check_autoregressive
from helpers.models import N

WEIGHTS = np.array([0.5, 0.0, 0.2, 0.3])
ORDERINGS = {"data": list(range(N)), "other": [3, 0, 6, 2, 5, 1, 4]}
X = all_vectors(N)


@pytest.fixture(params=ORDERINGS)
def ordering(request):
    return ORDERINGS[request.param]


@pytest.fixture
def members(random_model, ordering):
    """One model of every kind, in one ordering; one turns columns over."""
    models = [random_model(name, seed=k, ordering=ordering) for k, name in enumerate(MODELS)]
    flipped = np.arange(N) % 3 == 0
    models[3] = type(models[3]).from_parameters(
        **models[3].parameters(), ordering=ordering, flipped=flipped
    )
    return models


@pytest.fixture
def mixture(members):
    return Mixture.from_models(members, WEIGHTS)


def summed(members, weights, ordering):
    """p(x_i = 1 | x_<i) of every vector, from the sums of p over the vectors with that prefix."""
    p = weights @ np.exp([member.score_samples(X) for member in members])
    result = np.empty(X.shape)
    for row, x in enumerate(X):
        same = np.ones(len(X), bool)
        for i in ordering:
            ones = same & (X[:, i] == 1)
            result[row, i] = p[ones].sum() / p[same].sum()
            same &= X[:, i] == x[i]
    return result


def terms_and_ones(members, ordering):
    """What the reference wants, in the order of the factors."""
    terms = np.array([member.log_prob_per_feature(X) for member in members])
    ones = np.array([member.conditionals(X) for member in members])
    return terms[:, :, ordering], ones[:, :, ordering]


def test_conditionals_are_those_of_the_reference(mixture, members, ordering):
    terms, ones = terms_and_ones(members, ordering)
    expected = reference.conditionals(terms, ones, WEIGHTS)
    np.testing.assert_allclose(mixture.conditionals(X)[:, ordering], expected, rtol=1e-12)
    expected = reference.log_prob_per_feature(terms, WEIGHTS)
    nats = mixture.log_prob_per_feature(X)
    np.testing.assert_allclose(nats[:, ordering], expected, rtol=1e-12)


def test_conditionals_are_sums_over_all_vectors(mixture, members, ordering):
    expected = summed(members, WEIGHTS, ordering)
    np.testing.assert_allclose(mixture.conditionals(X), expected, atol=1e-6)
    back = np.argsort(ordering)
    check_autoregressive(lambda rows: mixture.conditionals(rows[:, back])[:, ordering], X)
    nats = mixture.log_prob_per_feature(X)
    np.testing.assert_allclose(nats.sum(axis=1), mixture.score_samples(X), rtol=1e-9)


def test_a_mixture_of_one_is_its_member(members):
    for member in members:
        alone = Mixture.from_models([member])
        assert np.array_equal(alone.conditionals(X), member.conditionals(X))
        np.testing.assert_allclose(
            alone.log_prob_per_feature(X), member.log_prob_per_feature(X), rtol=1e-12
        )


def test_draws_follow_the_conditionals(mixture, ordering):
    drawn = mixture.sample(200_000, random_state=0)
    first, second = ordering[:2]
    some = drawn[drawn[:, first] == 1]
    p = mixture.conditionals(np.eye(1, N, first))[0, second]
    error = np.sqrt(p * (1 - p) / len(some))
    assert abs(some[:, second].mean() - p) < 5 * error


def test_batches_and_threads_change_no_bit(mixture, monkeypatch):
    many = Mixture.from_models(list(mixture.members_) * 5)
    calls = (many.conditionals, many.log_prob_per_feature)
    whole = [call(X) for call in calls]
    monkeypatch.setattr(ordered, "_CELLS", 5 * 20 * N)
    asked, log_prob_terms = [], Fitted.log_prob_terms

    def counted(self, rows, threads):
        asked.append(len(rows))
        return log_prob_terms(self, rows, threads)

    monkeypatch.setattr(Fitted, "log_prob_terms", counted)
    assert all(map(np.array_equal, [call(X) for call in calls], whole))
    assert max(asked) == 5
    for row in (0, 77):
        alone = [call(X[row : row + 1])[0] for call in calls]
        assert all(map(np.array_equal, alone, [result[row] for result in whole]))
    many.set_params(n_jobs=2)
    assert all(map(np.array_equal, [call(X) for call in calls], whole))
    assert many.conditionals(X[:0]).shape == (0, N)


def test_members_are_added_in_their_order_however_many_rows_there_are(rng):
    biases = rng.normal(size=40)
    many = Mixture.from_models([FVSBN.from_parameters(W=[[0.0]], b=[b]) for b in biases])
    rows = np.ones((50, 1))
    for call in (many.conditionals, many.log_prob_per_feature):
        assert (call(rows) == call(rows[:1])).all()


def test_probabilities_stay_within_their_bounds(rng):
    sure = Tabular(alpha=0).fit([[1, 0]])
    for weights in rng.dirichlet(np.ones(9), 100):
        mixture = Mixture.from_models([sure] * 9, weights)
        assert mixture.conditionals([[1, 0]]).max() <= 1
        assert mixture.log_prob_per_feature([[1, 0]]).max() <= 0


def test_what_is_nearly_sure_keeps_its_digits():
    sure = [FVSBN.from_parameters(W=[[0.0]], b=[b]) for b in (30.0, 40.0)]
    nats = Mixture.from_models(sure).log_prob_per_feature([[1], [0]])
    tails = [member.log_prob_per_feature([[1]])[0, 0] for member in sure]
    assert nats[0, 0] == pytest.approx(np.mean(tails), rel=1e-6, abs=0)
    assert -1e-12 < nats[0, 0] < 0
    assert nats[1, 0] == pytest.approx(-30 - np.log(2), rel=1e-3)


def test_prefixes_of_a_thousand_columns_do_not_vanish(rng):
    n = 3000
    members = [FVSBN.from_parameters(W=np.zeros((n, n)), b=np.full(n, b)) for b in (-0.5, 0.5)]
    mixture = Mixture.from_models(members)
    rows = members[1].sample(3, random_state=0)
    assert (mixture.score_samples(rows) < -1500).all()
    p = mixture.conditionals(rows)
    np.testing.assert_allclose(p[:, 0], 0.5)
    np.testing.assert_allclose(p[:, -1], 1 / (1 + np.exp(-0.5)), rtol=1e-6)
    sums = mixture.log_prob_per_feature(rows).sum(axis=1)
    np.testing.assert_allclose(sums, mixture.score_samples(rows), rtol=1e-9)


def test_what_no_member_allows_leaves_the_weights_as_they_are():
    members = [Tabular(alpha=0).fit([row]) for row in ([0, 0, 0], [0, 1, 1])]
    mixture = Mixture.from_models(members, [0.25, 0.75])
    p = mixture.conditionals([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    # A table has one half for what it never saw.
    np.testing.assert_allclose(p, [[0, 0.5, 0.5], [0, 0.75, 1], [0, 0.75, 0]])
    terms = np.array([m.log_prob_per_feature([[1, 0, 0]]) for m in members])
    assert reference.shares(terms, np.array([0.25, 0.75]))[:, 0, 1].tolist() == [0.25, 0.75]
    nats = mixture.log_prob_per_feature([[1, 0, 0], [0, 1, 0]])
    np.testing.assert_allclose(nats, [[-np.inf, *np.log([0.5, 0.5])], [0, np.log(0.75), -np.inf]])
    assert (nats <= 0).all()


def test_members_of_several_orderings_are_told_which_calls_have_an_answer(random_model):
    models = [random_model("nade", ordering=order) for order in ORDERINGS.values()]
    mixture = Mixture.from_models([*models, models[0]])
    for call in (mixture.conditionals, mixture.log_prob_per_feature):
        with pytest.raises(ValueError, match=r"share an ordering .*; these have 2") as caught:
            call(X)
        for answer in ("score_samples(X)", "members_[k].conditionals(X)", "orderings=None"):
            assert answer in str(caught.value)
    possible = Mixture.from_models(models, [1, 0])
    assert np.array_equal(possible.conditionals(X), models[0].conditionals(X))


def test_trained_members_share_the_ordering_of_the_estimator(data):
    estimator = NADE(3, max_epochs=2, ordering=ORDERINGS["other"])
    mixture = Mixture(estimator, 3, orderings=None, random_state=0).fit(data)
    nats = mixture.log_prob_per_feature(data)
    np.testing.assert_allclose(nats.sum(axis=1), mixture.score_samples(data), rtol=1e-6)
    with pytest.raises(ValueError, match="share an ordering"):
        copy.deepcopy(mixture).set_params(orderings="random").fit(data).conditionals(data)


def test_rows_are_checked_as_for_scores(mixture, data):
    for call in (mixture.conditionals, mixture.log_prob_per_feature):
        with pytest.raises(ValueError, match="X has 6 features, but Mixture is expecting 7"):
            call(X[:, :6])
        with pytest.raises(ValueError, match="found 2 at row 0, column 0"):
            call(X + 2)
    for call in (Mixture().conditionals, Mixture().log_prob_per_feature):
        with pytest.raises(ardens.NotFittedError, match="this Mixture is not fitted yet"):
            call(X)
    named = Tabular().fit(pd.DataFrame(data, columns=list("abcdefg")))
    other = pd.DataFrame(data, columns=list("bacdefg"))
    with pytest.raises(ValueError, match="same order"):
        Mixture.from_models([named]).conditionals(other)
    half = Mixture.from_models([Tabular(binarize=0.5).fit(data)])
    assert np.array_equal(half.conditionals(data * 0.9), half.conditionals(data))
