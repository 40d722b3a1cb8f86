"""A run that goes on from a checkpoint has the bits of one that was never interrupted."""

from functools import partial
from itertools import count
from types import SimpleNamespace

import numpy as np
import pytest

import ardens
from ardens import optim, schedules
from ardens.training import loop
from helpers.checkpoints import check_resumes, figures, forged, interrupted
from helpers.model_files import edited, split
from helpers.threads import check_shared, n_parameters


@pytest.mark.parametrize("judged", [False, True], ids=["split", "X_valid"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"optimizer": optim.SGD(momentum=0.9, nesterov=True), "averaging": 0},
        {"optimizer": "rmsprop", "weight_decay": 0.01},
        {"learning_rate": schedules.WarmUp(schedules.Cosine(0.05, steps=100), steps=7)},
        {"validation_fraction": 0},
        {"ordering": "random", "coding": "majority"},
    ],
    ids=["adam", "sgd", "rmsprop", "schedule", "no split", "columns"],
)
def test_a_resumed_run_has_the_bits_of_an_uninterrupted_one(small, data, path, options, judged):
    make = partial(small, "nade", max_epochs=6, **options)
    check_resumes(make, path, data, **({"X_valid": data[:30]} if judged else {}))


@pytest.mark.parametrize("epoch", range(4))
def test_every_model_resumes_after_any_epoch(learned, small, data, path, epoch):
    check_resumes(partial(small, learned, max_epochs=4, patience=9), path, data, epoch)


@pytest.mark.parametrize("solver", ["convex", "stochastic"])
def test_both_solvers_of_fvsbn_resume(small, data, path, solver):
    check_resumes(partial(small, "fvsbn", solver=solver, max_epochs=4, patience=9), path, data)


def test_a_run_that_is_interrupted_again_and_again_has_the_same_bits(small, data, path):
    make = partial(small, "nade", max_epochs=6)
    for epoch in range(6):
        interrupted(make, path, data, epoch, resume=True)
    resumed = make().fit(data, checkpoint=path, resume=True)
    assert figures(resumed) == figures(make().fit(data))


def test_early_stopping_goes_on_where_it_was(small, data, path):
    make = partial(small, "nade", max_epochs=100, learning_rate=0.2, patience=3)
    whole = check_resumes(make, path, data, 1)
    best, ended = whole.best_epoch_, whole.history_["epoch"][-1]
    assert best < ended < 100
    for epoch in range(best, ended):
        path.unlink()
        check_resumes(make, path, data, epoch)


@pytest.mark.parametrize(("before", "after"), [(1, 7), (7, 1)])
def test_threads_may_change_between(small, data, path, seven_threads, before, after):
    large = partial(small, "nade", n_hidden=1000, batch_size=100)
    one, other = (partial(large, n_jobs=threads) for threads in (before, after))
    whole = check_resumes(one, path, data, 1, then=other, X_valid=data[:70])
    check_shared(7, 100, n_parameters(whole))


@pytest.mark.parametrize("again", [None, 8], ids=["None", "another generator"])
def test_a_seed_that_was_drawn_is_in_the_file(small, data, path, again):
    def make(seed=7, **more):
        generator = None if seed is None else np.random.default_rng(seed)
        return small("nade", random_state=generator, ordering="random", **more)

    check_resumes(make, path, data, 1, then=partial(make, again))


def test_a_generator_is_advanced_by_a_resumed_fit_as_by_any(small, data, path):
    one, other = np.random.default_rng(7), np.random.default_rng(7)
    small("nade", random_state=one).fit(data, checkpoint=path)
    small("nade", random_state=other).fit(data, checkpoint=path, resume=True)
    assert one.integers(2**63) == other.integers(2**63)


def test_a_warm_start_resumes_too(small, data, path):
    def warm(**more):
        return small("nade", warm_start=True, optimizer="sgd").fit(data).set_params(**more)

    whole = check_resumes(warm, path, data, 4)
    assert whole.history_["epoch"] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("epoch", [1, 2])
