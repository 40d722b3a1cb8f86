"""Model files from strangers, led by what code they reach: `fuzz_loading.fuzz_one` for atheris.

    pip install atheris && python tests/fuzz_atheris.py -max_total_time=600

The options are libFuzzer's.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ardens"]):
    import ardens.persistence  # noqa: F401

from fuzz_loading import fuzz_one, whole_files


def main() -> None:
    with tempfile.TemporaryDirectory() as corpus:
        for i, data in enumerate(whole_files()):
            (Path(corpus) / str(i)).write_bytes(data)
        atheris.Setup([*sys.argv, corpus], lambda data: fuzz_one(data) and None)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
