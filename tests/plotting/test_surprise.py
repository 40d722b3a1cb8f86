"""Bars of how surprising the cells of a row are."""

import numpy as np
import pytest

import ardens
from ardens.plotting import SurpriseDisplay


@pytest.fixture(scope="module")
def model():
    rng = np.random.default_rng(0)
    estimator = ardens.NADE(4, max_epochs=2, random_state=0)
    X = {"a": rng.choice(["x", "y"], 200), "b": rng.poisson(9, 200), "c": rng.random(200) < 0.1}
    return ardens.TableModel(estimator).fit(X)


def test_the_most_surprising_columns_are_drawn_with_what_stands_there(model):
    row = {"a": "x", "b": 9000, "c": False}
    display = SurpriseDisplay.from_estimator(model, row, most=2)
    surprise = model.cell_surprise({name: [value] for name, value in row.items()})
    assert display.surprise[0] == surprise["b"][0] == max(s[0] for s in surprise.values())
    labels = [text.get_text() for text in display.ax_.get_yticklabels()]
    assert labels[0] == "b = 9000"
    assert len(display.ax_.patches) == 2
    assert display.figure_ is display.ax_.get_figure()


def test_an_infinite_surprise_is_drawn_too():
    display = SurpriseDisplay(["a", "b"], ["x", "y"], np.array([np.inf, 1.0])).plot()
    assert "∞" in [text.get_text() for text in display.ax_.texts]
    assert display.ax_.patches[0].get_width() > display.ax_.patches[1].get_width()


def test_what_is_no_row_of_the_model_is_refused(model):
    with pytest.raises(ValueError, match="row must be one row; got 2"):
        SurpriseDisplay.from_estimator(model, {"a": ["x", "y"], "b": [1, 2], "c": [True, True]})
    with pytest.raises(TypeError, match="model must be a TableModel; got NADE"):
        SurpriseDisplay.from_estimator(ardens.NADE(), {})
