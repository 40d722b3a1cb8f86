"""What the processor can do, and which bound a kernel meets."""

from __future__ import annotations

from typing import Any

from ardens._core import MAX_BATCH, MAX_TILE

from .. import machine
from ..section import Section, micro, table
from ..suite import MULTIPLY_ADDS, Suite
from ..workload import Workload
from .base import NAMES, nade_workload

__all__ = ["limits"]

FLOAT = 4  # bytes

# Registers that the products of rows at rest read or write for a multiply-add, forwards and on the
# way back: nade_product and nade_still in cpp/kernels.
SIXTEEN_LANES, FEWER_LANES = (10 / 24, 10 / 16), (7 / 12, 17 / 16)


def limits(suite: Suite) -> Section:
    """Measure the limits, and set NADE's kernels beside their bounds."""
    s, workload = suite.settings, nade_workload(suite)
    suite.say("limits of the machine")
    found = machine.limits(suite.core, s.threads)
    section = Section("Limits of the machine")
    section.data = {"limits": found}
    section.blocks += [_rates(found), _bounds(suite, section, workload, found)]
    section.blocks.append(
        "Bounds are those of all cores together. *Multiply-adds*: n·d of them for a row, 3·n·d "
        "with the gradient, at the peak. *First cache*: what is read, and on the way back "
        "written, as if all rows were at rest; without several rows and features in registers it "
        "would be two floats for every multiply-add. *Second cache*: all weights read once for "
        f"{MAX_TILE} rows, and for the gradient once more for {MAX_BATCH}, with its own memory "
        "read and written. The bound that applies is the largest one that the time measured does "
        "not beat. *Instructions* do nothing; while somebody else works on the core's other "
        "hardware thread there are about half as many, and about as many multiply-adds as ever."
    )
    return section


def _rates(found: dict[str, Any]) -> str:
    counts = list(next(iter(found["fma"].values())))
    head = ["limit", *(f"{k} thread{'s' if k > 1 else ''}" for k in counts)]
    rows = [
        [f"multiply-adds, {level}, 10⁹/s", *(f"{rates[k]:.0f}" for k in counts)]
        for level, rates in found["fma"].items()
    ]
    rows += [
        [f"reading from {cache}, GB/s", *(f"{rates[k]:.0f}" for k in counts)]
        for cache, rates in found["bandwidth"].items()
    ]
    looks = [[name, *(f"{rate:.1f}" for rate in rates)] for name, rates in found["looks"].items()]
    spread = [f"one thread, 10⁹/s, {machine.LOOKS} looks", "median", "least", "most"]
    return table(head, rows) + "\n\n" + table(spread, looks)


def _bounds(suite: Suite, section: Section, workload: Workload, found: dict[str, Any]) -> str:
    s = suite.settings
    fma = list(found["fma"].values())[-1][s.threads]
    first, second = (found["bandwidth"][cache][s.threads] for cache in ("L1", "L2"))
    size, rows = workload.n * workload.d, s.batches[-1]
    forward, back = SIXTEEN_LANES if "x86_v4" in found["fma"] else FEWER_LANES
    lines = []
    for operation in ("log_prob", "value_and_grad", "sample"):
        race = suite.race({"core": suite.case(workload, "core", operation, rows)})
        if "core" not in race.seconds:
            continue
        section.keep(f"bounds, {operation}", race)
        # V and steps on the way there; on the way back both again, and the gradient of each twice
        passes = 2 / MAX_TILE + (0 if MULTIPLY_ADDS[operation] == 1 else (2 + 4) / MAX_BATCH)
        accesses = forward + back * (MULTIPLY_ADDS[operation] - 1)
        bounds = {
            "multiply-adds": MULTIPLY_ADDS[operation] * size / fma,
            "first cache": accesses * size * FLOAT / first,
            "second cache": passes * size * FLOAT / second,
        }
        seconds = {name: value / 1e9 for name, value in bounds.items()}
        best = race.best("core")
        under = {name: value for name, value in seconds.items() if value <= best}
        applies = max(under, key=lambda name: under[name]) if under else "none: check the limits"
        lines.append(
            [NAMES[operation], micro(best), *(micro(v) for v in seconds.values()), applies]
        )
    head = ["kernel", f"µs per row, {rows:,} rows", *bounds, "bound that applies"]
    return table(head, lines)
