"""What surrounds the process: no compiled core, a foreign locale, no folder, no output."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import ardens
from helpers.processes import TESTS, digest, run_python


def import_of_a_copy(folder, core=None):
    """What a failing import prints of a copy of the package without core, or with this one."""
    copy = shutil.copytree(
        Path(ardens.__file__).parent,
        folder / "ardens",
        ignore=shutil.ignore_patterns("*.so", "*.pyd", "__pycache__"),
    )
    if core is not None:
        (copy / "_core.abi3.so").write_bytes(core)
    script = (  # an editable install would find the core elsewhere
        f"import sys; sys.path.insert(0, {str(folder)!r}); "
        "sys.meta_path = [f for f in sys.meta_path if 'edit' not in type(f).__module__]; "
        "import ardens"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    return done.stderr


def test_without_the_compiled_core_an_error_tells_how_to_install_it(tmp_path):
    last = import_of_a_copy(tmp_path).strip().splitlines()[-1]
    assert last.startswith("ImportError: the compiled part of ardens cannot be loaded")
    assert "pip install --force-reinstall" in last


def test_a_core_for_another_python_is_an_error_that_tells_how_to_install_it(tmp_path):
    assert "pip install --force-reinstall" in import_of_a_copy(tmp_path, core=b"no library")


SURROUNDED = """
import locale, os, sys
for name in ("de_DE.UTF-8", "de_DE", "C.UTF-8", "C"):
    try:
        locale.setlocale(locale.LC_ALL, name)
        break
    except locale.Error:
        pass
os.rmdir(os.getcwd())
from helpers.processes import digest
found = digest()
sys.stderr.write(found)
"""


def test_locale_time_zone_a_deleted_folder_and_closed_output_change_nothing(tmp_path):
    gone = tmp_path / "größe 数"
    gone.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", SURROUNDED],
        cwd=gone,
        env=os.environ
        | {
            "PYTHONPATH": f"{TESTS}:{Path(ardens.__file__).parent.parent}",
            "LC_ALL": "de_DE.UTF-8",
            "TZ": "Asia/Kathmandu",
        },
        stderr=subprocess.PIPE,
        preexec_fn=lambda: os.close(1),
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, digest())


def test_a_wrong_level_is_refused_with_those_that_run_here():
    script = """
import ardens
try:
    ardens.get_config()
except ValueError as error:
    print(error)
"""
    told = run_python(script, ARDENS_LEVEL="x86_v9")
    assert "ARDENS_LEVEL must be one of baseline" in told


def test_importing_the_package_imports_numpy_and_little_else():
    code = "import sys, ardens; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = set(run_python(code).split())
    assert "numpy" in loaded
    assert not loaded & {"sklearn", "scipy", "pandas", "matplotlib", "tqdm", "safetensors", "torch"}
