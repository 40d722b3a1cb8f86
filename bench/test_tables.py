"""Models of whole tables: simple arms and judges are what they say, and the page shows them all."""

import re
import sys

import numpy as np
import pandas as pd
import pytest

from .figures import read
from .tables import __main__, arms, judges, measure, page, pictures, simple
from .tables.__main__ import main
from .tables.arms import ARMS, WORKERS
from .tables.data import About, Table, found, frame_of

sys.path.insert(0, str(WORKERS))  # as in a worker's own process
import binned
import independent
import trees
import work


def people(n=300, seed=0):
    """A small table of all kinds, in which columns depend on each other."""
    rng = np.random.default_rng(seed)
    city = rng.choice(["Ulm", "Jena", "Bonn"], n, p=[0.5, 0.3, 0.2])
    age = rng.integers(18, 60, n)
    price = np.round(age * 1.5 + rng.normal(0, 4, n), 2)
    return pd.DataFrame(
        {
            "city": np.where(rng.random(n) < 0.1, None, city),
            "age": age,
            "price": np.where(rng.random(n) < 0.1, np.nan, price),
            "children": rng.integers(0, 4, n),
            "member": (city == "Ulm") ^ (rng.random(n) < 0.1),
            "since": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 9**6, n), "s"),
            "paid": np.where(price + rng.normal(0, 5, n) > 60, "yes", "no"),
        }
    )


@pytest.fixture(scope="module")
def table():
    return Table.of("people", people(), About("people", "paid"))


@pytest.fixture(scope="module")
def job(table):
    return {
        "categories": table.categories,
        "decimals": table.decimals,
        "kinds": table.kinds,
        "seed": 0,
    }


def test_columns_are_what_their_values_are(table):
    kinds = ["category", "integer", "number", "integer", "boolean", "date", "category"]
    assert list(table.kinds.values()) == kinds
    assert table.categories == ["city", "children", "member", "paid"]
    assert table.decimals == {"age": 0, "price": 2, "children": 0}


def test_rows_are_split_as_promised(table):
    order = np.random.default_rng(0).permutation(300)
    frame = people()
    pd.testing.assert_frame_equal(table.train, frame.iloc[order[:210]].reset_index(drop=True))
    pd.testing.assert_frame_equal(table.test, frame.iloc[order[240:]].reset_index(drop=True))


@pytest.mark.parametrize("bins", [4, 200])
@pytest.mark.parametrize("column", ["age", "price", "children", "city"])
def test_probabilities_of_a_column_sum_to_one(table, job, column, bins):
    found = binned.columns_of(table.train[[column]], job, bins, 100)[column]
    if column in ("age", "price"):
        places = np.arange(found.low - 20_000, found.high + 20_000) / found.scale
        values = pd.Series(np.append(places, np.nan))
    else:
        known = table.train[column].dropna().unique().tolist()
        values = pd.Series([*known, None, "never seen"], dtype=object)
    leaves, nats = found.encode(values)
    p = found.sizes / found.sizes.sum()
    every = np.exp(nats) * np.where(leaves < 0, 1, p[leaves])
    if column == "children":  # missing and any other number are unseen, and one event
        every = every[:-1]
    assert every.sum() == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("column", ["age", "price", "since", "children", "city"])
def test_values_of_leaves_are_in_their_leaves(table, job, column):
    found = binned.columns_of(table.train[[column]], job, 20, 50)[column]
    leaves = np.repeat(np.arange(len(found.sizes)), 30)
    again, _ = found.encode(found.decode(leaves, np.random.default_rng(0)))
    np.testing.assert_array_equal(again, leaves)


def test_frames_are_completed_and_come_back(table, job):
    complete = work.Complete(table.train, job["categories"])
    frame = complete.encode(table.train)
    assert not frame.isna().any().any()
    assert {"price is missing", "city", "children"} < set(complete.categories)
    again = complete.decode(frame)
    again["since"] = again["since"].astype(table.train["since"].dtype)
    pd.testing.assert_frame_equal(again, table.train, check_dtype=False)


def test_trees_draw_what_hangs_together(table, job):
    arm = trees.Trees()
    arm.fit(table.train, job)
    drawn = arm.sample(2000, 0)
    assert abs(drawn["price"] - 1.5 * drawn["age"]).mean() < 8
    assert drawn["price"].isna().mean() == pytest.approx(0.1, abs=0.05)
    assert set(drawn["city"].dropna()) == {"Ulm", "Jena", "Bonn"}
    alone = independent.Independent()
    alone.fit(table.train, job)
    assert abs(alone.sample(2000, 0).eval("price - 1.5 * age")).mean() > 12


