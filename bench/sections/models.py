"""FVSBN and MLP against the libraries that do them well."""

from __future__ import annotations

from collections.abc import Mapping

from ..peers import ARMS
from ..section import Check, Section
from ..suite import Suite
from ..workload import Workload
from .base import NAMES, compare, fvsbn_workload, mlp_workload, peers_table

__all__ = ["fvsbn", "mlp"]

FVSBN = {"log_prob": 2.0, "value_and_grad": 1.0, "sample": 100.0}  # times NumPy's
MLP = dict.fromkeys(("log_prob", "value_and_grad", "sample", "train_step"), 10.0)  # times PyTorch


def fvsbn(suite: Suite) -> Section:
    """FVSBN against products with a masked matrix."""
    workload = fvsbn_workload(suite)
    return _against(suite, workload, f"FVSBN, n = {workload.n}", ("blas",), FVSBN)


def mlp(suite: Suite) -> Section:
    """MLP against a loop over dimensions."""
    workload = mlp_workload(suite)
    title = f"MLP, n = {workload.n}, d = {workload.d}"
    return _against(suite, workload, title, ("torch",), MLP)


def _against(
    suite: Suite,
    workload: Workload,
    title: str,
    peers: tuple[str, ...],
    targets: Mapping[str, float],
) -> Section:
    s, model = suite.settings, workload.model
    section = Section(title)
    section.blocks.append(f"Rows: {workload.about}; {100 * workload.X.mean():.1f} % ones.")
    for operation, target in targets.items():
        rows = s.batches[:1] if operation == "train_step" else s.batches
        races = compare(suite, section, workload, operation, rows)
        arms = [arm for arm in ARMS[model] if arm in list(races.values())[-1].seconds]
        section.blocks += [f"### {NAMES[operation]}", peers_table(model, races, arms)]
        for n_rows, race in races.items():
            for peer in peers:
                if {peer, "ardens"} <= race.seconds.keys():
                    what = f"{model.upper()} {NAMES[operation]}, {n_rows:,} rows"
                    ratio, label = race.ratio(peer, "ardens"), ARMS[model][peer].label
                    section.checks.append(Check(what, ratio, target, note=label))
    return section
