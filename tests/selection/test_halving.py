"""Search for settings by halving: what it tries, drops and returns."""

import math
import warnings

import pytest
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.model_selection import GridSearchCV, HalvingGridSearchCV

import ardens
from ardens.selection.candidates import unfitted
from ardens.selection.grids import (
    default_grid,
)
from ardens.training.settings import settings_for


@pytest.fixture
def nade():
    return ardens.NADE(n_hidden=4, max_epochs=9, n_jobs=1)


def test_the_best_by_validation_comes_first_and_is_fitted(nade, data):
    grid = {"learning_rate": [0.0, 0.05, 1e-4]}
    found = ardens.tune(nade, data[:150], grid, X_valid=data[150:], random_state=0)
    assert found.best.params == {"learning_rate": 0.05}
    assert found.estimator.learning_rate == 0.05
    assert found.estimator.score(data[150:]) == found.best.nats[-1]
    assert [trial.nats[-1] for trial in found.trials] == sorted(
        (trial.nats[-1] for trial in found.trials), reverse=True
    )


def test_rows_with_missing_cells_are_learned_from_where_whole_ones_judge(nade, data):
    learned = data[:150].astype(float)
    learned[::2, 0] = math.nan
    nade.set_params(missing="sample", random_state=0)
    grid = {"learning_rate": [0.0, 0.05]}
    found = ardens.tune(nade, learned, grid, X_valid=data[150:])
    assert found.best.params == {"learning_rate": 0.05}
    with pytest.raises(ValueError, match="X contains NaN or inf"):
        ardens.tune(nade, learned, grid)


def test_one_of_factor_goes_on_and_the_last_train_to_their_end(data):
    model = ardens.NADE(n_hidden=4, max_epochs=30, patience=30, n_jobs=1, random_state=0)
    grid = {"learning_rate": [0.001 * k for k in range(1, 10)]}
    found = ardens.tune(model, data, grid, factor=3, min_epochs=2, random_state=0)
    assert [len(trial.nats) for trial in found.trials] == [2] * 3 + [1] * 6
    assert [trial.epochs for trial in found.trials] == [30] * 3 + [2] * 6


def test_rungs_are_so_many_times_as_long_and_keep_a_part_that_is_rounded_up(data):
    model = ardens.NADE(n_hidden=2, max_epochs=21, patience=21, n_jobs=1, random_state=0)
    grid = {"learning_rate": [0.001 * k for k in range(1, 11)]}
    found = ardens.tune(model, data, grid, factor=3, min_epochs=2, random_state=0)
    assert [len(trial.nats) for trial in found.trials] == [3] * 2 + [2] * 2 + [1] * 6
    assert [trial.epochs for trial in found.trials] == [21] * 2 + [6] * 2 + [2] * 6


def test_twelve_candidates_are_tried_by_default_and_a_third_goes_on(data):
    model = ardens.NADE(n_hidden=2, max_epochs=60, patience=60, n_jobs=1, random_state=0)
    trials = ardens.tune(model, data, random_state=0).trials
    assert [len(trial.nats) for trial in trials] == [3] * 2 + [2] * 2 + [1] * 8
    look_ahead = settings_for(180, validated=True).patience
    assert [trial.epochs for trial in trials] == [60] * 4 + [look_ahead] * 8


def test_a_rung_goes_on_where_the_one_before_stopped(nade, data):
    grid = {"learning_rate": [0.01, 0.02, 0.03]}
    found = ardens.tune(nade, data, grid, factor=2, min_epochs=2, random_state=0)
    best = found.best
    assert best.nats == sorted(best.nats)
    assert found.estimator.history_["epoch"] == list(range(1, best.epochs + 1))


def test_without_rungs_a_candidate_is_what_one_fit_makes_of_it(nade, data, same):
    found = ardens.tune(nade, data[:150], {}, X_valid=data[150:], random_state=3)
    alone = unfitted(nade).set_params(random_state=3).fit(data[:150], X_valid=data[150:])
    assert same(found.estimator, alone)
    assert found.estimator.get_params() == alone.get_params()


def test_a_seed_of_the_estimators_own_is_that_of_every_fit(nade, data, same):
    nade.set_params(random_state=5)
    found = ardens.tune(nade, data[:150], {}, X_valid=data[150:], random_state=3)
    assert same(found.estimator, unfitted(nade).fit(data[:150], X_valid=data[150:]))


