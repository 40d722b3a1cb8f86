"""Checkpoints: a fit that is interrupted, killed or cut short loses nothing but time."""

import errno
import json
import os
import subprocess
import sys
import time
from unittest.mock import Mock

import numpy as np
import pytest
from safetensors.numpy import load as read_tensors

import ardens
from ardens import Checkpoint, optim, schedules
from ardens.cli import main
from ardens.storage.container import opened
from ardens.training import checkpoint
from ardens.training.restore import digest
from helpers.files import every_fault, refusal
from helpers.model_files import edited, join, split

EPOCHS = 6


class Cut(Exception):
    """What ends a run early."""


def cut_after(epoch):
    def callback(event):
        if event.epoch > epoch:
            raise Cut

    return [callback]


def every(path):
    return Checkpoint(path, epochs=1, seconds=None)


def figures(model):
    """All that a fit leaves, but the time that it took."""
    history = model.history_
    del history["time"]
    parameters = {key: value.tobytes() for key, value in model.parameters().items()}
    columns = model.ordering_.tolist(), model.flipped_.tolist()
    return parameters, str(history), model.best_epoch_, columns


def interrupted(make, path, X, epoch, **rows):
    """Run until after an epoch's checkpoint is written, and lose the process's memory."""
    with pytest.raises(Cut):
        make(callbacks=cut_after(epoch)).fit(X, checkpoint=every(path), **rows)


def check_resumes(make, path, X, epoch=2, then=None, **rows):
    whole = make().fit(X, **rows)
    interrupted(make, path, X, epoch, **rows)
    assert ardens.load(path).history_["epoch"] == list(range(1, epoch + 1))
    resumed = (then or make)().fit(X, checkpoint=path, resume=True, **rows)
    assert figures(resumed) == figures(whole)
    return whole


# The same bits as without an interruption


@pytest.mark.parametrize("judged", [False, True], ids=["split", "X_valid"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"optimizer": optim.SGD(momentum=0.9, nesterov=True), "averaging": 0},
        {"optimizer": "rmsprop", "weight_decay": 0.01},
        {"learning_rate": schedules.WarmUp(schedules.Cosine(0.05, steps=100), steps=7)},
        {"validation_fraction": 0},
        {"ordering": "random", "coding": "majority"},
    ],
    ids=["adam", "sgd", "rmsprop", "schedule", "no split", "columns"],
)
def test_a_resumed_run_has_the_bits_of_an_uninterrupted_one(small, data, path, options, judged):
    def make(**more):
        return small("nade", max_epochs=EPOCHS, **options, **more)

    check_resumes(make, path, data, **({"X_valid": data[:30]} if judged else {}))


def test_every_model_resumes_after_any_epoch(learned, small, data, tmp_path):
    def make(**more):
        return small(learned, max_epochs=4, patience=9, **more)

    for epoch in range(4):
        check_resumes(make, tmp_path / str(epoch), data, epoch)


def test_both_solvers_of_fvsbn_resume(small, data, tmp_path):
    for solver in ("convex", "stochastic"):

        def make(solver=solver, **more):
            return small("fvsbn", solver=solver, max_epochs=4, patience=9, **more)

        check_resumes(make, tmp_path / solver, data)


def test_a_run_that_is_interrupted_again_and_again_has_the_same_bits(small, data, path):
    whole = small("nade", max_epochs=EPOCHS).fit(data)
    for epoch in range(EPOCHS):
        with pytest.raises(Cut):
            small("nade", max_epochs=EPOCHS, callbacks=cut_after(epoch)).fit(
                data, checkpoint=every(path), resume=True
            )
    assert figures(small("nade", max_epochs=EPOCHS).fit(data, checkpoint=path, resume=True)) == (
        figures(whole)
    )


def test_early_stopping_goes_on_where_it_was(small, data, path):
    def make(**more):
        return small("nade", max_epochs=100, learning_rate=0.2, patience=3, **more)

    whole = check_resumes(make, path, data, 1)
    best, ended = whole.best_epoch_, whole.history_["epoch"][-1]
    assert ended == best + 3 < 100
    for epoch in range(best, ended):
        path.unlink()
        check_resumes(make, path, data, epoch)