def test_judges_know_copies_from_noise(table):
    rng, copies = np.random.default_rng(1), table.train
    noise = table.rounded(copies.apply(lambda column: rng.permutation(column.to_numpy())))
    assert judges.exact_copies(table, copies) == 1
    assert judges.exact_copies(table, table.test) == 0
    closeness = judges.Closeness(table)
    assert closeness.nearer(copies) == (1.0, 0.0)
    assert closeness.nearer(table.test)[0] == pytest.approx(0.5)
    assert closeness.nearer(noise)[0] < 0.3
    assert judges.classifier_auc(table, copies) > 0.85 > judges.classifier_auc(table, noise)
    told = [judges.telling_aucs(table, [drawn]).mean() for drawn in (copies, noise)]
    assert told[0] < 0.65 < told[1]
    broken = table.train.assign(age=table.train["age"] + 40)
    assert next(iter(judges.telling_columns(table, broken))) == "age"


def test_distances_are_means_over_columns():
    few = Table.of("few", people().iloc[:3], About("few", "paid"))  # two rows are learned from
    row = few.train.iloc[[0]].assign(city="Rome", member=~few.train["member"].iloc[:1])
    assert judges.Closeness(few).distances(row) == pytest.approx(2 / 7)
    gap = few.train.iloc[[0]].assign(price=np.nan)
    assert judges.Closeness(few).distances(gap) == pytest.approx(1 / 7)


def test_errors_are_those_of_hidden_cells(table):
    asked = simple.holed(table, table.test, 0)
    right = judges.errors(table, table.test, asked, table.test)
    plain = judges.errors(table, table.test, asked, simple.middle(table, asked))
    linear = judges.errors(table, table.test, asked, simple.iterative(table, asked))
    assert right == (0, 0)
    assert plain[0] == pytest.approx(1)
    assert linear[0] < plain[0]
    assert linear[1] < plain[1]
    whole = Table.of("whole", people().dropna(), About("whole", "paid"))
    asked = simple.holed(whole, whole.test, 0)  # where no training row has a hole
    assert judges.errors(whole, whole.test, asked, simple.iterative(whole, asked))[0] < plain[0]


def test_a_draw_of_several_is_the_middle_of_them():
    asked = pd.DataFrame({"n": [np.nan, 1.0], "c": [None, "a"]})
    draws = [
        pd.DataFrame({"n": [n, 1.0], "c": [c, "a"]}) for n, c in [(1, "x"), (2, "y"), (9, "y")]
    ]
    filled = work.middle(asked, draws)
    assert filled.to_dict("list") == {"n": [2.0, 1.0], "c": ["y", "a"]}


