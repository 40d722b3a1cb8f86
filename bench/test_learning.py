"""Learning results: what is read when, what is kept, and what the report says of it."""

from __future__ import annotations

import json

import numpy as np
import pytest

from ardens import NADE, data, load
from ardens.models.gradient import GradientModel

from .learning import recipes, records, report
from .learning.__main__ import main
from .learning.ablation import ablate
from .learning.run import choose, judge

SEED = 3


@pytest.fixture
def folder(tmp_path):
    """A folder with a small set that has the name of a published one."""
    rng = np.random.default_rng(0)
    rows = (rng.random((260, 8)) < rng.random((260, 1))).astype(np.uint8)
    (tmp_path / "data").mkdir()
    splits = dict(zip(data.SPLITS, np.split(rows, [150, 200]), strict=True))
    np.savez(tmp_path / "data" / "adult.npz", **splits)
    return tmp_path


@pytest.fixture
def run(folder):
    """A function that runs the command on the set, in a few epochs."""
    places = [f"--{name}={folder / name}" for name in ("data", "out", "cache")]
    return lambda *arguments: main([*arguments, *places])


@pytest.fixture(autouse=True)
def short(monkeypatch):
    """Recipes of four candidates and five epochs."""
    small = recipes.Recipe(
        "nade",
        {"n_hidden": 4, "max_epochs": 5, "n_jobs": 1},
        {"learning_rate": [0.0, 0.001, 0.01, 0.03]},
        factor=2,
        min_epochs=2,
    )
    plain = recipes.Recipe("fvsbn", {"max_epochs": 5, "n_jobs": 1})
    known = {"nade": small, "fvsbn": plain}
    monkeypatch.setattr(recipes, "read", lambda model, name: known[model])


@pytest.fixture
def log(monkeypatch):
    """What was read and fitted, in its order."""
    seen = []
    read, fit = data.read, GradientModel.fit

    def logged_read(path, *, only=data.SPLITS, **options):
        seen.append(tuple(only))
        return read(path, only=only, **options)

    def logged_fit(model, X, y=None, *, X_valid=None):
        seen.append("fit")
        return fit(model, X, y, X_valid=X_valid)

    monkeypatch.setattr(data, "read", logged_read)
    monkeypatch.setattr(GradientModel, "fit", logged_fit)
    return seen


def test_the_test_split_is_read_once_after_everything_is_chosen(run, log):
    assert run("adult", "nade") == 0
    assert log[0] == ("train", "valid")
    assert log[-1] == ("test",)
    assert [entry for entry in log if entry != "fit"] == [("train", "valid"), ("test",)]


@pytest.mark.parametrize("option", ["--no-test", "--quick", "--ablation"])
def test_it_stays_closed_where_nothing_is_to_be_kept(run, log, folder, option):
    names = ["adult"] if option == "--ablation" else ["adult", "nade"]
    assert run(*names, option, "--quick") == 0
    assert all("test" not in entry for entry in log)
    assert not (folder / "out" / "records").exists()


def test_the_best_by_validation_is_chosen_and_fitted_in_one_piece(folder):
    path = folder / "data" / "adult.npz"
    choice = choose(recipes.read("nade", "adult"), path, SEED)
    best = max(trial.nats[-1] for trial in choice.trials)
    assert choice.trials[0].nats[-1] == best
    rate = choice.trials[0].params["learning_rate"]
    alone = NADE(n_hidden=4, max_epochs=5, learning_rate=rate, random_state=SEED)
    splits = data.read(path)
    alone.fit(splits["train"], X_valid=splits["valid"])
    np.testing.assert_array_equal(judge(choice), alone.score_samples(splits["test"]))


def test_records_say_what_was_run_and_models_are_kept_beside_their_rows(run, folder):
    assert run("adult", "nade", "--seed", str(SEED)) == 0
    (record,) = records.read_all(folder / "out" / "records")
    assert record["command"].startswith("python -m bench.learning adult nade --seed 3")
    assert (record["set"], record["model"], record["seed"]) == ("adult", "nade", SEED)
    assert record["rows"] == {"train": 150, "valid": 50, "test": 60}
    assert record["settings"]["n_hidden"] == 4
    rows = np.load(folder / "cache" / "adult.nade.npy")
    assert record["test"]["nats"] == pytest.approx(rows.mean(), rel=1e-5)
    assert record["test"]["error"] == pytest.approx(rows.std(ddof=1) / 60**0.5, rel=1e-5)
    test = data.read(folder / "data" / "adult.npz", only=("test",))["test"]
    model = load(folder / "cache" / "adult.nade.safetensors")
    np.testing.assert_array_equal(model.score_samples(test), rows)


