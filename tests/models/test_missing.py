"""``missing="sample"``: fits of rows with missing cells."""

import numpy as np
import pytest

import ardens
from ardens import FVSBN, MLP, NADE

CLASSES = [FVSBN, NADE, MLP]


def small(cls, **options):
    settings = {"max_epochs": 6, "random_state": 1, "missing": "sample"} | options
    if cls is not FVSBN:
        settings |= {"n_hidden": 8}
    return cls(**settings)


@pytest.fixture
def gaps(rng):
    """Copies of three bits with some noise, and the same with a third of the cells missing."""
    X = rng.integers(0, 2, (900, 3)).repeat(3, axis=1) ^ (rng.random((900, 9)) < 0.05)
    cells = X.astype(float)
    cells[rng.random(X.shape) < 0.3] = np.nan
    return X, cells


@pytest.mark.parametrize("cls", CLASSES)
def test_without_missing_cells_the_option_changes_nothing(cls, gaps):
    X = gaps[0]
    one, other = small(cls).fit(X), small(cls, missing="error").fit(X)
    for name, values in one.parameters().items():
        np.testing.assert_array_equal(values, other.parameters()[name])


@pytest.mark.parametrize(
    ("cls", "options"), [(FVSBN, {}), (NADE, {"n_hidden": 16}), (FVSBN, {"solver": "stochastic"})]
)
def test_what_is_learned_is_nearly_what_whole_rows_teach(cls, options, gaps, rng):
    X, cells = gaps
    test = rng.integers(0, 2, (2000, 3)).repeat(3, axis=1) ^ (rng.random((2000, 9)) < 0.05)
    whole = cls(random_state=0, **options).fit(X).score(test)
    learned = cls(random_state=0, missing="sample", **options).fit(cells).score(test)
    mode = np.where(np.isnan(cells), np.nanmean(cells, axis=0) > 0.5, cells)
    by_mode = cls(random_state=0, **options).fit(mode).score(test)
    dropped = cls(random_state=0, **options).fit(X[~np.isnan(cells).any(axis=1)]).score(test)
    assert learned > 1.05 * whole
    assert learned > by_mode + 0.5
    assert learned > dropped


@pytest.mark.parametrize("cls", CLASSES)
def test_all_forms_of_missing_cells_are_one(cls, gaps):
    cells = gaps[1]
    hidden = np.isnan(cells)
    objects = cells.astype(object)
    objects[hidden] = None
    masked = np.ma.masked_array(np.where(hidden, 1, cells), hidden)
    first = small(cls).fit(cells).parameters()
    for form in (objects, masked):
        for name, values in small(cls).fit(form).parameters().items():
            np.testing.assert_array_equal(values, first[name])


@pytest.mark.usefixtures("seven_threads")
@pytest.mark.parametrize("cls", CLASSES)
@pytest.mark.parametrize("options", [{}, {"coding": "majority", "ordering": "greedy"}])
def test_threads_change_no_bit(cls, options, gaps):
    one, many = (small(cls, n_jobs=jobs, **options).fit(gaps[1]) for jobs in (1, 7))
    for name, values in one.parameters().items():
        np.testing.assert_array_equal(values, many.parameters()[name])


def test_a_coding_turns_over_what_is_known(gaps):
    cells = 1 - gaps[1]
    cells[:, 0] = np.where(np.isnan(cells[:, 0]), np.nan, 1)
    model = small(FVSBN, coding="majority").fit(cells)
    assert model.flipped_[0]
    assert model.sample(200, random_state=0)[:, 0].mean() > 0.95


@pytest.mark.parametrize("cls", CLASSES)
def test_a_resumed_run_has_the_bits_of_an_uninterrupted_one(cls, gaps, tmp_path):
    whole = small(cls).fit(gaps[1])

    def interrupt(event):
        if event.epoch == 3:
            raise KeyboardInterrupt

    path = ardens.Checkpoint(tmp_path / "c.safetensors", epochs=1)
    with pytest.raises(KeyboardInterrupt):
        small(cls, callbacks=[interrupt]).fit(gaps[1], checkpoint=path)
    resumed = small(cls).fit(gaps[1], checkpoint=path, resume=True)
    for name, values in whole.parameters().items():
        np.testing.assert_array_equal(values, resumed.parameters()[name])


