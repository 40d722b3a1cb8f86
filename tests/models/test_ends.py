"""How a fit ends early: by a callback, by Ctrl-C, by diverging."""

import pickle

import numpy as np
import pytest

import ardens
from ardens import optim
from helpers.interrupts import cpu_seconds_after_ctrl_c


def test_callbacks_are_called_after_every_epoch_and_can_stop(small, data):
    seen = []

    def watch(event):
        seen.append((event.epoch, event.valid))
        if event.epoch == 2:
            event.stop()

    model = small("nade", max_epochs=9, callbacks=[watch]).fit(data)
    assert [epoch for epoch, _ in seen] == model.history_["epoch"] == [1, 2]


def test_what_a_callback_raises_comes_out_and_the_best_epoch_stays(small, data):
    class Broken(Exception):
        pass

    def breaks(event):
        if event.epoch == 2:
            raise Broken

    model = small("nade", max_epochs=9, callbacks=[breaks])
    with pytest.raises(Broken):
        model.fit(data)
    assert model.history_["epoch"] == [1, 2]
    assert np.isfinite(model.score(data))


def test_a_callback_may_fit_the_same_model(same, small, data):
    model = small("nade", max_epochs=1)

    def fits_again(event):
        model.callbacks = None
        model.fit(data[:50])

    model.callbacks = [fits_again]
    model.fit(data)
    assert same(model, small("nade", max_epochs=1).fit(data))


def test_ctrl_c_ends_a_fit_at_once_and_the_best_epoch_stays(small, data):
    model = small("nade", max_epochs=10**6, patience=10**6)
    assert cpu_seconds_after_ctrl_c(lambda: model.fit(data), delay=0.3) < 2 * 0.2
    assert model.score(data) > model.history_["train"][0]
    model.set_params(max_epochs=1).fit(data)


def test_divergence_names_the_epoch_and_leaves_the_model_as_it_was(small, data):
    model = small("fvsbn", solver="stochastic", averaging=0).fit(data)
    before = model.parameters()["W"]
    model.set_params(optimizer=optim.SGD(), learning_rate=1e38, max_epochs=50)
    with pytest.raises(ardens.DivergenceError, match="diverged in epoch 1") as caught:
        model.fit(data)
    assert caught.value.epoch == 1
    assert pickle.loads(pickle.dumps(caught.value)).epoch == 1
    assert np.shares_memory(model.parameters()["W"], before)


@pytest.mark.parametrize("fraction", [0, 0.1])
def test_a_fit_that_runs_away_is_an_error_though_all_is_finite(small, data, fraction):
    model = small("nade", learning_rate=1e4, validation_fraction=fraction)
    with pytest.raises(ardens.DivergenceError, match=r"diverged by epoch 3: .* two bits a feature"):
        model.fit(data)
    with pytest.raises(ardens.NotFittedError):
        model.score(data)
