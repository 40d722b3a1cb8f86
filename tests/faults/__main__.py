"""Apply the lists of small faults to a scratch copy, one at a time, and say which no test sees.

python tests/faults [-j JOBS] [WORD ...]    those whose file and name have all the words
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import venv
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from lists import ROOT, Fault, by_file, read, replaced, switched

# While constants are computed no fault is awake.
SWITCH = """extern int ardens_fault_now;
constexpr bool ardens_fault(int number) {
    return !__builtin_is_constant_evaluated() && ardens_fault_now == number;
}
"""
NOW = """
#include <cstdlib>
int ardens_fault_now = std::getenv("ARDENS_FAULT") ? std::atoi(std::getenv("ARDENS_FAULT")) : 0;
"""


@dataclass
class Scratch:
    """A copy of the tree, an environment without `ardens`, and the compiled core."""

    root: Path
    core: Path

    @property
    def python(self) -> Path:
        return self.root / ".venv/bin/python"

    def package(self, into: Path) -> Path:
        """A package of its own, for a fault in Python."""
        shutil.copytree(self.root / "python/ardens", into / "ardens")
        shutil.copy(self.core, into / "ardens")
        return into


def make_scratch(root: Path, cpp: list[Fault]) -> Scratch:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True
    )
    for name in listed.stdout.decode().splitlines():
        if (ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, root / name)
    venv.create(root / ".venv")
    (site,) = (root / ".venv").glob("lib/python*/site-packages")
    (site / "parent.pth").write_text("\n".join(p for p in sys.path if p.endswith("-packages")))
    if not cpp:
        from ardens import _core

        return Scratch(root, Path(_core.__file__))
    for file, numbered in by_file(cpp):
        (root / file).write_text(switched((root / file).read_text(), numbered))
    (root / "fault.hpp").write_text(SWITCH)
    with (root / "cpp/bindings/module.cpp").open("a") as module:
        module.write(NOW)
    print(f"building one core for {len(cpp)} faults", flush=True)
    flags = f"cmake.define.CMAKE_CXX_FLAGS=-w -include {root / 'fault.hpp'}"
    install = ["-m", "pip", "install", "--quiet", "--no-deps", f"--target={root / 'built'}"]
    settings = [f"-Cbuild-dir={root / 'build'}", f"-C{flags}"]
    subprocess.run([sys.executable, *install, *settings, root], check=True)
    (core,) = (root / "built/ardens").glob("_core*.so")
    return Scratch(root, core)


def run(
    scratch: Scratch, package: Path, tests: tuple[str, ...], fault: int, limit: float | None
) -> str:
    """What stopped the tests: the name of one, or how they ended; empty if nothing did."""
    options = ["-x", "-q", "-p", "no:cacheprovider", "--ignore=tests/faults"]
    command = [scratch.python, "-m", "pytest", *options, *tests]
    env = {**os.environ, "PYTHONPATH": str(package), "ARDENS_FAULT": str(fault)}
    process = subprocess.Popen(
        command, cwd=scratch.root, env=env, text=True, start_new_session=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        said, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return "hangs"
    if process.returncode == 0:
        return ""
    failed = [line for line in said.splitlines() if line.startswith(("FAILED", "ERROR"))]
    return failed[0].split(" - ")[0] if failed else f"exit code {process.returncode}"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python tests/faults", description=__doc__)
    parser.add_argument("-j", "--jobs", type=int, default=1)
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()

    def chosen(fault: Fault) -> bool:
        return all(word in f"{fault.file} {fault.what}" for word in options.words)

    cpp, python = read("cpp"), read("python")
    numbered = [pair for pair in enumerate(cpp + python, 1) if chosen(pair[1])]
    faults = [fault for _, fault in numbered]
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(options.jobs) as pool:
        scratch = make_scratch(Path(folder).resolve(), cpp if any(map(chosen, cpp)) else [])
        sound = scratch.package(scratch.root / "packages/0")

        def without(tests: tuple[str, ...]) -> float:
            start = time.monotonic()
            if stopped := run(scratch, sound, tests, 0, None):
                raise SystemExit(f"without a fault, {' '.join(tests)} fails: {stopped}")
            return time.monotonic() - start

        sets = list({fault.tests for fault in faults})
        seconds = dict(zip(sets, pool.map(without, sets), strict=True))

        def seen(pair: tuple[int, Fault]) -> str:
            number, fault = pair
            package, awake = sound, number
            if number > len(cpp):
                package, awake = scratch.package(scratch.root / f"packages/{number}"), 0
                file = package / Path(fault.file).relative_to("python")
                file.write_text(replaced(file.read_text(), fault))
            stopped = run(scratch, package, fault.tests, awake, 60 + 10 * seconds[fault.tests])
            print(f"{stopped or 'SURVIVES':100} {fault.file}: {fault.what}", flush=True)
            return stopped

        results = list(pool.map(seen, numbered))
    survivors = [fault for fault, stopped in zip(faults, results, strict=True) if not stopped]
    print(f"\n{len(results)} faults, {len(survivors)} that no test sees")
    for fault in survivors:
        print(f"  {fault.file}: {fault.what} ({' '.join(fault.tests)})")
    return 1 if survivors else 0


if __name__ == "__main__":
    raise SystemExit(main())