@pytest.mark.parametrize("cls", CLASSES)
def test_rows_that_judge_may_have_missing_cells(cls, gaps):
    cells = gaps[1]
    model = small(cls).fit(cells[:700], X_valid=cells[700:])
    assert np.isfinite(model.history_["valid"]).all()
    assert max(model.history_["valid"]) < 0


@pytest.mark.parametrize("cls", [NADE, MLP])
def test_partial_fit_and_a_warm_start_take_missing_cells(cls, gaps):
    cells = gaps[1]
    model = small(cls).partial_fit(cells[:300]).partial_fit(cells[300:])
    assert np.isfinite(model.score(gaps[0]))
    warm = small(cls, warm_start=True).fit(cells)
    before = warm.parameters()["V"].copy()
    assert (warm.fit(cells).parameters()["V"] != before).any()


def test_rows_and_columns_of_which_nothing_is_known_are_learned(gaps):
    cells = gaps[1].copy()
    cells[:5], cells[:, 8] = np.nan, np.nan
    for cls in CLASSES:
        assert np.isfinite(small(cls).fit(cells).score(gaps[0]))


def test_nade_that_starts_as_an_fvsbn_takes_missing_cells(gaps):
    assert np.isfinite(small(NADE, start="fvsbn", direct=True).fit(gaps[1]).score(gaps[0]))


def test_by_default_missing_cells_are_refused_with_what_to_do(gaps):
    with pytest.raises(ValueError, match="missing='sample'"):
        FVSBN().fit(gaps[1])
    with pytest.raises(ValueError, match='missing must be "error" or "sample"'):
        NADE(missing="drop").fit(gaps[0])


def test_the_tag_of_scikit_learn_follows():
    pytest.importorskip("sklearn")
    for cls in CLASSES:
        assert small(cls).__sklearn_tags__().input_tags.allow_nan
        assert not cls().__sklearn_tags__().input_tags.allow_nan


def test_rows_with_missing_cells_are_neither_counted_nor_judge_in_turn(gaps, monkeypatch):
    """What is drawn of one row says nothing of a copy, or of what judges it."""

    def forbidden(*arguments):
        raise AssertionError

    monkeypatch.setattr("ardens.models.learning.counted", forbidden)
    monkeypatch.setattr("ardens.models.learning.deal", forbidden)
    few = np.repeat(gaps[1][:60], 2, axis=0)
    assert np.isfinite(small(FVSBN).fit(few).history_["valid"]).all()
    with pytest.raises(AssertionError):
        small(FVSBN).fit(gaps[0][:60])


@pytest.mark.parametrize("penalty", [10.0, 30.0])
def test_one_penalty_is_solved_until_its_draws_agree_with_it(gaps, penalty):
    """It stands beside counts of rows: as ten completions of each, they would be ten times more."""
    learned = FVSBN(random_state=1, missing="sample", penalty=penalty).fit(gaps[1])
    whole = FVSBN(penalty=penalty).fit(gaps[0])
    size, wanted = (np.abs(model.parameters()["W"]).sum() for model in (learned, whole))
    assert 0.6 * wanted < size < 1.1 * wanted


@pytest.mark.parametrize("cls", [FVSBN, NADE])
def test_a_row_with_missing_cells_may_be_held_out_alone(cls, gaps):
    """Of 100 rows ten are held out: whichever has the gap, what is learned in the end is whole."""
    for row in range(0, 100, 1 if cls is FVSBN else 20):
        cells = gaps[0][:100].astype(float)
        cells[row, :4] = np.nan
        model = small(cls, max_epochs=2).fit(cells)
        assert np.isfinite(model.score(gaps[0]))
        assert np.abs(model.parameters()["b"]).max() < 20


def test_rows_that_judge_may_have_gaps_where_those_to_learn_have_none(gaps):
    for cls in CLASSES:
        model = small(cls).fit(gaps[0][:600], X_valid=gaps[1][600:])
        assert max(model.history_["valid"]) < 0
