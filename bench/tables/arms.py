"""What is compared: every arm has a script, an environment, and a name on the page."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["ARMS", "ENVIRONMENTS", "OURS", "QUALITY", "Arm", "python_of"]

WORKERS = Path(__file__).parent / "workers"
QUALITY, OURS = "quality", "ardens"

ENVIRONMENTS: dict[str, tuple[tuple[str, ...], ...]] = {
    # A step of pip each; the last one may name what is to be removed.
    "mostlyai": (
        ("install", "torch==2.13.0", "mostlyai-engine==2.7.3"),
        ("uninstall", "-y", "torchvision", "torchaudio"),  # of images and sound; often of no use
    ),
    "ctgan": (("install", "torch==2.13.0", "ctgan==0.12.1"),),
    "arf": (("install", "numpy<2", "pandas<3", "arfpy==0.1.1"),),
    "pgmpy": (("install", "torch==2.13.0", "pgmpy==1.1.2"),),
    "sdmetrics": (("install", "sdmetrics==0.32.0"),),
}


@dataclass(frozen=True)
class Arm:
    """A script, and the environment that it runs in; None is the one of this process."""

    label: str
    script: str
    environment: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    conditional: bool = False  # whether it draws rows of which cells are given

    @property
    def path(self) -> Path:
        """Where the script is."""
        return WORKERS / f"{self.script}.py"


ARMS = {
    OURS: Arm("ardens", "ours", conditional=True),
    "argn": Arm("TabularARGN", "argn", "mostlyai", conditional=True),
    "arf": Arm("adversarial forests", "forest", "arf"),
    "cart": Arm("CART in sequence", "trees"),
    "ctgan": Arm("CTGAN", "gan", "ctgan", {"model": "ctgan"}),
    "tvae": Arm("TVAE", "gan", "ctgan", {"model": "tvae"}),
    "bayes": Arm("Bayesian network", "network", "pgmpy"),
    "independent": Arm("independent columns", "independent"),
    "copies": Arm("copies", "copies"),
}


def python_of(environment: str | None, folder: Path) -> Path:
    """The interpreter of an environment, which is built if it is not there yet."""
    if environment is None:
        return Path(sys.executable)
    place = folder / environment
    python = place / "bin" / "python"
    if not (place / "done").exists():
        print(f"environment {environment}: {place}", file=sys.stderr, flush=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
        for step in ENVIRONMENTS[environment]:
            subprocess.run([str(python), "-m", "pip", "--quiet", *step], check=True)
        (place / "done").touch()
    return python
