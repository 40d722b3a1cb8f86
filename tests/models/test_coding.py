"""A coding turns columns over inside the model, and nobody outside can tell."""

import numpy as np
import pytest
from sklearn.base import clone

import ardens
from ardens.models import MODELS
from helpers.first_principles import all_vectors, check_sample_frequencies, numbers_of
from helpers.models import FLIPPED, ORDERING, usable


@pytest.fixture
def dense(rng):
    """Rows with more ones than zeros in the columns of FLIPPED."""
    X = (rng.random((200, 7)) < np.where(FLIPPED, 0.8, 0.3)).astype(np.uint8)
    X[:, 3] = X[:, 0] | X[:, 2]
    return X


@pytest.fixture(params=[None, ORDERING], ids=["in order", "reordered"])
def ordering(request):
    return request.param


@pytest.fixture
def pair(random_model, ordering):
    """A function that makes a model of flipped columns and one of the same parameters without."""

    def make(name):
        plain = random_model(name, ordering=ordering)
        coded = type(plain).from_parameters(
            **plain.parameters(), ordering=ordering, flipped=FLIPPED
        )
        return coded, plain

    return make


# What is learned


def test_columns_are_as_they_are_by_default(name, small, dense):
    assert MODELS[name]().coding is None
    assert not small(name).fit(dense).flipped_.any()


def test_columns_of_mostly_ones_are_flipped(name, small, dense):
    assert small(name, coding="majority").fit(dense).flipped_.tolist() == FLIPPED.tolist()


def test_a_column_of_as_many_ones_as_zeros_is_left_alone(name, small):
    model = small(name, coding="majority").fit([[0, 1], [1, 1]])
    assert model.flipped_.tolist() == [False, True]


def test_the_training_rows_alone_decide(learned, small):
    X, X_valid = np.zeros((20, 3)), np.ones((100, 3))
    assert not small(learned, coding="majority").fit(X, X_valid=X_valid).flipped_.any()


@pytest.mark.parametrize("order", [None, "random"])
def test_fitting_coded_columns_is_fitting_flipped_ones(same, name, small, dense, order):
    coded = small(name, coding="majority", ordering=order).fit(dense)
    plain = small(name, ordering=order).fit(dense ^ FLIPPED)
    assert same(coded, plain)
    assert np.array_equal(coded.ordering_, plain.ordering_)
    assert np.array_equal(coded.score_samples(dense), plain.score_samples(dense ^ FLIPPED))
    assert coded.history_["train"] == plain.history_["train"]


def test_rows_that_judge_or_come_later_are_coded_too(same, learned, small, dense):
    X, more = dense[:150], dense[150:]
    coded, plain = small(learned, coding="majority"), small(learned)
    coded.fit(X, X_valid=more)
    plain.fit(X ^ FLIPPED, X_valid=more ^ FLIPPED)
    assert coded.history_["valid"] == plain.history_["valid"]
    coded, plain = small(learned, coding="majority"), small(learned)
    coded.partial_fit(X).partial_fit(more)
    plain.partial_fit(X ^ FLIPPED).partial_fit(more ^ FLIPPED)
    assert same(coded, plain)


def test_a_table_judges_coded_rows(small, dense):
    coded = small("tabular", coding="majority").fit(dense, X_valid=dense[:20])
    assert coded.history_["valid"] == [pytest.approx(coded.score(dense[:20]))]


def test_the_coding_of_the_first_fit_is_kept(learned, small, dense):
    model = small(learned, coding="majority").partial_fit(dense).partial_fit(1 - dense)
    assert np.array_equal(model.flipped_, FLIPPED)
    model = small(learned, coding="majority", warm_start=True).fit(dense).fit(1 - dense)
    assert np.array_equal(model.flipped_, FLIPPED)
    assert np.array_equal(model.set_params(warm_start=False).fit(1 - dense).flipped_, ~FLIPPED)


def test_a_complement_is_learned_as_what_it_is_the_complement_of(same, name, small, dense):
    a, b = (small(name, coding="majority").fit(X) for X in (dense, 1 - dense))
    assert same(a, b)
    assert np.array_equal(a.sample(50, random_state=0), 1 - b.sample(50, random_state=0))


@pytest.mark.parametrize("coding", ["minority", True, 1, ["majority"], FLIPPED])
def test_a_wrong_coding_is_refused(name, small, dense, coding):
    with pytest.raises(ValueError, match='coding must be None or "majority"; got'):
        small(name, coding=coding).fit(dense)


# What is told


def test_probabilities_sum_to_one(name, pair):
    coded, _ = pair(name)
    assert np.exp(coded.score_samples(all_vectors(7))).sum() == pytest.approx(1, abs=1e-6)


def test_every_method_speaks_of_the_values_of_the_user(name, pair, data):
    coded, plain = pair(name)
    turned = data ^ FLIPPED
    assert np.array_equal(coded.score_samples(data), plain.score_samples(turned))
    assert np.array_equal(coded.log_prob_per_feature(data), plain.log_prob_per_feature(turned))
    assert np.allclose(coded.log_prob_per_feature(data).sum(axis=1), coded.score_samples(data))
    value, gradients = coded.value_and_grad(data)
    expected, expected_gradients = plain.value_and_grad(turned)
    assert value == expected
    assert all(np.array_equal(gradients[key], expected_gradients[key]) for key in gradients)
    p = plain.conditionals(turned)
    assert np.array_equal(coded.conditionals(data), np.where(FLIPPED, 1 - p, p))