def test_evidence_is_rare_and_occurs(table):
    asked = list(measure.questions(table))
    assert len(asked) == measure.QUESTIONS
    assert all("paid" not in question for question in asked)
    assert all(judges.matching(table, table.test, question) > 0 for question in asked)
    first = {"city": "Ulm", "children": "2"}
    both = (table.train["city"] == "Ulm") & (table.train["children"] == 2)
    assert judges.matching(table, table.train, first) == both.mean()
    assert judges.matching(table, table.rounded(table.train), first) == both.mean()  # 2.0 is 2
    pairs = [judges.matching(table, table.train, question) for question in asked]
    assert np.mean(pairs) < 0.1


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of one table that nobody knows; no environment of peers is there."""
    monkeypatch.setattr(measure, "DRAWS", 2)
    monkeypatch.setattr(measure.Runner, "_quality", lambda self, place, drawn: 0.5)
    people(400).drop(columns="since").to_csv(tmp_path / "people.csv.gz", index=False)
    return tmp_path


def test_the_command_leaves_figures_their_page_and_rows(folder):
    out = folder / "out"
    arms = ["independent", "cart", "copies"]
    command = ["--data", str(folder), "--out", str(out), "--arms"]
    assert main([*command, *arms]) == 0
    tables, text = read(out / __main__.FILE), (out / __main__.PAGE).read_text("utf-8")
    assert tables.keys() == {"machine", "run", "people"}
    known = tables["people"]
    assert known.keys() >= {"real", "fill", *arms}
    assert text == page.render(tables)
    assert "| people |  | paid | 280 × 6 | 80 |" in text
    told = known["cart"]["told"]
    assert f" | {known['independent']['told'][0]:.3f} ± " in text
    assert f"| people | {told[0]:.3f} ± {told[1]:.3f} | " in text
    assert known["copies"]["copies"] == 1
    assert f"| {100 * known['cart']['copies']:.1f} %, {100 * known['cart']['nearer']:.0f} %" in text
    assert len(known["independent"]["nats"]) == 10
    assert known["independent"]["impossible"] == 0
    drawn = frame_of(
        out / "rows" / "people" / "cart" / "drawn1.csv", Table.read(found(folder)["people"]).kinds
    )
    assert drawn.shape == (280, 6)

    before = read(out / __main__.FILE)["people"]
    assert main([*command, "cart", "--new"]) == 0  # nothing is new
    assert read(out / __main__.FILE)["people"] == before
    assert main([*command, "cart", "--judge"]) == 0  # the same rows have the same figures
    assert read(out / __main__.FILE)["people"] == before


def test_what_fails_is_told(folder, monkeypatch):
    script = folder / "broken.py"
    script.write_text(
        "import sys; sys.path.insert(0, sys.argv[2]) if len(sys.argv) > 2 else None\n"
        f"sys.path.insert(0, {str(WORKERS)!r})\n"
        "from work import run\n"
        "class Broken:\n"
        "    def fit(self, train, job): raise ValueError('no | such rows')\n"
        "run(Broken)\n"
    )
    slow = folder / "slow.py"
    slow.write_text("import time; time.sleep(60)\n")
    for name, path in (("cart", script), ("arf", slow)):
        monkeypatch.setitem(ARMS, name, arms.Arm(name, str(path.with_suffix(""))))
    out = folder / "out"
    for arm, seconds in (("cart", "600"), ("arf", "0.3")):
        command = ["--data", str(folder), "--out", str(out), "--arms", arm, "--seconds", seconds]
        assert main(command) == 0
    known = read(out / __main__.FILE)["people"]
    assert known["cart"]["failed"] == {"learn": "ValueError: no | such rows"}
    assert known["arf"]["failed"] == {"process": "not done after 0.9 s"}
    text = (out / __main__.PAGE).read_text("utf-8")
    assert "learn: ValueError: no / such rows |" in text
    assert "process: not done after 0.9 s |" in text


def test_a_table_that_is_not_there_is_named(folder, capsys):
    with pytest.raises(SystemExit):
        main(["persons", "--data", str(folder)])
    assert f"{folder} has no table 'persons'; it has people" in capsys.readouterr().err


def test_targets_are_those_of_the_figures():
    def facts(told, auc, wall):
        return {"told": [told, 0.0], "classifier": [auc, 0.0], "learn": {"wall": wall, "cpu": wall}}

    some = {
        "rows": 9,
        "columns": 2,
        "test": 3,
        "target": "y",
        "fill": {},
        "real": {"classifier": 0.9, "copies": 0.0},
    }
    tables = {
        "a": some | {"ardens": facts(0.55, 0.9, 1.0), "argn": facts(0.6, 0.8, 40.0)},
        "b": some | {"ardens": facts(0.65, 0.81, 1.0), "cart": facts(0.6, 0.7, 1.0)},
    }
    text = page.render(tables)
    assert "| classifier behind real rows, median | 5.00 (0–10.0) | ≤ 1.5 % | **no** |" in text
    assert "| told from real, median | 0.600 (0.550–0.650) | ≤ 0.62 | yes |" in text
    assert "| tables ahead in both | 50.0 | ≥ 75 % | **no** | every peer |" in text
    assert "| learning, median | 40.0 | ≥ 50× | **no** | TabularARGN, processors' seconds |" in text


def test_pictures_show_associations():
    frame = people(2000)
    table = Table.of("people", frame, About("people", "paid"))
    matrix = pictures.associations(table, frame)
    names = list(frame)
    assert matrix[names.index("age"), names.index("price")] > 0.9
    assert matrix[names.index("city"), names.index("member")] > 0.7
    assert abs(matrix[names.index("city"), names.index("age")]) < 0.1
    assert (matrix == matrix.T).all()
    figure = pictures.table_figure(table, frame)
    assert len(figure.axes) == 8 + 3 + 1 + 2


def test_the_published_page_is_what_its_figures_render():
    text = (__main__.PUBLISHED / __main__.PAGE).read_text("utf-8")
    assert text == page.render(read(__main__.PUBLISHED / __main__.FILE))
    for name in re.findall(r"\]\((.*?\.png)\)", text):
        assert (__main__.PUBLISHED / name).read_bytes().startswith(b"\x89PNG")
