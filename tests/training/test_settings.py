"""Options of training: their defaults, and what is refused."""

import pytest

from ardens.optim import OPTIMIZERS, SGD, Adam, RMSProp
from ardens.schedules import InverseTime
from ardens.training.settings import Settings, settings_for


@pytest.mark.parametrize("name", ["batch_size", "max_epochs", "patience"])
@pytest.mark.parametrize(
    ("value", "error"), [(0, ValueError), (-1, ValueError), (2.5, TypeError), (True, TypeError)]
)
def test_counts_must_be_integers_of_at_least_one(name, value, error):
    with pytest.raises(error, match=rf"{name} must be an integer of at least 1; got {value}"):
        settings_for(100, validated=True, **{name: value})


@pytest.mark.parametrize(
    ("option", "error"),
    [
        ({"weight_decay": -0.1}, ValueError),
        ({"weight_decay": None}, TypeError),
        ({"averaging": 1.0}, ValueError),
        ({"averaging": "yes"}, TypeError),
        ({"learning_rate": -1.0}, ValueError),
        ({"learning_rate": "fast"}, TypeError),
        ({"optimizer": "newton"}, ValueError),
    ],
    ids=str,
)
def test_bad_options_are_named(option, error):
    with pytest.raises(error, match=f"^{next(iter(option))} must be"):
        settings_for(100, validated=True, **option)


@pytest.mark.parametrize("n_samples", [1, 2, 10, 399, 1400, 50_000, 10**7])
@pytest.mark.parametrize("validated", [True, False])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_defaults_are_valid_for_any_number_of_rows(n_samples, validated, optimizer):
    chosen = settings_for(n_samples, validated=validated, optimizer=optimizer)
    assert chosen.schedule(0) > 0
    assert 10 <= chosen.batch_size <= 100
    assert not validated or chosen.patience < chosen.max_epochs


@pytest.mark.parametrize(
    ("n_samples", "batch_size", "max_epochs", "patience", "averaging"),
    [
        (400, 10, 1000, 25, 0.99),
        (5000, 50, 1000, 10, 0.99),
        (50_000, 100, 200, 5, 0.998),
        (1_000_000, 100, 100, 5, 0.9995),
    ],
)
def test_defaults_go_by_the_number_of_rows(n_samples, batch_size, max_epochs, patience, averaging):
    chosen = settings_for(n_samples, validated=True)
    assert (chosen.batch_size, chosen.max_epochs) == (batch_size, max_epochs)
    assert (chosen.patience, chosen.averaging) == (patience, averaging)
    assert settings_for(n_samples, validated=False).max_epochs == 50


def test_optimizers_have_their_defaults():
    rates = {Adam(): 0.002, RMSProp(): 0.002, SGD(): 0.03}
    for optimizer, rate in rates.items():
        assert settings_for(400, validated=True, optimizer=optimizer).schedule(10**6) == rate
    assert Adam() == Adam(beta1=0.9, beta2=0.999, epsilon=1e-8)
    assert RMSProp() == RMSProp(rho=0.9, epsilon=1e-8)
    assert SGD() == SGD(momentum=0.9, nesterov=False)


def test_given_options_are_followed():
    schedule = InverseTime(0.1, 0.5)
    given = {
        "optimizer": SGD(momentum=0.5),
        "batch_size": 7,
        "max_epochs": 3,
        "patience": 2,
        "weight_decay": 0.25,
        "averaging": 0.0,
    }
    chosen = settings_for(1000, validated=True, learning_rate=schedule, **given)
    assert chosen == Settings(schedule=schedule, **given)
