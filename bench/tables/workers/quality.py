"""The quality score of SDMetrics: of drawn rows beside real ones, in a folder of both."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

from sdmetrics.reports.single_table import QualityReport
from work import read

KINDS = {
    "category": "categorical",
    "boolean": "boolean",
    "integer": "numerical",
    "number": "numerical",
    "date": "datetime",
}


def main(folder: Path) -> None:
    """Write scores by file of drawn rows."""
    warnings.simplefilter("ignore")
    job = json.loads((folder / "job.json").read_text())
    columns = {name: {"sdtype": KINDS[kind]} for name, kind in job["kinds"].items()}
    for column in columns.values():
        if column["sdtype"] == "datetime":
            column["datetime_format"] = "%Y-%m-%d %H:%M:%S"
    real, report = read(folder / "test.csv", job), QualityReport()
    drawn = read(folder / "drawn.csv", job)
    report.generate(real, drawn, {"columns": columns}, verbose=False)
    facts = {"quality": report.get_score()}
    facts |= {row["Property"]: row["Score"] for _, row in report.get_properties().iterrows()}
    (folder / "quality.json").write_text(json.dumps(facts))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