def test_a_candidate_that_its_look_ahead_ended_is_not_trained_again(data):
    model = ardens.NADE(max_epochs=30, patience=2, optimizer="sgd", learning_rate=0.0, n_jobs=1)
    grid = {"n_hidden": [2, 3, 4]}
    found = ardens.tune(model, data, grid, factor=2, min_epochs=5, random_state=0)
    assert [len(trial.nats) for trial in found.trials] == [2, 2, 1]
    assert [trial.epochs for trial in found.trials] == [2, 2, 2]


def test_a_threshold_for_data_is_that_of_the_estimator(nade, data):
    grid = {"n_hidden": [2, 3]}
    plain = ardens.tune(nade, data, grid, random_state=0)
    real = ardens.tune(nade.set_params(binarize=2), data * 3.0, grid, random_state=0)
    assert [trial.nats for trial in real.trials] == [trial.nats for trial in plain.trials]


def test_the_same_seed_finds_the_same(data, same):
    model = ardens.NADE(n_hidden=6, max_epochs=4, n_jobs=1)
    one, two = (ardens.tune(model, data, n_candidates=5, random_state=7) for _ in range(2))
    assert [trial.params for trial in one.trials] == [trial.params for trial in two.trials]
    assert [trial.nats for trial in one.trials] == [trial.nats for trial in two.trials]
    assert same(one.estimator, two.estimator)


def test_the_estimator_given_stays_unfitted_and_is_the_first_candidate(nade, data):
    before = nade.get_params()
    seen = []
    ardens.tune(nade, data, n_candidates=4, random_state=0, announce=seen.append)
    assert nade.get_params() == before
    assert not hasattr(nade, "n_features_in_")
    assert seen[0].params == {}
    assert len({id(trial) for trial in seen}) == 4


def test_models_without_epochs_are_fitted_once(data):
    grid = {"alpha": [1.0, 1e2, 1e3, 1e4]}
    found = ardens.tune(ardens.Tabular(), data[:150], grid, X_valid=data[150:])
    assert [trial.params["alpha"] for trial in found.trials] == grid["alpha"]
    assert [(trial.epochs, len(trial.nats)) for trial in found.trials] == [(0, 1)] * 4


def test_a_solver_that_takes_no_steps_is_not_stopped_on_its_way(data):
    grid = {"l1_ratio": [0.0, 0.3, 0.6, 1.0]}
    model = ardens.FVSBN(n_jobs=1, random_state=0)
    found = ardens.tune(model, data[:150], grid, X_valid=data[150:])
    assert [(trial.epochs, len(trial.nats)) for trial in found.trials] == [(0, 1)] * 4
    assert set(default_grid(model, 150)) == {"l1_ratio"}


def test_a_candidate_that_diverges_comes_last(nade, data):
    grid = {"learning_rate": [1e30, 0.01]}
    found = ardens.tune(nade, data, grid, random_state=0)
    assert found.best.params == {"learning_rate": 0.01}
    assert "training diverged" in found.trials[-1].error
    assert "diverged" in found.table().splitlines()[-1]
    with pytest.raises(
        ardens.DivergenceError, match=r"left diverged; the first, \{.learning_rate.: 1e\+30\}"
    ):
        ardens.tune(nade, data, {"learning_rate": [1e30]}, random_state=0)


def explodes_at(step):
    return lambda now: 1e300 if now >= step else 0.01


def test_dropped_candidates_do_not_come_back_where_better_ones_diverge(data):
    model = ardens.NADE(4, max_epochs=30, patience=30, batch_size=20, n_jobs=1)
    lasting, slow = ardens.schedules.Constant(0.005), ardens.schedules.Constant(0.0)
    options = {"factor": 2, "min_epochs": 2, "random_state": 0}  # of 9 steps each
    rates = [explodes_at(25), explodes_at(25), explodes_at(25), lasting, slow, slow, slow, slow]
    found = ardens.tune(model, data, {"learning_rate": rates}, **options)
    assert found.best.params == {"learning_rate": lasting}
    assert found.estimator.score(data) < 0
    assert [trial.error is None for trial in found.trials] == [True] * 5 + [False] * 3
    rates = [explodes_at(25), explodes_at(25), slow, slow]
    with pytest.raises(ardens.DivergenceError, match=r"left diverged; the first, .*learning_rate"):
        ardens.tune(model, data, {"learning_rate": rates}, **options)


