"""Mixtures against sums written out: densities, draws, weights, training side by side."""

import copy
import pickle
import threading
import time

import numpy as np
import pytest

import ardens
from ardens import FVSBN, NADE, Mixture, Tabular, _core
from ardens.composites.side_by_side import side_by_side
from ardens.models import MODELS
from ardens.reference import mixture as reference
from helpers.first_principles import (
    all_vectors,
    check_mixture_of_densities,
    check_rows_depend_on_seed_and_number,
    check_sample_frequencies,
)
from helpers.interrupts import seconds_after_ctrl_c
from helpers.models import N

WEIGHTS = [0.5, 0.0, 0.2, 0.3]


@pytest.fixture
def members(random_model):
    """One model of every kind, each with an ordering of its own."""
    rng = np.random.default_rng(1)
    return [
        random_model(name, seed=k, ordering=rng.permutation(N)) for k, name in enumerate(MODELS)
    ]


@pytest.fixture
def mixture(members):
    return Mixture.from_models(members, weights=WEIGHTS)


@pytest.fixture
def quick():
    """A function that makes an unfitted mixture that learns fast."""

    def make(**options):
        estimator = NADE(n_hidden=5, max_epochs=3)
        return Mixture(**({"estimator": estimator, "n_members": 3, "random_state": 0} | options))

    return make


# The density


def test_a_mixture_is_the_mean_of_densities_and_sums_to_one(members):
    mixture = Mixture.from_models(members)
    densities = [member.score_samples for member in members]
    # Log-probabilities of the members come from single precision.
    check_mixture_of_densities(mixture.score_samples, densities, N, tolerance=1e-6)
    logits = np.mean([density(all_vectors(N)) for density in densities], axis=0)
    assert abs(np.exp(logits).sum() - 1) > 0.1


def test_log_probabilities_are_those_of_the_reference(mixture, members):
    X = all_vectors(N)
    scores = np.array([member.score_samples(X) for member in members])
    expected = reference.log_prob(scores, np.array(WEIGHTS))
    assert np.array_equal(mixture.score_samples(X), expected)
    assert mixture.score(X) == np.mean(expected)


def test_rows_that_a_member_excludes_are_left_to_the_others():
    X = [[0, 0], [1, 1], [0, 1]]
    first, second = (Tabular(alpha=0).fit([row]) for row in X[:2])
    p = np.exp(Mixture.from_models([first, second], [1, 3]).score_samples(X))
    assert p.tolist() == pytest.approx([0.25, 0.75, 0])


def test_a_log_probability_is_never_positive():
    sure = Tabular(alpha=0).fit([[1, 0]])
    mixture = Mixture.from_models([sure] * 7, weights=np.arange(1, 8) / 7)
    assert -1e-12 < mixture.score_samples([[1, 0]])[0] <= 0


def test_pieces_of_a_call_do_not_change_a_bit_of_a_score(mixture, monkeypatch):
    X = all_vectors(N)
    whole = mixture.score_samples(X)
    monkeypatch.setattr("ardens.composites.fitted._CELLS", 20)
    assert np.array_equal(mixture.score_samples(X), whole)
    assert mixture.score_samples(X[:0]).shape == (0,)


def test_divergences_take_mixtures(mixture, members):
    X = all_vectors(N)
    log_p, log_q = mixture.score_samples(X), members[3].score_samples(X)
    expected = np.sum(np.exp(log_p) * (log_p - log_q))
    assert ardens.kl_divergence(mixture, members[3]) == pytest.approx(expected, rel=1e-9)
    estimate = ardens.kl_divergence(mixture, members[3], n_samples=20_000, random_state=0)
    assert abs(estimate - expected) < 5 * estimate.standard_error


# Draws


def test_frequencies_of_draws_follow_the_density(mixture):
    check_sample_frequencies(mixture.sample(40_000, random_state=1), mixture.score_samples)


