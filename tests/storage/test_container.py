"""Files of words and arrays: their form, and what a damaged one does."""

import gzip
import io
import json
import os
import pickle
import re

import numpy as np
import pytest
from safetensors.numpy import load as read_tensors

import ardens
from helpers.files import refused
from helpers.model_files import edited, join, redescribed, split


def test_a_file_is_plain_safetensors_with_the_documented_words(random_model, path):
    model = random_model("mlp")
    model.save(path)
    tensors = read_tensors(path.read_bytes())
    assert tensors.keys() == model.parameters().keys()
    for key, values in model.parameters().items():
        assert np.array_equal(tensors[key], values)
    metadata = split(path.read_bytes())[0]["__metadata__"]
    assert metadata.keys() == {"format", "format_version", "ardens_version", "model"}
    description = json.loads(metadata["model"])
    assert description["class"] == "mlp"
    assert description["sampling_stream"] == 1


def of(save):
    """The bytes that a function of NumPy writes."""
    room = io.BytesIO()
    save(room, np.eye(5))
    return room.getvalue()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"0,1,1,0\n1,0,0,1\n", "it seems to be text; is it data?"),
        (of(np.save), "it seems to be a NumPy array; is it data?"),
        (of(np.savez), "it seems to be a zip archive; is it data?"),
        (gzip.compress(b"0,1,1,0\n"), "it seems to be a gzip file; is it data?"),
    ],
)
def test_a_file_of_another_kind_is_called_by_its_name(path, content, words):
    refused(path, content, re.escape(words))


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 100, -1, -4])
def test_a_file_that_is_cut_off_is_refused(saved, path, length):
    refused(path, saved[:length], "or it is cut off" if length >= 0 else "bytes of parameters")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"\xff" * 64, "no safetensors file"),
        ((1 << 30).to_bytes(8, "little") + b"{}", "no safetensors file"),
        (join(b"[]"), "not a JSON object"),
        (join(b"{"), "not JSON"),
        (join(b"\xff\xfe\xfd"), "not JSON"),
        (join(b"[" * 100_000), "not JSON"),
        (join(b'{"a":' * 100_000), "not JSON"),
        (join(b'{"a":1' + b"0" * 10_000 + b"}"), "not JSON"),
        (join(b'{"a": -Infinity}'), "has -Infinity, which is not JSON"),
        (join({}), "no model of ardens"),
        (join({"__metadata__": {"format": "pt"}}), "no model of ardens"),
        (join({"__metadata__": "ardens"}), "no model of ardens"),
        (join(b'{"__metadata__": {"format": "ardens", "format": "ardens"}}'), "a key twice"),
        (pickle.dumps({}), "no safetensors file"),
        (b"PK\x03\x04" + b"\0" * 50, "zip archive"),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else value,
)
def test_a_foreign_file_is_refused(path, content, words):
    refused(path, content, words)


def test_a_header_has_at_most_16_mib(saved, path):
    header, tensors = split(saved)
    text = json.dumps(header).encode()
    path.write_bytes(join(text.ljust(1 << 24), tensors))
    assert ardens.load(path).n_features_in_ == 3
    refused(path, join(text.ljust((1 << 24) + 1), tensors), "no safetensors file")
    refused(path, join(text.ljust(17 << 20), tensors), "no safetensors file")


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("2", r"needs a newer ardens: it has format 2, written by version 9\.9"),
        ("9" * 5000, "needs a newer ardens"),
        ("-1", "format version is '-1'"),
        ("1.5", "format version"),
        ("²", "format version"),
        (None, "format version"),
    ],
)
def test_a_newer_or_unknown_version_is_refused(saved, path, version, words):
    changes = {"format_version": version, "ardens_version": "9.9"}
    refused(path, edited(saved, lambda header: header["__metadata__"].update(changes)), words)


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda h: h.pop("W"), "tensors"),
        (lambda h: h.update(X=h["W"]), "tensors"),
        (lambda h: h["W"].update(dtype="F64"), "not of float32"),
        (lambda h: h["W"].update(dtype="I32"), "not of float32"),
        (lambda h: h["W"].update(shape=[3, 2]), "not of shape"),
        (lambda h: h["W"].update(shape=[6]), "not of shape"),
        (lambda h: h["W"].update(shape=[2**62, 2**62]), "not of shape"),
        (lambda h: h["W"].update(data_offsets=[0, 2**60]), "not a model file"),
        (lambda h: h["W"].update(data_offsets=h["V"]["data_offsets"]), "not a model file"),
        (lambda h: h["W"].update(data_offsets="x"), "not a model file"),
        (lambda h: h.update(W=None), "not of float32"),
    ],
)
def test_a_hostile_table_of_tensors_is_refused(saved, path, edit, words):
    refused(path, edited(saved, edit), words)


def test_more_bytes_than_parameters_are_refused(saved, path):
    refused(path, saved + b"\0", "bytes of parameters")


def test_a_header_of_more_than_16_mib_is_not_read(saved, path):
    header, tensors = split(saved)
    text = json.dumps(header).encode()
    path.write_bytes(join(text.ljust(2**24), tensors))
    ardens.load(path)
    refused(path, join(text.ljust(2**24 + 1), tensors), "no safetensors file")


def test_a_refusal_does_not_quote_the_whole_file(saved, path):
    path.write_bytes(redescribed(saved, lambda told: told.update({"class": "x" * 100_000})))
    with pytest.raises(ardens.FormatError) as caught:
        ardens.load(path)
    assert len(str(caught.value)) < 1000


def test_what_cannot_be_read_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        ardens.load(tmp_path / "gone")
    with pytest.raises(IsADirectoryError):
        ardens.load(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ardens.FormatError, match="not a regular file"):
        ardens.load(tmp_path / "pipe")
