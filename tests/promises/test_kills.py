"""kill -9: a run that is killed at any moment, even while it writes, loses nothing but time."""

import os
import subprocess
import sys
import time

import numpy as np
import pytest

import ardens
from helpers.checkpoints import figures

RUN = """
import sys
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