def test_rows_of_a_mixture_depend_on_the_seed_and_their_number_only(mixture):
    def sample(n_samples, seed, start):
        return mixture.sample(n_samples, random_state=seed, start=start)

    check_rows_depend_on_seed_and_number(sample)


def test_shards_across_blocks_glue_to_the_whole(mixture):
    whole, nats = mixture.sample(9000, random_state=5, start=100, return_log_prob=True)
    pieces = [
        mixture.sample(end - begin, random_state=5, start=100 + begin)
        for begin, end in ((0, 1), (1, 3996), (3996, 4000), (4000, 8500), (8500, 9000))
    ]
    assert np.array_equal(np.concatenate(pieces), whole)
    assert np.array_equal(nats, mixture.score_samples(whole))
    blocks = mixture.iter_samples(9000, random_state=5, start=100, batch_size=1234)
    assert np.array_equal(np.concatenate(list(blocks)), whole)
    packed, same = mixture.sample(
        9000, random_state=5, start=100, packed=True, return_log_prob=True
    )
    assert np.array_equal(packed, np.packbits(whole, axis=1))
    assert np.array_equal(same, nats)


def test_rows_are_those_that_the_reference_draws(mixture, members):
    draws = [
        lambda n, seed, start, m=m: m.sample(n, random_state=seed, start=start) for m in members
    ]
    expected = reference.sample(300, 9, 4000, members=draws, weights=np.array(WEIGHTS))
    assert np.array_equal(mixture.sample(300, random_state=9, start=4000), expected)