@pytest.mark.parametrize(("before", "after"), [(1, 7), (7, 1)])
def test_threads_may_change_between(small, data, path, seven_threads, before, after):
    def make(threads):
        return lambda **more: small("nade", max_epochs=3, **({"n_jobs": threads} | more))

    check_resumes(make(before), path, data, 1, then=make(after))


@pytest.mark.parametrize("again", [None, 8], ids=["None", "another generator"])
def test_a_seed_that_was_drawn_is_in_the_file(small, data, path, again):
    def make(seed, **more):
        generator = np.random.default_rng(seed)
        return small("nade", random_state=generator, ordering="random", **more)

    whole = make(7).fit(data)
    with pytest.raises(Cut):
        make(7, callbacks=cut_after(1)).fit(data, checkpoint=every(path))
    other = make(again).set_params(**({"random_state": None} if again is None else {}))
    assert figures(other.fit(data, checkpoint=path, resume=True)) == figures(whole)


def test_a_generator_is_advanced_by_a_resumed_fit_as_by_any(small, data, path):
    one, other = np.random.default_rng(7), np.random.default_rng(7)
    small("nade", random_state=one).fit(data, checkpoint=path)
    small("nade", random_state=other).fit(data, checkpoint=path, resume=True)
    assert one.integers(2**63) == other.integers(2**63)


def test_a_warm_start_resumes_too(small, data, path):
    def warm(**more):
        model = small("nade", warm_start=True, optimizer="sgd").fit(data)
        return model.set_params(**more)

    whole = check_resumes(warm, path, data, 4)
    assert whole.history_["epoch"] == [1, 2, 3, 4, 5, 6]


def test_learning_rates_of_ones_own_are_given_again(small, data, path):
    def make(**more):
        return small("nade", max_epochs=4, learning_rate=lambda step: 0.1 / (step + 1), **more)

    check_resumes(make, path, data)
    path.unlink()
    interrupted(make, path, data, 2)
    with pytest.raises(ValueError, match="learning_rate was 'what no file can hold' and is None"):
        small("nade", max_epochs=4).fit(data, checkpoint=path, resume=True)


class Slow(optim.Optimizer):
    """An optimizer of one's own."""

    slots = ("mean",)

    def apply(self, state, params, grad, rate, rest):
        mean = state.arrays["mean"]
        mean += (grad - mean) / np.float32(state.step)
        params += np.float32(rate) * mean


def test_optimizers_of_ones_own_are_resumed(small, data, path):
    def make(**more):
        return small("nade", max_epochs=4, optimizer=Slow(), **more)

    check_resumes(make, path, data)
    assert "training.optimizer.mean.W" in split(path.read_bytes())[0]


def test_a_finished_run_comes_back_as_it_ended(small, data, path):
    whole = small("mlp").fit(data, checkpoint=path)
    calls = []
    again = small("mlp", callbacks=[calls.append]).fit(data, checkpoint=path, resume=True)
    assert calls == []
    assert figures(again) == figures(whole)


def test_a_run_that_a_callback_ended_goes_on(small, data, path):
    def make(**more):
        return small("nade", max_epochs=4, **more)

    whole = make().fit(data)
    make(callbacks=[lambda event: event.stop()]).fit(data, checkpoint=path)
    assert ardens.load(path).history_["epoch"] == [1]
    assert figures(make().fit(data, checkpoint=path, resume=True)) == figures(whole)


# What is written, and when


def test_a_checkpoint_is_the_best_model_so_far(small, data, path):
    model = small("nade", max_epochs=8, learning_rate=0.3, ordering="random")
    model.set_params(callbacks=cut_after(7))
    with pytest.raises(Cut):
        model.fit(data, checkpoint=every(path))
    loaded = ardens.load(path)
    assert loaded.best_epoch_ == model.best_epoch_ < 7
    assert np.array_equal(loaded.score_samples(data), model.score_samples(data))