def test_time_goes_on_where_it_was(small, data, path, monkeypatch, epoch):
    clock = SimpleNamespace(perf_counter=count(0.0).__next__)
    monkeypatch.setattr(loop, "time", clock)  # which tells how often it was asked
    make = partial(small, "nade", max_epochs=4)
    interrupted(make, path, data, epoch)
    resumed = make().fit(data, checkpoint=path, resume=True)
    assert resumed.history_["time"] == [1, 2, 3, 4]


def test_a_first_fit_that_is_resumed_may_not_run_away_either(small, data, path):
    make = partial(small, "nade", learning_rate=1e4, validation_fraction=0)
    interrupted(make, path, data, 1)
    with pytest.raises(ardens.DivergenceError, match="diverged by epoch 3"):
        make().fit(data, checkpoint=path, resume=True)


def test_a_warm_start_may_be_worse_and_so_when_it_is_resumed(small, data, path):
    def warm(**more):
        model = small("nade", warm_start=True, validation_fraction=0).fit(data)
        return model.set_params(learning_rate=1e4, **more)

    whole = check_resumes(warm, path, data, 4)
    assert whole.score(data) < -2 * np.log(2) * data.shape[1]


def test_learning_rates_of_ones_own_are_given_again(small, data, path):
    make = partial(small, "nade", max_epochs=4, learning_rate=lambda step: 0.1 / (step + 1))
    check_resumes(make, path, data)
    path.unlink()
    interrupted(make, path, data, 2)
    with pytest.raises(ValueError, match="learning_rate was 'what no file can hold' and is None"):
        small("nade", max_epochs=4).fit(data, checkpoint=path, resume=True)


class Slow(optim.Optimizer):
    """An optimizer of one's own."""

    slots = ("mean",)

    def apply(self, state, params, grad, rate, rest):
        mean = state.arrays["mean"]
        mean += (grad - mean) / np.float32(state.step)
        params += np.float32(rate) * mean


def test_optimizers_of_ones_own_are_resumed(small, data, path):
    check_resumes(partial(small, "nade", max_epochs=4, optimizer=Slow()), path, data)
    assert "training.optimizer.mean.W" in split(path.read_bytes())[0]


def test_a_finished_run_comes_back_as_it_ended(small, data, path):
    whole = small("mlp").fit(data, checkpoint=path)
    calls = []
    again = small("mlp", callbacks=[calls.append]).fit(data, checkpoint=path, resume=True)
    assert calls == []
    assert figures(again) == figures(whole)


def test_a_run_that_a_callback_ended_goes_on(small, data, path):
    make = partial(small, "nade", max_epochs=4)
    whole = make().fit(data)
    make(callbacks=[lambda event: event.stop()]).fit(data, checkpoint=path)
    assert ardens.load(path).history_["epoch"] == [1]
    assert figures(make().fit(data, checkpoint=path, resume=True)) == figures(whole)


# Other runs


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_epochs": 9}, "of another run: max_epochs was 3 and is 9$"),
        ({"optimizer": "sgd"}, "optimizer was 'adam' and is 'sgd'"),
        ({"learning_rate": 0.5}, "learning_rate was None and is 0.5"),
        ({"learning_rate": lambda step: 1}, "learning_rate was None and is 'what no file can hold"),
        ({"n_hidden": 4}, "n_hidden was 5 and is 4"),
        ({"ordering": [6, 5, 4, 3, 2, 1, 0]}, "ordering was"),
        ({"coding": "majority"}, "coding was"),
        ({"patience": 2, "batch_size": 7}, "batch_size was None and is 7; patience was None and"),
        ({"validation_fraction": 0.3}, "validation_fraction was 0.1 and is 0.3$"),
        ({"random_state": 1}, "of another run: random_state gave the seed 0 and gives 1$"),
        ({"random_state": np.random.SeedSequence(5)}, "random_state gave the seed 0 and gives"),
    ],
    ids=str,
)
def test_other_options_are_refused(small, data, path, options, words):
    small("nade").fit(data, checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=words):
        small("nade", **options).fit(data, checkpoint=path, resume=True)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["nade", "fvsbn"])