@pytest.mark.parametrize("row", [0, 5, 2**32 + 1, 2**64 - 1])
def test_the_member_of_a_row_is_one_word_of_philox(row):
    seed, weights = 2**40 + 5, np.array([0.25, 0.0, 0.75])
    key = seed % 2**32, seed // 2**32
    word = _core.philox((row % 2**32, row // 2**32, 0, 1), key)[0]
    expected = 0 if (word + 0.5) / 2**32 < 0.25 else 2
    assert reference.choices(seed, row, 1, weights).tolist() == [expected]
    low, high = _core.philox((3, 0, 0, 2), key)[:2]
    assert reference.member_seed(seed, 3) == low + 2**32 * high


def test_rows_of_different_members_are_independent():
    """Two halves that are one model: a pair of rows with the same uniforms would be equal."""
    fair = FVSBN.from_parameters(W=np.zeros((64, 64)), b=np.zeros(64))
    X = Mixture.from_models([fair, fair]).sample(9000, random_state=0, packed=True)
    assert len(np.unique(X, axis=0)) == 9000


def test_the_last_rows_of_a_seed_are_drawn(mixture):
    assert mixture.sample(3, random_state=0, start=2**64 - 3).shape == (3, N)


def test_counts_follow_the_density_and_come_in_order(mixture):
    X, counts = mixture.sample_counts(10**6, random_state=0)
    expected = 10**6 * np.exp(mixture.score_samples(X))
    assert counts.sum() == 10**6
    assert np.array_equal(X, np.unique(X, axis=0))
    assert (((counts - expected) ** 2) / expected).sum() < 200  # 127 degrees of freedom
    assert mixture.sample_counts(0)[0].shape == (0, N)


def test_threads_change_no_bit_of_a_mixture(mixture):
    X = all_vectors(N)
    expected = mixture.set_params(n_jobs=1)
    scores, rows = expected.score_samples(X), expected.sample(5000, random_state=1)
    assert np.array_equal(mixture.set_params(n_jobs=2).score_samples(X), scores)
    assert np.array_equal(mixture.sample(5000, random_state=1), rows)


# Weights


def test_learned_weights_are_the_best_ones_and_no_step_lowers_the_likelihood(members, rng):
    truth = Mixture.from_models(members, WEIGHTS)
    X = truth.sample(4000, random_state=1)
    mixture = Mixture.from_models(members).fit_weights(X)
    nats = mixture.history_["valid"]
    assert len(nats) > 3
    assert (np.diff(nats) >= -1e-12).all()
    assert nats[0] == pytest.approx(Mixture.from_models(members).score(X))
    assert nats[-1] == pytest.approx(mixture.score(X))
    assert mixture.weights_.sum() == pytest.approx(1)
    assert np.abs(mixture.weights_ - WEIGHTS).max() < 0.1
    for other in [*rng.dirichlet(np.ones(4), 50), np.array(WEIGHTS)]:
        assert Mixture.from_models(members, other).score(X) <= nats[-1] + 1e-4


def test_steps_and_their_end_are_those_of_the_reference(members):
    X = members[0].sample(500, random_state=1)
    scores = np.array([member.score_samples(X) for member in members])
    weights = np.full(4, 0.25)
    steps = 0
    while reference.em_gap(scores, weights) > 1e-4:
        weights = reference.em(scores, weights)
        steps += 1
    mixture = Mixture.from_models(members).fit_weights(X)
    assert len(mixture.history_["valid"]) == steps + 1
    np.testing.assert_allclose(mixture.weights_, weights, rtol=1e-9)


def test_rows_that_nobody_allows_do_not_disturb_the_weights():
    sure, fair = Tabular(alpha=0).fit([[1, 1]]), Tabular(alpha=0).fit([[1, 1], [1, 0]])
    mixture = Mixture.from_models([sure, fair]).fit_weights([[1, 1], [1, 0], [0, 0]])
    assert mixture.weights_[1] > 0.99
    assert mixture.history_["valid"][0] == -np.inf
    mixture.fit_weights([[0, 0]])
    assert mixture.weights_.tolist() == [0.5, 0.5]


def test_given_weights_are_scaled_and_those_that_sum_to_one_keep_their_bits(members):
    mixture = Mixture.from_models(members, [2, 0, 1, 1])
    assert mixture.weights_.tolist() == [0.5, 0, 0.25, 0.25]
    again = Mixture.from_models(members, np.full(4, 1e308))
    assert again.weights_.tolist() == [0.25] * 4
    thirds = np.array([1 / 3, 1 / 3, 1 / 3, 0])
    assert np.array_equal(Mixture.from_models(members, thirds).weights_, thirds)


# Training


def test_members_are_what_they_are_when_trained_alone(quick, data, same):
    mixture = quick(orderings=["random", None, "marginal"]).fit(data[:150], X_valid=data[150:])
    for member in mixture.members_:
        alone = type(member)(**member.get_params()).fit(data[:150], X_valid=data[150:])
        assert same(member, alone)
        assert np.array_equal(member.ordering_, alone.ordering_)
    assert mixture.members_[1].ordering_.tolist() == list(range(N))
    assert len({member.random_state for member in mixture.members_}) == 3


def test_no_number_of_threads_changes_a_bit_of_a_fit(quick, data, same):
    one, two = (quick(weights="learned", n_jobs=jobs).fit(data) for jobs in (1, 2))
    assert all(map(same, one.members_, two.members_))
    assert np.array_equal(one.weights_, two.weights_)
    assert not same(one.members_[0], quick(random_state=1).fit(data).members_[0])


def test_random_orderings_differ_between_members(quick, data):
    orderings = [tuple(member.ordering_) for member in quick().fit(data).members_]
    assert len(set(orderings)) == 3


def test_learned_weights_come_from_the_validation_rows(quick, data):
    mixture = quick(weights="learned").fit(data[:150], X_valid=data[150:])
    learned = Mixture.from_models(mixture.members_).fit_weights(data[150:])
    assert np.array_equal(mixture.weights_, learned.weights_)
    assert mixture.history_ == learned.history_
    equal = quick().fit(data[:150], X_valid=data[150:])
    assert equal.history_["valid"] == pytest.approx([equal.score(data[150:])])
    assert equal.weights_.tolist() == [1 / 3] * 3


def test_held_out_rows_judge_all_members(quick, data):
    mixture = quick().fit(data)
    assert all(np.isfinite(member.history_["valid"]).all() for member in mixture.members_)
    without = quick(validation_fraction=0.0).fit(data)
    assert all(np.isnan(member.history_["valid"]).all() for member in without.members_)
    assert without.history_ == {}


def test_any_model_can_be_the_estimator(name, small, data):
    mixture = Mixture(small(name), n_members=2, random_state=0).fit(data)
    assert mixture.n_parameters_ == 2 * mixture.members_[0].n_parameters_ + 1
    assert np.isfinite(mixture.score(data))


def test_a_mixture_says_on_stderr_when_a_member_is_done(quick, data, capsys):
    quick(verbose=True).fit(data)
    lines = sorted(capsys.readouterr().err.splitlines())
    assert [line[:13] for line in lines] == [f"member {k} of 3" for k in (1, 2, 3)]


def test_what_one_member_raises_stops_the_others():
    def run_long():
        while True:
            time.sleep(0.001)

    def fail():
        raise ArithmeticError("diverged")

    began, threads = time.perf_counter(), set(threading.enumerate())
    with pytest.raises(ArithmeticError, match="diverged"):
        side_by_side([run_long, fail, run_long], workers=2)
    assert time.perf_counter() - began < 2
    assert set(threading.enumerate()) <= threads


def test_what_one_member_raises_stops_solvers_too(rng):
    X = rng.integers(0, 2, (20_000, 200), dtype=np.uint8)
    solver = FVSBN(penalty=1e-3, l1_ratio=0.0, n_jobs=1)
    failed = []

    def fail():
        time.sleep(0.3)
        failed.append(time.perf_counter())
        raise ArithmeticError("diverged")

    with pytest.raises(ArithmeticError, match="diverged"):
        side_by_side([lambda: solver.fit(X), fail], workers=2)
    assert time.perf_counter() - failed[0] < 0.5


def test_ctrl_c_stops_all_members_and_leaves_the_mixture_as_it_was(quick, data):
    mixture = quick(n_jobs=2).fit(data)
    before = mixture.score(data)
    mixture.set_params(estimator__max_epochs=10**6, estimator__patience=10**6)
    assert seconds_after_ctrl_c(lambda: mixture.fit(data), delay=0.3) < 1
    assert mixture.score(data) == before


def test_the_members_of_a_mixture_cannot_be_changed_from_outside(quick, data, members):
    mixture = Mixture.from_models(members)
    before = mixture.score(data)
    members[0].fit(data)
    mixture.members_[0].fit(data)
    assert mixture.score(data) == before
    with pytest.raises(ValueError, match="read-only"):
        mixture.weights_[0] = 1


def test_a_mixture_is_copied_and_pickled(mixture, data):
    for twin in (copy.deepcopy(mixture), pickle.loads(pickle.dumps(mixture))):
        assert np.array_equal(twin.score_samples(data), mixture.score_samples(data))


def test_options_of_the_estimator_are_reached_by_name(quick):
    mixture = quick().set_params(estimator__n_hidden=9, n_members=2)
    assert mixture.get_params()["estimator__n_hidden"] == 9
    assert mixture.n_members == 2


def test_options_of_an_estimator_that_is_not_there_are_refused():
    mixture = Mixture()
    with pytest.raises(ValueError, match=r"estimator__n_hidden needs .* estimator=NADE\(\)"):
        mixture.set_params(n_members=2, estimator__n_hidden=3)
    assert mixture.n_members == 8
    mixture.set_params(estimator=NADE(), estimator__n_hidden=3)
    assert mixture.estimator.n_hidden == 3


def test_a_threshold_of_the_mixture_makes_rows_binary(quick, data):
    real = np.where(data == 1, 0.9, 0.1)
    mixture = quick(binarize=0.5).fit(real)
    assert mixture.score(real) == quick().fit(data).score(data)
    members = [Tabular(binarize=0.5, alpha=k).fit(real) for k in (1, 2)]
    assert Mixture.from_models(members).binarize == 0.5


def test_names_of_columns_are_compared(quick, frame):
    mixture = quick().fit(frame)
    assert mixture.feature_names_in_.tolist() == list("abcdefg")
    with pytest.raises(ValueError, match="same order"):
        mixture.score_samples(frame[list("bacdefg")])


# Wrong inputs


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"n_members": 0}, ValueError, "n_members must be an integer of at least 1; got 0"),
        ({"n_members": 2.0}, TypeError, "n_members must be an integer"),
        ({"n_members": 1025}, ValueError, "n_members must be at most 1024"),
        ({"orderings": "reverse"}, ValueError, "ordering must be None, a perm.* got 'reverse'"),
        ({"orderings": [None]}, ValueError, "sequence of n_members=3 orderings; got 1 of them"),
        ({"orderings": 5}, TypeError, "sequence of n_members=3 orderings; got 5"),
        ({"orderings": [[0, 1]] * 3}, ValueError, "ordering must be"),
        ({"orderings": [0, 1, 2]}, ValueError, "ordering must be"),
        ({"weights": "best"}, ValueError, 'weights must be "equal" or "learned"; got .best.'),
        ({"weights": [1, 2, 3]}, ValueError, "weights must be"),
        ({"weights": "learned", "validation_fraction": 0.0}, ValueError, "at least 5 validation"),
        ({"validation_fraction": 1.0}, ValueError, "validation_fraction must be below 1"),
        ({"estimator": "nade"}, TypeError, "estimator must be None or a model"),
        ({"estimator": Mixture()}, TypeError, "not a mixture"),
        ({"estimator": NADE(binarize=0.5)}, ValueError, "binarize must be None"),
        ({"estimator": NADE(n_hidden=0)}, ValueError, "n_hidden must be"),
        ({"verbose": 1}, TypeError, "verbose must be"),
        ({"n_jobs": 0}, ValueError, "n_jobs must be"),
        ({"random_state": -1}, ValueError, "random_state must be"),
    ],
    ids=str,
)
def test_a_wrong_option_is_refused(quick, data, options, error, words):
    with pytest.raises(error, match=words):
        quick(**options).fit(data)