@pytest.mark.parametrize(
    ("options", "epochs"),
    [
        ({"epochs": 3, "seconds": None}, [0, 3, 6, 7]),
        ({"epochs": None, "seconds": None}, [0, 7]),
        ({"seconds": 0}, list(range(8))),
        ({"seconds": 1000}, [0, 7]),
        ({"epochs": 5, "seconds": 0.0}, list(range(8))),
    ],
)
def test_checkpoints_are_written_at_the_intervals(small, data, path, monkeypatch, options, epochs):
    written, write = [], checkpoint.write

    def spy(*args):
        write(*args)
        written.append(len(ardens.load(path).history_["epoch"]))

    monkeypatch.setattr(checkpoint, "write", spy)
    small("nade", max_epochs=7, validation_fraction=0).fit(
        data, checkpoint=Checkpoint(path, **options)
    )
    assert written == epochs


def test_a_fit_without_a_checkpoint_writes_nothing(small, data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    small("nade").fit(data)
    assert os.listdir(tmp_path) == []


def test_checkpoints_do_not_change_a_bit(learned, small, data, path):
    assert figures(small(learned).fit(data, checkpoint=every(path))) == (
        figures(small(learned).fit(data))
    )


def test_weights_in_any_layout_come_back_as_they_were(small, data, path):
    model = small("nade", averaging=0, validation_fraction=0).fit(data, checkpoint=path)
    from safetensors.numpy import load_file

    tensors = load_file(path)
    for name, value in model.parameters().items():
        assert np.array_equal(tensors[name], value)
        assert np.array_equal(tensors[f"training.params.{name}"], value)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"epochs": 0}, ValueError, "epochs must be an integer of at least 1; got 0"),
        ({"epochs": 1.5}, TypeError, "epochs must be"),
        ({"seconds": -1}, ValueError, "seconds must be a finite number of at least 0; got -1"),
        ({"seconds": "1"}, TypeError, "seconds must be"),
    ],
)
def test_wrong_intervals_are_refused(path, options, error, words):
    with pytest.raises(error, match=words):
        Checkpoint(path, **options)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"checkpoint": 3}, TypeError, "checkpoint must be None, a path or an ardens.Checkpoint"),
        ({"resume": True}, ValueError, "resume needs the checkpoint to go on from"),
        ({"resume": "yes"}, TypeError, "resume must be"),
    ],
)
def test_wrong_arguments_are_refused(small, data, arguments, error, words):
    with pytest.raises(error, match=words):
        small("nade").fit(data, **arguments)


# Other runs


def test_a_checkpoint_is_never_begun_anew(small, data, path):
    small("nade").fit(data, checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(FileExistsError, match="resume=True goes on from it") as caught:
        small("nade").fit(data, checkpoint=path)
    assert caught.value.filename == str(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"max_epochs": 9}, "of another run: max_epochs was 3 and is 9$"),
        ({"optimizer": "sgd"}, "optimizer was 'adam' and is 'sgd'"),
        ({"learning_rate": 0.5}, "learning_rate was None and is 0.5"),
        ({"learning_rate": lambda step: 1}, "learning_rate was None and is 'what no file can hold"),
        ({"n_hidden": 4}, "n_hidden was 5 and is 4"),
        ({"ordering": [6, 5, 4, 3, 2, 1, 0]}, "ordering was"),
        ({"coding": "majority"}, "coding was"),
        ({"patience": 2, "batch_size": 7}, "batch_size was None and is 7; patience was None and"),
        ({"validation_fraction": 0.3}, "validation_fraction was 0.1 and is 0.3$"),
        ({"random_state": 1}, "of another run: random_state gave the seed 0 and gives 1$"),
        ({"random_state": np.random.SeedSequence(5)}, "random_state gave the seed 0 and gives"),
    ],
    ids=str,
)
def test_other_options_are_refused(small, data, path, options, words):
    small("nade").fit(data, checkpoint=path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=words):
        small("nade", **options).fit(data, checkpoint=path, resume=True)
    assert path.read_bytes() == before


