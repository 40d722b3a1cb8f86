"""Learning results: what is read when, what is kept, and what the report says of it."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from ardens import NADE, data, load

from .figures import read
from .learning import __main__, literature, page, recipes, results
from .learning.__main__ import PUBLISHED, main
from .learning.ablation import ablate
from .learning.results import FILE
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
    places = [f"--{name}={folder / name}" for name in ("data", "out")]
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
    read_rows, fit = data.read, NADE.fit

    def logged_read(path, *, only=data.SPLITS, **options):
        seen.append(tuple(only))
        return read_rows(path, only=only, **options)

    def logged_fit(model, X, y=None, **options):
        seen.append("fit")
        return fit(model, X, y, **options)

    monkeypatch.setattr(data, "read", logged_read)
    monkeypatch.setattr(NADE, "fit", logged_fit)
    return seen


def test_the_test_split_is_read_once_after_everything_is_chosen(run, log):
    assert run("adult", "nade") == 0
    assert log[0] == ("train", "valid")
    assert log[-1] == ("test",)
    assert "fit" in log
    assert [entry for entry in log if entry != "fit"] == [("train", "valid"), ("test",)]


@pytest.mark.parametrize("option", ["--no-test", "--quick", "--ablation"])
def test_it_stays_closed_where_nothing_is_to_be_kept(run, log, folder, option):
    names = ["adult"] if option == "--ablation" else ["adult", "nade"]
    assert run(*names, option, "--quick") == 0
    assert all("test" not in entry for entry in log)
    assert not (folder / "out").exists()


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


def test_results_say_what_was_run_and_models_are_kept_with_their_rows(run, folder):
    assert run("adult", "nade", "--seed", str(SEED)) == 0
    table = read(folder / "out" / FILE)["adult"]
    assert table["rows"] == [150, 50, 60]
    assert list(table["results"]) == ["nade"]
    result = table["results"]["nade"]
    assert (result["seed"], result["settings"]["n_hidden"]) == (SEED, 4)
    written = (folder / "out" / "report.md").read_text("utf-8")
    assert "`python -m bench.learning adult nade --seed 3`" in written
    kept = folder / "out" / "kept"
    rows = np.load(kept / "adult.nade.npz")["test"]
    assert result["test"] == pytest.approx(rows.mean(), rel=1e-5)
    assert result["error"] == pytest.approx(rows.std(ddof=1) / 60**0.5, rel=1e-5)
    test = data.read(folder / "data" / "adult.npz", only=("test",))["test"]
    model = load(kept / "adult.nade.safetensors")
    np.testing.assert_array_equal(model.score_samples(test), rows)


def shown(folder):
    """Whether the page compares the models row by row."""
    text = (folder / "out" / "report.md").read_text("utf-8")
    return "±" in text.split("## Models on the same rows")[1].split("##")[0]


def test_models_are_compared_on_the_same_rows(run, folder):
    assert run("adult", "fvsbn", "nade") == 0
    kept = folder / "out" / "kept"
    rows = {name: np.load(kept / f"adult.{name}.npz")["test"] for name in ("fvsbn", "nade")}
    change = rows["nade"] - rows["fvsbn"]
    mean, error = results.difference(read(folder / "out" / FILE)["adult"], "nade", "fvsbn")
    assert mean == pytest.approx(change.mean(), rel=1e-4)
    assert error == pytest.approx(change.std(ddof=1) / 60**0.5, rel=1e-4)
    assert shown(folder)


def test_rows_of_other_runs_are_not_compared(run, folder):
    assert run("adult", "fvsbn", "nade") == 0
    (folder / "out" / "kept" / "adult.nade.npz").unlink()
    assert run("adult", "fvsbn") == 0  # nothing is left of what the difference was taken of
    assert not shown(folder)
    np.savez(folder / "out" / "kept" / "adult.fvsbn.npz", test=np.zeros(60))
    assert run("adult", "nade") == 0
    assert not shown(folder)


def test_the_report_has_targets_defaults_ablations_and_pictures(run, folder):
    assert run("adult", "nade", "fvsbn") == 0
    out = folder / "out"
    tables = read(out / FILE)
    chosen = tables["adult"]["results"]
    chosen["nade (default)"] = chosen["nade"] | {"test": chosen["nade"]["test"] - 1, "error": 0.1}
    ablation = ablate("nade", folder / "data" / "adult.npz", 0, quick=True)
    tables["adult"]["nade without"] = ablation
    results.save(tables, out / FILE)
    assert run("--render") == 0
    text = (out / "report.md").read_text("utf-8")
    assert "| adult | `nade` |" in text
    assert "| -13.19 | yes |" in text
    assert "| **no** |" in text.split("## Without options")[1].split("##")[0]
    assert "| average of the parameters |" in text
    assert "![adult: nats over epochs and seconds](adult.png)" in text
    assert (out / "adult.png").stat().st_size > 10_000


def test_a_picture_stays_where_not_all_of_its_curves_are_kept(run, folder, capsys):
    assert run("adult", "nade", "fvsbn") == 0
    before = (folder / "out" / "adult.png").read_bytes()
    (folder / "out" / "kept" / "adult.fvsbn.npz").unlink()
    assert run("adult", "nade", "--seed", "1") == 0
    assert "has not the curve of fvsbn" in capsys.readouterr().out
    assert (folder / "out" / "adult.png").read_bytes() == before


def content(folder):
    """Bytes of all files."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_only_publishing_touches_the_published_page(run, folder, monkeypatch):
    published = folder / "published"
    shutil.copytree(PUBLISHED, published)
    monkeypatch.setattr(__main__, "PUBLISHED", published)
    before = content(published)
    assert run("adult", "nade") == 0
    assert run("--ablation", "adult") == 0
    assert content(published) == before
    assert run("--render", "--publish") == 0
    assert content(published) == before
    assert run("adult", "nade", "--publish") == 0
    after = content(published)
    assert {name for name in after if after[name] != before[name]} == {FILE, "report.md"}