def test_conditionals_are_those_of_the_values_that_are_scored(name, pair, data):
    coded, _ = pair(name)
    p = coded.conditionals(data)
    nats = np.log(np.where(data == 1, p, 1 - p))
    assert np.allclose(nats, coded.log_prob_per_feature(data), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("logit", [-80, -40, -25, -21, -5, 5, 21, 25, 40, 80])
def test_both_tails_of_a_flipped_column_are_precise(logit):
    W, X = np.zeros((2, 2)), [[0, 0], [1, 1]]
    plain = ardens.FVSBN.from_parameters(W=W, b=[logit, logit])
    coded = ardens.FVSBN.from_parameters(W=W, b=[logit, -logit], flipped=[False, True])
    p = coded.conditionals(X)
    assert np.allclose(p, plain.conditionals(X), rtol=1e-5, atol=0)
    assert np.allclose(1 - p, 1 - plain.conditionals(X), rtol=1e-5, atol=2**-53)


def test_a_certainty_of_a_flipped_column_is_one():
    model = ardens.Tabular(alpha=0, coding="majority").fit([[1, 0], [1, 0]])
    assert model.conditionals([[1, 0], [0, 0]])[:, 0].tolist() == [1, 1]
    model = ardens.Tabular.from_parameters(logits=[np.inf], flipped=[1])
    p = model.conditionals([[0], [1]])
    assert p.tolist() == [[0], [0]]
    assert not np.signbit(p).any()


def test_no_data_of_the_user_are_written_to(name, pair, data):
    coded, _ = pair(name)
    before = data.copy()
    coded.score(data)
    coded.conditionals(data)
    clone(coded).set_params(coding="majority").fit(data)
    assert np.array_equal(data, before)


def test_divergences_are_of_the_values_of_the_user(name, pair, data):
    coded, plain = pair(name)
    assert ardens.kl_divergence(coded, coded) == 0
    expected = ardens.kl_divergence(data ^ FLIPPED, plain)
    assert ardens.kl_divergence(data, coded) == pytest.approx(expected)  # rows in another order
    exact = ardens.kl_divergence(coded, plain)
    assert exact > 0.1
    drawn = ardens.kl_divergence(coded, plain, n_samples=4000, random_state=0)
    assert abs(drawn - exact) < 5 * drawn.standard_error


# What is drawn


@pytest.mark.parametrize("n", [1, 7, 8, 67])
def test_samples_are_those_of_the_model_turned_over(name, random_model, n):
    n = usable(name, n)
    ordering, flipped = np.random.default_rng(n).permutation(n), np.resize(FLIPPED, n)
    plain = random_model(name, n=n, ordering=ordering)
    coded = type(plain).from_parameters(**plain.parameters(), ordering=ordering, flipped=flipped)
    X, log_prob = coded.sample(600, random_state=3, return_log_prob=True)
    Y, expected = plain.sample(600, random_state=3, return_log_prob=True)
    assert np.array_equal(X, Y ^ flipped)
    assert np.array_equal(log_prob, expected)
    packed = coded.sample(600, random_state=3, packed=True)
    assert np.array_equal(packed, np.packbits(X, axis=1))
    for rows, whole in ((False, X), (True, packed)):
        blocks = list(coded.iter_samples(600, batch_size=70, random_state=3, packed=rows))
        assert np.array_equal(np.concatenate(blocks), whole)
    assert coded.sample(0).shape == (0, n)


def test_samples_have_the_frequencies_that_scores_tell(name, pair):
    coded, _ = pair(name)
    check_sample_frequencies(coded.sample(20_000, random_state=0), coded.score_samples)


@pytest.mark.parametrize("n_samples", [0, 50, 10**6])
def test_counts_are_of_the_values_of_the_user(name, pair, n_samples):
    coded, _ = pair(name)
    X, counted = coded.sample_counts(n_samples, random_state=0)
    assert counted.sum() == n_samples
    assert (np.diff(numbers_of(X[:, coded.ordering_])) > 0).all()
    if n_samples > 1000:
        check_sample_frequencies(X, coded.score_samples, counted)


def test_counts_of_many_columns_are_those_of_the_model_turned_over(random_model):
    plain, flipped = random_model("fvsbn", n=70), np.resize(FLIPPED, 70)
    coded = ardens.FVSBN.from_parameters(**plain.parameters(), flipped=flipped)
    X, counted = coded.sample_counts(100, random_state=0)
    Y, expected = plain.sample_counts(100, random_state=0)
    drawn = sorted(zip((X ^ flipped).tolist(), counted.tolist(), strict=True))
    assert drawn == sorted(zip(Y.tolist(), expected.tolist(), strict=True))


@pytest.mark.parametrize("flipped", [[True], [0, 2, 0], "majority", [0.5] * 3, [[1], [0, 0]]])
def test_wrong_flips_are_refused(flipped):
    with pytest.raises((TypeError, ValueError), match="flipped must be None or 3 zeros and ones"):
        ardens.FVSBN.from_parameters(W=np.zeros((3, 3)), b=np.zeros(3), flipped=flipped)