def test_other_data_are_refused(small, data, path):
    other = data.copy()
    other[17, 3] ^= 1
    small("nade").fit(data, checkpoint=path)
    for X, X_valid, words in (
        (other, None, "run: X has other rows$"),
        (data[::-1], None, "run: X has other rows$"),
        (data.reshape(100, 14), None, "run: X has other rows$"),
        (data, data[:9], "run: X_valid has other rows$"),
    ):
        with pytest.raises(ValueError, match=words):
            small("nade").fit(X, X_valid=X_valid, checkpoint=path, resume=True)


def test_other_names_of_columns_are_refused(small, data, frame, path):
    small("nade").fit(frame, checkpoint=path)
    small("nade").fit(frame, checkpoint=path, resume=True)
    for X in (frame.rename(columns={"a": "z"}), data):
        with pytest.raises(ValueError, match="the columns have other names"):
            small("nade").fit(X, checkpoint=path, resume=True)


def test_another_model_is_refused(small, data, path):
    small("nade").fit(data, checkpoint=path)
    with pytest.raises(ValueError, match=r"another run: the model was nade and is mlp$"):
        small("mlp").fit(data, checkpoint=path, resume=True)


def test_the_form_of_options_and_data_may_change(small, data, path):
    ordering = [6, 5, 4, 3, 2, 1, 0]
    small("nade", ordering=ordering, batch_size=20).fit(data, checkpoint=path)
    small("nade", ordering=np.array(ordering), batch_size=np.int64(20), verbose=False).fit(
        np.asfortranarray(data.astype(float)), checkpoint=path, resume=True
    )


def test_another_version_is_a_warning(small, data, path):
    small("nade").fit(data, checkpoint=path)
    header, tensors = split(path.read_bytes())
    header["__metadata__"]["ardens_version"] = "0.0.1"
    forge(path, header, tensors)
    with pytest.warns(ardens.VersionWarning, match=r"a checkpoint of ardens 0\.0\.1 is resumed"):
        small("nade").fit(data, checkpoint=path, resume=True)


# Damaged files


def read_words(path):
    with opened(path) as file:
        return file.words


def forge(path, header, tensors, training=None):
    """Write a file whose digest is right, whatever else is wrong."""
    words = header["__metadata__"]
    if training is not None:
        words["training"] = json.dumps(json.loads(words["training"]) | training)
    for _ in range(2):
        path.write_bytes(join(header, tensors))
        words["digest"] = digest(read_words(path), read_tensors(path.read_bytes()))


@pytest.fixture
def written(small, data, path):
    small("nade", max_epochs=2).fit(data, checkpoint=path)
    return path.read_bytes()


def resume_refused(small, data, path, words):
    with refusal(path, words):
        small("nade", max_epochs=2).fit(data, checkpoint=path, resume=True)


def test_a_model_is_no_checkpoint(small, data, path):
    small("nade", max_epochs=2).fit(data).save(path)
    resume_refused(small, data, path, "it is a model, without what training goes on from")


def test_a_model_with_tensors_of_a_checkpoint_is_refused(small, data, path, written):
    path.write_bytes(edited(written, lambda header: header["__metadata__"].pop("training")))
    resume_refused(small, data, path, "it has the tensors")


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
def test_a_hostile_description_is_refused(small, data, path, written, training, words):
    forge(path, *split(written), training)
    resume_refused(small, data, path, words)


@pytest.mark.parametrize("value", [2**200, -1, 1.5, "0", None, []])
@pytest.mark.parametrize("place", ["state", "inc", "has_uint32", "uinteger"])
def test_a_hostile_state_of_the_shuffling_stream_is_refused(
    small, data, path, written, value, place
):
    header, tensors = split(written)
    shuffle = json.loads(header["__metadata__"]["training"])["shuffle"]
    (shuffle["state"] if place in shuffle["state"] else shuffle)[place] = value
    forge(path, header, tensors, {"shuffle": shuffle})
    resume_refused(small, data, path, "shuffling stream")


