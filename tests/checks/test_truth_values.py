"""Truth values: those of Python and NumPy, and 1 and 0, wherever one is wanted; nothing else."""

import numpy as np
import pytest

import ardens
from ardens.checks.options import SWITCH, options_of, truth
from ardens.models import MODELS

TRUE = [True, np.True_, 1, np.int8(1), np.uint64(1), np.array(True), np.array(1)]
FALSE = [False, np.False_, 0, np.int64(0), np.array(False)]
NONE = [2, -1, 2**70, 1.0, 0.0, 0.5, np.float64(1), "yes", "", None, [], [True], np.array([True])]
ESTIMATORS = [*MODELS.values(), ardens.Mixture]
OPTIONS = [
    (cls, name)
    for cls in ESTIMATORS
    for name, option in options_of(cls).items()
    if option.kind is SWITCH or option.kind.check is truth
]


@pytest.mark.parametrize("value", [*TRUE, *FALSE], ids=repr)
def test_truth_values_become_those_of_python(value):
    assert truth(value, "verbose") is any(value is one for one in TRUE)


@pytest.mark.parametrize("value", NONE, ids=repr)
def test_what_is_no_truth_value_is_refused(value):
    with pytest.raises(TypeError, match=r"verbose must be True or False; got .+"):
        truth(value, "verbose")


def test_there_are_such_options():
    assert {name for _, name in OPTIONS} == {"verbose", "warm_start", "direct", "tied"}


@pytest.mark.parametrize(("cls", "name"), OPTIONS, ids=lambda part: getattr(part, "__name__", part))
@pytest.mark.parametrize("value", [np.True_, 1, np.False_, 0], ids=repr)
def test_an_option_may_be_any_truth_value_and_is_kept_in_a_file(
    cls, name, value, data, tmp_path, capsys
):
    quick = {"random_state": 0, "n_jobs": 1, "n_members": 2, "max_epochs": 1, "n_hidden": 3}
    quick["estimator"] = ardens.NADE(3, max_epochs=1)
    options = {key: quick[key] for key in quick if key in options_of(cls)}
    fitted = [cls(**options, **{name: said}).fit(data) for said in (value, bool(value))]
    assert np.array_equal(*(model.score_samples(data) for model in fitted))
    fitted[0].save(tmp_path / "m")
    loaded = ardens.load(tmp_path / "m")
    assert loaded.get_params()[name] == bool(value)
    assert np.array_equal(loaded.score_samples(data), fitted[1].score_samples(data))
    with pytest.raises(TypeError, match=f"{name} must be True or False; got 2"):
        cls(**options, **{name: 2}).fit(data)


def test_arguments_of_methods_may_be_any_truth_value(random_model, data, tmp_path):
    model = random_model("fvsbn")
    rows, nats = model.sample(3, random_state=0, packed=1, return_log_prob=np.True_)
    assert rows.shape == (3, 1)
    assert nats.shape == (3,)
    blocks = model.iter_samples(3, random_state=0, packed=np.True_, return_log_prob=0)
    assert np.array_equal(next(blocks), rows)
    assert ardens.optim.SGD(nesterov=1) == ardens.optim.SGD(nesterov=True)
    assert ardens.optim.SGD(nesterov=np.True_).nesterov is True
    marginal = ardens.orderings.marginal
    assert np.array_equal(marginal(data, descending=1), marginal(data, descending=True))
    path = tmp_path / "c"
    ardens.FVSBN(max_epochs=1, random_state=0).fit(data, checkpoint=path, resume=0)
    ardens.FVSBN(max_epochs=1, random_state=0).fit(data, checkpoint=path, resume=1)
    assert ardens.NADE.from_parameters(W=[[1.0]], c=[0.0], b=[0.0], tied=1).tied
    np.save(tmp_path / "x.npy", data / 2)
    assert ardens.data.read(tmp_path / "x.npy", binary=np.False_)["data"].shape == data.shape


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda model, value: model.sample(1, packed=value), "packed"),
        (lambda model, value: model.sample(1, return_log_prob=value), "return_log_prob"),
        (lambda model, value: model.iter_samples(1, packed=value), "packed"),
        (lambda model, value: model.iter_samples(1, return_log_prob=value), "return_log_prob"),
        (lambda model, value: ardens.data.read("none.npy", binary=value), "binary"),
        (lambda model, value: ardens.optim.SGD(nesterov=value), "nesterov"),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
@pytest.mark.parametrize("value", [2, 1.0, "yes", None], ids=repr)
def test_arguments_of_methods_may_be_nothing_else(call, name, value, random_model):
    with pytest.raises(TypeError, match=f"{name} must be True or False; got"):
        call(random_model("fvsbn"), value)


def test_a_number_that_numpy_wraps_is_kept_in_a_file(data, tmp_path):
    """A size may be an array without dimensions, and a file holds numbers."""
    model = ardens.FVSBN(max_epochs=np.array(3), random_state=0).fit(data)
    model.save(tmp_path / "m")
    assert ardens.load(tmp_path / "m").max_epochs == 3
