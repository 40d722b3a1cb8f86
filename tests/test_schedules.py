"""Schedules follow their formulas and refuse settings that make no sense."""

import math
import pickle

import numpy as np
import pytest

from ardens.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    Exponential,
    InverseTime,
    Step,
    WarmUp,
    as_schedule,
    rate_at,
)

STEPS = range(0, 40)
EXAMPLES = {
    "Constant": (Constant(0.3), lambda t: 0.3),
    "InverseTime": (InverseTime(0.3, 0.01), lambda t: 0.3 / (1 + 0.01 * t)),
    "Step": (Step(0.3, 7, 0.1), lambda t: 0.3 * 0.1 ** math.floor(t / 7)),
    "Exponential": (Exponential(0.3, 0.9), lambda t: 0.3 * math.exp(t * math.log(0.9))),
    "Cosine": (
        Cosine(0.3, 30, floor=0.1),
        lambda t: 0.1 + 0.2 * math.cos(math.pi / 2 * min(t, 30) / 30) ** 2,
    ),
    "WarmUp": (WarmUp(Constant(0.3), 10), lambda t: 0.3 * min((t + 1) / 10, 1)),
}


def test_every_schedule_has_an_example():
    assert EXAMPLES.keys() == SCHEDULES.keys()


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule_follows_its_formula(name):
    schedule, formula = EXAMPLES[name]
    assert [schedule(t) for t in STEPS] == pytest.approx([formula(t) for t in STEPS], rel=1e-12)


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule_answers_python_floats_of_at_least_zero_far_out(name):
    schedule, _ = EXAMPLES[name]
    for step in (0, 10**6, 10**9):
        assert type(schedule(step)) is float
        assert 0 <= schedule(step) <= 0.3


@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule_survives_pickling_and_compares_by_value(name):
    schedule, _ = EXAMPLES[name]
    assert pickle.loads(pickle.dumps(schedule)) == schedule


def test_cosine_stays_at_its_floor():
    assert Cosine(0.3, 30, floor=0.1)(30) == Cosine(0.3, 30, floor=0.1)(31) == 0.1


def test_warm_up_wraps_numbers_callables_and_schedules():
    assert WarmUp(0.4, 2)(0) == WarmUp(lambda t: 0.4, 2)(0) == WarmUp(WarmUp(0.4, 1), 2)(0) == 0.2


def test_warm_up_gives_the_step_to_what_it_wraps():
    assert WarmUp(Step(0.4, every=5), 2)(5) == 0.2


def test_as_schedule_makes_numbers_constant():
    assert as_schedule(1) == as_schedule(np.float32(1)) == as_schedule(np.int64(1)) == Constant(1.0)


def test_as_schedule_returns_callables_unchanged():
    def schedule(step):
        return 0.1 / (step + 1)

    assert as_schedule(schedule) is schedule


@pytest.mark.parametrize("value", [math.nan, math.inf, -0.1])
def test_as_schedule_refuses_numbers_out_of_range(value):
    with pytest.raises(ValueError, match=f"learning_rate must be a finite number.*got {value}"):
        as_schedule(value)


@pytest.mark.parametrize("value", [None, "0.1", True, [0.1], 1j, Constant])
def test_as_schedule_refuses_other_types(value):
    with pytest.raises(TypeError, match="learning_rate must be a number, a schedule"):
        as_schedule(value)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Constant(-1), ValueError, "learning_rate must be .* at least 0"),
        (lambda: Constant("fast"), TypeError, "learning_rate must be .*got 'fast'"),
        (lambda: InverseTime(0.1, -1), ValueError, "decay must be .* at least 0"),
        (lambda: Step(0.1, 0), ValueError, "every must be an integer of at least 1; got 0"),
        (lambda: Step(0.1, 2.5), TypeError, "every must be an integer"),
        (lambda: Step(0.1, 5, 1.5), ValueError, "factor must be .* at most 1"),
        (lambda: Exponential(0.1, math.nan), ValueError, "factor must be a finite"),
        (lambda: Cosine(0.1, 0), ValueError, "steps must be an integer of at least 1"),
        (lambda: Cosine(0.1, 10, floor=0.2), ValueError, r"floor must be .* at most 0\.1"),
        (lambda: WarmUp(None, 10), TypeError, "schedule must be a number, a schedule"),
        (lambda: WarmUp(0.1, -3), ValueError, "steps must be an integer of at least 1"),
    ],
)
def test_schedule_refuses_settings_that_make_no_sense(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("answer", [math.nan, math.inf, -0.1, None, "x"])
def test_rate_at_refuses_bad_answers_and_names_the_step(answer):
    with pytest.raises(ValueError, match=r"must return a finite number.*at step 17"):
        rate_at(lambda step: answer, 17)


def test_rate_at_accepts_numpy_numbers():
    assert type(rate_at(lambda step: np.float32(0.5), 0)) is float
