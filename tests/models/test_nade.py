"""NADE's variants, from fit to file."""

import pickle

import numpy as np
import pytest

import ardens
from ardens import NADE
from ardens.reference import nade

OPTIONS = [
    {"activation": "tanh"},
    {"activation": "relu"},
    {"direct": True},
    {"tied": True},
    {"activation": "relu", "direct": True, "tied": True},
]


@pytest.fixture(scope="module")
def data():
    latent = np.random.default_rng(0).random((600, 2)) < 0.5
    return np.repeat(latent, 5, axis=1) ^ (np.random.default_rng(1).random((600, 10)) < 0.1)


@pytest.fixture(params=OPTIONS, ids=str)
def fitted(request, data):
    return NADE(8, **request.param, random_state=0, learning_rate=0.02, max_epochs=30).fit(data)


def test_variant_learns(fitted, data):
    independent = NADE.from_parameters(
        W=np.zeros((1, 10)), c=[0], V=np.zeros((10, 1)), b=np.log(data.mean(0) / (1 - data.mean(0)))
    )
    assert fitted.score(data) > independent.score(data) + 1


def test_variant_scores_as_the_reference_does(fitted, data):
    expected = nade.log_prob(data, **fitted.parameters(), activation=fitted.activation)
    np.testing.assert_allclose(fitted.score_samples(data), expected, rtol=1e-5)
    assert fitted.n_parameters_ == sum(
        view.size if key != "D" else 45 for key, view in fitted.parameters().items()
    )


def test_variant_comes_back_from_a_file_and_a_pickle(fitted, data, tmp_path):
    fitted.save(tmp_path / "model.safetensors")
    for back in (ardens.load(tmp_path / "model.safetensors"), pickle.loads(pickle.dumps(fitted))):
        assert back.get_params() == fitted.get_params()
        np.testing.assert_array_equal(back.score_samples(data), fitted.score_samples(data))


def test_a_file_keeps_the_variant_of_its_parameters_whatever_the_options_are_now(
    fitted, data, tmp_path
):
    nats = fitted.score_samples(data)
    fitted.set_params(activation="sigmoid", direct=False, tied=False)
    fitted.save(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(
        ardens.load(tmp_path / "model.safetensors").score_samples(data), nats
    )


def test_parameters_make_the_same_model_again(fitted, data):
    options = fitted.get_params()
    again = NADE.from_parameters(
        **fitted.parameters(), activation=options["activation"], tied=options["tied"]
    )
    assert {
        key: again.get_params()[key] for key in ("n_hidden", "activation", "direct", "tied")
    } == {key: options[key] for key in ("n_hidden", "activation", "direct", "tied")}
    np.testing.assert_array_equal(again.score_samples(data), fitted.score_samples(data))


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"activation": "gelu"}, ValueError, "activation must be one of sigmoid, tanh, relu; got"),
        ({"activation": None}, ValueError, "activation must be one of .*; got None"),
        ({"direct": "yes"}, TypeError, "direct must be"),
        ({"tied": 2}, TypeError, "tied must be"),
    ],
)
def test_unknown_variant_is_refused(options, error, message, data):
    with pytest.raises(error, match=message):
        NADE(**options).fit(data)


def test_direct_weights_to_earlier_features_are_refused():
    with pytest.raises(ValueError, match=r"D must be 0 on and above the diagonal.* at \[0, 1\]"):
        NADE.from_parameters(
            W=np.zeros((1, 2)), c=[0], V=np.zeros((2, 1)), b=[0, 0], D=np.eye(2)[::-1]
        )


def test_v_is_not_given_with_tied_weights():
    with pytest.raises(TypeError, match="got 'V'"):
        NADE.from_parameters(W=[[0]], c=[0], V=[[0]], b=[0], tied=True)
    with pytest.raises(TypeError, match="needs the parameter 'V'"):
        NADE.from_parameters(W=[[0]], c=[0], b=[0])


def test_a_start_from_an_fvsbn_is_no_worse_than_the_fvsbn(data):
    X, X_valid = data[:400], data[400:]
    options = {"direct": True, "start": "fvsbn", "random_state": 0, "ordering": "random"}
    simple = ardens.FVSBN(ordering=NADE(8, **options).fit(X).ordering_).fit(X, X_valid=X_valid)
    model = NADE(8, **options, max_epochs=3).fit(X, X_valid=X_valid)
    assert model.score(X_valid) >= simple.score(X_valid)
    slow = NADE(8, **options, max_epochs=1, learning_rate=1e-9).fit(X, X_valid=X_valid)
    for mine, theirs in (("D", "W"), ("b", "b")):
        found, expected = slow.parameters()[mine], simple.parameters()[theirs]
        np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(slow.parameters()["V"], 0, atol=1e-6)


@pytest.mark.parametrize("options", [{"start": "fvsbn"}, {"start": "zero"}, {"start": None}])
def test_start_that_cannot_be_is_refused(options, data):
    with pytest.raises(ValueError, match="start"):
        NADE(**options).fit(data)


def test_a_model_is_saved_whatever_the_next_fit_is_to_start_from(data, tmp_path):
    model = NADE(8, random_state=0, max_epochs=1).fit(data)
    model.set_params(direct=True, start="fvsbn").save(tmp_path / "model.safetensors")
    assert ardens.load(tmp_path / "model.safetensors").get_params()["start"] == "random"