@pytest.mark.parametrize(
    ("model", "own"),
    [
        (ardens.FVSBN(n_jobs=1), {"l1_ratio": 1.0}),
        (ardens.Tabular(), {"alpha": 1.0}),
        (
            ardens.MLP(1, max_epochs=1, n_jobs=1),
            {"n_hidden": 1, "learning_rate": 0.002, "batch_size": 10, "weight_decay": 0.0},
        ),
    ],
    ids=str,
)
def test_the_estimators_own_values_are_tried_once_and_shown(model, own, data):
    found = ardens.tune(model, data, n_candidates=1000, random_state=0)
    tried = [tuple((own | trial.params).items()) for trial in found.trials]
    assert len(set(tried)) == len(tried) > 2
    head, *lines = (line.split() for line in found.table().splitlines())
    line = lines[[trial.params for trial in found.trials].index({})]
    shown = dict(zip(head, line, strict=False))
    assert {name: float(shown[name]) for name in own} == own


def test_the_table_has_a_line_for_every_candidate(nade, data):
    found = ardens.tune(nade, data, {"learning_rate": [0.01, 0.02]}, random_state=0)
    head, *lines = found.table().splitlines()
    assert head.split() == ["learning_rate", "valid", "nats", "epochs", "seconds"]
    assert [line.split()[0] for line in lines] == [
        str(trial.params["learning_rate"]) for trial in found.trials
    ]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"grid": {"hidden": [1]}}, ValueError, "Invalid parameter 'hidden'"),
        ({"grid": {"patience": 3}}, TypeError, r"grid\['patience'\] must be a sequence"),
        ({"grid": [3]}, TypeError, "grid must map options to sequences of values; got 3"),
        ({"grid": {"patience": []}}, ValueError, "at least one combination"),
        ({"factor": 1}, ValueError, "factor must be an integer of at least 2"),
        ({"n_candidates": 0}, ValueError, "n_candidates must be an integer of at least 1"),
        ({"min_epochs": 0}, ValueError, "min_epochs must be an integer of at least 1"),
        ({"validation_fraction": 0.001}, ValueError, "leave rows on both sides; 0.001 of 200"),
        ({"validation_fraction": 0}, ValueError, "above 0 and below 1 .* 0 of 200 rows are 0"),
        ({"validation_fraction": 1}, ValueError, "above 0 and below 1 .* 1 of 200 rows are 200"),
        ({"grid": {"patience": [1, 0]}}, ValueError, "patience must be an integer"),
    ],
)
def test_wrong_searches_are_refused_before_any_training(nade, data, options, error, message):
    with pytest.raises(error, match=message):
        ardens.tune(nade, data, announce=pytest.fail, **options)


@pytest.mark.parametrize("estimator", [ardens.NADE, "nade", None], ids=str)
def test_what_is_no_estimator_is_refused(estimator, data):
    with pytest.raises(TypeError, match=r"estimator must be a model .* such as NADE\(\); got"):
        ardens.tune(estimator, data, {"n_hidden": [3]}, X_valid=data)


def test_the_searches_of_scikit_learn_agree_with_a_plain_one(data):
    grid = {"learning_rate": [0.0, 1e-6, 0.05]}
    options = {"max_epochs": 4, "validation_fraction": 0, "random_state": 0, "n_jobs": 1}
    model = ardens.NADE(n_hidden=4, **options)
    halving = HalvingGridSearchCV(
        model,
        grid,
        cv=2,
        factor=3,
        resource="max_epochs",
        min_resources=2,
        max_resources=6,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        searches = [GridSearchCV(model, grid, cv=2).fit(data), halving.fit(data)]
    for search in searches:
        assert search.best_params_["learning_rate"] == 0.05
        assert search.best_score_ < search.score(data) < 0
    assert searches[1].best_params_["max_epochs"] == 6
    assert ardens.tune(model, data, grid, random_state=0).best.params == {"learning_rate": 0.05}
