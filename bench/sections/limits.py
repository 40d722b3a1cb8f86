"""What the processor can do, and which bound a kernel meets."""

from __future__ import annotations

from typing import Any

from .. import machine
from ..figures import Tables, markdown, significant
from ..internals import core
from ..section import Section, micro
from ..suite import MULTIPLY_ADDS, Suite
from .base import KERNELS, NAMES, kernel_races, nade_workload, race_each

__all__ = ["measure", "page"]

FLOAT = 4  # bytes

# Registers that the products of rows at rest read or write for a multiply-add, forwards and on the
# way back: nade_product and nade_still in cpp/kernels.
SIXTEEN_LANES, FEWER_LANES = (10 / 24, 10 / 16), (7 / 12, 17 / 16)


def measure(suite: Suite) -> dict[str, Any]:
    """Measure the limits, and NADE's kernels, for which they are bounds."""
    s, workload = suite.settings, nade_workload(suite)
    suite.say("limits of the machine")
    found = machine.limits(suite.core, s.threads)
    part = {"tile": core.MAX_TILE, "batch": core.MAX_BATCH, **found}
    part["bounds"] = {op: _bounds(op, workload.n * workload.d, found) for op in KERNELS}
    rows = s.batches[-1]
    cases = {op: {"core": suite.case(workload, "core", op, rows)} for op in KERNELS}
    return part | race_each(suite, cases, rows)


def _bounds(operation: str, size: int, found: dict[str, Any]) -> dict[str, float]:
    """The least microseconds that a row can take, by what bounds it; `size` is n·d."""
    fma = list(found["fma"].values())[-1][-1]
    first, second = (found["bandwidth"][cache][-1] for cache in ("L1", "L2"))
    count = MULTIPLY_ADDS[operation]
    forward, back = SIXTEEN_LANES if "x86_v4" in found["fma"] else FEWER_LANES
    # V and steps on the way there; on the way back both again, and the gradient of each twice
    passes = 2 / core.MAX_TILE + (0 if count == 1 else (2 + 4) / core.MAX_BATCH)
    bounds = {
        "multiply-adds": count * size / fma,
        "first cache": (forward + back * (count - 1)) * size * FLOAT / first,
        "second cache": passes * size * FLOAT / second,
    }
    return {name: significant(value / 1e3, machine.DIGITS) for name, value in bounds.items()}


def page(tables: Tables) -> Section:
    """Lay out the limits, and NADE's kernels beside their bounds."""
    part = tables["limits"]
    section = Section("Limits of the machine")
    section.blocks += [_rates(part), _spread(part), _kernels(part)]
    section.blocks.append(
        "Bounds are those of all cores together. *Multiply-adds*: n·d of them for a row, 3·n·d "
        "with the gradient, at the peak. *First cache*: what is read, and on the way back "
        "written, as if all rows were at rest; without several rows and features in registers it "
        "would be two floats for every multiply-add. *Second cache*: all weights read once for "
        f"{part['tile']} rows, and for the gradient once more for {part['batch']}, with its own "
        "memory read and written. The bound that applies is the largest one that the time measured "
        "does not beat. *Instructions* do nothing; while somebody else works on the core's other "
        "hardware thread there are about half as many, and about as many multiply-adds as ever."
    )
    return section


def _rates(part: dict[str, Any]) -> str:
    """The limits with one thread and with all."""
    head = ["limit", *(f"{k} thread{'s' if k > 1 else ''}" for k in part["threads"])]
    rows = [
        [f"multiply-adds, {level}, 10⁹/s", *(f"{rate:.0f}" for rate in rates)]
        for level, rates in part["fma"].items()
    ]
    rows += [
        [f"reading from {cache}, GB/s", *(f"{rate:.0f}" for rate in rates)]
        for cache, rates in part["bandwidth"].items()
    ]
    return markdown(head, rows)


def _spread(part: dict[str, Any]) -> str:
    """How much two limits change from look to look."""
    head = [f"one thread, 10⁹/s, {machine.LOOKS} looks", "median", "least", "most"]
    rows = [[name, *(f"{rate:.1f}" for rate in rates)] for name, rates in part["looks"].items()]
    return markdown(head, rows)


def _kernels(part: dict[str, Any]) -> str:
    """Every kernel's time, its bounds, and the one that it meets."""
    lines, rows, bounds = [], 0, dict[str, float]()
    for operation, n_rows, race in kernel_races(part):
        rows, best, bounds = n_rows, race.best("core"), part["bounds"][operation]
        under = [name for name in bounds if bounds[name] <= 1e6 * best]
        applies = max(under, key=bounds.__getitem__, default="none: check the limits")
        cells = [micro(best), *(micro(1e-6 * value) for value in bounds.values())]
        lines.append([NAMES[operation], *cells, applies])
    head = ["kernel", f"µs per row, {rows:,} rows", *bounds, "bound that applies"]
    return markdown(head, lines)
