"""Checkpoints from strangers: what is wrong is refused, and stays as it is."""

import numpy as np
import pytest

from helpers.checkpoints import forged
from helpers.files import refusal
from helpers.model_files import edited, join, redescribed, split


@pytest.fixture
def written(small, data, path):
    small("nade", max_epochs=2).fit(data, checkpoint=path)
    return path.read_bytes()


@pytest.fixture
def resume_refused(small, data, path):
    """A function that asserts that a file of some content is not resumed."""

    def check(content, words):
        path.write_bytes(content)
        with refusal(path, words):
            small("nade", max_epochs=2).fit(data, checkpoint=path, resume=True)

    return check


def test_a_model_is_no_checkpoint(random_model, path, resume_refused):
    random_model("nade").save(path)
    resume_refused(path.read_bytes(), "it is a model, without what training goes on from")


def test_a_model_with_tensors_of_a_checkpoint_is_refused(written, resume_refused):
    content = edited(written, lambda header: header["__metadata__"].pop("training"))
    resume_refused(content, "it has the tensors")


@pytest.mark.parametrize(
    ("training", "words"),
    [
        ({"step": -1}, "step is -1"),
        ({"step": 10**40}, "step is 1"),
        ({"step": 1.0}, "step is 1.0"),
        ({"waiting": 3}, "waiting is 3"),
        ({"until": 1}, "until is 1"),
        ({"until": None}, "until is None"),
        ({"first": 1}, "first is not true or false"),
        ({"best_valid": "x"}, "best_valid"),
        ({"shuffle": None}, "shuffling stream"),
        ({"shuffle": {"bit_generator": "MT19937"}}, "shuffling stream"),
    ],
    ids=str,
)
def test_a_hostile_description_is_refused(written, resume_refused, training, words):
    content = redescribed(written, lambda told: told.update(training), "training")
    resume_refused(forged(content), words)


@pytest.mark.parametrize("value", [2**200, -1, 1.5, "0", None, []])
@pytest.mark.parametrize("place", ["state", "inc", "has_uint32", "uinteger"])
def test_a_hostile_state_of_the_shuffling_stream_is_refused(written, resume_refused, value, place):
    def spoil(told):
        shuffle = told["shuffle"]
        (shuffle["state"] if place in shuffle["state"] else shuffle)[place] = value

    resume_refused(forged(redescribed(written, spoil, "training")), "shuffling stream")


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "[]", "", '{"seed": NaN}', '{"a":1,"a":1}'], ids=lambda text: text[:9]
)
def test_a_description_that_is_no_json_is_refused(written, resume_refused, text):
    content = edited(written, lambda header: header["__metadata__"].update(training=text))
    resume_refused(forged(content), "the description of the training|not a checkpoint")


@pytest.mark.parametrize("flat", ["params", "average", "optimizer.m", "optimizer.v"])
def test_tensors_that_are_missing_or_not_finite_are_refused(written, resume_refused, flat):
    header, tensors = split(written)
    name = f"training.{flat}.b"
    _, end = header[name]["data_offsets"]
    changed = tensors[: end - 4] + np.float32(np.nan).tobytes() + tensors[end:]
    resume_refused(forged(join(header, changed)), "must be finite")
    header[f"training.other.{flat[-1]}.b"] = header.pop(name)
    resume_refused(forged(join(header, tensors)), "it has the arrays")


def test_words_and_tensors_that_are_others_are_damage(written, resume_refused):
    changed = [
        redescribed(written, lambda told: told.update(until=9), "training"),
        redescribed(written, lambda told: told["history"].update(train=[-1.0, -1.0])),
        edited(written, lambda header: header["__metadata__"].update(remark="")),
    ]
    header, tensors = split(written)
    for name in header.keys() - {"__metadata__"}:
        begin, _ = header[name]["data_offsets"]
        low = bytes([tensors[begin] ^ 1])
        changed.append(join(header, tensors[:begin] + low + tensors[begin + 1 :]))
    for content in changed:
        resume_refused(content, "it is damaged: its digest is another")


def test_random_damage_is_refused(written, resume_refused):
    rng = np.random.default_rng(0)
    for _ in range(200):
        content = bytearray(written)
        for place in rng.integers(len(content), size=rng.integers(1, 4)):
            content[place] ^= 1 << rng.integers(8)
        short = rng.random() < 0.2
        content = content[: rng.integers(len(content))] if short else content
        resume_refused(content, "model file|checkpoint")