def test_the_published_page_is_what_its_table_renders(tmp_path):
    tables = read(PUBLISHED / FILE)
    results.save(tables, tmp_path / FILE)
    assert (tmp_path / FILE).read_bytes() == (PUBLISHED / FILE).read_bytes()
    text = page.render(tables, [path.stem for path in PUBLISHED.glob("*.png")])
    assert text == (PUBLISHED / "report.md").read_text("utf-8")


def test_targets_are_met_to_the_two_decimals_of_papers():
    figures = {"fit": 1e4}
    assert literature.met("adult", "nade", figures | {"test": -13.1949})
    assert not literature.met("adult", "nade", figures | {"test": -13.196})
    assert literature.met("unheard-of", "nade", figures | {"test": 0.0}) is None
    assert not literature.met("binarized_mnist", "nade", {"test": -80.0, "fit": 901})


def test_every_ingredient_that_is_taken_away_changes_the_fit(folder):
    found = ablate("nade", folder / "data" / "adult.npz", 0, quick=True)
    assert found.pop("nothing")["nats"] < 0
    for name, one in found.items():
        assert one["change"] != 0 or "look-ahead" in name, name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["nltcs", "nade"], "there is no set 'nltcs' in"),
        (["adult"], "a set and at least one model are wanted"),
        (["adult", "rbm", "--default"], "ardens has no model 'rbm'"),
        (["--render"], "there are no results in"),
        (["--ablation"], "at least one set is wanted"),
    ],
)
def test_what_is_not_there_is_said(run, capsys, arguments, message):
    assert run(*arguments) == 2
    assert message in capsys.readouterr().err


def test_every_recipe_makes_estimators_for_every_set(monkeypatch):
    monkeypatch.undo()
    for path in recipes.FOLDER.glob("*.toml"):
        for name in literature.known()["sets"]:
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
