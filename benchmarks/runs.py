"""Runs of Makegood as people start them, in a process of their own."""

import sys
from datetime import datetime, timedelta
from pathlib import Path

from benchmarks.measuring import Measured, measure
from benchmarks.spans import environment as traced
from makegood.settings import PROJECT


def run_hour(home: Path, hour: datetime, hours: int = 1, *, spans: Path | None = None) -> Measured:
    """Measure `makegood run` over `hours` landing hours from `hour` on, in a separate process.

    Its processes note in the file `spans` what they do (see spans.py).
    """
    end = hour + timedelta(hours=hours)
    bounds = ["--from", f"{hour:%Y-%m-%dT%H}", "--to", f"{end:%Y-%m-%dT%H}"]
    environment = {
        "PYTHONPATH": str(PROJECT),
        "MAKEGOOD_HOME": str(home),
        "MAKEGOOD_SOURCES": str(PROJECT / "sources.yml"),
        **(traced(spans) if spans else {}),
    }
    return measure([sys.executable, "-m", "orchestration", "run", *bounds], environment, home / "log")