@pytest.mark.parametrize("text", ["[" * 100_000, "[]", "", '{"seed": NaN}', '{"a":1,"a":1}'])
def test_a_description_that_is_no_json_is_refused(small, data, path, written, text):
    header, tensors = split(written)
    header["__metadata__"]["training"] = text
    forge(path, header, tensors)
    resume_refused(small, data, path, "the description of the training|not a checkpoint")


@pytest.mark.parametrize("flat", ["params", "average", "optimizer.m", "optimizer.v"])
def test_tensors_that_are_missing_or_not_finite_are_refused(small, data, path, written, flat):
    header, tensors = split(written)
    name = f"training.{flat}.b"
    _, end = header[name]["data_offsets"]
    changed = tensors[: end - 4] + np.float32(np.nan).tobytes() + tensors[end:]
    forge(path, header, changed)
    resume_refused(small, data, path, "must be finite")
    header[f"training.other.{flat[-1]}.b"] = header.pop(name)
    forge(path, header, tensors)
    resume_refused(small, data, path, "it has the arrays")


def test_random_damage_is_refused(small, data, path, written):
    rng = np.random.default_rng(0)
    for _ in range(200):
        content = bytearray(written)
        for place in rng.integers(len(content), size=rng.integers(1, 4)):
            content[place] ^= 1 << rng.integers(8)
        short = rng.random() < 0.2
        path.write_bytes(content[: rng.integers(len(content))] if short else content)
        resume_refused(small, data, path, "model file|checkpoint")


# Files that cannot be written


@every_fault
def test_a_write_that_fails_loses_neither_the_last_checkpoint_nor_the_model(
    small, data, path, monkeypatch, broken, problem
):
    def make(**more):
        return small("nade", max_epochs=EPOCHS, **more)

    def break_after(event):
        if event.epoch == 3:
            monkeypatch.setattr(os, broken, Mock(side_effect=problem))

    model = make(callbacks=[break_after])
    with pytest.raises(type(problem)) as caught:
        model.fit(data, checkpoint=every(path))
    monkeypatch.undo()
    if isinstance(problem, OSError):
        assert (caught.value.filename, caught.value.errno) == (str(path), errno.ENOSPC)
    assert os.listdir(path.parent) == [path.name]
    assert model.history_["epoch"] == [1, 2, 3]
    assert ardens.load(path).history_["epoch"] == [1, 2]
    assert figures(make().fit(data, checkpoint=path, resume=True)) == figures(make().fit(data))


# kill -9

RUN = """
import sys
import tempfile
import numpy as np
from ardens import NADE, Checkpoint

path, epochs = sys.argv[1], int(sys.argv[2])
X = np.random.default_rng(0).integers(0, 2, (300, 12), dtype=np.uint8)
model = NADE(
    n_hidden=300, max_epochs=epochs, patience=epochs, random_state=0, n_jobs=1,
    callbacks=[lambda event: print(event.epoch, flush=True)],
)
model.fit(X, checkpoint=Checkpoint(path, epochs=1), resume=True)
model.save(path + ".model")
"""


def run(path, epochs):
    return subprocess.Popen(
        [sys.executable, "-c", RUN, path, str(epochs)], stdout=subprocess.PIPE, text=True
    )


def finished(path, epochs):
    process = run(path, epochs)
    process.communicate(timeout=60)
    assert process.returncode == 0
    return ardens.load(f"{path}.model")


