"""Pictures: what is drawn, what is refused, and that nothing global is touched."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ardens import plotting
from helpers.processes import run_python

HISTORY = {
    "epoch": [1, 2, 3, 4],
    "train": [-30.0, -20.0, -15.0, -14.0],
    "valid": [-29.0, -21.0, -17.0, -18.0],
}


def test_image_grid_shows_every_image_at_its_place() -> None:
    images = np.eye(6, dtype=np.uint8)  # 6 images of 2 x 3 pixels, one dark pixel each
    figure = plotting.image_grid(images, (2, 3), columns=4)
    mosaic = figure.axes[0].images[0].get_array()
    side = mosaic.shape[1] // 4  # pixels from one image to the next
    centres = [(k * mosaic.shape[0] // 2, j * side) for k in range(2) for j in range(4)]
    for k, (top, left) in enumerate(centres):
        cell = mosaic[top + 1 : top + mosaic.shape[0] // 2, left + 1 : left + side]
        if k < 6:
            pixel = np.unravel_index(np.argmax(cell), cell.shape)
            height, width = cell.shape
            assert (pixel[0] * 2 // height, pixel[1] * 3 // width) == (k // 3, k % 3)
        else:
            assert cell.mask.all()


def test_image_grid_is_as_square_as_it_can_be() -> None:
    mosaic = plotting.image_grid(np.zeros((64, 784)), (28, 28)).axes[0].images[0].get_array()
    assert mosaic.shape[0] == mosaic.shape[1] == 8 * 29 + 1


@pytest.mark.parametrize(
    ("X", "shape", "options", "message"),
    [
        (np.zeros((3, 7)), (2, 3), {}, r"shape must be .* product is 7.*; got \(2, 3\)"),
        (np.zeros((3, 6)), (-2, -3), {}, r"got \(-2, -3\)"),
        (np.zeros(6), (2, 3), {}, r"at least one row, got an array of shape \(6,\)"),
        (np.zeros((0, 6)), (2, 3), {}, r"at least one row, got an array of shape \(0, 6\)"),
        (np.zeros((3, 6)), (2, 3), {"columns": 0}, "columns must be at least 1, got 0"),
    ],
)
def test_image_grid_refuses_what_it_cannot_draw(
    X: Any, shape: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        plotting.image_grid(X, shape, **options)


def test_learning_curve_draws_train_valid_and_the_best_epoch() -> None:
    axes = plotting.learning_curve(HISTORY).axes[0]
    train, valid, best = axes.lines
    np.testing.assert_array_equal(train.get_ydata(), HISTORY["train"])
    np.testing.assert_array_equal(valid.get_ydata(), HISTORY["valid"])
    assert best.get_xydata().tolist() == [[3.0, -17.0]]


def test_learning_curve_without_validation_draws_train_alone() -> None:
    history = HISTORY | {"valid": [np.nan] * 4}
    assert len(plotting.learning_curve(history).axes[0].lines) == 1


def test_learning_curve_names_several_runs_in_its_legend() -> None:
    axes = plotting.learning_curve({"NADE": HISTORY, "FVSBN": HISTORY}).axes[0]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == [
        "NADE, train",
        "NADE, validation (best -17.00)",
        "FVSBN, train",
        "FVSBN, validation (best -17.00)",
    ]


def test_learning_curve_shows_the_end_of_the_curves_whole() -> None:
    train = np.concatenate([[-1e6], np.linspace(-20, -10, 50)])
    bottom, top = plotting.learning_curve({"train": train.tolist()}).axes[0].get_ylim()
    assert -25 < bottom < -15
    assert top > -10


@pytest.mark.parametrize("history", [{}, {"train": []}, {"NADE": {"train": []}}])
def test_learning_curve_refuses_a_history_without_epochs(history: Any) -> None:
    with pytest.raises(ValueError, match="at least one epoch"):
        plotting.learning_curve(history)


def test_given_axes_are_drawn_in_and_their_figure_returned() -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert plotting.image_grid(np.eye(4), (2, 2), ax=left) is figure
    assert plotting.learning_curve(HISTORY, ax=right) is figure
    assert left.images
    assert right.lines


def test_figures_are_saved_without_pyplot(tmp_path: Path) -> None:
    code = (
        "import sys; from ardens import plotting\n"
        f"plotting.image_grid([[0, 1]], (1, 2), title='t').savefig({str(tmp_path / 'a.png')!r})\n"
        "print('matplotlib.pyplot' in sys.modules)"
    )
    assert run_python(code).strip() == "False"
    assert (tmp_path / "a.png").stat().st_size > 500


def test_missing_matplotlib_tells_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ImportError, match=r"pip install ardens\[demo\]"):
        plotting.image_grid([[0, 1]], (1, 2))
