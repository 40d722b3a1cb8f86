"""What tests run in processes and threads of their own."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np

import ardens
from helpers.threads import check_shared, n_parameters

N, D = 60, 40
ROWS = (np.random.default_rng(0).random((600, N)) < 0.3).astype(np.uint8)
TESTS = Path(__file__).parent.parent


def fitted(**options):
    """A model fitted in a moment, each of whose calls is worth more than one thread."""
    quick = {"n_hidden": D, "batch_size": 100, "max_epochs": 1, "random_state": 0}
    model = ardens.NADE(**quick, **options).fit(ROWS)
    check_shared(2, 100, n_parameters(model))
    return model


def digest(n_jobs=None):
    """All bits of a fit, of scores and of a sample."""
    model = fitted(n_jobs=n_jobs)
    results = [*model.parameters().values(), model.score_samples(ROWS)]
    results.append(model.sample(1000, random_state=0))
    return hashlib.sha256(b"".join(result.tobytes() for result in results)).hexdigest()


def run_python(script, *arguments, seconds=60, **environment):
    """Run a script in a new process and return its standard output; it must succeed."""
    package = str(Path(ardens.__file__).parent.parent)
    paths = [str(TESTS), package, os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))} | environment,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
