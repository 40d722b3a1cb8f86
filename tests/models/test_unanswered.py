"""Questions that have no answer, and what is said of them."""

import math
import tracemalloc
from functools import partial
from unittest.mock import patch

import numpy as np
import pandas as pd
import pytest

import ardens
from ardens import FVSBN, Tabular
from helpers.enumeration import ANSWERING, answering


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"n_particles": 0}, "n_particles must be an integer of at least 1; got 0"),
        ({"n_particles": 2**20 + 1}, "n_particles must be at most 1048576"),
        ({"n_particles": 1.5}, "n_particles must be an integer"),
        ({"random_state": -1}, "random_state must be"),
    ],
)
def test_wrong_options_are_refused(options, words):
    model = answering("fvsbn")
    X = [[None] * 6]
    for ask in (model.log_marginal, model.posterior, model.impute, model.reliability):
        with pytest.raises((TypeError, ValueError), match=words):
            ask(X, **options)
    with pytest.raises((TypeError, ValueError), match=words):
        model.sample(2, given={0: 1}, **options)


@pytest.mark.parametrize(
    ("call", "options", "words"),
    [
        ("impute", {"n_draws": 0}, "n_draws must be an integer of at least 1; got 0"),
        ("impute", {"n_draws": 10**12}, "6 features needs .* GiB"),
        ("impute", {"start": -1}, "start must be an integer of at least 0"),
        ("impute", {"start": 2**64 - 2}, r"start \+ n_samples must be at most 2\*\*64"),
        ("most_probable", {"beam": 0}, "beam must be an integer of at least 1; got 0"),
        ("most_probable", {"return_log_prob": 2}, "return_log_prob must be True or False"),
        ("log_marginal", {"return_error": "yes"}, "return_error must be True or False"),
    ],
)
def test_wrong_options_of_a_call_are_refused(call, options, words):
    with pytest.raises((TypeError, ValueError, MemoryError), match=words):
        getattr(answering("nade"), call)([[None] * 6] * 3, **options)


def test_a_beam_that_no_memory_holds_is_refused():
    model = FVSBN.from_parameters(W=np.zeros((3, 3)), b=np.zeros(3))
    with (
        patch("os.sysconf", return_value=2**14),  # 16384 pages of 16 KiB: 256 MiB
        pytest.raises(MemoryError, match=r"a search with a beam of 1,048,576 needs .* GiB"),
    ):
        model.most_probable([[None] * 3], beam=2**20)


def test_populations_that_no_memory_holds_are_refused_and_large_ones_summed_in_parts():
    n, size = 100, 2**15
    model = FVSBN.from_parameters(W=np.zeros((n, n)), b=np.zeros(n))
    X = [[None] * (n - 1) + [1]]
    for ask in (model.impute, model.posterior):
        with (
            patch("os.sysconf", return_value=2**13),  # 8192 pages of 8 KiB
            patch("ardens.checks.machine._SMALL", 0),
            pytest.raises(MemoryError, match=r"a population of 1,048,576 rows of 100 features"),
        ):
            ask(X, n_particles=2**20)
    tracemalloc.start()
    p = model.posterior(X, n_particles=size)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * n * size  # of which the particles are one
    np.testing.assert_allclose(p[0, :-1], 0.5, atol=0.02)


def test_evidence_that_the_model_rules_out_is_told():
    sure = Tabular(alpha=0).fit([[0, 1, 0], [1, 1, 0]])
    X = [[0, None, None], [None, 0, 1]]
    assert sure.log_marginal(X)[1] == -np.inf
    for ask in (sure.impute, sure.posterior, sure.most_probable):
        with pytest.raises(ValueError, match="X at row 1 has evidence of probability zero"):
            ask(X)
    with pytest.raises(ValueError, match="given has evidence of probability zero"):
        sure.sample(3, given={1: 0})
    mixed = ardens.Mixture.from_models([sure, sure])
    assert mixed.log_marginal(X)[1] == -np.inf
    for ask in (mixed.impute, mixed.most_probable, partial(mixed.most_probable, beam=1)):
        with pytest.raises(ValueError, match="X at row 1 has evidence of probability zero"):
            ask(X)


def test_a_search_that_lost_all_that_is_possible_asks_for_a_wider_beam():
    often, seldom = [0] * 5, [1] * 5
    model = Tabular(alpha=0).fit([often, often, seldom])
    X = [often, [None] * 4 + [1]]  # the last one is seen when the search has let the ones go
    for searched in (model, ardens.Mixture.from_models([model, model])):
        with pytest.raises(ValueError, match=r"row 1 of X .* possible; give a beam above 1"):
            searched.most_probable(X, beam=1)
        assert searched.most_probable(X, beam=2).tolist() == [often, seldom]


def test_a_question_whose_particles_all_die_names_its_row_and_what_helps():
    W = np.zeros((4, 4))
    W[3, :3] = -3e38  # after any two ones the last is impossible
    model = FVSBN.from_parameters(W=W, b=[99, 99, 99, 0])
    X = [[None, None, None, 0], [None, None, None, 1]]
    for ask in (model.log_marginal, model.impute, model.posterior):
        with pytest.raises(ValueError, match=r"all 4 particles of row 1 of X died.*given_first"):
            ask(X, n_particles=4)
    with pytest.raises(ValueError, match=r"all 4 particles of given died.*more n_particles"):
        model.sample(2, given={3: 1}, n_particles=4)


@pytest.mark.parametrize("kind", ANSWERING)
def test_strict_calls_name_those_that_answer(kind):
    model = answering(kind)
    for unknown in (math.nan, None, pd.NA):
        X = pd.DataFrame([[0, 1, 0, 1, unknown, 1]], dtype=object)
        with pytest.raises(ValueError, match=r"log_marginal\(X\) and impute\(X\)"):
            model.score_samples(X)
    X = np.ma.array(np.zeros((1, 6)), mask=[[0, 0, 1, 0, 0, 0]])
    with pytest.raises(ValueError, match=r"log_marginal\(X\) and impute\(X\)"):
        model.score_samples(X)
    with pytest.raises(ValueError, match="inf at row 0, column 4 ") as told:
        model.score_samples([[0, 1, 0, 1, math.inf, 1]])
    assert "log_marginal" not in str(told.value)


def test_an_unfitted_model_answers_nothing():
    for ask in (FVSBN().log_marginal, FVSBN().impute, ardens.Mixture().posterior):
        with pytest.raises(ardens.NotFittedError):
            ask([[None, 1]])
