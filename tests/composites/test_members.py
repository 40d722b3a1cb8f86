"""Members are trained side by side, each as if it were alone."""

import threading
import time

import numpy as np
import pytest

from ardens import FVSBN, Mixture
from ardens.composites.side_by_side import side_by_side
from helpers.interrupts import cpu_seconds_after_ctrl_c
from helpers.models import N


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


def test_members_have_the_threads_of_their_mixture(quick, data):
    for n_jobs in (None, 2):
        members = quick(n_jobs=n_jobs).fit(data).members_
        assert [member.n_jobs for member in members] == [n_jobs] * 3


def test_random_orderings_differ_between_members(quick, data):
    orderings = [tuple(member.ordering_) for member in quick().fit(data).members_]
    assert len(set(orderings)) == 3


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
    unstopped = []

    def run_long():
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            time.sleep(0.001)
        unstopped.append(run_long)

    def fail():
        raise ArithmeticError("diverged")

    threads = set(threading.enumerate())
    with pytest.raises(ArithmeticError, match="diverged"):
        side_by_side([run_long, fail, run_long], workers=2)
    assert not unstopped
    assert set(threading.enumerate()) <= threads


def test_what_one_member_raises_stops_solvers_too(rng):
    X = rng.integers(0, 2, (20_000, 200), dtype=np.uint8)
    solver = FVSBN(penalty=1e-3, l1_ratio=0.0, n_jobs=1)
    failed = []

    def fail():
        time.sleep(0.3)
        failed.append(time.process_time())
        raise ArithmeticError("diverged")

    with pytest.raises(ArithmeticError, match="diverged"):
        side_by_side([lambda: solver.fit(X), fail], workers=2)
    assert time.process_time() - failed[0] < 0.5


def test_ctrl_c_stops_all_members_and_leaves_the_mixture_as_it_was(quick, data):
    mixture = quick(n_jobs=2).fit(data)
    before = mixture.score(data)
    mixture.set_params(estimator__max_epochs=10**6, estimator__patience=10**6)
    assert cpu_seconds_after_ctrl_c(lambda: mixture.fit(data), delay=0.3) < 1
    assert mixture.score(data) == before


def test_the_members_of_a_mixture_cannot_be_changed_from_outside(quick, data, members):
    mixture = Mixture.from_models(members)
    before = mixture.score(data)
    members[0].fit(data)
    mixture.members_[0].fit(data)
    assert mixture.score(data) == before
    with pytest.raises(ValueError, match="read-only"):
        mixture.weights_[0] = 1
