"""The core's own door: arrays that it would write to or read wrongly are refused untouched."""

import numpy as np
import pytest

from ardens import _core
from ardens.reference.philox import uniforms
from helpers import references
from helpers.core_model import CoreModel
from helpers.first_principles import PHILOX_KNOWN_ANSWERS

N = 9


def read_only(shape, dtype):
    array = np.full(shape, 7, dtype)
    array.flags.writeable = False
    return array


OUTPUTS = {
    "another dtype": np.full((4, N), 7, np.int8),
    "too few rows": np.full((3, N), 7, np.uint8),
    "another width": np.full((4, N + 1), 7, np.uint8),
    "one dimension": np.full(4 * N, 7, np.uint8),
    "Fortran order": np.full((4, N), 7, np.uint8, order="F"),
    "strided": np.full((8, N), 7, np.uint8)[::2],
    "read-only": read_only((4, N), np.uint8),
}


@pytest.mark.parametrize("case", OUTPUTS)
def test_a_wrong_output_of_a_sample_is_refused_before_it_is_written_to(case):
    model, X = CoreModel("nade", N), OUTPUTS[case]
    with pytest.raises((TypeError, ValueError), match=r"^(X|log_prob) must"):
        model.core.sample(model.flat, model.tables, 0, 0, X, np.zeros(4), 1)
    assert (X == 7).all()


def test_a_wrong_output_of_a_gradient_is_refused_before_it_is_written_to():
    model = CoreModel("nade", N)
    X, size = np.zeros((4, N), np.uint8), model.core.size
    room = np.zeros(4 * size + 1, np.uint8)[1:].view(np.float32)
    for grad in (np.ones(size), np.ones(size + 1, np.float32), read_only(size, "f4"), room):
        before = grad.copy()
        with pytest.raises((TypeError, ValueError), match=r"^grad must"):
            model.core.value_and_grad(model.flat, X, grad, 1)
        assert np.array_equal(grad, before)


def test_wrong_weights_of_a_gradient_are_refused_before_anything_is_written():
    model = CoreModel("nade", N)
    X, grad = np.zeros((4, N), np.uint8), np.full(model.core.size, 7, np.float32)
    for weights in (
        np.ones(3),
        np.ones((4, 1)),
        np.ones(4, np.float32),
        np.ones(8)[::2],
        [1.0] * 4,
    ):
        with pytest.raises((TypeError, ValueError)):
            model.core.value_and_grad(model.flat, X, grad, 1, weights)
        assert (grad == 7).all()
    with pytest.raises(ValueError, match=r"weights must have shape \(4\); got \(3,\)"):
        model.core.value_and_grad(model.flat, X, grad, 1, np.ones(3))


def test_no_wrong_number_of_threads_reaches_the_runtime():
    model = CoreModel("nade", N)
    X = np.zeros((4, N), np.uint8)
    for threads in (0, -3, -(2**31)):
        with pytest.raises(ValueError, match=f"threads must be at least 1; got {threads}"):
            model.core.log_prob(model.flat, model.tables, X, threads)
    model.core.log_prob(model.flat, model.tables, X, 10**6)
    with pytest.raises(TypeError):
        model.core.log_prob(model.flat, model.tables, X, 2**31)


def test_the_core_refuses_columns_that_are_none():
    model = CoreModel("fvsbn", N)

    def draw(columns, width=N, packed=False):
        X = np.empty((3, width), np.uint8)
        model.core.sample(model.flat, model.tables, 0, 0, X, None, 1, columns, packed)

    draw(np.arange(N))
    for wrong in (N, -1):
        with pytest.raises(ValueError, match="columns must be features of 0 to 8"):
            draw(np.array([*range(N - 1), wrong]))
    with pytest.raises(ValueError, match=r"columns must have shape \(9\)"):
        draw(np.arange(N - 1))
    with pytest.raises(TypeError, match="columns must be"):
        draw(np.arange(N, dtype=np.int32))
    with pytest.raises(ValueError, match=r"X must have shape \(3, 2\); got \(3, 9\)"):
        draw(None, packed=True)


@pytest.mark.parametrize(("counter", "key", "words"), PHILOX_KNOWN_ANSWERS)
def test_the_core_s_philox_gives_the_published_words(counter, key, words):
    assert tuple(_core.philox(counter, key)) == words


@pytest.mark.parametrize("start", [2**32 - 20, 2**33 - 20, 2**63, 2**64 - 40])
def test_rows_beyond_32_bits_are_those_of_the_specification(start):
    model = CoreModel("fvsbn", N, scale=0.5)
    exact = {key: value.astype(float) for key, value in model.params.items()}
    expected = references.MODELS["fvsbn"].sample(40, 3, start, **exact)
    assert np.array_equal(model.sample(40, 3, start), expected)
    assert len(np.unique(model.sample(40, 3, start), axis=0)) > 10


def test_a_model_says_its_family_and_its_variant():
    core = _core.Model("nade", 4, 3, activation="tanh", direct=True, tied=True)
    assert (core.name, core.activation, core.direct, core.tied) == ("nade", "tanh", True, True)
    assert [name for name, *_ in core.layout] == ["W", "c", "D", "b"]
    core = _core.Model("mlp", 4, 3)
    assert (core.name, core.activation, core.direct, core.tied) == ("mlp", "sigmoid", False, False)


@pytest.mark.parametrize(
    ("family", "options", "told"),
    [
        ("mlp", {"tied": True}, "mlp has no variants; .*direct=False, tied=True"),
        ("fvsbn", {"direct": True}, "fvsbn has no variants; .*direct=True, tied=False"),
        ("tabular", {"activation": "tanh"}, "tabular has no variants; got activation='tanh'"),
        ("nade", {"activation": "gelu"}, "activation must be one of .*; got 'gelu'"),
        ("nade-tanh", {}, "model must be one of .*; got 'nade-tanh'"),
        ("nade-", {}, "model must be one of tabular, fvsbn, mlp, nade; got 'nade-'"),
        ("nade-tied-direct", {}, "model must be one of .*; got 'nade-tied-direct'"),
        ("made", {}, "model must be one of .*; got 'made'"),
    ],
)
def test_a_variant_that_no_model_has_is_refused(family, options, told):
    with pytest.raises(ValueError, match=told):
        _core.Model(family, 4, 3, **options)


def test_uniforms_of_a_stream_are_those_of_the_specification():
    for start in (0, 2**32 - 3, 2**64 - 5):
        expected = uniforms(2**40 + 7, start, 5, 1, stream=3)[:, 0]
        assert np.array_equal(_core.uniforms(2**40 + 7, start, 5, 3), expected)
    assert _core.uniforms(0, 0, 0, 1).shape == (0,)


@pytest.mark.parametrize("place", [0, 4094, 4095, 4096, 8191, 8192, 8198])
def test_the_first_value_that_is_no_bit_is_found_wherever_it_is(place):
    X = np.ones((1, 8199), np.uint8)
    assert _core.check_binary(X) == -1
    X[0, place:] = 2
    assert _core.check_binary(X) == place