def shown(*chosen):
    """Whether the report compares the models row by row."""
    text = report.render(chosen).split("## Models on the same rows")[1]
    return "±" in text.split("##")[0]


def test_models_are_compared_on_the_same_rows(run, folder):
    assert run("adult", "fvsbn", "nade") == 0
    rows = {name: np.load(folder / "cache" / f"adult.{name}.npy") for name in ("fvsbn", "nade")}
    change = rows["nade"] - rows["fvsbn"]
    by_name = {record["model"]: record for record in records.read_all(folder / "out" / "records")}
    pair = by_name["nade"]["pairs"]["adult.fvsbn"]
    assert pair["nats"] == pytest.approx(change.mean(), rel=1e-4)
    assert pair["error"] == pytest.approx(change.std(ddof=1) / 60**0.5, rel=1e-4)
    assert shown(by_name["fvsbn"], by_name["nade"])
    stale = by_name["fvsbn"] | {"digest": "of other rows"}
    assert not shown(stale, by_name["nade"])


def test_the_report_has_targets_defaults_ablations_and_pictures(run, folder, monkeypatch):
    assert run("adult", "nade", "fvsbn") == 0
    out = folder / "out"
    one = json.loads((out / "records" / "adult.nade.json").read_text())
    default = one | {"mode": "default", "test": {"nats": one["test"]["nats"] - 1, "error": 0.1}}
    records.write(default, out / "records" / "adult.nade.default.json")
    ablation = ablate("nade", folder / "data" / "adult.npz", 0, quick=True)
    records.write(ablation, out / "ablations" / "adult.nade.json")
    assert run("--table") == 0
    text = (out / "report.md").read_text("utf-8")
    assert "| adult | `nade` |" in text
    assert "| -13.19 | yes |" in text
    assert "| **no** |" in text.split("## Without options")[1].split("##")[0]
    assert "| average of the parameters |" in text
    assert "![adult: nats over epochs and seconds](adult.png)" in text
    assert (out / "adult.png").stat().st_size > 10_000


def test_targets_are_met_to_the_two_decimals_of_papers():
    record = {"set": "adult", "model": "nade", "fit_seconds": 1e4}
    assert report.met(record | {"test": {"nats": -13.1949}})
    assert not report.met(record | {"test": {"nats": -13.196}})
    assert report.met(record | {"set": "unheard-of", "test": {"nats": 0.0}}) is None
    slow = {"set": "binarized_mnist", "model": "nade", "test": {"nats": -80.0}}
    assert not report.met(slow | {"fit_seconds": 901})


def test_every_ingredient_that_is_taken_away_changes_the_fit(folder):
    found = ablate("nade", folder / "data" / "adult.npz", 0, quick=True)
    for name, one in found["without"].items():
        assert one["change"] != 0 or "look-ahead" in name, name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nltcs", "nade"], "there is no set 'nltcs' in"),
        (["adult"], "a set and at least one model are wanted"),
        (["adult", "rbm", "--default"], "ardens has no model 'rbm'"),
        (["--table"], "there are no records in"),
        (["--ablation"], "at least one set is wanted"),
    ],
)
def test_what_is_not_there_is_said(run, capsys, arguments, message):
    assert run(*arguments) == 2
    assert message in capsys.readouterr().err


def test_every_recipe_makes_estimators_for_every_set(monkeypatch):
    monkeypatch.undo()
    for path in recipes.FOLDER.glob("*.toml"):
        for name in report.literature()["sets"]:
            recipe = recipes.read(path.stem, name)
            for option, values in recipe.grid.items():
                for value in values:
                    recipe.estimator(0).set_params(**{option: value})


def test_tables_in_a_recipe_stand_for_objects(tmp_path, monkeypatch):
    monkeypatch.undo()
    (tmp_path / "nade.toml").write_text(
        "[options]\noptimizer = {optimizer = 'sgd', momentum = 0.5}\n"
        "[grid]\nlearning_rate = [{schedule = 'Cosine', learning_rate = 0.1, steps = 9}]\n"
        "[sets.dna]\nfactor = 2\n"
    )
    recipe = recipes.read("nade", "dna", tmp_path)
    assert recipe.options["optimizer"].momentum == 0.5
    assert recipe.grid["learning_rate"][0](0) == 0.1
    assert (recipe.factor, recipes.read("nade", "adult", tmp_path).factor) == (2, None)
    (tmp_path / "nade.toml").write_text("[option]\n")
    with pytest.raises(ValueError, match=r"found \['option'\]"):
        recipes.read("nade", "dna", tmp_path)