def kill_at_random(tmp_path, kills, epochs, longest):
    """Kill runs, begin each one where the last was, and check what is on the disk every time.

    Returns the number of runs that ended by the kill, and of those, how many left a temporary file
    because they were writing.
    """
    rng, whole = np.random.default_rng(0), figures(finished(tmp_path / "whole", epochs))
    killed = writing = rounds = 0
    while killed < kills:
        rounds += 1
        folder = tmp_path / str(rounds)
        folder.mkdir()
        path, done = folder / "run", 0
        while killed < kills:
            process = run(path, epochs)
            begun = process.stdout.readline() != ""
            time.sleep(rng.uniform(0, longest))
            process.kill()
            said = process.stdout.read().split()
            process.wait()
            process.stdout.close()
            if process.returncode == 0 or not begun:
                break
            killed += 1
            epoch = len(ardens.load(path).history_["epoch"])
            # An epoch is told before its checkpoint is written.
            assert epoch >= max(done, int(said[-1]) - 1 if said else done)
            done = epoch
            left = [name for name in os.listdir(folder) if name != "run"]
            assert len(left) <= 1
            writing += len(left)
        assert figures(finished(path, epochs)) == whole
        assert sorted(os.listdir(folder)) == ["run", "run.model"]
    return killed, writing


def test_a_killed_run_goes_on_as_if_nothing_had_been(tmp_path):
    assert kill_at_random(tmp_path, kills=5, epochs=40, longest=0.05)[0] == 5


@pytest.mark.slow
def test_a_run_that_is_killed_a_hundred_times_goes_on(tmp_path):
    killed, writing = kill_at_random(tmp_path, kills=100, epochs=150, longest=0.1)
    print(f"{killed} runs killed, {writing} of them while they wrote")
    assert killed == 100


# The command line


def command(capsys, *arguments):
    capsys.readouterr()
    code = main(["fit", *map(str, arguments)])
    return code, capsys.readouterr()


def test_the_command_line_resumes(small, data, path, tmp_path, capsys):
    rows, out = tmp_path / "x.npy", tmp_path / "m"
    np.save(rows, data)
    options = ["--hidden", "5", "--epochs", "6", "--threads", "1", "--quiet", "--out", out]
    arguments = [rows, *options, "--checkpoint", path]

    def make(**more):
        return small("nade", max_epochs=6, random_state=None, **more)

    make(callbacks=[lambda event: event.epoch > 2 and event.stop()]).fit(data, checkpoint=path)
    assert command(capsys, *arguments)[0] == 2
    assert not out.exists()
    assert command(capsys, *arguments, "--resume")[0] == 0
    model = ardens.load(out)
    assert model.history_["epoch"] == [1, 2, 3, 4, 5, 6]
    whole = make().fit(data, checkpoint=path, resume=True)
    assert figures(whole) == figures(model)


def test_the_command_line_begins_where_there_is_no_checkpoint(data, path, tmp_path, capsys):
    np.save(tmp_path / "x.npy", data)
    arguments = ["--epochs", "2", "--threads", "1", "--quiet", "--out", tmp_path / "m"]
    code, _ = command(capsys, tmp_path / "x.npy", *arguments, "--checkpoint", path, "--resume")
    assert code == 0
    assert ardens.load(path).history_["epoch"] == [1, 2]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--resume"], "--resume needs --checkpoint FILE"),
        (["--model", "tabular", "--checkpoint", "c"], "--checkpoint is not an option of --model"),
        (["--out", "c", "--checkpoint", "./c"], "--checkpoint and --out are both ./c"),
        (["--checkpoint", "x.npy"], "x.npy exists; --resume goes on from it"),
    ],
)
def test_wrong_commands_are_refused(data, tmp_path, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)
    np.save("x.npy", data)
    code, captured = command(capsys, "x.npy", *arguments)
    assert code == 2
    assert words in captured.err
    assert os.listdir(tmp_path) == ["x.npy"]


def test_the_command_line_refuses_another_run(data, path, tmp_path, capsys):
    np.save(tmp_path / "x.npy", data)
    arguments = [tmp_path / "x.npy", "--threads", "1", "--checkpoint", path, "--quiet"]
    arguments += ["--out", tmp_path / "m", "--force", "--epochs"]
    assert command(capsys, *arguments, 2)[0] == 0
    code, captured = command(capsys, *arguments, 3, "--resume")
    assert code == 1
    assert "is of another run: max_epochs was 2 and is 3" in captured.err