def test_a_run_with_weights_resumes_and_other_weights_are_refused(small, data, path, name, rng):
    rows = {"X_valid": data[:40], "sample_weight_valid": rng.random(40)}
    rows |= {"sample_weight": rng.random(200)}
    check_resumes(partial(small, name, patience=9), path, data, 1, **rows)
    before = path.read_bytes()
    for changed, words in (
        ({"sample_weight": rng.random(200)}, "run: X has other weights$"),
        ({"sample_weight": None}, "run: X has other weights$"),
        ({"sample_weight_valid": None}, "run: X_valid has other weights$"),
    ):
        with pytest.raises(ValueError, match=words):
            small(name, patience=9).fit(data, checkpoint=path, resume=True, **rows | changed)
    assert path.read_bytes() == before


OTHERS = {
    "activation": "tanh",
    "averaging": 0.5,
    "batch_size": 7,
    "binarize": 0.5,
    "codes": "detect",
    "coding": "majority",
    "direct": False,
    "learning_rate": 0.5,
    "max_epochs": 9,
    "missing": "sample",
    "n_hidden": 4,
    "optimizer": "sgd",
    "ordering": "random",
    "patience": 3,
    "start": "fvsbn",
    "tied": True,
    "validation_fraction": 0.3,
    "warm_start": True,
    "weight_decay": 0.1,
}


def test_no_option_may_change_that_changes_a_bit(small, data, path):
    model = small("nade", direct=True).fit(data, checkpoint=path)
    free = {"callbacks", "n_jobs", "random_state", "verbose"}
    assert {*OTHERS, *free} == model.get_params().keys()
    for option, value in OTHERS.items():
        with pytest.raises(ValueError, match=f"another run: {option} was .* and is .*$"):
            small("nade", **{"direct": True, option: value}).fit(data, checkpoint=path, resume=True)


def test_other_data_are_refused(small, data, path):
    other = data.copy()
    other[17, 3] ^= 1
    small("nade").fit(data, checkpoint=path)
    for X, X_valid, words in (
        (other, None, "run: X has other rows$"),
        (data[::-1], None, "run: X has other rows$"),
        (data.reshape(100, 14), None, "run: X has other rows$"),
        (data, data[:9], "run: X_valid has other rows$"),
    ):
        with pytest.raises(ValueError, match=words):
            small("nade").fit(X, X_valid=X_valid, checkpoint=path, resume=True)


def test_other_names_of_columns_are_refused(small, data, frame, path):
    small("nade").fit(frame, checkpoint=path)
    small("nade").fit(frame, checkpoint=path, resume=True)
    for X in (frame.rename(columns={"a": "z"}), data):
        with pytest.raises(ValueError, match="the columns have other names"):
            small("nade").fit(X, checkpoint=path, resume=True)


def test_another_model_is_refused(small, data, path):
    small("nade").fit(data, checkpoint=path)
    with pytest.raises(ValueError, match=r"another run: the model was nade and is mlp$"):
        small("mlp").fit(data, checkpoint=path, resume=True)


def test_the_form_of_options_and_data_may_change(small, data, path):
    ordering = [6, 5, 4, 3, 2, 1, 0]
    small("nade", ordering=ordering, batch_size=20).fit(data, checkpoint=path)
    small("nade", ordering=np.array(ordering), batch_size=np.int64(20), verbose=False).fit(
        np.asfortranarray(data.astype(float)), checkpoint=path, resume=True
    )


def test_another_version_is_a_warning(small, data, path):
    small("nade").fit(data, checkpoint=path)
    old = {"ardens_version": "0.0.1"}
    content = edited(path.read_bytes(), lambda header: header["__metadata__"].update(old))
    path.write_bytes(forged(content))
    with pytest.warns(ardens.VersionWarning, match=r"a checkpoint of ardens 0\.0\.1 is resumed"):
        small("nade").fit(data, checkpoint=path, resume=True)


def test_gains_that_add_up_slowly_are_resumed_too(small, path):
    X = np.random.default_rng(0).integers(0, 2, (300, 12), dtype=np.uint8)
    X[:, 6:] = X[:, :6]
    rate = schedules.InverseTime(0.01, 0.1)
    make = partial(small, "nade", learning_rate=rate, max_epochs=60, patience=4)
    ended = make().fit(X).history_["epoch"][-1]
    assert ended > 4
    for epoch in range(1, ended):
        check_resumes(make, path.with_name(str(epoch)), X, epoch)