@pytest.mark.parametrize(
    ("weights", "error"),
    [
        ([1, 2], ValueError),
        ([0, 0, 0, 0], ValueError),
        ([1, 1, 1, -1], ValueError),
        ([1, 1, 1, np.nan], ValueError),
        ([1, 1, 1, np.inf], ValueError),
        (["a"] * 4, TypeError),
        ([[1], 2], TypeError),
        ("equal", TypeError),
    ],
    ids=str,
)
def test_wrong_weights_are_refused(members, weights, error):
    with pytest.raises(error, match="weights must be None or 4 finite numbers"):
        Mixture.from_models(members, weights)


def test_models_that_do_not_fit_together_are_refused(members, random_model, data, frame):
    named = [Tabular().fit(frame), Tabular().fit(frame.rename(columns={"a": "z"}))]
    for models, error, words in (
        ([], ValueError, "models must be 1 … 1024 models; got 0"),
        (members[0], TypeError, "models must be a sequence"),
        ([Mixture.from_models(members)], TypeError, "none a mixture; it has Mixture"),
        (["nade"], TypeError, "it has 'nade'"),
        ([NADE()], ardens.NotFittedError, "not fitted"),
        ([members[0], random_model("nade", n=3)], ValueError, "same number of features"),
        (named, ValueError, "same names of features"),
        ([members[0], Tabular(binarize=0.5).fit(data)], ValueError, "same binarize"),
    ):
        with pytest.raises(error, match=words):
            Mixture.from_models(models)


def test_an_unfitted_mixture_says_so():
    for use in (Mixture().score_samples, Mixture().sample, Mixture().fit_weights):
        with pytest.raises(ardens.NotFittedError, match="this Mixture is not fitted yet"):
            use([[0, 1]] if use.__name__ != "sample" else 1)


def test_conditionals_are_not_offered(mixture):
    assert not hasattr(mixture, "conditionals")
